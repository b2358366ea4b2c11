//! Archives are written as their rows are read, in the order of photographs; here they are held against all rows at once, in
//! the order in which animals were seen.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use deertrack_catalog::{Level, Record, connect};
use deertrack_schemas::{Class, Export, ZipParams};
use deertrack_worker::export::{Exporter, Progress};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::frame::jpeg;
use crate::season::{Season, at, command, csv_rows, file, known, unzip};

const DETECTIONS: usize = 1_200;
/// In ids; all but the last are the same in a path.
const MARKS: [char; 8] = ['/', ':', '?', '!', '+', '\\', '_', '-'];

/// Many detections of a fortnight, a third of them of an event that began up to a day before or after its photograph. Ids
/// that look alike in a path, photographs that show people, and some that are not there.
fn season() -> Season {
    let mut random = ChaCha8Rng::seed_from_u64(29);
    let mut season = Season::new();
    season.deer.push(known("d2", "Split Ear"));
    std::fs::write(season.images_dir().join("all.jpg"), jpeg([100, 60, 160, 80])).unwrap();
    let begin = at("2025-11-03T00:00:00Z");
    let mut ids = HashSet::new();
    while season.detections.len() < DETECTIONS {
        let (image, taken_at) = (
            format!("i{}", season.images.len()),
            begin + TimeDelta::minutes(random.random_range(0..14 * 1_440)),
        );
        let path = ["all.jpg", "all.jpg", "all.jpg", "gone.jpg"][random.random_range(0..4)];
        season.image(&image, &taken_at.to_rfc3339(), Some(path));
        let place = [None, Some("ridge"), Some("creek")][random.random_range(0..3)];
        let photograph = season.images.last_mut().unwrap();
        photograph.location_id = place.map(str::to_owned);
        photograph.sees_people = random.random_bool(0.1);
        for _ in 0..random.random_range(1..4) {
            let mark = MARKS[random.random_range(0..MARKS.len())];
            let id =
                format!("{}{mark}{}", ["a", "A"][random.random_range(0..2)], random.random_range(2..120));
            if !ids.insert(id.clone()) {
                continue;
            }
            let class = Class::ALL[random.random_range(0..3)];
            season.detection(&id, &image, class, [0.1, 0.2, 0.3, 0.5]);
            let row = season.detections.last_mut().unwrap();
            row.deer_id = [None, None, Some("d1"), Some("d2")][random.random_range(0..4)].map(str::to_owned);
            if random.random_bool(0.3) {
                row.level = Level::Event;
                row.starts_at = Some(taken_at + TimeDelta::minutes(random.random_range(-1_500..1_500)));
            }
        }
    }
    season
}

fn params() -> ZipParams {
    let [first, last] = ["2025-11-05", "2025-11-14"].map(|day| day.parse().unwrap());
    ZipParams { crop_size: 128, ..ZipParams::between(first, last) }
}

fn local(at: DateTime<Utc>) -> DateTime<Tz> {
    at.with_timezone(&Tz::Europe__Brussels)
}

/// All rows of these days at once.
async fn all(season: &Season) -> Vec<Record> {
    let catalog = connect(&season.database().await).await.unwrap();
    let mut rows = catalog.records_in(at("2025-11-01T00:00:00Z")..at("2025-11-30T00:00:00Z")).await.unwrap();
    let days = params().start_date.unwrap()..=params().end_date.unwrap();
    rows.retain(|row| row.seen_at().is_some_and(|at| days.contains(&local(at).date_naive())));
    rows
}

/// The path of each crop, by one who remembers all that were given out.
struct Paths(HashSet<String>);

impl Paths {
    fn next(&mut self, row: &Record) -> String {
        let place = match row.image.place_id.as_deref() {
            None => "no-place",
            Some("ridge") => "North_ridge",
            Some(_) => "Creek",
        };
        let date = local(row.image.taken_at.unwrap()).date_naive();
        let id = row.id.replace(&MARKS[..6], "_");
        let stem = format!("crops/{}/{place}/{date}_{id}", row.class.name());
        let copies = (2..).map(|copy| format!("{stem}-{copy}.jpg"));
        let mut paths = std::iter::once(format!("{stem}.jpg")).chain(copies);
        paths.find(|path| self.0.insert(path.to_lowercase())).unwrap()
    }
}

/// Why there is no crop of a row.
fn problem(row: &Record) -> Option<&'static str> {
    if row.image.sees_people {
        return Some(
            "the photograph is kept back: somebody saw a person or a vehicle on it, or in its event",
        );
    }
    (row.image.path.as_deref() == Some("gone.jpg")).then_some("the file is missing")
}

