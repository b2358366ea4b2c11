//! Rows of events and of photographs, of models and of persons: what both tell is counted once, what one tells is kept.

use std::collections::BTreeMap;

use deertrack_catalog::{Record, connect};
use deertrack_sources::camtrap_dp::{Observations, Options};
use deertrack_survey::visits::{VisitRule, visits};

use crate::detections;
use crate::package::{Package, ever};

/// Visits and animals of each class.
async fn counted(package: &Package) -> BTreeMap<&'static str, (usize, u32)> {
    let records: Vec<_> = detections(package).await.iter().filter_map(Record::counted).collect();
    let mut counted = BTreeMap::new();
    for visit in visits(&records, VisitRule::default()) {
        let (visits, animals) = counted.entry(visit.class.name()).or_insert((0, 0));
        *visits += 1;
        *animals += visit.animals;
    }
    counted
}

fn boxed(x: &str) -> [(&str, &str); 4] {
    [("bboxX", x), ("bboxY", "0.1"), ("bboxWidth", "0.2"), ("bboxHeight", "0.2")]
}

fn with_media(times: &[(&str, &str)]) -> Package {
    let mut package = Package::new();
    for (id, time) in times {
        package.media(&[("mediaID", id), ("timestamp", time), ("filePath", &format!("media/{id}.jpg"))]);
    }
    package
}

#[tokio::test]
async fn what_only_photographs_tell_is_not_lost_beside_events() {
    let times =
        [("m1", "2025-05-02T05:00:00Z"), ("m2", "2025-05-03T05:00:00Z"), ("m5", "2025-05-05T05:00:00Z")];
    let mut package = with_media(&times);
    package.image(&[("observationID", "s1"), ("mediaID", "m1"), ("eventStart", times[0].1)]);
    package.image(&[("observationID", "s2"), ("mediaID", "m2"), ("eventStart", times[1].1)]);
    package.image(&[
        ("observationID", "q1"),
        ("mediaID", "m5"),
        ("eventID", "e"),
        ("eventStart", times[2].1),
    ]);
    package.event(&[
        ("observationID", "q"),
        ("eventID", "e"),
        ("eventStart", times[2].1),
        ("eventEnd", "2025-05-05T07:00:03.250+02:00"),
    ]);
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!(
        (summary.level, summary.detections, summary.animals, summary.repeats),
        ("event and media", 3, 3, 1)
    );
    assert_eq!(counted(&package).await, BTreeMap::from([("unknown", (3, 3))]));
    let catalog = connect(&package.database()).await.unwrap();
    let repeats = catalog.repeats_in(ever()).await.unwrap();
    let told: Vec<_> = repeats.iter().map(|row| (row.id.as_str(), row.repeats_id.as_deref())).collect();
    assert_eq!(told, [("q1", Some("q"))], "the row that is counted once is kept");
    let event = catalog.records_of(&["q".to_owned()]).await.unwrap().records.remove(0);
    assert_eq!(event.ends_at.unwrap().to_rfc3339(), "2025-05-05T05:00:03.250+00:00", "milliseconds are kept");

    for (asked, level, rows) in [(Observations::Event, "event", 1), (Observations::Media, "media", 3)] {
        let options = Options { observations: asked, ..Options::default() };
        let summary = package.import(&options).await.unwrap();
        assert_eq!((summary.level, summary.detections), (level, rows));
    }
}

#[tokio::test]
async fn an_event_finds_its_photographs_by_deployment_and_time() {
    let times = [
        ("m1", "2025-05-02T05:00:00.400Z"),
        ("m2", "2025-05-02T05:00:05Z"),
        ("m3", "2025-05-02T05:00:09.900Z"),
        ("m4", "2025-05-03T05:00:00Z"),
    ];
    let mut package = with_media(&times);
    let event = |end| [("eventStart", "2025-05-02T05:00:00Z"), ("eventEnd", end)];
    package
        .event(&[&event("2025-05-02T05:00:09Z")[..], &[("observationID", "o1"), ("eventID", "e1")]].concat());
    package.event(&[
        ("observationID", "o2"),
        ("eventID", "e2"),
        ("eventStart", "2025-05-03T05:00:00Z"),
        ("observationType", "blank"),
        ("scientificName", ""),
    ]);
    package.import(&Options::default()).await.unwrap();
    let rows = detections(&package).await;
    assert_eq!(rows[0].image.id, "m1");
    let with_deer =
        "select group_concat(id, ' ') from (select id from images where burst_id = 'e1' order by id)";
    assert_eq!(package.text(with_deer).await, "m1 m2 m3", "the blank photograph is of no deer's event");
    assert_eq!(package.number("select count(*) from images").await, 4, "no image is made up");
}

