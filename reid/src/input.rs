//! What an analysis is given: vectors, and what is known about the photographs and animals behind them.
//!
//! Names, ids and files stay with the caller; here everything is a row number or a small code. Facts are optional:
//! what is not known is not used, and the result says so.

use crate::column::{Column, Series};
use crate::estimate::Label;
use crate::{Class, Error, Pairing, Probes, Vectors};
use std::collections::{HashMap, HashSet};

/// Everything that goes in.
#[derive(Debug, Clone)]
pub struct Input {
    /// Vectors of the detections (probes).
    pub probes: Probes,
    /// Vectors of the known animals (gallery).
    pub gallery: Vectors,
    /// One for each detection, or empty.
    pub detections: Column<Detection>,
    /// One for each profile, or empty.
    pub profiles: Vec<Profile>,
    /// A person's answers about an earlier sample, even if there are none of use in it; `None`: nobody was asked.
    pub labels: Option<Vec<Label>>,
}

/// What is known about a detection. The codes are the caller's; equal codes mean the same thing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Detection {
    /// Sex and age class.
    pub class: Class,
    /// Photographs that a camera took in one go; their detections are not independent.
    pub burst: Option<u32>,
    /// Version of the embedding.
    pub version: Option<u32>,
    /// Profile row that the platform assigned it to.
    pub assigned: Option<u32>,
    /// The true animal, for evaluation only.
    pub identity: Option<u32>,
    /// Where and when.
    pub sighting: Option<Sighting>,
}

/// Where and when a detection was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sighting {
    /// The photograph.
    pub image: u32,
    /// Left, top, width and height as parts of the picture, 0 to 1.
    pub bbox: Option<[f32; 4]>,
    /// Latitude and longitude of the camera in degrees.
    pub position: Option<[f64; 2]>,
    /// Seconds since any fixed moment, the same for all cameras.
    pub seconds: i64,
}

/// What is known about a profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Profile {
    /// Sex and age class.
    pub class: Class,
    /// Detection row that the profile was made of. It and its burst mates are not compared with the profile.
    pub founder: Option<u32>,
    /// Burst of a founder that is not among the detections, coded as [`Detection::burst`]: its mates may be.
    pub burst: Option<u32>,
    /// Version of the embedding.
    pub version: Option<u32>,
    /// The true animal, for evaluation only.
    pub identity: Option<u32>,
}

impl Input {
    /// Vectors alone, nothing known about them.
    #[must_use]
    pub fn new(probes: impl Into<Probes>, gallery: Vectors) -> Self {
        let detections = Column::default();
        Self { probes: probes.into(), gallery, detections, profiles: Vec::new(), labels: None }
    }

    /// The facts of a detection; the default where none are given.
    #[must_use]
    pub fn detection(&self, row: usize) -> Detection {
        if row < self.detections.len() { self.detections.get(row) } else { Detection::default() }
    }

    /// The facts of all detections in the order of their rows.
    pub fn facts(&self) -> impl Iterator<Item = Detection> + '_ {
        let none = std::iter::repeat_n(Detection::default(), self.probes.rows());
        self.detections.iter().chain(none.skip(self.detections.len()))
    }

    /// The facts of a profile; the default where none are given.
    #[must_use]
    pub fn profile(&self, row: usize) -> Profile {
        self.profiles.get(row).copied().unwrap_or_default()
    }

    /// A number for the burst of each detection, from 0; a detection without a burst is one of its own.
    #[must_use]
    pub fn bursts(&self) -> Vec<u32> {
        let mut numbers = HashMap::new();
        let mut next = 0;
        let mut fresh = || {
            next += 1;
            next - 1
        };
        self.facts()
            .map(|detection| match detection.burst {
                Some(burst) => *numbers.entry(burst).or_insert_with(&mut fresh),
                None => fresh(),
            })
            .collect()
    }

    /// The burst that each profile was made of, numbered as by [`Input::bursts`]; none where no detection is of it.
    fn founder_bursts(&self, bursts: &[u32]) -> Vec<Option<u32>> {
        let wanted: HashSet<u32> = self.profiles.iter().filter_map(|profile| profile.burst).collect();
        let coded = self.detections.iter().zip(bursts);
        let numbers: HashMap<u32, u32> = coded
            .filter_map(|(detection, &number)| Some((detection.burst?, number)))
            .filter(|(burst, _)| wanted.contains(burst))
            .collect();
        let burst = |profile: &Profile| {
            let founder = profile.founder.map(|founder| bursts[founder as usize]);
            founder.or_else(|| numbers.get(&profile.burst?).copied())
        };
        self.profiles.iter().map(burst).collect()
    }

    /// Whether each detection is of a burst that some profile was made of. Such a detection is not compared with its
    /// own profile, so its best match cannot be right: it is told, and not judged.
    #[must_use]
    pub fn founding(&self, bursts: &[u32]) -> Vec<bool> {
        let of_profiles: HashSet<u32> = self.founder_bursts(bursts).into_iter().flatten().collect();
        bursts.iter().map(|burst| of_profiles.contains(burst)).collect()
    }

    /// The rules for all pairs: no profile meets the burst it was made of; with `same_sex`, classes are kept apart.
    ///
    /// # Errors
    ///
    /// As [`Input::check`].
    pub fn pairing(&self, bursts: &[u32], same_sex: bool) -> Result<Pairing, Error> {
        self.check()?;
        let founder_bursts = self.founder_bursts(bursts);
        if !same_sex && founder_bursts.iter().all(Option::is_none) {
            return Ok(Pairing::default());
        }
        let probes = self.facts().zip(bursts).map(|(detection, &burst)| (detection.class, Some(burst)));
        let profile = |row: usize| (self.profile(row).class, founder_bursts.get(row).copied().flatten());
        Pairing::new(same_sex, probes, (0..self.gallery.rows()).map(profile))
    }

    /// Checks that the facts fit the vectors.
    ///
    /// # Errors
    ///
    /// [`Error::FactsMismatch`] and [`Error::OutOfRange`].
    pub fn check(&self) -> Result<(), Error> {
        let (probes, gallery) = (self.probes.rows(), self.gallery.rows());
        for (set, rows, facts) in [
            (self.probes.set(), probes, self.detections.len()),
            (self.gallery.set(), gallery, self.profiles.len()),
        ] {
            if facts != 0 && facts != rows {
                return Err(Error::FactsMismatch { set, rows, facts });
            }
        }
        let assigned = self.detections.iter().map(|detection| detection.assigned);
        in_range(self.probes.set(), "the assigned profile", assigned, gallery)?;
        let founders = self.profiles.iter().map(|profile| profile.founder);
        in_range(self.gallery.set(), "the founder", founders, probes)?;
        let labels = || self.labels.iter().flatten();
        in_range("labels", "the detection", labels().map(|label| Some(label.detection)), probes)?;
        in_range("labels", "the profile", labels().map(|label| Some(label.profile)), gallery)?;
        self.check_read()
    }

    /// Whether all that was read of the detections so far could be read.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`].
    pub fn check_read(&self) -> Result<(), Error> {
        self.probes.check()?;
        self.detections.check()
    }
}

