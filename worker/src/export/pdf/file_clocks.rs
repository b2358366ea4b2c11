//! Whether the times of a place's images are those in its pictures (EXIF) and of its files. In words; no files here.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::{OffsetComponents, Tz};
use deertrack_survey::file_clock::{AGREEING, FEWEST_PAIRS, FileClock, compare};

use super::status::{StatusRow, doubt};
use super::wording::{counted, off_by_beside};

const WHAT: &str = "Times in pictures";

/// The three times of a photograph.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// By the database: what the report uses.
    pub(super) taken_at: DateTime<Utc>,
    /// In the picture.
    pub(super) exif: DateTime<Utc>,
    /// Of the file.
    pub(super) file: DateTime<Utc>,
}

/// Some photographs of a place.
#[derive(Clone, Debug)]
pub(super) struct PlaceTimes<'a> {
    pub(super) name: &'a str,
    /// In which the times in the pictures were read.
    pub(super) zone: Tz,
    pub(super) times: Vec<Times>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Judged {
    Fine,
    /// Fine as soon as the times in the pictures are read as winter time all year: nobody changes a camera for summer.
    WinterTime,
    /// Add this to the times of the database to have those in the pictures.
    DatabaseOff(TimeDelta),
    /// They are not those in the pictures, and differ by this and that.
    Unlike,
    /// Add this to the times in the pictures to have those of the files.
    PicturesOff(TimeDelta),
}

