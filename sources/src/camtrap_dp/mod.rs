//! Camtrap DP 1.0 packages: `deployments.csv`, `observations.csv` and, if present, `media.csv`.
//!
//! The standard: <https://camtrap-dp.tdwg.org>. Classes: a juvenile is a fawn; else a male is a buck and a female a
//! doe; whoever's sex is not told is unknown. The sex as told is kept beside the class.
//!
//! 1. [`locate`], [`package`], [`dialect`]: where the package is and how its tables are written.
//! 2. [`deployments`] with [`places`] and [`clocks`], [`media`], [`observations`] with [`species`]: the tables.
//! 3. [`events`]: which rows and photographs are of one event. [`levels`]: which rows tell of one animal.
//! 4. [`pictures`], [`individuals`]: what follows for photographs and known animals.
//! 5. [`ids`], [`mod@write`]: into a database that may hold other data sets.
//!
//! What is read and what is refused, for people: `docs/import.md`. It takes deer unless species are named, and never
//! rows of people, vehicles or blanks; but what those say of a photograph is heard.

mod clocks;
mod deployments;
mod dialect;
mod events;
mod ids;
mod individuals;
mod levels;
mod locate;
mod media;
mod observations;
mod options;
mod package;
mod pictures;
mod places;
mod reading;
mod species;
mod summary;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::TimeDelta;
use deertrack_catalog::LONGEST_EVENT;
use deertrack_catalog::store::{KnownDataset, Level, NewDataset, Store, Writing};

use crate::error::ImportError;
use crate::progress::OnProgress;
use crate::source::SourceInfo;
use deployments::Stands;
use events::Events;
use ids::Own;
use individuals::Individuals;
use levels::Fate;
use locate::TABLES;
use media::Media;
use package::Package;
use pictures::Pictures;
use reading::{Left, Reading};
use species::Chosen;
use write::{Import, Written};

pub use options::{Observations, Options};
pub use summary::{ClockProblem, Notes, Orphans, Skipped, Summary};

/// The source, for people.
pub const INFO: SourceInfo = SourceInfo {
    name: "camtrap-dp",
    about: "A Camtrap DP 1.0 package: deployments.csv, observations.csv and, if present, media.csv",
    recognises: "a folder, or its ZIP, with a datapackage.json whose profile is camtrap-dp 1.0",
};

/// Reads the package at `path` (its folder or its ZIP) into the store: all of it, in one transaction, or nothing.
///
/// Safe to repeat: an import replaces what an earlier one of the same package made, and nothing else. Deployments, media
/// and the rows of the chosen species are held in memory until all are read. Files are read on the calling thread.
///
/// # Errors
/// When the package cannot be read or is of another form, at the first bad row (unless `skip_invalid`), when there is
/// nothing of the chosen species, when a data set of this name with other content is there (unless `replace`), and when
/// the database fails.
pub async fn import(
    path: &Path,
    store: &mut Store,
    options: &Options,
    progress: OnProgress<'_>,
) -> Result<Summary, ImportError> {
    let package = Package::open(path)?;
    let mut reading = Reading::new(options, count_rows(&package)?, progress);
    let stands = deployments::read(&package, &mut reading)?;
    let mut media = media::read(&package, &stands, &mut reading)?;
    let chosen = Chosen::of(options);
    let observations = observations::read(&package, &stands, &mut media, &chosen, &mut reading)?;
    reading.refuse_orphans()?;

    let all_events = Events::of_anything(&observations, &media, &stands);
    let events = Events::of_chosen(&observations, &media, &stands);
    let fates = pictures::settle(&observations, [&all_events, &events], &media, options.observations);
    let pictures = Pictures::of(&observations, [&all_events, &events], &media, &fates);
    let individuals = Individuals::of(&observations, &events, &fates, &media);
    note(&mut reading, &package, &stands, &media, &observations, &pictures, &individuals);

    let mut writing = store.begin().await?;
    let known = writing.known_datasets().await?;
    let impossible_times = reading.notes.impossible_times;
    let mut dataset = dataset(&package, options, &observations, &individuals, impossible_times)?;
    refuse_another(&dataset, &known, options)?;
    let own = Own {
        stands: &stands,
        media: &media,
        observations: &observations,
        events: &events,
        individuals: &individuals,
    };
    dataset.id_prefix = own.prefix(&dataset.id, &known, &mut writing).await?;
    let import = Import {
        package: &package,
        dataset,
        stands: &stands,
        media: &media,
        observations: &observations,
        events: &events,
        fates: &fates,
        pictures: &pictures,
        individuals: &individuals,
        now: options.now,
        lenders: write::lenders(&observations, &fates),
    };
    let written = commit(&import, writing).await?;
    Ok(summary(&import, options, reading.finish(), &written))
}

async fn commit(import: &Import<'_>, mut writing: Writing) -> Result<Written, ImportError> {
    let written = import.write(&mut writing).await?;
    writing.commit().await?;
    Ok(written)
}

fn count_rows(package: &Package) -> Result<u64, ImportError> {
    let mut rows = 0;
    for name in TABLES {
        let Some(mut table) = package.table(name, &[])? else { continue };
        while table.next(|_| Ok(()))?.is_some() {
            rows += 1;
        }
    }
    Ok(rows)
}

