//! Camtrap DP 1.0 packages: `deployments.csv`, `observations.csv` and, if present, `media.csv`.
//!
//! The standard: <https://camtrap-dp.tdwg.org>. Classes: a juvenile is a fawn; else a male is a buck and a female a
//! doe; whoever's sex is not told is unknown. The sex as told is kept beside the class.
//!
//! 1. [`locate`], [`package`], [`dialect`]: where the package is and how its tables are written.
//! 2. [`deployments`] with [`places`] and [`clocks`], [`media`], [`observations`] with [`species`]: the tables.
//! 3. [`groups`], [`part`], [`tally`]: so many rows at a time. [`events`]: which rows and photographs are of one event. [`levels`]: which rows tell of one animal.
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
mod groups;
mod ids;
mod individuals;
mod levels;
mod locate;
mod media;
mod near;
mod observations;
mod options;
mod package;
mod part;
mod pictures;
mod places;
mod reading;
mod shifts;
mod species;
mod summary;
mod tally;
mod write;
mod zones;

use std::path::Path;

use deertrack_catalog::corrections::{ClockCorrection, Corrections, KEY};
use deertrack_catalog::store::{KnownDataset, NewDataset, Store, Writing};

use crate::error::ImportError;
use crate::given::Given;
use crate::progress::OnProgress;
use crate::source::{How, Source, SourceInfo};
use deployments::Stands;
pub(crate) use deployments::{FAILURES, ZONE};
use events::EventIds;
use groups::{Counted, Groups};
use ids::Others;
use individuals::Individuals;
pub(crate) use package::Package;
use part::{Part, Pass};
use reading::{Left, Reading};
use species::Chosen;
use tally::Tally;
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
/// Safe to repeat: an import replaces what an earlier one of the same package made, and nothing else. The deployments are
/// held in memory, the rows of about [`Options::rows_at_once`] at a time, and of each id a hash. Files are read on the
/// calling thread.
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
    let counted = Counted::of(package)?;
    let mut reading = Reading::new(options, counted.total, progress);
    let mut stands = deployments::read(package, &mut reading)?;
    shifts::mark(&mut stands, &options.shifts)?;
    let groups = Groups::of(package, &counted, &stands, &mut reading)?;
    let chosen = Chosen::of(options);

    let mut tally = Tally::default();
    let mut only = None;
    let mut pass = Pass::new(&groups, &stands, &chosen, None);
    for group in 0..groups.count {
        let part = pass.read(group, &mut reading)?;
        tally.add(&part, &stands, &mut reading);
        only = (groups.count == 1).then_some(part);
    }
    drop(pass); // with the hashes of its ids
    reading.refuse_orphans()?;
    species::refuse_none(&chosen, &tally.species, &tally.other_species, reading.unused())?;
    reading.notes.mended_clocks = shifts::settle(&mut stands, std::mem::take(&mut tally.spans));
    stands.settle(options.now);
    failures::mark(&mut stands, failed)?;
    let zones = zones::places(&stands, &tally.offsets);
    let individuals = std::mem::take(&mut tally.individuals).settled();
    note(&mut reading, package, &stands, &individuals);

    let mut writing = store.begin().await?;
    let known = writing.known_datasets().await?;
    let corrections = corrections(package, &stands);
    let impossible_times = reading.notes.impossible_times;
    let notes = notes_of(&individuals, impossible_times, &corrections);
    let mut dataset = dataset(package, options, &tally, &notes)?;
    refuse_another(&dataset, &known, options)?;
    reading.notes.zones = zones::told(&zones);
    reading.notes.dropped_corrections = dropped(&dataset, &known, &corrections);
    let rows = Rows { groups: &groups, stands: &stands, chosen: &chosen, ids: &tally.events, only };
    let before = known.iter().find(|known| known.id == dataset.id);
    dataset.id_prefix = match before.filter(|known| !known.id_prefix.is_empty()) {
        // One that was imported with a prefix keeps it.
        Some(known) => known.id_prefix.clone(),
        None if rows.share_ids(&dataset.id, &individuals, &reading, &mut writing).await? => {
            ids::prefix(&dataset.id, &known)
        }
        None => String::new(),
    };
    let import =
        Import { dataset, stands: &stands, zones: &zones, individuals: &individuals, now: options.now };
    let written = rows.write(&import, before.is_some(), &mut reading, writing).await?;
    Ok(summary(&import, package, &tally, options, reading.finish(), &written))
}

/// The rows, to be gone through once more: those of a single group were kept, those of several are read again.
struct Rows<'a> {
    groups: &'a Groups<'a>,
    stands: &'a Stands,
    chosen: &'a Chosen,
    ids: &'a EventIds,
    only: Option<Part>,
}

