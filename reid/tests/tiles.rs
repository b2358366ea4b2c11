//! What does not fit into memory: an analysis says the same to the bit wherever vectors, facts and matches lie, and a
//! room that fails or a watcher that has had enough ends it.

#![expect(clippy::unwrap_used, reason = "a helper that fails must fail its test")]

use deertrack_reid::column::{Column, Growing, Series};
use deertrack_reid::estimate::{Answer, Label};
use deertrack_reid::probes::Gathering;
use deertrack_reid::{
    Analysis, Class, Detection, Error, Input, Options, Probes, Profile, Scratch, Sighting, Store, Vectors,
    Workplace, analyze, analyze_in,
};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A store that can break.
#[derive(Debug)]
struct Bytes {
    all: Mutex<Vec<u8>>,
    reads_left: Arc<AtomicUsize>,
}

impl Store for Bytes {
    fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let (mut all, at) = (self.all.lock().unwrap(), at as usize);
        let end = all.len().max(at + bytes.len());
        all.resize(end, 0);
        all[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let left =
            self.reads_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map_err(|_| io::Error::other("the disk is gone"))?;
        into.copy_from_slice(&self.all.lock().unwrap()[at as usize..][..into.len()]);
        Ok(())
    }
}

/// Room for everything beyond `most_held` bytes, and for so many readings.
struct Room {
    most_held: usize,
    reads_left: Arc<AtomicUsize>,
}

impl Room {
    fn of(most_held: usize) -> Self {
        Self { most_held, reads_left: Arc::new(AtomicUsize::new(usize::MAX)) }
    }
}

impl Scratch for Room {
    fn most_held(&self) -> usize {
        self.most_held
    }

    fn store(&self) -> io::Result<Arc<dyn Store>> {
        Ok(Arc::new(Bytes { all: Mutex::default(), reads_left: Arc::clone(&self.reads_left) }))
    }
}

struct Full;

impl Scratch for Full {
    fn most_held(&self) -> usize {
        0
    }

    fn store(&self) -> io::Result<Arc<dyn Store>> {
        Err(io::Error::other("no space left"))
    }
}

/// A herd with everything that facts can tell, in no order of time, and some vectors twice.
struct Herd {
    vectors: Vec<Vec<f32>>,
    facts: Vec<Detection>,
    gallery: Vectors,
    profiles: Vec<Profile>,
}

fn herd(seed: u64, rows: usize, dim: usize) -> Herd {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let animals: Vec<Vec<f32>> =
        (0..30).map(|_| (0..dim).map(|_| random.random_range(-0.2..1.0)).collect()).collect();
    let photograph = |animal: usize, random: &mut ChaCha8Rng| -> Vec<f32> {
        animals[animal].iter().map(|value| value + random.random_range(-0.5..0.5)).collect()
    };
    let mut vectors: Vec<Vec<f32>> = Vec::new();
    let mut facts = Vec::new();
    for row in 0..rows {
        let animal = random.random_range(0..30);
        let again = row > 0 && random.random_range(0..20) == 0;
        vectors.push(if again {
            vectors[random.random_range(0..row)].clone()
        } else {
            photograph(animal, &mut random)
        });
        let mut maybe = |value: u32| (random.random_range(0..4) > 0).then_some(value);
        let (burst, assigned, identity) =
            (maybe(row as u32 / 3), maybe(animal as u32 % 25), maybe(animal as u32 + 5));
        let class = [Class::Buck, Class::Doe, Class::Fawn, Class::Unknown][animal % 4];
        let bbox = [random.random_range(0.0..0.9), 0.4, 0.05, 0.05];
        let sighting = Sighting {
            image: (row / 2) as u32,
            bbox: (random.random_range(0..5) > 0).then_some(bbox),
            position: (random.random_range(0..5) > 0).then_some([50.0 + (row % 3) as f64 / 10.0, 8.0]),
            seconds: random.random_range(0..rows as i64 * 60),
        };
        facts.push(Detection {
            class,
            burst,
            version: Some(1),
            assigned,
            identity,
            sighting: (random.random_range(0..9) > 0).then_some(sighting),
        });
    }
    let gallery: Vec<Vec<f32>> = (0..25).map(|animal| photograph(animal, &mut random)).collect();
    let profile = |animal: u32| Profile {
        class: [Class::Buck, Class::Doe, Class::Fawn, Class::Unknown][animal as usize % 4],
        founder: (animal.is_multiple_of(3) && (animal as usize) < rows).then_some(animal),
        burst: (animal % 3 == 1).then_some(animal),
        version: Some(1),
        identity: Some(animal + 5),
    };
    Herd {
        vectors,
        facts,
        gallery: Vectors::from_rows("profiles", &gallery).unwrap(),
        profiles: (0..25).map(profile).collect(),
    }
}

impl Herd {
    fn probes(&self, scratch: &dyn Scratch) -> Result<Probes, Error> {
        let mut gathering = Gathering::new("detections", scratch);
        self.vectors.iter().try_for_each(|row| gathering.push(row))?;
        gathering.finish()
    }

