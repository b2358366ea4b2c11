//! The best photograph of each buck on a card: the box with some room around it, or the middle of a photograph without
//! a box, as a small JPEG without metadata.
//!
//! A photograph that cannot be read leaves its card without one; the report says how many. One on which somebody saw a
//! person or a vehicle is never a candidate; the report says how many those are, too.

use deertrack_survey::BoundingBox;

use super::best::{Best, Candidate};
use super::bucks::{Card, MOST_CARDS};
use super::status::{StatusRow, doubt};
use super::wording::counted;
use crate::JobError;
use crate::export::zip::{crop, decode};
use crate::export::{ImagesFolder, Job};
use crate::typesetting::MAX_PICTURES;

/// Longest side in pixels: 55 mm at 200 dots an inch.
const SIZE: u32 = 440;
/// Width by height of every photograph on a card.
const ASPECT: f64 = 4.0 / 3.0;
/// Room around the box, as parts of its size.
const ROOM: f64 = 0.35;

const _: () = assert!(MOST_CARDS <= MAX_PICTURES, "every card has its picture");

/// The pictures of a document, and how many cards have none though their images have files.
#[derive(Debug, Default)]
pub(super) struct Photos {
    pub(super) jpegs: Vec<Vec<u8>>,
    pub(super) unreadable: u64,
}

impl Photos {
    /// One line about cards without their photograph, if there are any.
    pub(super) fn status(&self) -> Option<StatusRow> {
        let cards = counted(self.unreadable, "card has", "cards have");
        (self.unreadable > 0).then(|| {
            doubt(
                "Photographs",
                format!(
                    "{cards} none: the files of the best images are missing, elsewhere or cannot be read."
                ),
            )
        })
    }
}

/// One line about the images that are for nobody's eyes, if there are any.
pub(super) fn kept_back(kept: u64) -> Option<StatusRow> {
    let found = format!(
        "{} kept back: somebody saw a person or a vehicle there, or in the same event. No card shows any of them.",
        counted(kept, "photograph is", "photographs are")
    );
    (kept > 0).then_some(StatusRow { what: "Kept back", found, doubt: false })
}

/// Finds a photograph for each card and tells the card its number.
///
/// # Errors
/// `Stopped` when the job shall stop.
pub(super) fn add(
    job: &Job,
    cards: &mut [Card],
    best: &Best,
    folder: &ImagesFolder,
) -> Result<Photos, JobError> {
    let mut photos = Photos::default();
    for card in cards {
        job.check_stop()?;
        let candidates = best.of(&card.id);
        match candidates.iter().find_map(|candidate| photograph(candidate, folder)) {
            Some(jpeg) => {
                card.photo = Some(photos.jpegs.len());
                photos.jpegs.push(jpeg);
            }
            None => photos.unreadable += u64::from(!candidates.is_empty()),
        }
    }
    Ok(photos)
}

/// All of a photograph.
const WHOLE: BoundingBox = BoundingBox { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };

/// `None` when the file is not here, is broken, or the box lies outside.
fn photograph(candidate: &Candidate, folder: &ImagesFolder) -> Option<Vec<u8>> {
    let path = folder.find(Some(&candidate.path)).ok()?;
    let photograph = decode::photograph(&path).ok()?;
    let (width, height) = photograph.pixels.dimensions();
    let bbox = match candidate.bbox {
        Some(bbox) => bbox.sized((width, height)).fractions()?,
        None => WHOLE,
    };
    let frame = framed(bbox, f64::from(width) / f64::from(height));
    crop::jpeg(&photograph.pixels, frame, SIZE).ok()
}

/// The box with room around it, in the shape of every card, inside the image. `aspect` is the image's.
fn framed(bbox: BoundingBox, aspect: f64) -> BoundingBox {
    // In units of the image's height, so that both sides can be compared.
    let (wide, tall) = (bbox.width * aspect * (1.0 + ROOM), bbox.height * (1.0 + ROOM));
    let tall = tall.max(wide / ASPECT).min(1.0).min(aspect / ASPECT);
    let (width, height) = (tall * ASPECT / aspect, tall);
    let middle = (bbox.x + bbox.width / 2.0, bbox.y + bbox.height / 2.0);
    let inside = |middle: f64, length: f64| (middle - length / 2.0).clamp(0.0, 1.0 - length);
    BoundingBox { x: inside(middle.0, width), y: inside(middle.1, height), width, height }
}

