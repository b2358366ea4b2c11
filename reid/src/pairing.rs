//! Which probe may be compared with which gallery row: the same-sex mask, and the exclusion of a probe from the
//! profile that was made of it (or of its burst).
//!
//! Two small integers a row are enough, so the kernel applies the rules while it scans and nothing of the size
//! probes x gallery is ever held. It does not know where classes and bursts come from; see [`crate::input`].

use crate::Error;
use serde::{Deserialize, Serialize};

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

/// What the rules look at in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Side {
    /// [`Class::bits`]; all ones without the mask.
    pub(crate) classes: u32,
    /// A probe and a gallery row of the same group are not compared.
    pub(crate) group: u32,
}

/// Groups of rows that belong to none: different on the two sides, so that they never meet.
const NO_GROUP: [u32; 2] = [u32::MAX, u32::MAX - 1];

impl Pairing {
    /// Rules from the class and the exclusion group of every probe and gallery row. A probe and a gallery row of
    /// one group are not compared; `None` belongs to no group. Without `same_sex` the classes are not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if a group is above 4,294,967,293.
    pub fn new(
        same_sex: bool,
        probes: impl IntoIterator<Item = (Class, Option<u32>)>,
        gallery: impl IntoIterator<Item = (Class, Option<u32>)>,
    ) -> Result<Self, Error> {
        let side = |no_group: u32| {
            move |(class, group): (Class, Option<u32>)| {
                let group = group.unwrap_or(no_group);
                if group != no_group && NO_GROUP.contains(&group) {
                    return Err(reserved(group));
                }
                Ok(Side { classes: if same_sex { class.bits() } else { u32::MAX }, group })
            }
        };
        Ok(Self {
            probes: probes.into_iter().map(side(NO_GROUP[0])).collect::<Result<_, _>>()?,
            gallery: gallery.into_iter().map(side(NO_GROUP[1])).collect::<Result<_, _>>()?,
        })
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
    (probe.classes & gallery.classes != 0) & (probe.group != gallery.group)
}

fn reserved(group: u32) -> Error {
    Error::Setting { field: "group", rule: "at most 4,294,967,293", value: group.to_string() }
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
    fn the_reserved_groups_are_refused() {
        for group in NO_GROUP {
            assert!(Pairing::new(false, [(Buck, Some(group - 2))], []).is_ok());
        }
        assert!(Pairing::new(false, [], [(Buck, Some(u32::MAX))]).is_err());
        assert!(Pairing::new(false, [(Buck, Some(u32::MAX - 1))], []).is_err());
    }
}
