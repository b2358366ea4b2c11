//! The bytes of what is kept for each detection: 64 for its facts, 24 for its two best profiles.

use crate::column::Record;
use crate::input::{Detection, Sighting};
use crate::kernel::{Candidate, Match};
use crate::pairing::Class;
use bytemuck::{Pod, Zeroable};

/// [`Detection`] as bytes.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct DetectionBytes {
    seconds: i64,
    position: [f64; 2],
    bbox: [f32; 4],
    image: u32,
    burst: u32,
    version: u32,
    assigned: u32,
    identity: u32,
    /// The class in the lowest two bits, above them which of the others are there.
    known: u32,
}

const CLASSES: [Class; 4] = [Class::Unknown, Class::Buck, Class::Doe, Class::Fawn];
const BURST: u32 = 1 << 2;
const VERSION: u32 = 1 << 3;
const ASSIGNED: u32 = 1 << 4;
const IDENTITY: u32 = 1 << 5;
const SIGHTING: u32 = 1 << 6;
const BBOX: u32 = 1 << 7;
const POSITION: u32 = 1 << 8;

impl Record for Detection {
    type Raw = DetectionBytes;

    fn raw(self) -> DetectionBytes {
        let mut bytes = DetectionBytes::zeroed();
        bytes.known = match self.class {
            Class::Unknown => 0,
            Class::Buck => 1,
            Class::Doe => 2,
            Class::Fawn => 3,
        };
        let mut note = |bit: u32, number: Option<u32>| {
            bytes.known |= if number.is_some() { bit } else { 0 };
            number.unwrap_or_default()
        };
        bytes.burst = note(BURST, self.burst);
        bytes.version = note(VERSION, self.version);
        bytes.assigned = note(ASSIGNED, self.assigned);
        bytes.identity = note(IDENTITY, self.identity);
        if let Some(sighting) = self.sighting {
            bytes.known |= SIGHTING;
            (bytes.image, bytes.seconds) = (sighting.image, sighting.seconds);
            if let Some(bbox) = sighting.bbox {
                bytes.known |= BBOX;
                bytes.bbox = bbox;
            }
            if let Some(position) = sighting.position {
                bytes.known |= POSITION;
                bytes.position = position;
            }
        }
        bytes
    }

    fn of(bytes: DetectionBytes) -> Self {
        let has = |bit: u32| bytes.known & bit != 0;
        Self {
            class: CLASSES[(bytes.known & 3) as usize],
            burst: has(BURST).then_some(bytes.burst),
            version: has(VERSION).then_some(bytes.version),
            assigned: has(ASSIGNED).then_some(bytes.assigned),
            identity: has(IDENTITY).then_some(bytes.identity),
            sighting: has(SIGHTING).then_some(Sighting {
                image: bytes.image,
                bbox: has(BBOX).then_some(bytes.bbox),
                position: has(POSITION).then_some(bytes.position),
                seconds: bytes.seconds,
            }),
        }
    }
}

/// [`Match`] as bytes, if there is one.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct MatchBytes {
    scores: [f64; 2],
    /// Rows of the gallery from 1; 0 is none.
    rows: [u32; 2],
}

impl Record for Option<Match> {
    type Raw = MatchBytes;

    fn raw(self) -> MatchBytes {
        let two = [self.map(|found| found.best), self.and_then(|found| found.second)];
        MatchBytes {
            scores: two.map(|candidate| candidate.map_or(0.0, |candidate| candidate.score)),
            rows: two.map(|candidate| candidate.map_or(0, |candidate| candidate.index + 1)),
        }
    }

    fn of(bytes: MatchBytes) -> Self {
        let candidate = |place: usize| {
            let index = bytes.rows[place].checked_sub(1)?;
            Some(Candidate { index, score: bytes.scores[place] })
        };
        Some(Match { best: candidate(0)?, second: candidate(1) })
    }
}