impl Rows<'_> {
    fn pass(&self) -> Pass<'_> {
        Pass::new(self.groups, self.stands, self.chosen, Some(self.ids))
    }

    /// Whether another data set of the database has one of the ids.
    async fn share_ids(
        &self,
        dataset_id: &str,
        individuals: &Individuals,
        reading: &Reading<'_>,
        writing: &mut Writing,
    ) -> Result<bool, ImportError> {
        let Some(others) = Others::of(dataset_id, writing).await? else { return Ok(false) };
        if others.share_stands(self.stands, &individuals.all, dataset_id, writing).await? {
            return Ok(true);
        }
        if let Some(part) = &self.only {
            return others.share_rows(part, dataset_id, writing).await;
        }
        let (mut pass, mut silent) = (self.pass(), |_, _| ());
        let mut again = reading.again(&mut silent);
        for group in 0..self.groups.count {
            if others.share_rows(&pass.read(group, &mut again)?, dataset_id, writing).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes all of them.
    async fn write(
        &self,
        import: &Import<'_>,
        is_known: bool,
        reading: &mut Reading<'_>,
        mut writing: Writing,
    ) -> Result<Written, ImportError> {
        let mut written = import.begin(&mut writing, is_known).await?;
        let (mut pass, mut silent) = (self.pass(), |_, _| ());
        for group in 0..self.groups.count {
            let read;
            let part = match &self.only {
                Some(part) => part,
                None => {
                    read = pass.read(group, &mut reading.again(&mut silent))?;
                    &read
                }
            };
            tally::note_outside(part, self.stands, reading);
            import.part(part, self.groups.group(group), &mut writing, &mut written).await?;
        }
        import.end(&mut writing, &mut written).await?;
        writing.commit().await?;
        Ok(written)
    }
}

fn dataset(
    package: &Package,
    options: &Options,
    tally: &Tally,
    notes: &serde_json::Map<String, serde_json::Value>,
) -> Result<NewDataset, ImportError> {
    let name = options.name.clone().filter(|name| !name.trim().is_empty());
    let species: Vec<&String> = tally.species.keys().collect();
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

fn note(reading: &mut Reading<'_>, package: &Package, stands: &Stands, individuals: &Individuals) {
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
    let spans = stands.all.iter().flat_map(|stand| [stand.start, stand.end]);
    notes.offsets.extend(spans.map(|at| at.offset().to_string()));
    notes.offsets.sort_unstable();
    notes.offsets.dedup();
    for stand in &stands.all {
        if let Some(change) = &stand.change {
            let change = change.recorded(&stands.places.all[stand.place].id);
            notes.corrected_places.insert(change.place, change.what);
        }
    }
    [notes.failures.deployments, notes.failures.periods] = failures::counts(stands);
    notes.passages = individuals.passages;
    let apart = stands.places.all.iter().filter_map(|place| Some((place.id.clone(), place.apart? as u64)));
    notes.apart = apart.collect();
}

fn summary(
    import: &Import<'_>,
    package: &Package,
    tally: &Tally,
    options: &Options,
    left: Left,
    written: &Written,
) -> Summary {
    let mut skipped = left.skipped;
    if tally.not_asked > 0 {
        let reason = "of the level that was not asked for".into();
        skipped.push(Skipped { reason, rows: tally.not_asked });
    }
    Summary {
        dataset: import.dataset.name.clone(),
        dataset_id: import.dataset.id.clone(),
        id_prefix: import.dataset.id_prefix.clone(),
        level: match tally.has_level {
            [true, true] => "event and media",
            [true, false] => "event",
            [false, _] => "media",
        },
        level_reason: match options.observations {
            Observations::Auto => "what both levels tell is counted once",
            Observations::Event | Observations::Media => "as asked",
        },
        species: tally.species.keys().cloned().collect(),
        other_species: tally.other_species.clone(),
        places: import.stands.places.all.len(),
        deployments: import.stands.all.len(),
        images: written.images,
        detections: tally.detections,
        animals: tally.animals,
        days: tally.days,
        classes: tally.classes.clone(),
        individuals: import.individuals.all.len(),
        repeats: tally.repeats,
        rejected: tally.rejected,
        incomplete_boxes: tally.incomplete_boxes,
        has_media: tally.has_media,
        skipped,
        orphans: left.orphans,
        bad_rows: left.bad_rows,
        bad_row_count: left.bad_row_count,
        removed: written.removed,
        told: package.told(),
        notes: left.notes,
    }
}
