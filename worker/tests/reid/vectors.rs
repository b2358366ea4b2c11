//! Vectors come out of either database to the bit, whatever the form they are stored in.

use deertrack_catalog::{Catalog, CatalogError, Embedding, connect};
use deertrack_schemas::Class;
use deertrack_survey::BoundingBox;
use deertrack_survey::TimeRange;
use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use crate::herd::{Herd, at, sqlite_in};

fn herd() -> Herd {
    let mut herd = Herd::default();
    herd.know("d2", Class::Doe, &[0.6, 0.8, 0.0]);
    herd.know("d1", Class::Buck, &[1.0, 0.0, f32::MIN_POSITIVE]);
    herd.know("new", Class::Unknown, &[]);
    herd.deer[2].feature_vector = None;
    herd.deer[1].founder_detection_id = Some("late".into());
    herd.see("late", Some("2025-06-01T00:00:00Z"), Class::Buck, &[0.1, -0.2, 3.0e38]);
    herd.see("early", Some("2025-01-01T00:00:00Z"), Class::Doe, &[0.0, 0.0, 0.0]);
    herd.see("no time", None, Class::Fawn, &[1.0 / 3.0, 0.0, -0.0]);
    herd.see("rejected", Some("2025-02-01T00:00:00Z"), Class::Doe, &[1.0, 1.0, 1.0]);
    herd.see("no vector", Some("2025-03-01T00:00:00Z"), Class::Doe, &[]);
    herd.detections[0].bbox = Some(BoundingBox { x: 0.25, y: 0.5, width: 0.125, height: 0.25 });
    herd.detections[0].burst_id = Some("burst".into());
    herd.detections[0].deer_id = Some("d1".into());
    herd.detections[0].true_deer_id = Some("somebody else".into());
    herd.detections[0].corrected_class = Some(Class::Fawn);
    herd.detections[3].is_valid = false;
    herd.detections[4].feature_vector = None;
    herd
}

async fn embeddings(catalog: &dyn Catalog, range: Option<TimeRange>) -> Vec<Embedding> {
    catalog.embeddings(range).try_collect().await.unwrap()
}

#[tokio::test]
async fn both_databases_give_the_same_vectors_in_the_same_order() {
    let dir = TempDir::new().unwrap();
    let urls = [sqlite_in(&dir), deertrack_testkit::postgres::database()];
    for url in &urls {
        herd().write(url).await;
    }
    let [sqlite, postgres] = [connect(&urls[0]).await.unwrap(), connect(&urls[1]).await.unwrap()];

    let rows = embeddings(&*sqlite, None).await;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["early", "no vector", "late", "no time"], "by time; rejected ones are left out");
    assert_eq!(rows[1].vector, None);
    let expected = Embedding {
        id: "late".into(),
        image_id: "image late".into(),
        taken_at: Some(at("2025-06-01T00:00:00Z")),
        place_id: None,
        class: Class::Fawn,
        bbox: Some(BoundingBox { x: 0.25, y: 0.5, width: 0.125, height: 0.25 }.into()),
        burst_id: Some("burst".into()),
        deer_id: Some("d1".into()),
        true_deer_id: Some("somebody else".into()),
        version: Some("v1".into()),
        vector: Some(vec![0.1, -0.2, 3.0e38]),
    };
    assert_eq!(rows[2], expected);
    assert_eq!(rows, embeddings(&*postgres, None).await);

    let range = || Some(at("2025-01-01T00:00:01Z")..at("2025-12-01T00:00:00Z"));
    let rows = embeddings(&*sqlite, range()).await;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["no vector", "late"], "what has no time is in no range");
    assert_eq!(rows, embeddings(&*postgres, range()).await);

    let profiles = sqlite.profiles().await.unwrap();
    let told: Vec<_> =
        profiles.iter().map(|deer| (deer.id.as_str(), deer.name.as_str(), deer.class)).collect();
    assert_eq!(
        told,
        [("d1", "Deer d1", Class::Buck), ("d2", "Deer d2", Class::Doe), ("new", "Deer new", Class::Unknown)]
    );
    assert_eq!(profiles[0].founder_detection_id.as_deref(), Some("late"));
    assert_eq!((&profiles[1].vector, &profiles[2].vector), (&Some(vec![0.6, 0.8, 0.0]), &None));
    assert_eq!(profiles, postgres.profiles().await.unwrap());
}