#[tokio::test]
async fn crops_tables_and_headline_are_those_of_all_rows_at_once() {
    let season = season();
    let expected = all(&season).await;
    let unlike = expected.windows(2).filter(|pair| pair[0].image.taken_at > pair[1].image.taken_at).count();
    assert!(unlike > 100, "the order of photographs is another one: {unlike}");
    let shots: Vec<&[Record]> = expected.chunk_by(|a, b| a.image.id == b.image.id).collect();
    let images: HashSet<&str> = expected.iter().map(|row| row.image.id.as_str()).collect();
    assert!(images.len() < shots.len(), "some images come twice, for other rows were seen between theirs");

    let rendered = season.export(Export::Zip(params())).await.unwrap();
    let told = rendered.headline.clone().unwrap();
    let files = unzip(&rendered.content.into_bytes().unwrap());
    let (made, problems): (Vec<&Record>, Vec<&Record>) =
        expected.iter().partition(|row| problem(row).is_none());
    let kept_back = shots.iter().filter(|shot| shot[0].image.sees_people).count();
    let headline = format!(
        "{} crops from {} images; {} crops could not be made, see problems.csv; {kept_back} photographs kept back for a \
         person or a vehicle",
        made.len(),
        shots.len() - kept_back,
        problems.len()
    );
    assert_eq!(told, headline);

    let mut paths = Paths(HashSet::new());
    let paths: Vec<String> = made.iter().map(|row| paths.next(row)).collect();
    assert!(paths.iter().filter(|path| path.ends_with("-2.jpg")).count() > 5, "some ids look alike");
    let in_archive: Vec<&String> = files.iter().map(|(path, _)| path).collect();
    assert!(in_archive[..paths.len()].iter().copied().eq(&paths), "the same crops in the same order");
    assert_eq!(in_archive[paths.len()..], ["metadata.csv", "problems.csv", "manifest.json"]);
    let rows = csv_rows(file(&files, "metadata.csv")).split_off(1);
    assert!(rows.iter().map(|row| (&row[0], &row[10])).eq(made.iter().map(|row| &row.id).zip(&paths)));
    let found = csv_rows(file(&files, "problems.csv")).split_off(1);
    let found: Vec<(&str, &str)> = found.iter().map(|row| (row[0].as_str(), row[3].as_str())).collect();
    let why: Vec<(&str, &str)> =
        problems.iter().map(|row| (row.id.as_str(), problem(row).unwrap_or_default())).collect();
    assert_eq!(found, why);
    let manifest: serde_json::Value = serde_json::from_slice(file(&files, "manifest.json")).unwrap();
    assert_eq!(manifest["photographs_kept_back"], kept_back);
    let listed = manifest["entries"].as_array().unwrap().iter().map(|entry| entry["path"].as_str().unwrap());
    assert!(listed.eq(in_archive[..in_archive.len() - 1].iter().map(|path| path.as_str())));
}

#[tokio::test]
async fn a_list_has_all_rows_in_the_order_in_which_their_animals_were_seen() {
    let season = season();
    let listed = ZipParams { include_crops: false, ..params() };
    let rendered = season.export(Export::Zip(listed)).await.unwrap();
    let expected = all(&season).await;
    let shots = expected.chunk_by(|a, b| a.image.id == b.image.id).count();
    assert_eq!(rendered.headline, Some(format!("{} rows from {shots} images", expected.len())));
    let files = unzip(&rendered.content.into_bytes().unwrap());
    let rows = csv_rows(file(&files, "metadata.csv")).split_off(1);
    let seen =
        |row: &Vec<String>| (row[0].clone(), row[1].clone(), row[11].parse::<DateTime<Utc>>().unwrap());
    let row = |row: &Record| (row.id.clone(), row.image.id.clone(), row.image.taken_at.unwrap());
    assert_eq!(rows.iter().map(seen).collect::<Vec<_>>(), expected.iter().map(row).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_archive_is_the_same_from_both_databases() {
    let season = season();
    let postgres = deertrack_testkit::postgres::database();
    season.write(&postgres).await;
    let mut archives = Vec::new();
    for url in [season.database().await, postgres] {
        let kinds = season.kinds_over(connect(&url).await.unwrap());
        let job = season.job(Progress::silent());
        let rendered = kinds.export(&job, &command(Export::Zip(params()))).await.unwrap();
        archives.push((rendered.headline, rendered.content.into_bytes().unwrap()));
    }
    assert!(archives[0] == archives[1]);
    assert_eq!(season.drafts(), 0);
}
