//! `media.csv`: the files. Images without animals are taken too: they tell that a camera worked.
//!
//! The table is read twice: first for what observations need to know of each medium, then to write it, so that not all
//! of it is held.

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::{DateTime, FixedOffset, Utc};
use deertrack_catalog::said::NO_FILE;
use deertrack_catalog::store::NewImage;

use super::clocks;
use super::deployments::Stands;
use super::groups::Group;
use super::package::Package;
use super::reading::{Reading, Twice};
use crate::error::{BadRow, ImportError};
use crate::table::{Row, Table};

const REQUIRED: [&str; 4] = ["mediaID", "deploymentID", "timestamp", "filePath"];
/// Columns that the catalog has a place for. The path is kept as told as well: a local copy may stand in for a URL.
const KEPT: [&str; 6] =
    ["mediaID", "deploymentID", "captureMethod", "filePublic", "fileMediatype", "timestamp"];

/// A medium, as far as observations need it.
pub(super) struct Medium {
    pub(super) id: String,
    /// Number of its deployment.
    pub(super) stand: usize,
    pub(super) taken_at: DateTime<Utc>,
    /// Of its time as told: seconds east of UTC.
    pub(super) utc_offset_seconds: i32,
    /// Its clock can be right.
    pub(super) is_possible: bool,
    /// It stands in `media.csv`, and not only because the standard requires that.
    pub(super) has_file: bool,
}

/// All media of a package.
#[derive(Default)]
pub(super) struct Media {
    pub(super) all: Vec<Medium>,
    by_id: HashMap<String, usize>,
    /// Files in the package that stand for media with a URL, by file name; only names that one medium has.
    copies: HashMap<String, PathBuf>,
    pub(super) is_there: bool,
    /// Other deployments have others.
    pub(super) is_part: bool,
}

impl Media {
    pub(super) fn number(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The medium of an observation in a package without a table of media.
    pub(super) fn made(
        &mut self,
        id: &str,
        stand: usize,
        at: DateTime<FixedOffset>,
        is_possible: bool,
    ) -> usize {
        self.number(id).unwrap_or_else(|| {
            self.add(Medium {
                id: id.to_owned(),
                stand,
                taken_at: at.to_utc(),
                utc_offset_seconds: at.offset().local_minus_utc(),
                is_possible,
                has_file: false,
            })
        })
    }

    fn add(&mut self, medium: Medium) -> usize {
        self.by_id.insert(medium.id.clone(), self.all.len());
        self.all.push(medium);
        self.all.len() - 1
    }
}

/// Reads the table for the first time.
pub(super) fn read(
    group: Group<'_>,
    stands: &Stands,
    twice: &mut Twice,
    reading: &mut Reading<'_>,
) -> Result<Media, ImportError> {
    let package = group.package();
    let mut media = Media { copies: package.local_copies(), ..Media::default() };
    media.is_part = group.is_part();
    let Some(mut table) = group.table("media", &REQUIRED)? else { return Ok(media) };
    media.is_there = true;
    reading.in_media = true;
    let now = reading.options.now;
    let mut names = HashMap::<String, u32>::new();
    while let Some(row) = table.next(|row| {
        twice.check(row, "mediaID", |row| {
            let stand = stands.of_row(row)?;
            path(row, package, &HashMap::new())?;
            public(row)?;
            let (id, at) = (row.required("mediaID")?.to_owned(), row.instant("timestamp")?);
            let at = stands.all[stand].mended(at);
            let medium = Medium {
                id,
                stand,
                taken_at: at.to_utc(),
                utc_offset_seconds: at.offset().local_minus_utc(),
                is_possible: clocks::is_possible(at, now),
                has_file: row.text("mediaComments") != Some(NO_FILE),
            };
            Ok((medium, row.owned("fileName")))
        })
    })? {
        let Some(Some((medium, name))) = reading.accept(row)? else { continue };
        if let Some(name) = name {
            *names.entry(name).or_default() += 1;
        }
        media.add(medium);
    }
    reading.note_table(&table, "media", twice.equal);
    reading.in_media = false;
    media.copies.retain(|name, _| names.get(name) == Some(&1)); // two media of a name: whose file is it?
    Ok(media)
}

/// The table, read for the second time, row by row.
pub(super) struct Files<'a> {
    table: Option<Table>,
    package: &'a Package,
    media: &'a Media,
    seen: Vec<bool>,
}

impl<'a> Files<'a> {
    pub(super) fn of(group: Group<'a>, media: &'a Media) -> Result<Self, ImportError> {
        Ok(Self {
            table: group.table("media", &REQUIRED)?,
            package: group.package(),
            media,
            seen: vec![false; media.all.len()],
        })
    }

    /// The next file with the number of its medium; `None` at the end. Rows that were left out at first are again, and
    /// so are those of media without a file.
    pub(super) fn next(&mut self) -> Result<Option<(usize, NewImage)>, ImportError> {
        let Some(table) = &mut self.table else { return Ok(None) };
        loop {
            let row = table.next(|row| {
                let number = row.text("mediaID").and_then(|id| self.media.number(id));
                let number = number.filter(|number| self.media.all[*number].has_file);
                let number = number.ok_or_else(|| row.bad("mediaID", "left out"))?;
                Ok((number, file(row, self.package, self.media, self.media.all[number].is_possible)?))
            })?;
            match row {
                None => return Ok(None),
                Some(Ok((number, image))) if !std::mem::replace(&mut self.seen[number], true) => {
                    return Ok(Some((number, image)));
                }
                Some(_) => {}
            }
        }
    }
}

fn file(row: &Row<'_>, package: &Package, media: &Media, is_possible: bool) -> Result<NewImage, BadRow> {
    let at: DateTime<FixedOffset> = row.instant("timestamp")?;
    let path = path(row, package, &media.copies)?;
    Ok(NewImage {
        path: Some(path),
        utc_offset_seconds: Some(at.offset().local_minus_utc()),
        media_type: row.owned("fileMediatype"),
        capture_method: row.owned("captureMethod"),
        file_public: public(row)?,
        // A time that cannot be true is in no count, and kept as told.
        extra: row.others(if is_possible { &KEPT } else { &KEPT[..5] }),
        ..NewImage::default()
    })
}

fn public(row: &Row<'_>) -> Result<Option<bool>, BadRow> {
    let words = [
        ("true", true),
        ("false", false),
        ("TRUE", true),
        ("FALSE", false),
        ("True", true),
        ("False", false),
        ("1", true),
        ("0", false),
    ];
    row.choice("filePublic", &words)
}

/// A file of the package by its full path; a URL as it is, unless the package ships a copy. Photographs in a ZIP stay
/// there, so their paths are as told.
fn path(row: &Row<'_>, package: &Package, copies: &HashMap<String, PathBuf>) -> Result<String, BadRow> {
    let told = row.required("filePath")?;
    let file = if told.contains("://") {
        row.text("fileName").and_then(|name| copies.get(name)).cloned()
    } else {
        let inside = package.photograph(told);
        inside.ok_or_else(|| row.bad("filePath", "a path that leads out of the package"))?
    };
    Ok(file.map_or_else(|| told.to_owned(), |path| path.to_string_lossy().into_owned()))
}