/// The tables of an older platform, with vectors of type `ty` that hold `vector`.
async fn platform(ty: &str, vector: &str) -> String {
    let url = deertrack_testkit::postgres::database();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    // Debian has no pgvector for its PostgreSQL: a type of that name that casts to an array stands in for it.
    let sql = format!(
        r#"create domain vector as real[];
        create table locations (id integer primary key);
        create table images (id integer primary key, "timestamp" timestamptz);
        create table deer (id integer primary key, sex text, feature_vector {ty});
        create table detections (id integer primary key, image_id integer, classification text, deer_id integer,
            feature_vector {ty});
        insert into images values (1, '2025-06-01Z');
        insert into deer values (1, 'doe', {vector}), (2, null, null);
        insert into detections values (1, 1, 'mature', 1, {vector}), (2, 1, 'doe', null, null);"#
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    url
}

#[tokio::test]
async fn every_form_of_a_vector_on_postgresql_is_read_alike() {
    let forms = [
        ("bytea", r"'\x0000c03f00000080cdcccc3d'"),
        ("real[]", "'{1.5,-0.0,0.1}'"),
        ("double precision[]", "'{1.5,-0.0,0.1}'"),
        ("vector", "'{1.5,-0.0,0.1}'"),
    ];
    for (ty, vector) in forms {
        let catalog = connect(&platform(ty, vector).await).await.unwrap();
        let rows = embeddings(&*catalog, None).await;
        let bits = |vector: &Option<Vec<f32>>| {
            vector.as_ref().map(|vector| vector.iter().map(|number| number.to_bits()).collect::<Vec<_>>())
        };
        let expected = Some([1.5_f32, -0.0, 0.1].map(f32::to_bits).to_vec());
        assert_eq!((bits(&rows[0].vector), &rows[1].vector), (expected.clone(), &None), "{ty}");
        assert_eq!((rows[0].class, rows[0].deer_id.as_deref()), (Class::Buck, Some("1")), "{ty}");
        let profiles = catalog.profiles().await.unwrap();
        assert_eq!((bits(&profiles[0].vector), &profiles[1].vector), (expected, &None), "{ty}");
        assert_eq!((profiles[0].class, profiles[1].name.as_str()), (Class::Doe, "2"));
    }
}

#[tokio::test]
async fn a_null_among_the_numbers_is_not_a_number() {
    let catalog = connect(&platform("real[]", "'{1.5,null}'").await).await.unwrap();
    let rows = embeddings(&*catalog, None).await;
    assert!(rows[0].vector.as_ref().is_some_and(|vector| vector[0] == 1.5 && vector[1].is_nan()));
}

#[tokio::test]
async fn vectors_of_another_form_are_refused_in_words() {
    let catalog = connect(&platform("text", "'[1.5, 2]'").await).await.unwrap();
    let refused = catalog.embeddings(None).try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(refused, CatalogError::VectorType { .. }));
    let expected = "detections.feature_vector is of type text; \
                    real[], double precision[], vector (pgvector) and bytea are read";
    assert_eq!(refused.to_string(), expected);
    assert!(
        catalog.profiles().await.unwrap_err().to_string().starts_with("deer.feature_vector is of type text")
    );

    let catalog = connect(&platform("bytea", r"'\x0000c0'").await).await.unwrap();
    let refused = catalog.embeddings(None).try_collect::<Vec<_>>().await.unwrap_err().to_string();
    assert!(refused.starts_with("the vector of detection 1 has 3 bytes"), "{refused}");
}
