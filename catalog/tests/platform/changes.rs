//! Tables that change while a worker runs: never a wrong row, never an error for ever.

use deertrack_survey::{BoundingBox, ImageBox};
use futures::TryStreamExt;

use crate::tables::{Platform, id, october};

#[tokio::test]
async fn a_column_that_goes_and_another_that_comes_are_seen_while_connected() {
    let mut platform = Platform::with_rows().await;
    let catalog = platform.catalog().await;
    assert_eq!(catalog.records_in(october()).await.unwrap().len(), 4);

    // Dropped between two statements of a job.
    platform.run("alter table detections drop column is_duplicate, drop column burst_group_id").await;
    assert_eq!(catalog.records_in(october()).await.unwrap().len(), 5, "nothing is known to be a copy now");
    assert_eq!(catalog.left_out_in(october()).await.unwrap().duplicates, 0);

    // Added between two jobs.
    platform
        .run(&format!(
            "alter table detections add is_duplicate boolean; update detections set is_duplicate = id = '{}'",
            id("41")
        ))
        .await;
    catalog.refresh().await.unwrap();
    assert_eq!(catalog.records_in(october()).await.unwrap().len(), 4, "and here is another one");
    assert_eq!(catalog.left_out_in(october()).await.unwrap().duplicates, 1);
}

#[tokio::test]
async fn vectors_are_read_again_too_where_a_table_changed_within_a_job() {
    let mut platform = Platform::with_rows().await;
    let catalog = platform.catalog().await;
    let embedded = async || -> Vec<String> {
        let rows: Vec<_> = catalog.embeddings(None).try_collect().await.unwrap();
        rows.into_iter().map(|row| row.id).collect()
    };
    let before = embedded().await;
    assert!(!before.is_empty());
    let deer = catalog.profiles().await.unwrap().len();
    platform
        .run("alter table detections drop column burst_group_id; alter table deer drop column name")
        .await;
    assert_eq!(embedded().await, before);
    assert_eq!(catalog.profiles().await.unwrap().len(), deer);
}

#[tokio::test]
async fn a_column_of_another_type_is_read_in_its_new_form() {
    let mut platform = Platform::with_rows().await;
    let catalog = platform.catalog().await;
    let before = catalog.sightings(october()).try_collect::<Vec<_>>().await.unwrap();
    platform
        .run(
            "alter table detections alter bbox type jsonb using case when bbox is not null then jsonb_build_object( \
             'x1', 0, 'y1', 0, 'x2', 0.5, 'y2', 0.5) end; \
             alter table detections alter is_valid drop default, alter is_valid type int using is_valid::int; \
             alter table detections drop constraint detections_image_id_fkey; alter table images alter id type text using id::text",
        )
        .await
        ;
    catalog.refresh().await.unwrap();
    let after = catalog.sightings(october()).try_collect::<Vec<_>>().await.unwrap();
    let ids =
        |rows: &[deertrack_catalog::Sighting]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&after), ids(&before));
    let quarter = ImageBox::Fractions(BoundingBox { x: 0.0, y: 0.0, width: 0.5, height: 0.5 });
    assert_eq!(after[0].bbox, Some(quarter));
}

#[tokio::test]
async fn a_required_column_that_goes_is_an_error_until_it_comes_back() {
    let mut platform = Platform::with_rows().await;
    let catalog = platform.catalog().await;
    platform.run("alter table detections rename classification to label").await;
    let refused = catalog.records_in(october()).await.unwrap_err().to_string();
    assert!(refused.contains("classification"), "{refused}");
    platform.run("alter table detections rename label to classification").await;
    assert_eq!(catalog.records_in(october()).await.unwrap().len(), 4);
}

#[tokio::test]
async fn the_form_of_an_empty_table_is_told_by_its_first_rows() {
    let mut platform = Platform::with_rows().await;
    platform.run("update detections set bbox = null; update locations set coordinates = null").await;
    let catalog = platform.catalog().await;
    assert_eq!(catalog.records_in(october()).await.unwrap()[0].bbox, None);
    platform
        .run("update detections set bbox = '{\"x\": 250, \"y\": 125, \"width\": 500, \"height\": 250}'")
        .await;
    platform.run("update locations set coordinates = '{\"latitude\": 1.5, \"longitude\": 2.5}'").await;
    catalog.refresh().await.unwrap();
    let bbox = catalog.records_in(october()).await.unwrap()[0].bbox.and_then(|bbox| bbox.fractions());
    assert_eq!(bbox.map(|bbox| bbox.width), Some(0.5));
    assert_eq!(catalog.places().await.unwrap()[0].latitude, Some(1.5));
}
