//! The photographs beside a tool's file: where they are, whatever folder the tool stood in when it wrote their paths, and
//! what they tell of themselves (Exif: when and where).

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use exif::{Exif, In, Reader, Tag, Value};

use crate::file_name::plain_path;
use crate::local_time::{Written, read};

/// A folder of photographs.
pub(crate) struct Photographs {
    folder: Option<PathBuf>,
    /// How many folders of a tool's paths are above ours; `None`: not known yet.
    above: Option<usize>,
    pub(crate) found: u64,
    pub(crate) missing: u64,
}

/// A photograph.
pub(crate) struct Photograph {
    /// From the folder.
    pub(crate) relative: String,
    pub(crate) path: Option<PathBuf>,
}

/// What it tells of itself.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Itself {
    pub(crate) taken: Option<Written>,
    /// Latitude and longitude.
    pub(crate) coordinates: Option<[f64; 2]>,
    /// Pixels: width and height.
    pub(crate) size: Option<[f64; 2]>,
}

impl Photographs {
    pub(crate) fn of(folder: Option<PathBuf>) -> Self {
        Self { folder, above: None, found: 0, missing: 0 }
    }

    /// The photograph that a tool calls so. Absolute paths and those of other machines are looked for from their end.
    pub(crate) fn find(&mut self, told: &str) -> Photograph {
        let plain = plain_path(told);
        let parts: Vec<&str> = plain.split('/').collect();
        let from = |above: usize| parts.get(above..).map(|rest| rest.join("/")).unwrap_or_default();
        let file = |relative: &str| {
            let path = self.folder.as_ref()?.join(relative);
            (!relative.is_empty() && path.is_file()).then_some(path)
        };
        let known = self.above.filter(|above| *above < parts.len());
        let depths = known.into_iter().chain(0..parts.len());
        let there = depths.map(|above| (above, from(above))).find_map(|(above, relative)| {
            let path = file(&relative)?;
            Some((above, Photograph { relative, path: Some(path) }))
        });
        match there {
            Some((above, photograph)) => {
                self.above.get_or_insert(above);
                self.found += 1;
                photograph
            }
            None => {
                self.missing += 1;
                Photograph { relative: from(known.unwrap_or_default()), path: None }
            }
        }
    }
}

/// Reads the Exif of a photograph; what it does not tell, or a file that cannot be read, tells nothing.
pub(crate) fn itself(path: &Path) -> Itself {
    let read = |path: &Path| {
        let mut file = BufReader::new(File::open(path).ok()?);
        Reader::new()
            .continue_on_error(true)
            .read_from_container(&mut file)
            .or_else(|error| error.distill_partial_result(|_| ()))
            .ok()
    };
    let Some(exif) = read(path) else { return Itself::default() };
    let number =
        |tag| exif.get_field(tag, In::PRIMARY).and_then(|field| field.value.get_uint(0)).map(f64::from);
    let size = (number(Tag::PixelXDimension), number(Tag::PixelYDimension));
    Itself {
        taken: taken(&exif),
        coordinates: coordinates(&exif),
        size: match size {
            (Some(width), Some(height)) if width > 0.0 && height > 0.0 => Some([width, height]),
            _ => None,
        },
    }
}

fn taken(exif: &Exif) -> Option<Written> {
    let times = [
        (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal),
        (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized),
        (Tag::DateTime, Tag::OffsetTime),
    ];
    times.into_iter().find_map(|(time, offset)| {
        let time = text(exif, time)?;
        let offset = text(exif, offset).filter(|offset| !offset.is_empty()).unwrap_or_default();
        // A camera whose clock was never set writes zeros or blanks.
        read(&format!("{time}{offset}"), None).or_else(|_| read(&time, None)).ok()
    })
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => Some(String::from_utf8_lossy(lines.first()?).trim().to_owned()),
        _ => None,
    }
}

fn coordinates(exif: &Exif) -> Option<[f64; 2]> {
    let degrees = |tag, reference, negative: &str| {
        let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
        let [degrees, minutes, seconds] = parts.get(..3)? else { return None };
        let sum = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
        let is_negative = text(exif, reference)?.eq_ignore_ascii_case(negative);
        sum.is_finite().then_some(if is_negative { -sum } else { sum })
    };
    let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, "S")?;
    let longitude = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, "W")?;
    // A receiver without a fix writes zeros.
    let is_place =
        latitude.abs() <= 90.0 && longitude.abs() <= 180.0 && (latitude != 0.0 || longitude != 0.0);
    is_place.then_some([latitude, longitude])
}