    fn input(&self, scratch: &dyn Scratch) -> Input {
        let mut facts = Growing::new(scratch);
        self.facts.iter().for_each(|&detection| facts.push(detection).unwrap());
        Input {
            detections: facts.finish().unwrap(),
            profiles: self.profiles.clone(),
            ..Input::new(self.probes(scratch).unwrap(), self.gallery.clone())
        }
    }
}

fn options(threads: usize, same_sex: bool) -> Options {
    let threads = NonZeroUsize::new(threads).unwrap();
    Options { threads, same_sex, current_threshold: 0.8, seed: 9, ..Options::default() }
}

fn watched<'a>(scratch: &'a dyn Scratch, goes_on: &'a (dyn Fn(usize) -> bool + Sync)) -> Workplace<'a> {
    Workplace { scratch, goes_on }
}

/// Everything that an analysis tells, with floating-point numbers to the bit.
fn told(found: &Analysis) -> (String, String) {
    let rows = (found.matches.to_vec(), &found.founding, &found.sample);
    (serde_json::to_string(found).unwrap(), format!("{rows:?}"))
}

#[test]
fn an_analysis_says_the_same_to_the_bit_wherever_its_numbers_lie() {
    for (seed, rows, dim) in [(1, 2, 5), (2, 700, 7), (3, 2_600, 33)] {
        let herd = herd(seed, rows, dim);
        for same_sex in [false, true] {
            let held = herd.input(&deertrack_reid::store::InMemory);
            assert!(!held.probes.is_stored());
            let expected = told(&analyze(&held, &options(1, same_sex)).unwrap());
            for (most_held, threads) in [(0, 1), (0, 3), (4_000, 2)] {
                let room = Room::of(most_held);
                let stored = herd.input(&room);
                assert_eq!(stored.probes.is_stored(), rows * dim * 4 > most_held);
                let found = analyze_in(&stored, &options(threads, same_sex), watched(&room, &|_| true));
                assert!(told(&found.unwrap()) == expected, "{seed} {same_sex} {most_held} {threads}");
            }
        }
    }
}

#[test]
fn answers_of_a_person_count_alike_wherever_the_matches_lie() {
    let herd = herd(5, 900, 9);
    let first = analyze(&herd.input(&deertrack_reid::store::InMemory), &options(1, false)).unwrap();
    assert!(first.sample.len() > 20);
    let answer = |place: usize| if place.is_multiple_of(5) { Answer::Different } else { Answer::Same };
    let labels = first.sample.iter().enumerate().map(|(place, draw)| Label {
        detection: draw.detection,
        profile: draw.profile,
        answer: answer(place),
    });
    let labels = Some(labels.collect::<Vec<_>>());
    let room = Room::of(0);
    let held = Input { labels: labels.clone(), ..herd.input(&deertrack_reid::store::InMemory) };
    let stored = Input { labels, ..herd.input(&room) };
    let expected = analyze(&held, &options(1, false)).unwrap();
    assert_eq!(expected.estimate.as_ref().unwrap().labels_used, first.sample.len());
    let found = analyze_in(&stored, &options(2, false), watched(&room, &|_| true)).unwrap();
    assert_eq!(told(&found), told(&expected));
}

#[test]
fn a_room_that_fails_at_any_reading_is_told_and_no_number_leaves() {
    let herd = herd(4, 1_200, 6);
    let room = Room::of(0);
    let input = herd.input(&room);
    let before = room.reads_left.load(Ordering::SeqCst);
    analyze_in(&input, &options(1, false), watched(&room, &|_| true)).unwrap();
    let readings = before - room.reads_left.load(Ordering::SeqCst);
    assert!(readings > 1_000, "{readings}");
    // Every reading at the beginning, then some of them, and the last.
    let some = (0..40).chain((40..readings).step_by(readings / 40)).chain([readings - 1]);
    for reads_left in some {
        let room = Room::of(0);
        let input = herd.input(&room);
        room.reads_left.store(reads_left, Ordering::SeqCst);
        let failed = analyze_in(&input, &options(1, false), watched(&room, &|_| true)).unwrap_err();
        let text = "the room for what does not fit into memory cannot be used: the disk is gone";
        assert_eq!(failed.to_string(), text, "after {reads_left} of {readings} readings");
    }
}

#[test]
fn without_room_nothing_is_begun() {
    let herd = herd(6, 50, 4);
    assert!(matches!(herd.probes(&Full).unwrap_err(), Error::Storage { .. }));
    let input = herd.input(&deertrack_reid::store::InMemory);
    let failed = analyze_in(&input, &options(2, false), watched(&Full, &|_| true)).unwrap_err();
    assert_eq!(failed, Error::Storage { what: "no space left".into() });
}

