//! A photograph as upright pixels; never more of them at a time than memory is meant for.
//!
//! Files come from cameras and strangers: sizes are read and bounded before anything is decoded.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard};

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageReader, RgbImage};

use super::limits::{MAX_FILE_BYTES, MAX_PIXELS};
use super::problem::Problem;

/// What all decoded photographs of this process may take together, in bytes.
static MEMORY: Memory = Memory { used: Mutex::new(0), freed: Condvar::new() };
const MEMORY_BYTES: u64 = 3 * MAX_PIXELS;

/// A decoded photograph, upright as its EXIF orientation says.
pub(in crate::export) struct Photograph {
    pub(in crate::export) pixels: RgbImage,
    #[expect(dead_code, reason = "held, not read: it gives the memory back")]
    memory: Taken,
}

/// Reads and decodes a JPEG or PNG file.
pub(in crate::export) fn photograph(path: &Path) -> Result<Photograph, Problem> {
    let bytes = read(path)?;
    let reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format();
    let mut decoder =
        reader.map_err(|error| Problem::Unreadable(error.kind()))?.into_decoder().map_err(broken)?;
    if is_jpeg(&bytes) && !is_complete_jpeg(&bytes) {
        return Err(Problem::Truncated);
    }
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let decoded = decoder.total_bytes();
    if pixels > MAX_PIXELS || decoded > MEMORY_BYTES {
        return Err(Problem::TooManyPixels { width, height });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    // Turning and converting make a copy.
    let copied = orientation != Orientation::NoTransforms || decoder.color_type() != ColorType::Rgb8;
    let memory = MEMORY.take(decoded + if copied { 3 * pixels } else { 0 });
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    drop(bytes);
    image.apply_orientation(orientation);
    Ok(Photograph { pixels: image.into_rgb8(), memory })
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Problem::Missing,
        kind => Problem::Unreadable(kind),
    };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    // Opening a pipe would wait for ever.
    if !meta.is_file() {
        return Err(Problem::NoRegularFile);
    }
    if meta.len() > MAX_FILE_BYTES {
        return Err(Problem::TooManyBytes);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or_default());
    File::open(path).map_err(unreadable)?.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn broken(error: ImageError) -> Problem {
    match error {
        ImageError::Unsupported(_) => Problem::NotAPicture,
        // The decoder of PNG says so when a file ends too early.
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Problem::Truncated,
        other => Problem::Broken(other.to_string()),
    }
}

fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8])
}

/// The decoder fills what is missing with grey and does not say so; so look for the end-of-image marker. Only behind
/// the first scan header: a thumbnail in the metadata before it has a marker of its own. Within the scan the two bytes
/// cannot occur, for a byte ff is followed by 00 or a restart marker there.
fn is_complete_jpeg(bytes: &[u8]) -> bool {
    first_scan(bytes).is_some_and(|scan| scan.windows(2).rev().any(|pair| pair == [0xff, 0xd9]))
}

/// What follows the header of the first scan.
fn first_scan(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(2..)?;
    loop {
        let marker = match rest {
            [0xff, 0xff, ..] => {
                rest = &rest[1..]; // fill byte
                continue;
            }
            [0xff, marker, ..] => *marker,
            _ => return None,
        };
        let length = usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]));
        rest = rest.get(2 + length..)?;
        if marker == 0xda {
            return Some(rest);
        }
    }
}

/// A budget of bytes, shared by all threads.
struct Memory {
    used: Mutex<u64>,
    freed: Condvar,
}

/// A part of the budget; given back when dropped.
struct Taken(u64);

impl Memory {
    /// Waits until there is room. A photograph that needs more than all of it is decoded alone.
    fn take(&self, bytes: u64) -> Taken {
        let bytes = bytes.min(MEMORY_BYTES);
        let full = |used: &mut u64| *used + bytes > MEMORY_BYTES;
        let mut used = self.freed.wait_while(self.used(), full).expect("nobody panics while adding");
        *used += bytes;
        Taken(bytes)
    }

    fn used(&self) -> MutexGuard<'_, u64> {
        self.used.lock().expect("nobody panics while adding")
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        *MEMORY.used() -= self.0;
        MEMORY.freed.notify_all();
    }
}
