//! SQLite files that an older version of this program made.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use std::fs;
use std::path::Path;

use deertrack_catalog::{Embedding, connect, migrate};
use futures::TryStreamExt;
use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

/// Makes a file with the migrations up to `last` alone.
async fn as_of(last: &str, file: &Path) -> SqlitePool {
    let folder = TempDir::new().unwrap();
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    for entry in fs::read_dir(migrations).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name[..4] <= *last {
            fs::copy(&path, folder.path().join(name)).unwrap();
        }
    }
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    Migrator::new(folder.path()).await.unwrap().run(&pool).await.unwrap();
    pool
}

#[tokio::test]
async fn vectors_of_a_file_that_has_them_beside_detections_are_kept() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("deer.db");
    let pool = as_of("0002", &file).await;
    let rows = "insert into images (id, timestamp) values ('i1', 1000000), ('i2', 2000000);
        insert into detections (id, image_id, classification, feature_vector) values
            ('d1', 'i1', 'buck', x'0000803f00000040'), ('d2', 'i2', 'doe', null)";
    sqlx::raw_sql(rows).execute(&pool).await.unwrap();
    pool.close().await;

    let url = format!("sqlite://{}", file.display());
    let read = || async {
        let catalog = connect(&url).await.unwrap();
        let rows: Vec<Embedding> = catalog.embeddings(None).try_collect().await.unwrap();
        rows.into_iter().map(|row| (row.id, row.vector)).collect::<Vec<_>>()
    };
    let expected = vec![("d1".to_owned(), Some(vec![1.0, 2.0])), ("d2".to_owned(), None)];
    assert_eq!(read().await, expected, "an older file is read as it is");
    migrate(&url).await.unwrap();
    assert_eq!(read().await, expected, "and after it was brought up to date");
}
