//! Where and when cameras meet the herd: places, deployments with a dead battery, visits and their shots.

use std::ops::Range;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use deertrack_schemas::Class;
use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Poisson};

use super::behaviour::{Sun, hour, restlessness, rut};
use super::embedding::Space;
use super::herd::{Animal, herd};
use super::options::Options;
use super::streams::{Stream, random};

const PLACES: [&str; 8] = [
    "Oak ridge",
    "Alder brook",
    "North clearing",
    "Old quarry",
    "Beech hollow",
    "Pond edge",
    "Fern bank",
    "Charcoal path",
];
/// A wood in the west of England: near the zero meridian, so that UTC is nearly the time of its sun.
const LATITUDE: f64 = 51.80;
const LONGITUDE: f64 = -2.58;
/// The place whose battery dies, and the share of the season it stands dark.
const DARK_PLACE: usize = 1;
const DARK: Range<f64> = 0.40..0.52;
/// The place whose camera is hung later than the others, and when.
const LATE_PLACE: usize = 3;
const LATE: f64 = 0.12;
/// A fawn is beside its mother so often.
const FAWN_FOLLOWS: f64 = 0.8;
/// Shots of a visit: 1 to 4.
const MEAN_SHOTS: f64 = 2.5;

/// A season and its truth.
pub(super) struct Season {
    pub(super) seed: u64,
    pub(super) herd: Vec<Animal>,
    pub(super) places: Vec<Place>,
    pub(super) stands: Vec<Stand>,
    /// By time.
    pub(super) shots: Vec<Shot>,
}

/// A camera place.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

/// A camera that works at a place.
pub(super) struct Stand {
    pub(super) place: usize,
    pub(super) span: Range<DateTime<Utc>>,
}

/// One photograph.
pub(super) struct Shot {
    pub(super) at: DateTime<Utc>,
    pub(super) place: usize,
    pub(super) stand: usize,
    /// The visit it is of: its burst.
    pub(super) visit: usize,
    /// How light it is, 0 to 1.
    pub(super) light: f64,
    /// Animals, by their number in the herd, and where each stands.
    pub(super) seen: Vec<(usize, Pose)>,
}

/// How an animal stands before the camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pose {
    /// Where its feet are across the frame, 0 to 1.
    pub(super) across: f64,
    /// How near it is: 0 far, 1 near.
    pub(super) near: f64,
    pub(super) faces_left: bool,
    /// How far its head is down: 0 up, 1 grazing.
    pub(super) head_down: f64,
}

impl Season {
    pub(super) fn new(seed: u64, options: &Options) -> Self {
        let mut rng = random(seed, Stream::Herd);
        let space = Space::new(&mut rng);
        let herd = herd(options.places, &space, &mut rng);
        let mut rng = random(seed, Stream::Season);
        let places: Vec<Place> = (0..options.places).map(|number| place(number, &mut rng)).collect();
        let days = Calendar::new(options);
        let stands = stands(options, &days);
        let visits = visits(options, &days, &herd, &mut rng);
        let mut shots = Vec::new();
        let mut met = 0;
        for visit in visits {
            let stand =
                stands.iter().position(|stand| stand.place == visit.place && stand.span.contains(&visit.at));
            let Some(stand) = stand else { continue };
            take_shots(&visit, met, stand, &herd, &mut rng, &mut shots);
            met += 1;
        }
        // Two visits may overlap; a camera's files are in the order of time.
        shots.sort_by_key(|shot| (shot.at, shot.place, shot.visit));
        Self { seed, herd, places, stands, shots }
    }
}

struct Calendar {
    first: NaiveDate,
    days: u32,
}

impl Calendar {
    fn new(options: &Options) -> Self {
        let back = Days::new(u64::from(options.days - 1));
        Self { first: options.end.checked_sub_days(back).unwrap_or(NaiveDate::MIN), days: options.days }
    }

    fn day(&self, number: u32) -> NaiveDate {
        self.first.checked_add_days(Days::new(u64::from(number))).unwrap_or(NaiveDate::MAX)
    }

    fn days(&self) -> impl Iterator<Item = NaiveDate> {
        (0..self.days).map(|number| self.day(number))
    }

    /// Noon of the day at a share of the season.
    fn noon_at(&self, share: f64) -> DateTime<Utc> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of at most 3660 days"
        )]
        let number = (f64::from(self.days) * share) as u32;
        at(self.day(number), 12.0)
    }

    fn midnights(&self) -> Range<DateTime<Utc>> {
        at(self.first, 0.0)..at(self.day(self.days), 0.0)
    }
}

/// An hour of a day, to the second, as cameras write it.
fn at(day: NaiveDate, hour: f64) -> DateTime<Utc> {
    #[expect(clippy::cast_possible_truncation, reason = "0 to 86,400")]
    let seconds = (hour * 3600.0) as i64;
    day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::seconds(seconds)
}