fn in_range(
    set: &'static str,
    what: &'static str,
    indices: impl Iterator<Item = Option<u32>>,
    end: usize,
) -> Result<(), Error> {
    for (row, index) in indices.enumerate() {
        if let Some(index) = index.map(|index| index as usize).filter(|&index| index >= end) {
            return Err(Error::OutOfRange { set, row, what, index });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> Input {
        let vectors = |set, rows: usize| Vectors::new(set, 2, vec![1.0; rows * 2]).unwrap();
        Input::new(vectors("detections", 3), vectors("profiles", 2))
    }

    #[test]
    fn detections_of_a_burst_share_its_number_and_others_have_their_own() {
        let mut input = input();
        assert_eq!(input.bursts(), [0, 1, 2]);
        input.detections =
            [Some(9), None, Some(9)].map(|burst| Detection { burst, ..Default::default() }).into();
        assert_eq!(input.bursts(), [0, 1, 0]);
    }

    #[test]
    fn a_profile_does_not_meet_the_burst_it_was_made_of() {
        let mut input = input();
        input.detections =
            [Some(9), None, Some(9)].map(|burst| Detection { burst, ..Default::default() }).into();
        input.profiles = [Some(2), None].map(|founder| Profile { founder, ..Default::default() }).into();
        let rules = input.pairing(&input.bursts(), false).unwrap();
        let first: Vec<bool> = (0..3).map(|probe| rules.allows(probe, 0)).collect();
        assert_eq!(first, [false, true, false]);
        assert!((0..3).all(|probe| rules.allows(probe, 1)));
    }

    #[test]
    fn the_burst_of_a_founder_that_is_not_here_is_kept_from_its_profile_too() {
        let mut input = input();
        input.detections =
            [Some(9), Some(4), Some(9)].map(|burst| Detection { burst, ..Default::default() }).into();
        input.profiles = [Some(9), Some(7)].map(|burst| Profile { burst, ..Default::default() }).into();
        let bursts = input.bursts();
        let rules = input.pairing(&bursts, false).unwrap();
        let first: Vec<bool> = (0..3).map(|probe| rules.allows(probe, 0)).collect();
        assert_eq!(first, [false, true, false]);
        assert!((0..3).all(|probe| rules.allows(probe, 1)), "no detection is of its burst");
        assert_eq!(input.founding(&bursts), [true, false, true]);
    }

    #[test]
    fn facts_that_do_not_fit_are_refused_by_name() {
        let mut short = input();
        short.profiles = vec![Profile::default()];
        assert_eq!(
            short.check().unwrap_err().to_string(),
            "1 facts for 2 profiles: give one for each, or none at all"
        );
        let mut beyond = input();
        beyond.profiles = vec![Profile::default(), Profile { founder: Some(3), ..Default::default() }];
        let message = "the founder of row 1 of the profiles is 3, beyond the last row";
        assert_eq!(beyond.check().unwrap_err().to_string(), message);
    }
}