#[tokio::test]
async fn an_event_is_shown_by_the_photograph_of_its_animal_and_never_by_a_person() {
    let times = [("m1", "2025-05-02T05:00:00Z"), ("m2", "2025-05-02T05:00:20Z")];
    let mut package = with_media(&times);
    let hiker = [("observationID", "1"), ("mediaID", "m1"), ("eventID", "e1"), ("observationType", "human")];
    package.image(&[&hiker[..], &[("scientificName", ""), ("eventStart", times[0].1)]].concat());
    let buck = [("eventID", "e1"), ("sex", "male"), ("individualID", "b1")];
    package.image(
        &[&buck[..], &[("observationID", "2"), ("mediaID", "m2"), ("eventStart", times[1].1)], &boxed("0.3")]
            .concat(),
    );
    package.event(
        &[&buck[..], &[("observationID", "3"), ("eventStart", times[0].1), ("eventEnd", times[1].1)]]
            .concat(),
    );
    let summary = package.import(&Options::default()).await.unwrap();
    let rows = detections(&package).await;
    assert_eq!((rows.len(), rows[0].id.as_str(), rows[0].image.id.as_str()), (1, "3", "m2"));
    assert!(rows[0].bbox.is_some(), "the box of the photograph's row is lent to the event's");
    assert_eq!(package.text("select group_concat(id, ' ') from images where sees_people").await, "m1");
    assert_eq!(summary.notes.people, 1);
}

#[tokio::test]
async fn a_person_in_an_event_keeps_all_its_photographs_back() {
    let times =
        [("m1", "2025-05-02T05:00:00Z"), ("m2", "2025-05-02T05:00:20Z"), ("m3", "2025-05-04T05:00:20Z")];
    let mut package = with_media(&times);
    let span = [("eventStart", times[0].1), ("eventEnd", times[1].1), ("eventID", "e1")];
    package.event(
        &[&span[..], &[("observationID", "1"), ("observationType", "vehicle"), ("scientificName", "")]]
            .concat(),
    );
    package.event(&[&span[..], &[("observationID", "2")]].concat());
    package.import(&Options::default()).await.unwrap();
    let kept_back = "select group_concat(id, ' ') from (select id from images where sees_people order by id)";
    assert_eq!(package.text(kept_back).await, "m1 m2");
}

#[tokio::test]
async fn a_models_and_a_persons_word_on_one_animal_are_one_animal() {
    let mut package = with_media(&[("m1", "2025-05-02T05:00:00Z")]);
    let of = |id| [("observationID", id), ("mediaID", "m1")];
    let model = [("classificationMethod", "machine")];
    package.image(&[&of("1")[..], &model, &boxed("0.4"), &[("sex", "male")]].concat());
    package.image(&[&of("2")[..], &model, &boxed("0.1"), &[("sex", "female")]].concat());
    package.image(&[&of("3")[..], &[("classificationMethod", "human"), ("sex", "female")]].concat());
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!(counted(&package).await, BTreeMap::from([("buck", (1, 1)), ("doe", (1, 1))]));
    let ids: Vec<String> = detections(&package).await.into_iter().map(|row| row.id).collect();
    assert_eq!((ids, summary.repeats), (vec!["1".to_owned(), "3".to_owned()], 1), "the person's row counts");
}

