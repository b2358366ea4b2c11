//! Whole rows: the same from both databases.

use std::sync::Arc;

use deertrack_catalog::store::{Level, NewDetection, NewImage};
use deertrack_catalog::{Catalog, Individual, connect};
use deertrack_schemas::Class;

use crate::season::{Season, at};

fn season() -> Season {
    let mut season = Season::new();
    season.images.push(NewImage {
        width: Some(2048),
        height: Some(1440),
        media_type: Some("image/jpeg".into()),
        capture_method: Some("activityDetection".into()),
        path: Some("a/b.jpg".into()),
        location_id: Some("creek".into()),
        timestamp: Some(at("2025-11-03T17:00:00.25Z")),
        ..NewImage { id: "full".into(), ..NewImage::default() }
    });
    season.images.push(NewImage { id: "no time".into(), ..NewImage::default() });
    season.image("B", "2025-11-03T17:00:00Z", None);
    season.image("a", "2025-11-03T17:00:00Z", None);
    season.detection("full", "full", Class::Doe, [0.1, 0.2, 0.3, 0.4]);
    let full = season.detections.last_mut().unwrap();
    full.corrected_class = Some(Class::Fawn);
    full.deer_id = Some("d1".into());
    full.count = 3;
    full.burst_id = Some("burst".into());
    full.level = Level::Event;
    full.scientific_name = Some("Capreolus capreolus".into());
    full.sex = Some("female".into());
    full.life_stage = Some("juvenile".into());
    full.behavior = Some("vigilance".into());
    full.classification_method = Some("machine".into());
    full.classified_by = Some("a model".into());
    full.created_at = Some(at("2025-12-01T00:00:00Z"));
    for (id, image) in [("2", "a"), ("1", "a"), ("3", "B"), ("untimed", "no time")] {
        season.detections.push(NewDetection::of(id, image, Class::Buck));
    }
    season.detections.push(NewDetection { is_valid: false, ..NewDetection::of("no", "a", Class::Buck) });
    season.detections.push(NewDetection { is_duplicate: true, ..NewDetection::of("twin", "a", Class::Doe) });
    season
}

async fn both(season: &Season) -> [Arc<dyn Catalog>; 2] {
    let postgres = deertrack_testkit::postgres::database();
    season.write(&postgres).await;
    [connect(&season.database().await).await.unwrap(), connect(&postgres).await.unwrap()]
}

#[tokio::test]
async fn whole_rows_are_the_same_from_both_databases() {
    let season = season();
    let [sqlite, postgres] = both(&season).await;
    let day = || at("2025-11-03T00:00:00Z")..at("2025-11-04T00:00:00Z");

    let rows = sqlite.records_in(day()).await.unwrap();
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["3", "1", "2", "full"], "by time, image, id; rejected ones and duplicates left out");
    assert_eq!(rows, postgres.records_in(day()).await.unwrap());
    let full = &rows[3];
    assert!(full.class == Class::Fawn && full.is_corrected && full.count == 3 && full.level == Level::Event);
    assert_eq!(
        full.bbox.and_then(|bbox| bbox.fractions()).map(|bbox| [bbox.x, bbox.y, bbox.width, bbox.height]),
        Some([0.1, 0.2, 0.3, 0.4])
    );
    assert_eq!((full.image.width, full.image.path.as_deref()), (Some(2048), Some("a/b.jpg")));
    assert!(rows[0].bbox.is_none() && !rows[0].is_corrected);

    let asked =
        ["untimed", "no", "twin", "full", "nobody", "'; drop table detections; --"].map(str::to_owned);
    let rows = sqlite.records_of(&asked).await.unwrap().records;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(
        ids,
        ["no", "twin", "full", "untimed"],
        "whoever is asked for by id comes; without a time last"
    );
    assert_eq!(rows, postgres.records_of(&asked).await.unwrap().records);

    let images = sqlite.images(day()).await.unwrap();
    let ids: Vec<&str> = images.iter().map(|image| image.id.as_str()).collect();
    assert_eq!(ids, ["B", "a", "full"]);
    assert_eq!(images, postgres.images(day()).await.unwrap());

    let deer = sqlite.individuals().await.unwrap();
    let crooked = Individual::of("d1", "Old Crooked", Class::Buck);
    assert_eq!(deer, [crooked]);
    assert_eq!(deer, postgres.individuals().await.unwrap());
}