#[cfg(test)]
mod tests {
    use deertrack_catalog::{Individual, Sighting};

    use super::super::cases::{Rows, class, detection, rows};
    use super::*;

    fn best(rows: &Rows, individuals: &[Individual]) -> Best {
        let mut best = Best::of_deer(individuals);
        for row in &rows.sightings {
            if let Some(frame) = rows.images.iter().find(|frame| frame.id == row.image_id) {
                best.add(row, frame);
            }
        }
        best
    }

    fn shape(frame: BoundingBox, aspect: f64) -> f64 {
        frame.width * aspect / frame.height
    }

    #[test]
    fn every_photograph_has_the_shape_of_a_card_and_stays_inside_the_image() {
        let boxes =
            [(0.4, 0.4, 0.2, 0.3), (0.0, 0.7, 0.1, 0.3), (0.1, 0.1, 0.85, 0.3), (0.3, 0.0, 0.05, 1.0)];
        for aspect in [16.0 / 9.0, 4.0 / 3.0, 0.75] {
            for (x, y, width, height) in boxes {
                let frame = framed(BoundingBox { x, y, width, height }, aspect);
                assert!((shape(frame, aspect) - ASPECT).abs() < 1e-9, "{frame:?}");
                assert!(frame.x >= 0.0 && frame.x + frame.width < 1.0 + 1e-9, "{frame:?}");
                assert!(frame.y >= 0.0 && frame.y + frame.height < 1.0 + 1e-9, "{frame:?}");
            }
        }
    }

    #[test]
    fn a_small_box_has_room_around_it() {
        let frame = framed(BoundingBox { x: 0.4, y: 0.4, width: 0.1, height: 0.1 }, 1.5);
        assert!((frame.width - 0.1 * 1.35).abs() < 1e-9, "{frame:?}");
        assert!((frame.x + frame.width / 2.0 - 0.45).abs() < 1e-9);
    }

    #[test]
    fn the_photograph_that_people_chose_comes_first_if_it_counts_and_shows_that_deer() {
        let seen = |id: &str, deer: &str, side: f64| {
            let mut row = detection(id, "2020-06-01T12:00:00Z", "buck");
            row.deer_id = Some(deer.into());
            row.bbox = Some(BoundingBox { x: 0.1, y: 0.1, width: side, height: side }.into());
            row
        };
        let mut rows =
            rows(vec![seen("large", "b1", 0.8), seen("small", "b1", 0.2), seen("other", "b2", 0.9)]);
        for image in &mut rows.images {
            image.path = Some(format!("{}.jpg", image.id));
        }
        let chosen = |photo: Option<&str>| {
            let deer = Individual {
                best_photo_id: photo.map(str::to_owned),
                ..Individual::of("b1", "Old Crooked", class("buck"))
            };
            best(&rows, std::slice::from_ref(&deer)).of("b1")[0].id.clone()
        };
        assert_eq!(chosen(None), "large");
        assert_eq!(chosen(Some("small")), "small");
        assert_eq!(chosen(Some("image of small")), "small", "or the image was chosen");
        assert_eq!(chosen(Some("other")), "large", "which shows another deer");
        assert_eq!(chosen(Some("rejected")), "large", "which is not among the rows that count");
    }

    #[test]
    fn a_photograph_without_a_box_is_shown_where_no_box_is_told() {
        let mut seen = detection("whole", "2020-06-01T12:00:00Z", "buck");
        seen.deer_id = Some("b1".into());
        let boxed = Sighting {
            id: "boxed".into(),
            bbox: Some(BoundingBox { x: 0.1, y: 0.1, width: 0.1, height: 0.1 }.into()),
            ..seen.clone()
        };
        let mut rows = rows(vec![seen, boxed]);
        rows.images[0].path = Some("deer.jpg".into());
        let best = best(&rows, &[]);
        let ids: Vec<&str> = best.of("b1").iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["boxed", "whole"]);
        let frame = framed(WHOLE, 16.0 / 9.0);
        assert!((shape(frame, 16.0 / 9.0) - ASPECT).abs() < 1e-9 && frame.height > 1.0 - 1e-9, "{frame:?}");
    }
}