fn dataset(
    package: &Package,
    options: &Options,
    observations: &observations::Observations,
    individuals: &Individuals,
    impossible_times: u64,
) -> Result<NewDataset, ImportError> {
    let name = options.name.clone().filter(|name| !name.trim().is_empty());
    let passages = individuals.passages.map(|ids| ("passages", ids as u64));
    let impossible_times = (impossible_times > 0).then_some(("impossible_times", impossible_times));
    let notes: BTreeMap<&str, u64> = passages.into_iter().chain(impossible_times).collect();
    let species: Vec<&String> = observations.species.keys().collect();
    Ok(NewDataset {
        id: name.clone().unwrap_or_else(|| package.id()),
        name: name.unwrap_or_else(|| package.title()),
        source: package.source(),
        id_prefix: String::new(),
        fingerprint: Some(package.fingerprint()?),
        profile: package.version().map(|version| format!("camtrap-dp {version}")),
        species: serde_json::to_string(&species).ok(),
        metadata: package.metadata(),
        notes: (!notes.is_empty()).then(|| serde_json::to_string(&notes).ok()).flatten(),
    })
}

/// A data set of the same name is replaced without a word only by itself.
fn refuse_another(
    dataset: &NewDataset,
    known: &[KnownDataset],
    options: &Options,
) -> Result<(), ImportError> {
    let same = known.iter().find(|known| known.id == dataset.id);
    match same {
        Some(known) if known.fingerprint != dataset.fingerprint && !options.replace => {
            Err(ImportError::AnotherOfThisName { name: known.id.clone(), title: known.name.clone() })
        }
        _ => Ok(()),
    }
}

fn note(
    reading: &mut Reading<'_>,
    package: &Package,
    stands: &Stands,
    media: &Media,
    observations: &observations::Observations,
    pictures: &Pictures,
    individuals: &Individuals,
) {
    let now = reading.options.now;
    let notes = &mut reading.notes;
    notes.read_from = package.elsewhere().map(|path| path.display().to_string());
    notes.is_zip = package.is_unpacked();
    for stand in &stands.all {
        if let Some(problem) = stand.clock_problem {
            notes.clocks.push(ClockProblem {
                deployment: stand.id.clone(),
                problem,
                start: stand.start.to_rfc3339(),
                end: stand.end.to_rfc3339(),
            });
        }
    }
    let events = observations.found.iter().filter(|found| found.seen.medium.is_none());
    let impossible = media.all.iter().filter(|medium| !medium.is_possible).count()
        + events.filter(|found| !clocks::is_possible(found.seen.start, now)).count();
    notes.impossible_times = impossible as u64;
    let ends = observations.found.iter().filter_map(|found| Some(found.seen.end? - found.seen.start));
    let is_possible = |lasted: &TimeDelta| (TimeDelta::zero()..=LONGEST_EVENT).contains(lasted);
    notes.impossible_ends = ends.filter(|lasted| !is_possible(lasted)).count() as u64;
    let offsets = stands.all.iter().flat_map(|stand| [stand.start, stand.end]);
    let offsets = offsets.chain(observations.found.iter().map(|found| found.seen.start));
    let offsets: BTreeSet<String> = offsets.map(|at| at.offset().to_string()).collect();
    notes.offsets = offsets.into_iter().collect();
    notes.people = pictures.sees_people.iter().filter(|sees| **sees).count() as u64;
    notes.passages = individuals.passages;
    let apart = stands.places.all.iter().filter_map(|place| Some((place.id.clone(), place.apart? as u64)));
    notes.apart = apart.collect();
}

fn summary(import: &Import<'_>, options: &Options, left: Left, written: &Written) -> Summary {
    let mut skipped = left.skipped;
    let found = &import.observations.found;
    let counted = || found.iter().zip(&import.fates.0).filter(|(_, fate)| matches!(fate, Fate::Counts(_)));
    let has = |level: Level| counted().any(|(found, _)| found.seen.level == level);
    let with = |wanted: fn(&Fate) -> bool| import.fates.0.iter().filter(|fate| wanted(fate)).count() as u64;
    let not_asked = with(|fate| *fate == Fate::NotAsked);
    if not_asked > 0 {
        skipped.push(Skipped { reason: "of the level that was not asked for".into(), rows: not_asked });
    }
    let mut classes = BTreeMap::new();
    for (found, _) in counted() {
        *classes.entry(found.row.class.name()).or_default() += 1;
    }
    let animals =
        counted().map(|(_, fate)| if let Fate::Counts(animals) = fate { u64::from(*animals) } else { 0 });
    Summary {
        dataset: import.dataset.name.clone(),
        dataset_id: import.dataset.id.clone(),
        id_prefix: import.dataset.id_prefix.clone(),
        level: match (has(Level::Event), has(Level::Media)) {
            (true, true) => "event and media",
            (true, false) => "event",
            (false, _) => "media",
        },
        level_reason: match options.observations {
            Observations::Auto => "what both levels tell is counted once",
            Observations::Event | Observations::Media => "as asked",
        },
        species: import.observations.species.keys().cloned().collect(),
        other_species: import.observations.other_species.clone(),
        places: import.stands.places.all.len(),
        deployments: import.stands.all.len(),
        images: written.images,
        detections: counted().count(),
        animals: animals.sum(),
        classes,
        individuals: import.individuals.all.len(),
        repeats: with(|fate| matches!(fate, Fate::Repeats(_))),
        rejected: with(|fate| *fate == Fate::Rejected),
        incomplete_boxes: import.observations.incomplete_boxes,
        has_media: import.media.is_there,
        skipped,
        orphans: left.orphans,
        bad_rows: left.bad_rows,
        bad_row_count: left.bad_row_count,
        removed: written.removed,
        notes: left.notes,
    }
}
