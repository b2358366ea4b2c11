//! The first look at a package: how many rows, which level to take, which images show an event.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use deertrack_catalog::store::Level;

use super::options::{Observations, Options};
use super::package::Package;
use crate::error::{BadRow, ImportError};
use crate::table::{Row, Table};

/// What the first look found.
pub(super) struct Survey {
    /// Rows of all tables.
    pub(super) rows: u64,
    /// The level to take.
    pub(super) level: Level,
    pub(super) has_media: bool,
    /// Media ids by event, from media-level rows.
    pub(super) images_of_events: HashMap<String, Vec<String>>,
    /// Files in the package that stand for media with a URL, by file name; only names that one medium has.
    pub(super) local_copies: HashMap<String, PathBuf>,
}

/// What is asked of a row of observations before it is read in full.
pub(super) struct Glance<'a> {
    pub(super) is_animal: bool,
    pub(super) species: Option<&'a str>,
    pub(super) level: Level,
}

impl<'a> Glance<'a> {
    pub(super) fn at(row: &Row<'a>) -> Result<Self, BadRow> {
        row.required("observationLevel")?;
        let level = row
            .choice("observationLevel", &[("media", Level::Media), ("event", Level::Event)])?
            .unwrap_or_default();
        Ok(Self {
            is_animal: row.required("observationType")? == "animal",
            species: row.text("scientificName"),
            level,
        })
    }

    pub(super) fn is_chosen(&self, options: &Options) -> bool {
        self.is_animal
            && (options.species.is_empty()
                || self.species.is_some_and(|species| {
                    options.species.iter().any(|wanted| wanted.trim().eq_ignore_ascii_case(species))
                }))
    }
}

/// Reads all tables once. Bad rows are passed over: the second reading meets them again.
pub(super) fn survey(package: &Package, options: &Options) -> Result<Survey, ImportError> {
    let mut rows = count_rows(package, "deployments")?;
    let mut copies = package.local_copies();
    let has_media = package.table("media")?.is_some();
    let mut seen = HashSet::new();
    if let Some(mut table) = optional_table(package, "media", &[])? {
        while let Some(name) = table.next(|row| Ok(row.owned("fileName")))? {
            rows += 1;
            if let Ok(Some(name)) = name
                && copies.contains_key(&name)
                && !seen.insert(name.clone())
            {
                copies.remove(&name); // two media of this name: whose file is it?
            }
        }
    }
    let look = look_at_observations(package, options)?;
    if !options.species.is_empty() && look.event_rows + look.media_rows == 0 {
        return Err(ImportError::NoSuchSpecies {
            wanted: options.species.clone(),
            found: look.species.into_iter().collect(),
        });
    }
    let level = match options.observations {
        Observations::Event => Level::Event,
        Observations::Media => Level::Media,
        Observations::Auto if look.event_rows > 0 => Level::Event,
        Observations::Auto => Level::Media,
    };
    Ok(Survey {
        rows: rows + look.rows,
        level,
        has_media,
        images_of_events: look.images_of_events,
        local_copies: copies,
    })
}

#[derive(Default)]
struct Look {
    rows: u64,
    event_rows: u64,
    media_rows: u64,
    species: BTreeSet<String>,
    images_of_events: HashMap<String, Vec<String>>,
}

fn look_at_observations(package: &Package, options: &Options) -> Result<Look, ImportError> {
    let mut look = Look::default();
    let mut table = required_table(package, "observations", &[])?;
    while let Some(row) = table.next(|row| {
        look.note(row, options);
        Ok(())
    })? {
        look.rows += 1;
        drop(row); // a bad row is met again when it is read in full
    }
    Ok(look)
}

impl Look {
    fn note(&mut self, row: &Row<'_>, options: &Options) {
        let Ok(glance) = Glance::at(row) else { return };
        if let (Level::Media, Some(event), Some(image)) =
            (glance.level, row.text("eventID"), row.text("mediaID"))
        {
            self.images_of_events.entry(event.to_owned()).or_default().push(image.to_owned());
        }
        if let (true, Some(species)) = (glance.is_animal, glance.species)
            && !self.species.contains(species)
        {
            self.species.insert(species.to_owned());
        }
        match glance.level {
            _ if !glance.is_chosen(options) => {}
            Level::Event => self.event_rows += 1,
            Level::Media => self.media_rows += 1,
        }
    }
}

fn count_rows(package: &Package, name: &str) -> Result<u64, ImportError> {
    let mut table = required_table(package, name, &[])?;
    let mut rows = 0;
    while table.next(|_| Ok(()))?.is_some() {
        rows += 1;
    }
    Ok(rows)
}

/// Opens a table that every package has.
pub(super) fn required_table(package: &Package, name: &str, columns: &[&str]) -> Result<Table, ImportError> {
    optional_table(package, name, columns)?.ok_or_else(|| package.without(name))
}

/// Opens a table; `None` where the package has none.
pub(super) fn optional_table(
    package: &Package,
    name: &str,
    columns: &[&str],
) -> Result<Option<Table>, ImportError> {
    let Some(path) = package.table(name)? else { return Ok(None) };
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Table::open(&path, &file, columns).map(Some)
}