fn place(number: usize, rng: &mut ChaCha12Rng) -> Place {
    let round = number / PLACES.len();
    let name = PLACES[number % PLACES.len()];
    Place {
        name: if round == 0 { name.to_owned() } else { format!("{name} {}", round + 1) },
        latitude: LATITUDE + rng.random_range(-0.012..0.012),
        longitude: LONGITUDE + rng.random_range(-0.02..0.02),
    }
}

fn stands(options: &Options, days: &Calendar) -> Vec<Stand> {
    let whole = days.midnights();
    let mut stands = Vec::new();
    for place in 0..options.places {
        match place {
            DARK_PLACE => {
                let (dies, is_back) = (days.noon_at(DARK.start), days.noon_at(DARK.end));
                stands.push(Stand { place, span: whole.start..dies });
                stands.push(Stand { place, span: is_back..whole.end });
            }
            LATE_PLACE => stands.push(Stand { place, span: days.noon_at(LATE)..whole.end }),
            _ => stands.push(Stand { place, span: whole.clone() }),
        }
    }
    stands
}

struct Visit {
    at: DateTime<Utc>,
    place: usize,
    light: f64,
    leader: usize,
}

/// Visits of the whole herd to all places, whether a camera works there or not.
fn visits(options: &Options, days: &Calendar, herd: &[Animal], rng: &mut ChaCha12Rng) -> Vec<Visit> {
    // Fawns do not come alone. Rates sum to what is asked for over the season.
    let leaders: Vec<usize> = (0..herd.len()).filter(|number| herd[*number].class != Class::Fawn).collect();
    let expected: f64 = days
        .days()
        .map(|day| {
            let rut = rut(day, options.rut_peak);
            leaders
                .iter()
                .map(|leader| restlessness(herd[*leader].class, rut) * group(&herd[*leader]))
                .sum::<f64>()
        })
        .sum();
    let rate = options.detections_per_day * f64::from(options.days) / (expected * MEAN_SHOTS);
    let mut visits = Vec::new();
    for day in days.days() {
        let rut = rut(day, options.rut_peak);
        let sun = Sun::on(day, LATITUDE, LONGITUDE);
        for leader in &leaders {
            let class = herd[*leader].class;
            let mean = rate * restlessness(class, rut);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
            let count = Poisson::new(mean).expect("a positive rate").sample(rng) as u32;
            for _ in 0..count {
                let hour = hour(class, rut, sun, rng);
                let place = pick(&herd[*leader].haunts, rng);
                visits.push(Visit { at: at(day, hour), place, light: sun.light(hour), leader: *leader });
            }
        }
    }
    visits.sort_by_key(|visit| (visit.at, visit.place, visit.leader));
    visits
}

/// How many animals come with a leader on average, itself included.
fn group(leader: &Animal) -> f64 {
    1.0 + FAWN_FOLLOWS * leader.fawns.len() as f64
}

fn pick(weights: &[f64], rng: &mut ChaCha12Rng) -> usize {
    let mut rest: f64 = rng.random();
    for (at, weight) in weights.iter().enumerate() {
        rest -= weight;
        if rest < 0.0 {
            return at;
        }
    }
    weights.len() - 1
}

fn take_shots(
    visit: &Visit,
    number: usize,
    stand: usize,
    herd: &[Animal],
    rng: &mut ChaCha12Rng,
    shots: &mut Vec<Shot>,
) {
    let mut group = vec![visit.leader];
    group.extend(herd[visit.leader].fawns.iter().filter(|_| rng.random_bool(FAWN_FOLLOWS)));
    let mut poses: Vec<Pose> = (0..group.len()).map(|rank| pose(rank, rng)).collect();
    let mut taken_at = visit.at;
    for _ in 0..rng.random_range(1..=4) {
        let seen = group.iter().copied().zip(poses.iter().copied()).collect();
        let (place, light) = (visit.place, visit.light);
        shots.push(Shot { at: taken_at, place, stand, visit: number, light, seen });
        taken_at += TimeDelta::seconds(rng.random_range(1..=4));
        for pose in &mut poses {
            pose.step(rng);
        }
    }
}

fn pose(rank: usize, rng: &mut ChaCha12Rng) -> Pose {
    Pose {
        // A fawn stands beside its mother, not in her.
        across: (rng.random_range(0.25..0.5) + 0.3 * rank as f64).min(0.88),
        near: rng.random_range(0.1..0.9),
        faces_left: rng.random_bool(0.5),
        head_down: if rng.random_bool(0.35) {
            rng.random_range(0.6..1.0)
        } else {
            rng.random_range(0.0..0.15)
        },
    }
}

impl Pose {
    /// A few seconds later.
    fn step(&mut self, rng: &mut ChaCha12Rng) {
        let stride = rng.random_range(0.0..0.05) * if self.faces_left { -1.0 } else { 1.0 };
        self.across = (self.across + stride).clamp(0.2, 0.85);
        self.head_down = (self.head_down + rng.random_range(-0.1..0.1)).clamp(0.0, 1.0);
    }
}
