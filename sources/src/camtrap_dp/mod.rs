//! Camtrap DP 1.0 packages: `deployments.csv`, `observations.csv` and, if present, `media.csv`.
//!
//! The standard: <https://camtrap-dp.tdwg.org>. Classes: a juvenile is a fawn; else a male is a buck and a female a
//! doe; whoever's sex is not told is unknown. The sex as told is kept beside the class.
//!
//! 1. [`locate`], [`package`], [`dialect`]: where the package is and how its tables are written.
//! 2. [`deployments`] with [`places`] and [`clocks`], [`media`], [`observations`] with [`species`]: the tables.
//! 3. [`events`]: which rows and photographs are of one event. [`levels`]: which rows tell of one animal.
//! 4. [`pictures`], [`individuals`]: what follows for photographs and known animals.
//! 5. [`corrected_places`], [`shifts`], [`failures`]: what people correct. [`zones`]: which local time a place has.
//! 6. [`ids`], [`mod@write`]: into a database that may hold other data sets.
//!
//! What is read and what is refused, for people: `docs/import.md`. It takes deer unless species are named, and never
//! rows of people, vehicles or blanks; but what those say of a photograph is heard.

mod clocks;
mod columns;
mod corrected_places;
mod deployments;
mod dialect;
mod events;
mod failures;
mod ids;
mod individuals;
mod levels;
mod locate;
mod media;
mod near;
mod observations;
mod options;
mod package;
mod pictures;
mod places;
mod reading;
mod shifts;
mod species;
mod summary;
mod write;
mod zones;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::TimeDelta;
use deertrack_catalog::LONGEST_EVENT;
use deertrack_catalog::corrections::{ClockCorrection, Corrections, KEY};
use deertrack_catalog::store::{KnownDataset, Level, NewDataset, Store, Writing};

use crate::error::ImportError;
use crate::given::Given;
use crate::progress::OnProgress;
use crate::source::{How, Source, SourceInfo};
use deployments::Stands;
pub(crate) use deployments::{FAILURES, ZONE};
use events::Events;
use ids::Own;
use individuals::Individuals;
use levels::Fate;
use locate::TABLES;
use media::Media;
pub(crate) use package::Package;
use pictures::Pictures;
use reading::{Left, Reading};
use species::Chosen;
use write::{Import, Written};

pub use options::{Observations, Options};
pub use summary::{ClockProblem, FailureCounts, MendedClock, Notes, Orphans, Skipped, Summary};

/// The source, for people.
pub const INFO: SourceInfo = SourceInfo {
    name: "camtrap-dp",
    about: "A Camtrap DP 1.0 package: deployments.csv, observations.csv and, if present, media.csv",
    recognises: "a folder, or its ZIP, with a datapackage.json whose profile is camtrap-dp 1.0",
};

pub(crate) const SOURCE: Source = Source { info: &INFO, claims: is_there, read: How::Package };

fn is_there(given: &Given) -> bool {
    let is_described = !given.named(|name| name == locate::DESCRIPTION).is_empty();
    // Somebody may point at a folder within the package.
    is_described
        || given.folder().and_then(Path::parent).is_some_and(|above| {
            given.path().is_dir() && given.names().is_empty() && above.join(locate::DESCRIPTION).is_file()
        })
}

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
    import_package(&Package::open(path)?, store, options, progress).await
}

/// The same, of a package that was opened or drawn up.
///
/// # Errors
/// As [`import`].
pub(crate) async fn import_package(
    package: &Package,
    store: &mut Store,
    options: &Options,
    progress: OnProgress<'_>,
) -> Result<Summary, ImportError> {
    let failed = options.failures.as_deref().map(failures::read).transpose()?.unwrap_or_default();
    let mut reading = Reading::new(options, count_rows(package)?, progress);
    let mut stands = deployments::read(package, &mut reading)?;
    shifts::mark(&mut stands, &options.shifts)?;
    let mut media = media::read(package, &stands, &mut reading)?;
    let chosen = Chosen::of(options);
    let observations = observations::read(package, &stands, &mut media, &chosen, &mut reading)?;
    reading.refuse_orphans()?;
    species::refuse_none(&chosen, &observations.species, &observations.other_species, reading.unused())?;
    reading.notes.mended_clocks = shifts::settle(&mut stands, &media, &observations);
    stands.settle(options.now);
    failures::mark(&mut stands, failed)?;
    let zones = zones::places(&stands, &observations);

    let all_events = Events::of_anything(&observations, &media, &stands);
    let events = Events::of_chosen(&observations, &media, &stands);
    let fates = pictures::settle(&observations, [&all_events, &events], &media, options.observations);
    let pictures = Pictures::of(&observations, [&all_events, &events], &media, &fates);
    let individuals = Individuals::of(&observations, &events, &fates, &media);
    note(&mut reading, package, &stands, &media, &observations, &pictures, &individuals);

    let mut writing = store.begin().await?;
    let known = writing.known_datasets().await?;
    let corrections = corrections(package, &stands);
    let impossible_times = reading.notes.impossible_times;
    let mut dataset =
        dataset(package, options, &observations, &notes_of(&individuals, impossible_times, &corrections))?;
    refuse_another(&dataset, &known, options)?;
    reading.notes.zones = zones::told(&zones);
    reading.notes.dropped_corrections = dropped(&dataset, &known, &corrections);
    let own = Own {
        stands: &stands,
        media: &media,
        observations: &observations,
        events: &events,
        individuals: &individuals,
    };
    dataset.id_prefix = own.prefix(&dataset.id, &known, &mut writing).await?;
    let import = Import {
        package,
        dataset,
        stands: &stands,
        zones: &zones,
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
        rows += table.count()?;
    }
    Ok(rows)
}

