//! Photographs on the cards of known bucks: the file is on the page, and a missing one is told.

use std::fs::{self, File};
use std::path::Path;

use chrono::{TimeDelta, TimeZone};
use chrono_tz::Europe::Brussels;
use deertrack_schemas::Class;
use deertrack_schemas::pdf::GroupBy;
use deertrack_survey::BoundingBox;
use deertrack_testkit::photograph;

use super::herd::{Herd, image_of, sighting, utc, year};
use super::{Pdf, render, text_of};

/// Adds a known buck in a photograph of this path.
fn add_buck(herd: &mut Herd, number: usize, path: &Path) {
    let id = format!("photographed {number}");
    let mut row = sighting(&id, &id, utc("2020-11-11T10:00:00Z"), "p0", Class::Buck);
    row.bbox = Some(BoundingBox { x: 0.4, y: 0.3, width: 0.2, height: 0.4 }.into());
    row.deer_id =
        herd.deer.iter().filter(|deer| deer.sex == Class::Buck).nth(number).map(|deer| deer.id.clone());
    herd.images.push(image_of(&row, Some(path)));
    herd.detections.push(row);
}

fn images(pdf: &Pdf) -> usize {
    let document = pdf_extract::Document::load_mem(&pdf.bytes).expect("it can be read back");
    let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
    let subtypes = streams.filter_map(|stream| stream.dict.get(b"Subtype").ok()?.as_name().ok());
    subtypes.filter(|name| *name == b"Image").count()
}

#[tokio::test]
async fn a_card_shows_its_photograph_and_a_missing_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("buck.jpg");
    image::RgbImage::from_pixel(400, 300, image::Rgb([120, 90, 60])).save(&file).unwrap();
    let mut herd = Herd::season(1, 0, 2);
    add_buck(&mut herd, 0, &file);
    add_buck(&mut herd, 1, &folder.path().join("gone.jpg"));
    // Seen again: an id that never is names a passage and no animal.
    let mut again = sighting("again", "again", utc("2020-10-11T10:00:00Z"), "p0", Class::Buck);
    again.deer_id.clone_from(&herd.detections[0].deer_id);
    herd.detections.push(again);
    let mut params = year(GroupBy::Month);
    let with_photos = render(herd.clone(), &params).await.unwrap();
    let text = text_of(&with_photos);
    assert_eq!(images(&with_photos), 1);
    assert!(text.contains("No photograph"), "{text}");
    let told = "1 card has none: the files of the best images are missing, elsewhere or cannot be read.";
    assert!(text.contains(told), "{text}");
    assert!(text.contains("Of 2 files looked for 1 is missing."), "{text}");
    params.include_photos = false;
    let without = render(herd, &params).await.unwrap();
    assert_eq!(images(&without), 0);
    assert!(text_of(&without).contains("Known bucks") && !text_of(&without).contains("No photograph"));
}

#[tokio::test]
async fn a_photograph_on_which_somebody_saw_a_person_is_on_no_card_and_the_report_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("buck.jpg");
    image::RgbImage::from_pixel(400, 300, image::Rgb([120, 90, 60])).save(&file).unwrap();
    let mut herd = Herd::season(1, 0, 2);
    add_buck(&mut herd, 0, &file);
    herd.images.last_mut().unwrap().sees_people = true;
    let pdf = render(herd, &year(GroupBy::Month)).await.unwrap();
    assert_eq!(images(&pdf), 0);
    let told = "1 photograph is kept back: somebody saw a person or a vehicle there, or in the same event.";
    assert!(text_of(&pdf).contains(told), "{}", text_of(&pdf));
}

#[tokio::test]
async fn times_in_pictures_are_held_against_the_database_and_against_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut herd = Herd::season(1, 0, 2);
    let second = herd.places.iter().find(|place| place.id == "p1").unwrap().name.clone();
    for number in 0..30 {
        // Noon in Brussels, in winter and in summer; at the second place the camera is three hours late.
        let day = utc("2020-01-10T00:00:00Z") + TimeDelta::days(10 * number);
        let local = (day + TimeDelta::hours(12)).format("%Y:%m:%d %H:%M:%S").to_string();
        let taken_at =
            Brussels.from_local_datetime(&(day + TimeDelta::hours(12)).naive_utc()).unwrap().to_utc();
        for (place, late) in [("p0", 0), ("p1", 3)] {
            let path = folder.path().join(format!("{place}-{number}.jpg"));
            fs::write(&path, photograph::jpeg(&[(photograph::Tag::DateTimeOriginal, &local)])).unwrap();
            let written = taken_at + TimeDelta::hours(late);
            File::options().write(true).open(&path).unwrap().set_modified(written.into()).unwrap();
            let id = format!("{place} {number}");
            let row = sighting(&id, &id, taken_at, place, Class::Doe);
            herd.images.push(image_of(&row, Some(&path)));
            herd.detections.push(row);
        }
    }
    let text = text_of(&render(herd.clone(), &year(GroupBy::Month)).await.unwrap());
    let late = format!(
        "Times in pictures ! {second}: the times in the pictures are 3.0 hours behind those of their files."
    );
    assert!(text.contains(&late), "{text}");
    // A platform that took the cameras' local time for UTC.
    for image in &mut herd.images {
        image.taken_at =
            image.taken_at.map(|at| Brussels.from_utc_datetime(&at.naive_utc()).naive_local().and_utc());
        image.place_id = Some("p0".into());
    }
    let text = text_of(&render(herd, &year(GroupBy::Month)).await.unwrap());
    let differ = "the times of the database and in the pictures differ, not always by the same time.";
    assert!(text.contains(differ), "an hour in winter, two in summer: {text}");
}
