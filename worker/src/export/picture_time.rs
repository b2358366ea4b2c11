//! When a photograph was taken, as its file says: the time in the picture (EXIF), and that of the file itself.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use exif::{Field, In, Tag, Value};

/// EXIF data stand at the front of a JPEG file, in a segment of at most 64 KiB with few others before it.
const FRONT_BYTES: u64 = 256 << 10;

/// The times that a file tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PictureTime {
    /// In the picture; `None` when it tells none.
    pub(super) exif: Option<DateTime<Utc>>,
    /// When the file was written, or says it was.
    pub(super) file: DateTime<Utc>,
}

impl PictureTime {
    /// Cameras write local time and hardly ever its offset: without one it is read in `zone`. `None` when the file
    /// cannot be read or its system keeps no times.
    pub(super) fn read(path: &Path, zone: Tz) -> Option<Self> {
        let meta = fs::metadata(path).ok()?;
        // Opening a pipe would wait for ever.
        let file = meta.is_file().then(|| File::open(path).ok()).flatten()?;
        Some(Self { exif: exif_time(file, zone), file: meta.modified().ok()?.into() })
    }
}

fn exif_time(file: File, zone: Tz) -> Option<DateTime<Utc>> {
    let data = exif::get_exif_attr_from_jpeg(&mut BufReader::new(file.take(FRONT_BYTES))).ok()?;
    let (fields, _) = exif::parse_exif(&data).ok()?;
    let mut taken = exif::DateTime::from_ascii(text(&fields, Tag::DateTimeOriginal)?).ok()?;
    if let Some(offset) = text(&fields, Tag::OffsetTimeOriginal) {
        let _ = taken.parse_offset(offset); // a blank one is none
    }
    let local = local_time(&taken)?;
    match taken.offset {
        Some(minutes) => {
            let offset = FixedOffset::east_opt(60 * i32::from(minutes))?;
            Some(offset.from_local_datetime(&local).single()?.to_utc())
        }
        // In the hour that comes twice the first; in the hour that is left out there is none.
        None => Some(zone.from_local_datetime(&local).earliest()?.to_utc()),
    }
}

fn text(fields: &[Field], tag: Tag) -> Option<&[u8]> {
    let field = fields.iter().find(|field| field.tag == tag && field.ifd_num == In::PRIMARY)?;
    match &field.value {
        Value::Ascii(texts) => texts.first().map(Vec::as_slice),
        _ => None,
    }
}

fn local_time(time: &exif::DateTime) -> Option<NaiveDateTime> {
    let day = NaiveDate::from_ymd_opt(time.year.into(), time.month.into(), time.day.into())?;
    day.and_hms_opt(time.hour.into(), time.minute.into(), time.second.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Brussels;
    use deertrack_testkit::photograph;

    fn read(fields: &[(Tag, &str)]) -> Option<PictureTime> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), photograph::jpeg(fields)).unwrap();
        let written: DateTime<Utc> = "2024-07-01T12:00:05Z".parse().unwrap();
        file.as_file().set_modified(written.into()).unwrap();
        let told = PictureTime::read(file.path(), Brussels);
        assert!(told.is_none_or(|told| told.file == written));
        told
    }

    fn exif(fields: &[(Tag, &str)]) -> Option<String> {
        read(fields).unwrap().exif.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
    }

    #[test]
    fn the_time_in_a_picture_is_local_unless_it_tells_its_offset() {
        let local = (Tag::DateTimeOriginal, "2024:07:01 14:00:00");
        assert_eq!(exif(&[local]).as_deref(), Some("2024-07-01T12:00:00Z"));
        let offset = |text| exif(&[local, (Tag::OffsetTimeOriginal, text)]);
        assert_eq!(offset("-05:00").as_deref(), Some("2024-07-01T19:00:00Z"));
        assert_eq!(offset("   :  ").as_deref(), Some("2024-07-01T12:00:00Z"));
    }

    #[test]
    fn a_time_that_never_was_is_none() {
        for text in ["0000:00:00 00:00:00", "    :  :     :  :  ", "2024:02:30 10:00:00", "2024", "x"] {
            assert_eq!(exif(&[(Tag::DateTimeOriginal, text)]), None, "{text}");
        }
        // 02:30 is left out when summer time begins.
        assert_eq!(exif(&[(Tag::DateTimeOriginal, "2024:03:31 02:30:00")]), None);
        assert_eq!(exif(&[(Tag::DateTime, "2024:07:01 14:00:00")]), None, "when the file was last changed");
    }

    #[test]
    fn files_without_exif_have_their_own_time_and_missing_ones_none() {
        let text = tempfile::NamedTempFile::new().unwrap();
        fs::write(text.path(), [0xff, 0xd8].repeat(1 << 20)).unwrap();
        assert!(PictureTime::read(text.path(), Brussels).is_some_and(|told| told.exif.is_none()));
        assert_eq!(PictureTime::read(Path::new("/nowhere.jpg"), Brussels), None);
        assert_eq!(PictureTime::read(Path::new("/dev/zero"), Brussels), None);
    }
}