#[tokio::test]
async fn a_person_wins_over_a_model() {
    // What the person says of the same photograph (type, species, sex), and what counts then.
    let cases = [
        ("animal", "Capreolus capreolus", "female", BTreeMap::from([("doe", (1, 1))]), 0),
        ("animal", "Vulpes vulpes", "", BTreeMap::new(), 1),
        ("blank", "", "", BTreeMap::new(), 1),
        ("unclassified", "", "", BTreeMap::from([("buck", (1, 1))]), 0),
    ];
    for (kind, species, sex, expected, rejected) in cases {
        let mut package = with_media(&[("m1", "2025-05-02T05:00:00Z")]);
        let of = |id| [("observationID", id), ("mediaID", "m1")];
        package.image(&[&of("model")[..], &[("classificationMethod", "machine"), ("sex", "male")]].concat());
        let person = [("classificationMethod", "human"), ("observationType", kind)];
        package.image(&[&of("person")[..], &person, &[("scientificName", species), ("sex", sex)]].concat());
        let summary = package.import(&Options::default()).await.unwrap();
        assert_eq!((counted(&package).await, summary.rejected), (expected, rejected), "{kind} {species}");
    }
}

#[tokio::test]
async fn animals_are_matched_one_by_one() {
    // Event-level rows, rows of photographs, and what counts: by class, visits and animals.
    type Rows = &'static [(&'static str, &'static str, &'static str)];
    type Counted = BTreeMap<&'static str, (usize, u32)>;
    let cases: [(&str, Rows, Rows, Counted); 6] = [
        (
            "the same",
            &[("", "female", "2")],
            &[("m1", "female", "1"), ("m2", "female", "2")],
            BTreeMap::from([("doe", (1, 2))]),
        ),
        (
            "one more",
            &[("", "female", "1")],
            &[("m1", "female", "1"), ("m2", "female", "2")],
            BTreeMap::from([("doe", (1, 2))]),
        ),
        (
            "another",
            &[("", "female", "1")],
            &[("m1", "male", "1")],
            BTreeMap::from([("buck", (1, 1)), ("doe", (1, 1))]),
        ),
        (
            "told better by photographs",
            &[("", "", "3")],
            &[("m1", "male", "1"), ("m2", "female", "1")],
            BTreeMap::from([("buck", (1, 1)), ("doe", (1, 1)), ("unknown", (1, 1))]),
        ),
        (
            "told better by the event",
            &[("", "male", "1"), ("", "female", "1")],
            &[("m1", "", "1"), ("m1", "", "1")],
            BTreeMap::from([("buck", (1, 1)), ("doe", (1, 1))]),
        ),
        (
            "many",
            &[("", "", "14")],
            &[("m1", "", "3"), ("m2", "", "7")],
            BTreeMap::from([("unknown", (1, 14))]),
        ),
    ];
    for (name, event_rows, media_rows, expected) in cases {
        let mut package = with_media(&[("m1", "2025-05-02T05:00:00Z"), ("m2", "2025-05-02T05:00:09Z")]);
        let span =
            [("eventID", "e"), ("eventStart", "2025-05-02T05:00:00Z"), ("eventEnd", "2025-05-02T05:00:09Z")];
        for (at, (_, sex, count)) in event_rows.iter().enumerate() {
            package.event(
                &[&span[..], &[("observationID", &format!("e{at}")), ("sex", sex), ("count", count)]]
                    .concat(),
            );
        }
        for (at, (medium, sex, count)) in media_rows.iter().enumerate() {
            let id = format!("i{at}");
            let row = [("observationID", id.as_str()), ("mediaID", medium), ("sex", sex), ("count", count)];
            package.image(&[&span[..1], &row].concat());
        }
        package.import(&Options::default()).await.unwrap();
        assert_eq!(counted(&package).await, expected, "{name}");
    }
}

#[tokio::test]
async fn one_individual_twice_on_one_photograph_is_one_animal() {
    let mut package = with_media(&[("m1", "2025-05-02T05:00:00Z")]);
    for id in ["step 1", "step 2"] {
        package.image(&[("observationID", id), ("mediaID", "m1"), ("sex", "male"), ("individualID", "b1")]);
    }
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!((summary.animals, summary.repeats), (1, 1));
    assert_eq!(counted(&package).await, BTreeMap::from([("buck", (1, 1))]));
}
