//! How large a photograph is, by its own header: for boxes in pixels where no database tells it. Nothing is decoded.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use deertrack_catalog::Record;
use deertrack_survey::ImageBox;

use super::{ImagesFolder, Job};
use crate::JobError;

/// Headers stand at the front: behind metadata and a thumbnail, of at most 64 KiB each.
const FRONT_BYTES: u64 = 512 << 10;

/// Turns boxes in pixels into fractions, where the files are here. Rows of one image stand together.
///
/// # Errors
/// `Stopped` when the job shall stop.
pub(super) fn size_boxes(job: &Job, records: &mut [Record], folder: &ImagesFolder) -> Result<(), JobError> {
    let waits = |record: &Record| matches!(record.bbox, Some(ImageBox::Pixels(_)));
    for shot in records.chunk_by_mut(|a, b| a.image.id == b.image.id) {
        if !shot.iter().any(waits) {
            continue;
        }
        job.check_stop()?;
        let Some(size) = folder.find(shot[0].image.path.as_deref()).ok().and_then(|path| size(&path)) else {
            continue;
        };
        for record in shot {
            record.bbox = record.bbox.map(|bbox| bbox.sized(size));
        }
    }
    Ok(())
}

/// What cannot be said of so many boxes, for the sentence about a file: `2 boxes left out`.
pub(super) fn lost_boxes(lost: usize) -> Option<String> {
    match lost {
        0 => None,
        1 => Some(
            "1 box left out that is no part of its photograph, or of a photograph of unknown size".to_owned(),
        ),
        lost => Some(format!(
            "{lost} boxes left out that are no part of their photograph, or of a photograph of unknown size"
        )),
    }
}

/// Width and height of the upright photograph in a JPEG or PNG file.
fn size(path: &Path) -> Option<(u32, u32)> {
    // Opening a pipe would wait for ever.
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut front = Vec::new();
    File::open(path).ok()?.take(FRONT_BYTES).read_to_end(&mut front).ok()?;
    let (width, height) = size_of(&front)?;
    Some(if is_turned(&front) { (height, width) } else { (width, height) })
}

fn size_of(front: &[u8]) -> Option<(u32, u32)> {
    let size = match front {
        [0x89, b'P', b'N', b'G', ..] => {
            let side = |at: usize| Some(u32::from_be_bytes(front.get(at..at + 4)?.try_into().ok()?));
            (side(16)?, side(20)?)
        }
        [0xff, 0xd8, ..] => frame(front)?,
        _ => return None,
    };
    (size.0 > 0 && size.1 > 0).then_some(size)
}

/// The first start-of-frame of a JPEG. A thumbnail's lies within a segment, which is stepped over.
fn frame(bytes: &[u8]) -> Option<(u32, u32)> {
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
        let number = |at: usize| Some(u16::from_be_bytes([*rest.get(at)?, *rest.get(at + 1)?]));
        match marker {
            // Huffman and arithmetic tables and a reserved one lie among the frames' numbers.
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf => return Some((number(7)?.into(), number(5)?.into())),
            0xda => return None,
            _ => {}
        }
        rest = rest.get(2 + usize::from(number(2)?)..)?;
    }
}

fn is_turned(front: &[u8]) -> bool {
    let orientation = || {
        let data = exif::get_exif_attr_from_jpeg(&mut &*front).ok()?;
        let (fields, _) = exif::parse_exif(&data).ok()?;
        let field = fields
            .iter()
            .find(|field| field.tag == exif::Tag::Orientation && field.ifd_num == exif::In::PRIMARY)?;
        field.value.get_uint(0)
    };
    matches!(orientation(), Some(5..=8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_behind_other_segments_and_not_within_them() {
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe1, 0, 12];
        jpeg.extend([0xff, 0xc0, 0, 17, 8, 0, 1, 0, 1, 3]); // a thumbnail of one pixel
        jpeg.extend([0xff, 0xc4, 0, 3, 0, 0xff, 0xff, 0xc2, 0, 17, 8, 0x04, 0x38, 0x07, 0x80, 3]);
        assert_eq!(size_of(&jpeg), Some((1920, 1080)));
        assert_eq!(size_of(&jpeg[..20]), None);
        assert_eq!(size_of(b"\xff\xd8\xff\xda\0\x02"), None, "a scan without a frame");
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x07\x80\0\0\x04\x38";
        assert_eq!(size_of(png), Some((1920, 1080)));
        assert_eq!(size_of(b"GIF89a"), None);
    }
}