/// One line about all places, if any picture tells its time.
pub(super) fn status(places: &[PlaceTimes<'_>]) -> Option<StatusRow> {
    let judged: Vec<_> = places.iter().filter_map(|place| Some((place, judge(place)?))).collect();
    let is_off = |judged: Judged| !matches!(judged, Judged::Fine | Judged::WinterTime);
    let off: Vec<_> = judged.iter().filter(|(_, judged)| is_off(*judged)).collect();
    let [first, more @ ..] = off.as_slice() else {
        let winter = judged.iter().filter(|(_, judged)| *judged == Judged::WinterTime).count();
        return none_off(places, judged.len(), winter);
    };
    // One mistake at every place is hardly one of the cameras.
    let everywhere = !more.is_empty() && off.len() == judged.len();
    let told = if everywhere
        && more.iter().all(|(place, judged)| alike(*judged, first.1) && place.zone == first.0.zone)
    {
        format!("{} More likely a zone than the cameras.", said("At every place", first.0.zone, first.1))
    } else {
        let said = off.iter().map(|(place, judged)| said(place.name, place.zone, *judged));
        said.collect::<Vec<_>>().join(" ")
    };
    Some(doubt(WHAT, told))
}

fn none_off(places: &[PlaceTimes<'_>], judged: usize, winter: usize) -> Option<StatusRow> {
    if places.iter().all(|place| place.times.is_empty()) {
        return None;
    }
    let found = match judged {
        0 => {
            format!("Not compared: it takes {FEWEST_PAIRS} pictures of a place that tell their time (EXIF).")
        }
        some => {
            let at = counted(some, "place", "places");
            let winter = match winter {
                0 => String::new(),
                _ => format!(
                    " At {} the camera's clock stays on winter time all year, which is no error.",
                    counted(winter, "of them", "of them")
                ),
            };
            format!("Those of the database, at {at}.{winter}")
        }
    };
    Some(StatusRow { what: WHAT, found, doubt: false })
}

/// `None` of too few photographs.
fn judge(place: &PlaceTimes<'_>) -> Option<Judged> {
    let as_read = compared(&place.times)?;
    if as_read == Judged::Fine {
        return Some(as_read);
    }
    let in_winter_time = |times: &Times| {
        let saving = place.zone.offset_from_utc_datetime(&times.exif.naive_utc()).dst_offset();
        Times { exif: times.exif + saving, ..*times }
    };
    let all_year: Vec<Times> = place.times.iter().map(in_winter_time).collect();
    Some(if compared(&all_year)? == Judged::Fine { Judged::WinterTime } else { as_read })
}

fn compared(times: &[Times]) -> Option<Judged> {
    let pairs = |of: fn(&Times) -> (DateTime<Utc>, DateTime<Utc>)| times.iter().map(of).collect::<Vec<_>>();
    let database = compare(&pairs(|times| (times.taken_at, times.exif)));
    let file = compare(&pairs(|times| (times.taken_at, times.file)));
    let pictures = compare(&pairs(|times| (times.exif, times.file)));
    Some(match (database, file, pictures) {
        (FileClock::TooFew, ..) => return None,
        // Somebody set the camera right in the database: the report uses the right times.
        (_, FileClock::Agrees, _) => Judged::Fine,
        (FileClock::Off { shift, .. }, ..) => Judged::DatabaseOff(shift),
        (FileClock::Scattered, ..) => Judged::Unlike,
        (FileClock::Agrees, _, FileClock::Off { shift, .. }) => Judged::PicturesOff(shift),
        (FileClock::Agrees, ..) => Judged::Fine,
    })
}

fn alike(one: Judged, other: Judged) -> bool {
    match (one, other) {
        (Judged::DatabaseOff(one), Judged::DatabaseOff(other))
        | (Judged::PicturesOff(one), Judged::PicturesOff(other)) => (one - other).abs() <= AGREEING,
        _ => one == other,
    }
}

fn said(place: &str, zone: Tz, judged: Judged) -> String {
    match judged {
        Judged::Fine | Judged::WinterTime => String::new(),
        Judged::DatabaseOff(shift) => format!(
            "{place}: the database is {} the times in the pictures, read in the zone {zone}.",
            off_by_beside(shift)
        ),
        Judged::Unlike => format!(
            "{place}: the times of the database and in the pictures differ, not always by the same time."
        ),
        Judged::PicturesOff(shift) => {
            format!("{place}: the times in the pictures are {} those of their files.", off_by_beside(shift))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Brussels;

    /// Hours to be added to the true time: by the database, in the picture, of the file.
    fn place(name: &str, of: impl Fn(i64) -> [i64; 3]) -> PlaceTimes<'_> {
        let times = (0..20).map(|i| {
            let [taken_at, exif, file] =
                of(i).map(|hours| DateTime::UNIX_EPOCH + TimeDelta::hours(7 * i + hours));
            Times { taken_at, exif, file }
        });
        PlaceTimes { name, zone: Brussels, times: times.collect() }
    }

    fn found(places: &[PlaceTimes<'_>]) -> (String, bool) {
        let row = status(places).unwrap();
        (row.found, row.doubt)
    }

    #[test]
    fn times_that_agree_are_no_doubt_even_where_files_were_copied_or_a_camera_was_set_right() {
        let right = place("Creek", |_| [0, 0, 0]);
        let copied = place("Ridge", |i| [0, 0, 500 - 7 * i]);
        let set_right = place("Field", |_| [0, -3, 0]);
        assert_eq!(found(&[right, copied, set_right]), ("Those of the database, at 3 places.".into(), false));
    }

    #[test]
    fn each_place_that_is_off_is_told_with_its_shift() {
        let right = place("Creek", |_| [0, 0, 0]);
        let database = place("Ridge", |_| [2, 0, 0]);
        let pictures = place("Field", |_| [-72, -72, 0]);
        let unlike = place("Wood", |i| [i % 2, 0, 0]);
        let told = "Ridge: the database is 2.0 hours ahead of the times in the pictures, read in the zone \
                    Europe/Brussels. Field: the times in the pictures are 3.0 days behind those of their files. \
                    Wood: the times of the database and in the pictures differ, not always by the same time.";
        assert_eq!(found(&[right, database, pictures, unlike]), (told.into(), true));
    }

    #[test]
    fn one_mistake_at_every_place_is_told_once() {
        let places = ["Creek", "Ridge"].map(|name| place(name, |_| [-1, 0, 0]));
        let told = "At every place: the database is 1.0 hours behind the times in the pictures, read in the zone \
                    Europe/Brussels. More likely a zone than the cameras.";
        assert_eq!(found(&places), (told.into(), true));
    }

    #[test]
    fn a_camera_that_stays_on_winter_time_is_no_error() {
        let of = |from: &str, hours: i64| {
            let from: DateTime<Utc> = from.parse().unwrap();
            // The picture's time is read as summer time in summer, and then an hour too early.
            let times = (0..20).map(|i| from + TimeDelta::hours(hours * i)).map(|at| {
                let saving = Brussels.offset_from_utc_datetime(&at.naive_utc()).dst_offset();
                // Copied, so that the files tell nothing.
                Times { taken_at: at, exif: at - saving, file: DateTime::UNIX_EPOCH }
            });
            PlaceTimes { name: "Creek", zone: Brussels, times: times.collect() }
        };
        let told = "Those of the database, at 2 places. At 2 of them the camera's clock stays on winter time all year, \
                    which is no error.";
        assert_eq!(
            found(&[of("2024-05-01T00:00:00Z", 7), of("2024-01-01T00:00:00Z", 400)]),
            (told.into(), false)
        );
        let (winter, doubt) = found(&[of("2024-01-01T00:00:00Z", 7)]);
        assert_eq!(
            (winter.as_str(), doubt),
            ("Those of the database, at 1 place.", false),
            "nothing to see in winter"
        );
    }

    #[test]
    fn few_pictures_are_not_compared_and_none_are_not_mentioned() {
        let few = PlaceTimes {
            times: place("Creek", |_| [0, 9, 0]).times[..9].to_vec(),
            ..place("Creek", |_| [0; 3])
        };
        let (told, doubt) = found(std::slice::from_ref(&few));
        assert!(told.starts_with("Not compared: it takes 10 pictures") && !doubt, "{told}");
        assert_eq!(status(&[PlaceTimes { times: Vec::new(), ..few }]), None);
    }
}
