//! A Camtrap DP package that is drawn up from a tool's own files, row by row, in a temporary folder: so that all sources
//! are counted, kept private and corrected in one place, by one set of rules (`crate::camtrap_dp`). Each row remembers
//! the file and line where it was told.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, SecondsFormat};
use deertrack_survey::Coordinates;
use deertrack_survey::zone::{is_nautical, zone_at};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::error::{BadRow, ImportError};
use crate::given::Given;
use crate::hints::Hints;
use crate::local_time::{Clock, DateOrder, Turn, Written, needs_order, proves};
use crate::names::{Name, Names};
use crate::progress::OnProgress;
use crate::table::Table;
use crate::table_form::{ORIGIN, Origins};
use crate::told::{SHOWN_BAD_ROWS, Told};

/// Progress is told once in so many rows.
const ROWS_A_STEP: u64 = 1000;
/// What a time is that is no instant yet, after "is".
pub(crate) const NO_ZONE: &str = "a time without an offset, of a place without coordinates: say --zone, as \
     America/Chicago or, for a clock without summer time, -06:00";
const PROFILE: &str = "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json";

/// The three tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sheet {
    Deployments,
    Media,
    Observations,
}

const SHEETS: [(Sheet, &str); 3] =
    [(Sheet::Deployments, "deployments"), (Sheet::Media, "media"), (Sheet::Observations, "observations")];

/// Number of a file, and line.
pub(crate) type Origin = (usize, u64);

/// A column of ours, and what the source calls it.
pub(crate) type Column = (&'static str, &'static str);

/// A package in the making.
pub(crate) struct Draft<'a> {
    pub(crate) hints: &'a Hints,
    pub(crate) names: Names,
    pub(crate) told: Told,
    /// What tells the data set from others.
    pub(crate) id: String,
    /// For people.
    pub(crate) title: String,
    /// More of the description: licences, where it came from.
    pub(crate) metadata: Map<String, Value>,
    /// The folder that paths of photographs start from.
    pub(crate) photographs: Option<PathBuf>,
    skip_invalid: bool,
    dir: TempDir,
    files: Vec<String>,
    tables: HashMap<&'static str, Writing>,
    repeated: u64,
    left_out_hour: u64,
    clocks: BTreeSet<String>,
    progress: OnProgress<'a>,
    read: u64,
    total: u64,
}

struct Writing {
    csv: csv::Writer<BufWriter<File>>,
    columns: &'static [Column],
    cells: Vec<String>,
}

/// A package that was drawn up.
pub(crate) struct Drafted {
    pub(crate) dir: TempDir,
    pub(crate) photographs: Option<PathBuf>,
    pub(crate) origins: HashMap<&'static str, Arc<Origins>>,
    pub(crate) told: Told,
}

impl<'a> Draft<'a> {
    /// An empty one, of a source.
    ///
    /// # Errors
    /// When `--names` cannot be read, or there is no temporary folder.
    pub(crate) fn new(
        source: &str,
        given: &Given,
        hints: &'a Hints,
        skip_invalid: bool,
        progress: OnProgress<'a>,
    ) -> Result<Self, ImportError> {
        let dir = TempDir::new()
            .map_err(|source| ImportError::Unreadable { path: std::env::temp_dir(), source })?;
        let photographs = match &hints.photographs {
            Some(folder) => Some(
                folder
                    .canonicalize()
                    .map_err(|source| ImportError::Unreadable { path: folder.clone(), source })?,
            ),
            None => given.folder().map(Path::to_owned),
        };
        Ok(Self {
            hints,
            names: Names::read(hints.names.as_deref())?,
            told: Told { source: source.to_owned(), ..Told::default() },
            id: given.title(),
            title: given.title(),
            metadata: Map::new(),
            photographs,
            skip_invalid,
            dir,
            files: Vec::new(),
            tables: HashMap::new(),
            repeated: 0,
            left_out_hour: 0,
            clocks: BTreeSet::new(),
            progress,
            read: 0,
            total: 0,
        })
    }

