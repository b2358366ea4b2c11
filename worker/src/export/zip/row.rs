//! What an archive needs of a detection, and its bytes on the disk on which it waits for its crop.

use chrono::{DateTime, Utc};
use deertrack_catalog::Record;
use deertrack_schemas::Class;
use deertrack_survey::{BoundingBox, BoxFault, ImageBox, PixelBox};

/// A detection.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) image_id: String,
    /// Of its photograph, as the database has it.
    pub(super) path: Option<String>,
    pub(super) taken_at: Option<DateTime<Utc>>,
    /// As [`Record::seen_at`].
    pub(super) seen_at: Option<DateTime<Utc>>,
    pub(super) place_id: Option<String>,
    /// Its photograph is for nobody's eyes.
    pub(super) sees_people: bool,
    pub(super) class: Class,
    pub(super) confidence: Option<f64>,
    pub(super) bbox: Option<ImageBox>,
    pub(super) deer_id: Option<String>,
    pub(super) scientific_name: Option<String>,
    pub(super) created_at: Option<DateTime<Utc>>,
}

impl From<Record> for Row {
    fn from(record: Record) -> Self {
        Self {
            seen_at: record.seen_at(),
            id: record.id,
            image_id: record.image.id,
            path: record.image.path,
            taken_at: record.image.taken_at,
            place_id: record.image.place_id,
            sees_people: record.image.sees_people,
            class: record.class,
            confidence: record.confidence,
            bbox: record.bbox,
            deer_id: record.deer_id,
            scientific_name: record.scientific_name,
            created_at: record.created_at,
        }
    }
}

/// Faults of boxes by the number that stands for each.
const FAULTS: [BoxFault; 6] = [
    BoxFault::NoNumber,
    BoxFault::Empty,
    BoxFault::Negative,
    BoxFault::Larger,
    BoxFault::FractionsAmongPixels,
    BoxFault::PixelsAmongFractions,
];

impl Row {
    /// In one piece.
    pub(super) fn packed(&self) -> Vec<u8> {
        let mut packed = Packed(Vec::with_capacity(256));
        packed.text(&self.id);
        packed.text(&self.image_id);
        for text in [&self.path, &self.place_id, &self.deer_id, &self.scientific_name] {
            packed.optional(text.as_deref(), Packed::text);
        }
        for instant in [self.taken_at, self.seen_at, self.created_at] {
            packed.optional(instant, Packed::instant);
        }
        packed.optional(self.confidence, Packed::number);
        packed.0.push(self.sees_people.into());
        packed.one_of(&Class::ALL, &self.class);
        packed.optional(self.bbox, Packed::bbox);
        packed.0
    }

    /// The row again; `None` where that is none.
    pub(super) fn unpacked(bytes: &[u8]) -> Option<Self> {
        let mut left = Left(bytes);
        let [id, image_id] = [left.text()?, left.text()?];
        let mut texts = [const { None }; 4];
        for text in &mut texts {
            *text = left.optional(Left::text)?;
        }
        let [path, place_id, deer_id, scientific_name] = texts;
        let mut instants = [None; 3];
        for instant in &mut instants {
            *instant = left.optional(Left::instant)?;
        }
        let [taken_at, seen_at, created_at] = instants;
        let confidence = left.optional(Left::number)?;
        let sees_people = left.byte()? == 1;
        let class = left.one_of(&Class::ALL)?;
        let bbox = left.optional(Left::bbox)?;
        let row = Self {
            id,
            image_id,
            path,
            taken_at,
            seen_at,
            place_id,
            sees_people,
            class,
            confidence,
            bbox,
            deer_id,
            scientific_name,
            created_at,
        };
        left.0.is_empty().then_some(row)
    }
}

/// Bytes so far.
struct Packed(Vec<u8>);

impl Packed {
    /// What is there or not.
    fn optional<T>(&mut self, value: Option<T>, pack: impl FnOnce(&mut Self, T)) {
        self.0.push(value.is_some().into());
        if let Some(value) = value {
            pack(self, value);
        }
    }

