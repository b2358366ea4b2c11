//! Vectors of real photographs of known antelopes: an import keeps them to the bit, with whom they show.

use std::fs;
use std::path::Path;

use deertrack_catalog::store::Store;
use deertrack_sources::embeddings::{Options, import};
use serde_json::Value;
use sqlx::PgPool;

use super::Check;
use super::databases::run;

pub(crate) const CHECKS: &[Check] =
    &[("nyala_vectors_are_imported_to_the_bit_with_whom_they_show", vectors_are_kept)];

const DIMENSIONS: usize = 512;

fn vectors_are_kept(data: &Path) {
    let folder = data.join("reid_nyala_real");
    let oracle = fs::read(data.join("oracles/reid_nyala.json")).unwrap();
    let oracle: Value = serde_json::from_slice(&oracle).unwrap();
    let gallery_rows: Vec<usize> = serde_json::from_value(oracle["gallery_rows"].clone()).unwrap();
    let (vectors, labels) = (folder.join("nyala_512_jl.f32"), folder.join("labels.csv"));
    run(async {
        let url = deertrack_testkit::postgres::database();
        let mut store = Store::open(&url).await.unwrap();
        let options = Options {
            dimensions: DIMENSIONS,
            array: None,
            split: Some("test".into()),
            gallery_rows: gallery_rows.clone(),
        };
        let summary = import(&vectors, &labels, &mut store, &options, &mut |_, _| ()).await.unwrap();
        store.close().await;
        assert_eq!(summary.known_deer, gallery_rows.len());
        assert_eq!(Some(summary.detections as u64), oracle["n_probes"].as_u64());
        assert_eq!(summary.of_other_splits, 1213);

        let pool = PgPool::connect(&url).await.unwrap();
        let strangers: i64 = sqlx::query_scalar(
            "select count(*) from detections where true_deer_id not in (select id from deer)",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(Some(strangers.unsigned_abs()), oracle["n_probes_of_unknown_animals"].as_u64());

        let file = fs::read(&vectors).unwrap();
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as("select id, feature_vector from detections").fetch_all(&pool).await.unwrap();
        assert_eq!(rows.len(), summary.detections);
        for (id, vector) in rows {
            let row: usize = id.rsplit(':').next().unwrap().parse().unwrap();
            let length = DIMENSIONS * 4;
            assert!(vector == file[row * length..(row + 1) * length], "{id}");
        }
    });
}
