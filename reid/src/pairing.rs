//! Which probe may be compared with which gallery row: the same-sex mask, and the exclusion of a probe from the
//! profile that was made of it (or of its burst).
//!
//! Two small integers a row are enough, so the kernel applies the rules while it scans and nothing of the size
//! probes x gallery is ever held. It does not know where classes and bursts come from; see [`crate::input`].

use crate::Error;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Sex and age class of an animal, as the detector or a person gave it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Adult male.
    Buck,
    /// Adult female.
    Doe,
    /// Young of the year.
    Fawn,
    /// Not told; may be any of the others.
    #[default]
    Unknown,
}

impl Class {
    /// One bit for each class, all of them for the unknown: two classes may be one animal if they share a bit.
    pub(crate) fn bits(self) -> u32 {
        match self {
            Self::Buck => 0b001,
            Self::Doe => 0b010,
            Self::Fawn => 0b100,
            Self::Unknown => 0b111,
        }
    }

    /// Buck goes with buck, doe with doe, fawn with fawn, and the unknown with all.
    #[must_use]
    pub fn may_match(self, other: Self) -> bool {
        self.bits() & other.bits() != 0
    }
}

/// The rules for all pairs of probes and gallery rows. The default allows every pair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairing {
    pub(crate) probes: Vec<Side>,
    pub(crate) gallery: Vec<Side>,
}

/// What the rules look at in one row, in four bytes: the classes that it may be of in the lowest three bits
/// ([`Class::bits`]; all ones without the mask), above them its group. A probe and a gallery row of the same group are
/// not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Side(u32);

const CLASSES: u32 = 0b111;
const GROUP: u32 = CLASSES + 1;
/// Groups of rows that belong to none: different on the two sides, so that they never meet.
const NO_GROUP: [u32; 2] = [0, u32::MAX / GROUP];

impl Side {
    fn new(same_sex: bool, class: Class, group: u32) -> Self {
        let classes = if same_sex { class.bits() } else { CLASSES };
        Self(group * GROUP + classes)
    }
}

impl Pairing {
    /// Rules from the class and the exclusion group of every probe and gallery row. A probe and a gallery row of
    /// one group are not compared; `None` belongs to no group. Without `same_sex` the classes are not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if the gallery has more than 536,870,910 groups.
    pub fn new(
        same_sex: bool,
        probes: impl IntoIterator<Item = (Class, Option<u32>)>,
        gallery: impl IntoIterator<Item = (Class, Option<u32>)>,
    ) -> Result<Self, Error> {
        // Only groups of the gallery keep anybody apart: they are numbered from 1.
        let mut groups: HashMap<u32, u32> = HashMap::new();
        let mut number = |group: Option<u32>| {
            let next = groups.len() as u32 + 1;
            group.map_or(NO_GROUP[1], |group| *groups.entry(group).or_insert(next))
        };
        let gallery: Vec<Side> = gallery
            .into_iter()
            .map(|(class, group)| Side::new(same_sex, class, number(group).min(NO_GROUP[1])))
            .collect();
        if groups.len() >= NO_GROUP[1] as usize {
            return Err(too_many(groups.len()));
        }
        let number =
            |group: Option<u32>| group.and_then(|group| groups.get(&group)).copied().unwrap_or(NO_GROUP[0]);
        let probes = probes.into_iter().map(|(class, group)| Side::new(same_sex, class, number(group)));
        Ok(Self { probes: probes.collect(), gallery })
    }

    /// Whether every pair is allowed.
    #[must_use]
    pub fn allows_all(&self) -> bool {
        self.probes.is_empty() && self.gallery.is_empty()
    }

    /// Whether this pair may be compared.
    #[must_use]
    pub fn allows(&self, probe: usize, gallery: usize) -> bool {
        self.allows_all() || allowed(self.probes[probe], self.gallery[gallery])
    }

    pub(crate) fn check(&self, probes: usize, gallery: usize) -> Result<(), Error> {
        if self.allows_all() {
            return Ok(());
        }
        for (set, rows, facts) in
            [("detections", probes, self.probes.len()), ("profiles", gallery, self.gallery.len())]
        {
            if rows != facts {
                return Err(Error::FactsMismatch { set, rows, facts });
            }
        }
        Ok(())
    }
}

#[inline(always)]
pub(crate) fn allowed(probe: Side, gallery: Side) -> bool {
    (probe.0 & gallery.0 & CLASSES != 0) & (probe.0 / GROUP != gallery.0 / GROUP)
}

fn too_many(groups: usize) -> Error {
    Error::Setting { field: "groups", rule: "at most 536,870,910", value: groups.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Class::{Buck, Doe, Fawn, Unknown};

    #[test]
    fn each_class_goes_with_itself_and_the_unknown_with_all() {
        let all = [Buck, Doe, Fawn, Unknown];
        for a in all {
            for b in all {
                assert_eq!(a.may_match(b), a == b || a == Unknown || b == Unknown, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn rows_of_one_group_are_kept_apart_and_rows_of_none_are_not() {
        let rules =
            Pairing::new(false, [(Buck, Some(7)), (Doe, None)], [(Doe, Some(7)), (Doe, None)]).unwrap();
        let allowed = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(p, g)| rules.allows(p, g));
        assert_eq!(allowed, [false, true, true, true]);
    }

    #[test]
    fn any_number_names_a_group_and_those_of_none_meet_all() {
        let ends = [0, 1, u32::MAX - 1, u32::MAX];
        let probes = ends.map(|group| (Buck, Some(group))).into_iter().chain([(Buck, None)]);
        let gallery = ends.map(|group| (Buck, Some(group))).into_iter().chain([(Buck, None)]);
        let rules = Pairing::new(true, probes, gallery).unwrap();
        for probe in 0..5 {
            for row in 0..5 {
                assert_eq!(rules.allows(probe, row), probe != row || probe == 4, "{probe} {row}");
            }
        }
    }
}
