//! The rows that counting reads, and which of them count.
//!
//! Rejected rows, duplicates and second boxes of one animal are left out here, once, and counted as left out, so that
//! a report can say how many. Grouping what is kept into events is the duty of [`visits`](super::visits).

use chrono::{DateTime, Utc};
use deertrack_schemas::Class;

use crate::image_box::ImageBox;

/// Two boxes that share more than this (intersection over union) show one animal.
pub const SAME_ANIMAL_IOU: f64 = 0.5;

/// One row as counting needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// The image it is in; rows of one image are seen at once.
    pub image_id: String,
    /// When: of a row of an event, when that began.
    pub taken_at: DateTime<Utc>,
    /// When it ended: of a row of an event its last photograph, else `taken_at` again.
    pub until: DateTime<Utc>,
    /// Where.
    pub place_id: Option<String>,
    /// Its final class, see [`subject`](crate::subject).
    pub class: Class,
    /// The known animal.
    pub individual: Option<String>,
    /// How many animals the row stands for.
    pub count: u32,
    /// Where in the image.
    pub bbox: Option<ImageBox>,
    /// Whether it may count.
    pub standing: Standing,
}

/// Whether a row may count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    #[default]
    Valid,
    /// A person rejected it (`is_valid = false`).
    Rejected,
    /// A copy of another row.
    Duplicate,
}

/// The rows that count, and how many do not.
#[derive(Clone, Debug, PartialEq)]
pub struct Sifted {
    /// In the order of `taken_at`, then id.
    pub kept: Vec<Record>,
    /// The others.
    pub left_out: LeftOut,
}

/// How many rows do not count, by the first reason that holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Rejected by a person.
    pub rejected: usize,
    /// Copies of another row.
    pub duplicates: usize,
    /// Further boxes of an animal that is counted already.
    pub overlapping: usize,
}

impl LeftOut {
    /// All of them.
    pub fn total(&self) -> usize {
        self.rejected + self.duplicates + self.overlapping
    }
}

/// Keeps the rows that count.
///
/// Of boxes in one image with one class and an IoU over [`SAME_ANIMAL_IOU`] the first is kept: a row of a known
/// animal before one of an unknown, then by id. Rows that name two different animals are two animals, however close.
pub fn sift(records: impl IntoIterator<Item = Record>) -> Sifted {
    let mut left_out = LeftOut::default();
    let mut valid = Vec::new();
    for record in records {
        match record.standing {
            Standing::Rejected => left_out.rejected += 1,
            Standing::Duplicate => left_out.duplicates += 1,
            Standing::Valid => valid.push(record),
        }
    }
    valid.sort_by(|a, b| by_animal(a).cmp(&by_animal(b)));
    let mut kept: Vec<Record> = Vec::with_capacity(valid.len());
    let mut image = 0;
    for row in valid {
        if kept.last().is_some_and(|last| (&last.image_id, last.class) != (&row.image_id, row.class)) {
            image = kept.len();
        }
        if kept[image..].iter().any(|kept| is_same_animal(kept, &row)) {
            left_out.overlapping += 1;
        } else {
            kept.push(row);
        }
    }
    kept.sort_by(|a, b| (a.taken_at, &a.id).cmp(&(b.taken_at, &b.id)));
    Sifted { kept, left_out }
}

/// The rows of one image and class side by side, those that may be left out behind those that are kept.
fn by_animal(row: &Record) -> (&str, Class, bool, &str) {
    (&row.image_id, row.class, row.individual.is_none(), &row.id)
}

fn is_same_animal(kept: &Record, row: &Record) -> bool {
    let (Some(a), Some(b)) = (&kept.bbox, &row.bbox) else { return false };
    let two_names = matches!((&kept.individual, &row.individual), (Some(a), Some(b)) if a != b);
    !two_names && a.iou(b).is_some_and(|iou| iou > SAME_ANIMAL_IOU)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BoundingBox;

    fn row(id: &str, x: f64) -> Record {
        Record {
            id: id.to_owned(),
            image_id: "image".to_owned(),
            taken_at: DateTime::UNIX_EPOCH,
            until: DateTime::UNIX_EPOCH,
            place_id: None,
            class: Class::Doe,
            individual: None,
            count: 1,
            bbox: Some(BoundingBox { x, y: 0.0, width: 0.3, height: 0.5 }.into()),
            standing: Standing::Valid,
        }
    }

    fn ids(sifted: &Sifted) -> Vec<&str> {
        sifted.kept.iter().map(|record| record.id.as_str()).collect()
    }

    #[test]
    fn iou_is_the_shared_part_of_both_boxes() {
        let a = BoundingBox { x: 0.0, y: 0.0, width: 2.0, height: 2.0 };
        let b = BoundingBox { x: 1.0, y: 1.0, width: 2.0, height: 2.0 };
        assert!((a.iou(&b) - 1.0 / 7.0).abs() < 1e-15);
        assert_eq!(a.iou(&a), 1.0);
        assert_eq!(a.iou(&BoundingBox { x: 2.0, ..a }), 0.0, "they only touch");
        assert_eq!(a.iou(&BoundingBox { width: 0.0, ..a }), 0.0);
    }

    #[test]
    fn rows_left_out_are_counted_by_their_reason() {
        let rejected = Record { standing: Standing::Rejected, ..row("a", 0.0) };
        let duplicate = Record { standing: Standing::Duplicate, ..row("b", 0.0) };
        let sifted = sift([rejected, duplicate, row("c", 0.0), row("d", 0.05), row("e", 0.6)]);
        assert_eq!(ids(&sifted), ["c", "e"]);
        assert_eq!(sifted.left_out, LeftOut { rejected: 1, duplicates: 1, overlapping: 1 });
        assert_eq!(sifted.left_out.total(), 3);
    }

    #[test]
    fn boxes_that_share_exactly_half_are_two_animals() {
        // 0.3 wide, 0.1 apart: 0.2 / 0.4 in exact arithmetic; whole numbers keep it exact here.
        let wide = |id, x| Record {
            bbox: Some(BoundingBox { x, y: 0.0, width: 3.0, height: 5.0 }.into()),
            ..row(id, 0.0)
        };
        assert_eq!(ids(&sift([wide("a", 0.0), wide("b", 1.0)])), ["a", "b"]);
        assert_eq!(ids(&sift([wide("a", 0.0), wide("b", 0.9)])), ["a"]);
    }

    #[test]
    fn overlapping_boxes_of_other_classes_other_images_or_no_box_all_count() {
        let buck = Record { class: Class::Buck, ..row("b", 0.0) };
        let elsewhere = Record { image_id: "other".to_owned(), ..row("c", 0.0) };
        let unboxed = Record { bbox: None, ..row("d", 0.0) };
        assert_eq!(sift([row("a", 0.0), buck, elsewhere, unboxed]).kept.len(), 4);
    }

    #[test]
    fn the_row_that_names_its_animal_is_kept_and_two_names_are_two_animals() {
        let named = |id: &str, deer: &str| Record { individual: Some(deer.to_owned()), ..row(id, 0.0) };
        assert_eq!(ids(&sift([row("a", 0.0), named("b", "deer 7")])), ["b"]);
        assert_eq!(ids(&sift([named("a", "deer 7"), named("b", "deer 8")])), ["a", "b"]);
    }

    #[test]
    fn rows_come_in_the_order_of_time() {
        let late = Record { taken_at: DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(1), ..row("a", 0.0) };
        assert_eq!(ids(&sift([late, row("b", 0.6)])), ["b", "a"]);
    }
}