#[test]
fn whoever_watches_is_told_how_many_are_compared_and_may_end_it() {
    let herd = herd(7, 2_600, 5);
    let input = herd.input(&deertrack_reid::store::InMemory);
    let told = Mutex::new(Vec::new());
    let watch = |compared: usize| {
        told.lock().unwrap().push(compared);
        true
    };
    analyze_in(&input, &options(1, false), watched(&deertrack_reid::store::InMemory, &watch)).unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(told[..6], [504, 1_008, 1_512, 2_016, 2_520, 2_600]);
    assert!(told[6..].iter().all(|&compared| compared == 2_600), "and stays there");
    for last in [1, 3, 7, told.len()] {
        let calls = AtomicUsize::new(0);
        let ends = |_: usize| calls.fetch_add(1, Ordering::SeqCst) + 1 < last;
        let place = watched(&deertrack_reid::store::InMemory, &ends);
        assert_eq!(analyze_in(&input, &options(1, false), place), Err(Error::Stopped), "at call {last}");
        assert_eq!(calls.load(Ordering::SeqCst), last, "nothing follows");
    }
}

#[test]
fn what_is_wrong_with_a_vector_is_told_also_where_it_would_not_be_held() {
    for most_held in [0, usize::MAX] {
        let room = Room::of(most_held);
        let gather = |rows: &[&[f32]]| {
            let mut gathering = Gathering::new("detections", &room);
            rows.iter().try_for_each(|row| gathering.push(row))?;
            gathering.finish().map(|probes| (probes.rows(), probes.dim()))
        };
        assert_eq!(gather(&[&[1.0, 2.0], &[3.0, 4.0]]), Ok((2, 2)));
        assert_eq!(gather(&[]), Err(Error::Empty { set: "detections" }));
        assert_eq!(gather(&[&[]]), Err(Error::NoDimensions { set: "detections" }));
        assert!(matches!(gather(&[&[1.0, 2.0], &[1.0]]), Err(Error::Ragged { dim: 2, .. })));
        let bad = gather(&[&[1.0, 2.0], &[1.0, f32::NAN]]);
        assert_eq!(bad, Err(Error::NotFinite { set: "detections", row: 1 }));
    }
}

fn detections() -> impl Strategy<Value = Vec<Detection>> {
    let classes = prop_oneof![Just(Class::Buck), Just(Class::Doe), Just(Class::Fawn), Just(Class::Unknown)];
    let sighting = (
        any::<u32>(),
        any::<Option<[f32; 4]>>(),
        prop::option::of(prop::array::uniform2(-180.0..180.0_f64)),
        any::<i64>(),
    )
        .prop_map(|(image, bbox, position, seconds)| Sighting { image, bbox, position, seconds });
    let one = (classes, any::<[Option<u32>; 4]>(), prop::option::of(sighting)).prop_map(
        |(class, [burst, version, assigned, identity], sighting)| Detection {
            class,
            burst,
            version,
            assigned,
            identity,
            sighting,
        },
    );
    prop::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn a_column_gives_back_what_was_put_into_it(values in detections(), most_held in 0..4_000_usize, at in 0..60_usize) {
        let room = Room::of(most_held);
        let mut growing = Growing::new(&room);
        values.iter().for_each(|&value| growing.push(value).unwrap());
        let column: Column<Detection> = growing.finish().unwrap();
        prop_assert_eq!(column.is_stored(), values.len() * 64 > most_held);
        prop_assert_eq!(column.len(), values.len());
        prop_assert_eq!(format!("{:?}", column.to_vec()), format!("{values:?}"));
        let at = at.min(values.len());
        prop_assert_eq!(format!("{:?}", column.from(at).collect::<Vec<_>>()), format!("{:?}", &values[at..]));
        if let Some(value) = values.get(at) {
            prop_assert_eq!(format!("{:?}", column.get(at)), format!("{value:?}"));
        }
        prop_assert_eq!(column.check(), Ok(()));
    }

    #[test]
    fn cosines_are_the_same_bits_wherever_the_rows_lie(
        rows in prop::collection::vec(prop::array::uniform5(-1.0e3..1.0e3_f32), 1..40), most_held in 0..400_usize,
    ) {
        let all = Vectors::from_rows("detections", &rows).unwrap();
        let room = Room::of(most_held);
        let mut gathering = Gathering::new("detections", &room);
        rows.iter().for_each(|row| gathering.push(row).unwrap());
        let probes = gathering.finish().unwrap();
        prop_assert_eq!(probes.is_stored(), rows.len() * 20 > most_held);
        for row in 0..rows.len() {
            let other = (row * 7 + 3) % rows.len();
            let expected = all.cosine(row, &all, other).to_bits();
            prop_assert_eq!(probes.cosine(row, other).to_bits(), expected);
            prop_assert_eq!(probes.cosine_with(row, &all, other).to_bits(), expected);
        }
        let last = probes.held(&[rows.len() - 1]).unwrap();
        prop_assert_eq!(last.row(0), &rows[rows.len() - 1]);
    }
}