    fn text(&mut self, text: &str) {
        self.0.extend((text.len() as u64).to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    fn number(&mut self, number: f64) {
        self.0.extend(number.to_le_bytes());
    }

    fn instant(&mut self, at: DateTime<Utc>) {
        self.0.extend(at.timestamp().to_le_bytes());
        self.0.extend(at.timestamp_subsec_nanos().to_le_bytes());
    }

    /// By its place among `all`.
    fn one_of<T: PartialEq>(&mut self, all: &[T], one: &T) {
        let place = all.iter().position(|other| other == one).and_then(|place| u8::try_from(place).ok());
        self.0.push(place.expect("each has its place, and they are few"));
    }

    fn bbox(&mut self, bbox: ImageBox) {
        let numbers = match bbox {
            ImageBox::Fractions(BoundingBox { x, y, width, height }) => (0, [x, y, width, height]),
            ImageBox::Pixels(PixelBox { x, y, width, height }) => (1, [x, y, width, height]),
            ImageBox::Wrong(fault) => {
                self.0.push(2);
                return self.one_of(&FAULTS, &fault);
            }
        };
        self.0.push(numbers.0);
        numbers.1.into_iter().for_each(|number| self.number(number));
    }
}

/// Bytes that are left; `None` where there are too few, or others than were packed.
struct Left<'a>(&'a [u8]);

impl<'a> Left<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn optional<T>(&mut self, take: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.byte()? {
            0 => Some(None),
            _ => take(self).map(Some),
        }
    }

    fn text(&mut self) -> Option<String> {
        let length = usize::try_from(u64::from_le_bytes(self.array()?)).ok()?;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }

    fn number(&mut self) -> Option<f64> {
        self.array().map(f64::from_le_bytes)
    }

    fn instant(&mut self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(i64::from_le_bytes(self.array()?), u32::from_le_bytes(self.array()?))
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(usize::from(self.byte()?)).copied()
    }

    fn bbox(&mut self) -> Option<ImageBox> {
        let form = self.byte()?;
        if form == 2 {
            return self.one_of(&FAULTS).map(ImageBox::Wrong);
        }
        let [x, y, width, height] = [self.number()?, self.number()?, self.number()?, self.number()?];
        match form {
            0 => Some(ImageBox::Fractions(BoundingBox { x, y, width, height })),
            _ => Some(ImageBox::Pixels(PixelBox { x, y, width, height })),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant() -> impl Strategy<Value = DateTime<Utc>> {
        (-80_000_000_000_i64..300_000_000_000, 0_u32..1_000_000_000)
            .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
    }

    fn bbox() -> impl Strategy<Value = ImageBox> {
        let numbers = || prop::array::uniform4(-1e9..1e9);
        prop_oneof![
            numbers().prop_map(|[x, y, width, height]| ImageBox::Fractions(BoundingBox {
                x,
                y,
                width,
                height
            })),
            numbers().prop_map(|[x, y, width, height]| ImageBox::Pixels(PixelBox { x, y, width, height })),
            prop::sample::select(FAULTS.to_vec()).prop_map(ImageBox::Wrong),
        ]
    }

    prop_compose! {
        /// Any row.
        pub(in crate::export::zip) fn row()(
            [id, image_id] in prop::array::uniform2(any::<String>()),
            [path, place_id, deer_id, scientific_name] in prop::array::uniform4(any::<Option<String>>()),
            [taken_at, seen_at, created_at] in prop::array::uniform3(prop::option::of(instant())),
            sees_people in any::<bool>(),
            class in prop::sample::select(Class::ALL.to_vec()),
            confidence in prop::option::of(prop::num::f64::NORMAL | prop::num::f64::INFINITE | prop::num::f64::ZERO),
            bbox in prop::option::of(bbox()),
        ) -> Row {
            Row {
                id,
                image_id,
                path,
                taken_at,
                seen_at,
                place_id,
                sees_people,
                class,
                confidence,
                bbox,
                deer_id,
                scientific_name,
                created_at,
            }
        }
    }

    proptest! {
        #[test]
        fn a_row_comes_back_as_it_was(row in row()) {
            let packed = row.packed();
            prop_assert_eq!(Row::unpacked(&packed), Some(row));
            prop_assert_eq!(Row::unpacked(&packed[..packed.len() - 1]), None);
        }
    }

    #[test]
    fn numbers_that_are_none_and_leap_seconds_come_back_too() {
        let leap = DateTime::from_timestamp(1_483_228_799, 1_500_000_000).unwrap();
        let row = Row {
            id: String::new(),
            image_id: String::new(),
            path: None,
            taken_at: Some(leap),
            seen_at: None,
            place_id: None,
            sees_people: true,
            class: Class::Unknown,
            confidence: Some(f64::NAN),
            bbox: None,
            deer_id: None,
            scientific_name: None,
            created_at: None,
        };
        let back = Row::unpacked(&row.packed()).unwrap();
        assert_eq!(back.taken_at, Some(leap));
        assert!(back.confidence.is_some_and(f64::is_nan) && back.sees_people);
    }
}