fn dataset(
    package: &Package,
    options: &Options,
    observations: &observations::Observations,
    notes: &serde_json::Map<String, serde_json::Value>,
) -> Result<NewDataset, ImportError> {
    let name = options.name.clone().filter(|name| !name.trim().is_empty());
    let species: Vec<&String> = observations.species.keys().collect();
    Ok(NewDataset {
        id: name.clone().unwrap_or_else(|| package.id()),
        name: name.unwrap_or_else(|| package.title()),
        source: package.source(),
        id_prefix: String::new(),
        fingerprint: Some(package.fingerprint()?),
        profile: package.profile(),
        species: serde_json::to_string(&species).ok(),
        metadata: package.metadata(),
        notes: (!notes.is_empty()).then(|| serde_json::to_string(&notes).ok()).flatten(),
    })
}

/// What was corrected by this import, and by those that the package has come through.
fn corrections(package: &Package, stands: &Stands) -> Corrections {
    let mut all = package.corrections();
    for stand in &stands.all {
        if let Some(change) = &stand.change {
            let now = change.recorded(&stands.places.all[stand.place].id);
            match all.places.iter_mut().find(|known| known.place == now.place) {
                Some(known) => {
                    let new: Vec<_> =
                        now.what.into_iter().filter(|what| !known.what.contains(what)).collect();
                    known.what.extend(new);
                    known.timezone = now.timezone.or(known.timezone.take());
                }
                None => all.places.push(now),
            }
        }
        if let Some(shift) = stand.shift {
            let (deployment, moves_span) = (stand.id.clone(), stand.moves_span);
            match all.clocks.iter_mut().find(|known| known.deployment == deployment) {
                Some(known) => known.shift = known.shift.and(shift),
                None => all.clocks.push(ClockCorrection { deployment, shift, moves_span }),
            }
        }
    }
    all
}

/// What an earlier import of this data set had corrected and this one has not.
fn dropped(dataset: &NewDataset, known: &[KnownDataset], now: &Corrections) -> Vec<String> {
    let Some(known) = known.iter().find(|known| known.id == dataset.id) else { return Vec::new() };
    let before = Corrections::of_notes(known.notes.as_deref());
    let places = before.places.iter().filter(|place| !now.places.iter().any(|is| is.place == place.place));
    let places = places.map(|place| format!("the place {} ({})", place.place, place.what.join(", ")));
    let clocks = before.clocks.iter().filter(|clock| now.of_clock(&clock.deployment).is_none());
    places.chain(clocks.map(|clock| format!("the clock of {} ({})", clock.deployment, clock.shift))).collect()
}

/// What reports and exports must say: how many ids are passages, how much is at times that cannot be true, and what was
/// corrected.
fn notes_of(
    individuals: &Individuals,
    impossible_times: u64,
    corrections: &Corrections,
) -> serde_json::Map<String, serde_json::Value> {
    let mut notes = serde_json::Map::new();
    if let Some(ids) = individuals.passages {
        notes.insert("passages".to_owned(), ids.into());
    }
    if impossible_times > 0 {
        notes.insert("impossible_times".to_owned(), impossible_times.into());
    }
    if let (false, Ok(corrections)) = (corrections.is_empty(), serde_json::to_value(corrections)) {
        notes.insert(KEY.to_owned(), corrections);
    }
    notes
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
    for stand in &stands.all {
        if let Some(change) = &stand.change {
            let change = change.recorded(&stands.places.all[stand.place].id);
            notes.corrected_places.insert(change.place, change.what);
        }
    }
    for found in &observations.found {
        let (stand, at) = (&stands.all[found.seen.stand], found.seen.start);
        let is_told_otherwise = stand.clock_problem.is_some() || !clocks::is_possible(at, now);
        if !is_told_otherwise && !(stand.start..=stand.end).contains(&at) {
            *notes.outside.entry(stand.id.clone()).or_default() += 1;
        }
    }
    let [deployments, periods, rows] = failures::counts(stands, observations);
    notes.failures = FailureCounts { deployments, periods, rows };
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
        told: import.package.told(),
        notes: left.notes,
    }
}