    /// Opens a table of the source; the number is that of its file.
    ///
    /// # Errors
    /// As [`Table::of_tool`].
    pub(crate) fn table(
        &mut self,
        given: &Given,
        name: &str,
        columns: &'static [&'static str],
        required: &[&str],
    ) -> Result<(usize, Table), ImportError> {
        let path = given.file(name)?;
        self.total +=
            lines(&path).map_err(|source| ImportError::Unreadable { path: path.clone(), source })?;
        Ok((self.file(name), Table::of_tool(&path, name, columns, required)?))
    }

    /// The number of a file that rows are told in.
    pub(crate) fn file(&mut self, name: &str) -> usize {
        self.told.files.entry(name.to_owned()).or_default();
        self.files.push(name.to_owned());
        self.files.len() - 1
    }

    /// One more row was read: its value, or `None` when it is bad and may be left out.
    ///
    /// # Errors
    /// The row, unless such rows may be left out.
    pub(crate) fn accept<T>(
        &mut self,
        file: usize,
        row: Result<T, BadRow>,
    ) -> Result<Option<T>, ImportError> {
        self.read += 1;
        if let Some(rows) = self.told.files.get_mut(&self.files[file]) {
            *rows += 1;
        }
        if self.read.is_multiple_of(ROWS_A_STEP) {
            (self.progress)(self.read, self.total.max(self.read));
        }
        match row {
            Ok(value) => Ok(Some(value)),
            Err(bad) => self.refuse(bad).map(|()| None),
        }
    }

    /// A row that was read turns out to be bad.
    ///
    /// # Errors
    /// The row, unless such rows may be left out.
    pub(crate) fn refuse(&mut self, bad: BadRow) -> Result<(), ImportError> {
        if !self.skip_invalid {
            return Err(ImportError::BadRow(bad));
        }
        self.told.bad_row_count += 1;
        if self.told.bad_rows.len() < SHOWN_BAD_ROWS {
            self.told.bad_rows.push(bad);
        }
        Ok(())
    }

    /// What the file of this number is called.
    pub(crate) fn file_name(&self, file: usize) -> &str {
        &self.files[file]
    }

    /// So many of something were not taken.
    pub(crate) fn leave_out(&mut self, why: &str, count: u64) {
        if count > 0 {
            *self.told.left_out.entry(why.to_owned()).or_default() += count;
        }
    }

    /// A row has this label, which means that.
    pub(crate) fn note_name(&mut self, label: &str, name: &Name) {
        if let Some(meaning) = self.told.names.get_mut(label) {
            meaning.rows += 1;
            return;
        }
        let meaning = self.told.names.entry(label.to_owned()).or_default();
        (meaning.means, meaning.rows) = (name.words(), 1);
    }

    /// The clock of a place, as told or by its coordinates.
    pub(crate) fn clock(&self, coordinates: Option<[f64; 2]>) -> Option<Clock> {
        self.hints.zone.or_else(|| {
            let [latitude, longitude] = coordinates?;
            let zone = zone_at(Coordinates::new(latitude, longitude)?)?;
            (!is_nautical(zone)).then_some(Clock::Zone(zone))
        })
    }

    /// The instant of a time.
    ///
    /// # Errors
    /// When nothing tells the offset, after "is".
    pub(crate) fn instant(
        &mut self,
        written: Written,
        clock: Option<Clock>,
    ) -> Result<DateTime<FixedOffset>, &'static str> {
        if let Some(offset) = written.offset {
            return Ok(DateTime::from_naive_utc_and_offset(written.local - offset, offset));
        }
        let clock = clock.ok_or(NO_ZONE)?;
        let (at, turn) = clock.instant(written.local);
        match turn {
            Turn::Plain => {}
            Turn::Repeated => self.repeated += 1,
            Turn::LeftOut => self.left_out_hour += 1,
        }
        self.clocks.insert(clock.to_string());
        Ok(at)
    }

    /// Which of day and month stands first in columns: as told, else as their dates prove.
    ///
    /// # Errors
    /// When the table cannot be read, or its dates prove both.
    pub(crate) fn order_of(
        &self,
        given: &Given,
        name: &str,
        columns: &[&str],
    ) -> Result<Option<DateOrder>, ImportError> {
        if self.hints.dates.is_some() {
            return Ok(self.hints.dates);
        }
        let path = given.file(name)?;
        let mut table = Table::of_tool(&path, name, &[], &[])?;
        let is_one = |name: &&String| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        let columns: Vec<String> = table.names().iter().filter(is_one).cloned().collect();
        let mut proofs = [None, None];
        let mut is_needed = false;
        while let Some(row) = table.next(|row| {
            for column in &columns {
                let Some(text) = row.text(column) else { continue };
                is_needed |= needs_order(text);
                if let Some(order) = proves(text) {
                    proofs[usize::from(order == DateOrder::DayFirst)].get_or_insert(row.bad(column, ""));
                }
            }
            Ok(is_needed)
        })? {
            // Most files have no such dates, which the first rows show.
            if row.is_ok_and(|is_needed| !is_needed) && table.rows() > 1000 {
                break;
            }
        }
        match proofs {
            [Some(_), Some(bad)] => {
                let reason =
                    "a date with the day first, and others of this file have the month first: write them \
                              alike, as 2019-05-04 17:21"
                        .to_owned();
                Err(ImportError::BadRow(BadRow { reason, ..bad }))
            }
            [Some(_), None] => Ok(Some(DateOrder::MonthFirst)),
            [None, Some(_)] => Ok(Some(DateOrder::DayFirst)),
            [None, None] => Ok(None),
        }
    }

    /// Begins one of our tables, with these columns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn begin(&mut self, sheet: Sheet, columns: &'static [Column]) -> Result<(), ImportError> {
        let name = name_of(sheet);
        let path = self.dir.path().join(format!("{name}.csv"));
        let file = File::create(&path).map_err(|source| self.unwritten(source))?;
        let mut csv = csv::Writer::from_writer(BufWriter::new(file));
        let header = columns.iter().map(|(ours, _)| *ours).chain([ORIGIN]);
        csv.write_record(header).map_err(|error| self.unwritten(error.into()))?;
        let cells = vec![String::new(); columns.len() + 1];
        self.tables.insert(name, Writing { csv, columns, cells });
        Ok(())
    }

    /// Writes a row; what is not given is not told.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn put(
        &mut self,
        sheet: Sheet,
        (file, line): Origin,
        given: &[(&str, &str)],
    ) -> Result<(), ImportError> {
        let writing = self.tables.get_mut(name_of(sheet)).expect("every source begins its tables first");
        writing.cells.iter_mut().for_each(String::clear);
        let mut next = 0;
        for (column, value) in given {
            // Sources give cells in the order of their columns, more or less.
            let order = (next..writing.columns.len()).chain(0..next);
            let mut found = order.filter(|at| writing.columns[*at].0 == *column);
            let at = found.next().expect("a column of the table that was begun");
            writing.cells[at].push_str(value);
            next = at + 1;
        }
        let last = writing.cells.len() - 1;
        writing.cells[last] = format!("{file}:{line}");
        let written = writing.csv.write_record(&writing.cells);
        written.map_err(|error| self.unwritten(error.into()))
    }

    fn unwritten(&self, source: io::Error) -> ImportError {
        ImportError::Unreadable { path: self.dir.path().to_owned(), source }
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(mut self) -> Result<Drafted, ImportError> {
        let mut origins = HashMap::new();
        let mut resources = Vec::new();
        for (sheet, name) in SHEETS {
            let Some(mut writing) = self.tables.remove(name_of(sheet)) else { continue };
            writing.csv.flush().map_err(|source| self.unwritten(source))?;
            let columns =
                writing.columns.iter().map(|(ours, theirs)| ((*ours).to_owned(), (*theirs).to_owned()));
            let own = Origins { files: self.files.clone(), columns: columns.collect() };
            origins.insert(name, Arc::new(own));
            resources.push(json!({ "name": name, "path": format!("{name}.csv") }));
        }
        let mut description = std::mem::take(&mut self.metadata);
        description.insert("profile".to_owned(), PROFILE.into());
        description.insert("name".to_owned(), self.id.as_str().into());
        description.insert("title".to_owned(), self.title.as_str().into());
        description.insert("resources".to_owned(), resources.into());
        let text = serde_json::to_vec(&description).map_err(|error| self.unwritten(error.into()))?;
        fs::write(self.dir.path().join("datapackage.json"), text).map_err(|source| self.unwritten(source))?;
        self.note_times();
        Ok(Drafted { dir: self.dir, photographs: self.photographs, origins, told: self.told })
    }

    fn note_times(&mut self) {
        let notes = &mut self.told.notes;
        if !self.clocks.is_empty() {
            let clocks: Vec<&str> = self.clocks.iter().map(String::as_str).collect();
            let how = if self.hints.zone.is_some() { "as told" } else { "by the coordinates" };
            notes.push(format!(
                "times without an offset are read as local time of {} ({how})",
                clocks.join(", ")
            ));
        }
        if self.repeated > 0 {
            let times = self.repeated;
            notes.push(format!(
                "{times} times are in the hour that the end of summer time repeats, read as summer time; cameras that \
                 nobody sets to summer time need an offset, as --zone -06:00"
            ));
        }
        if self.left_out_hour > 0 {
            let times = self.left_out_hour;
            notes.push(format!(
                "{times} times are in the hour that summer time leaves out: these clocks were not set to it, and \
                 --zone with an offset, as -06:00, reads them right"
            ));
        }
    }
}

/// A time as our tables have it.
pub(crate) fn iso(at: DateTime<FixedOffset>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn name_of(sheet: Sheet) -> &'static str {
    match sheet {
        Sheet::Deployments => "deployments",
        Sheet::Media => "media",
        Sheet::Observations => "observations",
    }
}

fn lines(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    let mut lines = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(lines),
            read => lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64,
        }
    }
}
