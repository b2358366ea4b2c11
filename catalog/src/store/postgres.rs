//! Upserts into our tables on PostgreSQL: one statement a batch, each column one array. Each says how many rows it wrote:
//! one whose id is that of another data set is not.

use deertrack_schemas::Class;
use sqlx::{Error, Postgres, Transaction};

use super::row::{NewDataset, NewDeer, NewDeployment, NewDetection, NewImage, NewPlace, le_bytes};

pub(super) async fn datasets(tx: &mut Transaction<'_, Postgres>, rows: &[NewDataset]) -> Result<u64, Error> {
    let done = sqlx::query(include_str!("sql/postgres/upsert_dataset.sql"))
        .bind(column(rows, |row| row.id.as_str()))
        .bind(column(rows, |row| row.name.as_str()))
        .bind(column(rows, |row| row.source.as_deref()))
        .bind(column(rows, |row| row.id_prefix.as_str()))
        .bind(column(rows, |row| row.fingerprint.as_deref()))
        .bind(column(rows, |row| row.profile.as_deref()))
        .bind(column(rows, |row| row.species.as_deref()))
        .bind(column(rows, |row| row.metadata.as_deref()))
        .bind(column(rows, |row| row.notes.as_deref()))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

pub(super) async fn places(tx: &mut Transaction<'_, Postgres>, rows: &[NewPlace]) -> Result<u64, Error> {
    let done = sqlx::query(include_str!("sql/postgres/upsert_locations.sql"))
        .bind(column(rows, |row| row.id.as_str()))
        .bind(column(rows, |row| row.name.as_str()))
        .bind(column(rows, |row| row.latitude))
        .bind(column(rows, |row| row.longitude))
        .bind(column(rows, |row| row.timezone.as_deref()))
        .bind(column(rows, |row| row.coordinate_uncertainty))
        .bind(column(rows, |row| row.dataset_id.as_deref()))
        .bind(column(rows, |row| row.source_id.as_deref()))
        .bind(column(rows, |row| row.zone_source.as_deref()))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

pub(super) async fn deployments(
    tx: &mut Transaction<'_, Postgres>,
    rows: &[NewDeployment],
) -> Result<u64, Error> {
    let done = sqlx::query(include_str!("sql/postgres/upsert_deployments.sql"))
        .bind(column(rows, |row| row.id.as_str()))
        .bind(column(rows, |row| row.dataset_id.as_deref()))
        .bind(column(rows, |row| row.location_id.as_str()))
        .bind(column(rows, |row| row.camera.as_deref()))
        .bind(column(rows, |row| row.start))
        .bind(column(rows, |row| row.end))
        .bind(column(rows, |row| row.source_id.as_deref()))
        .bind(column(rows, |row| row.camera_id.as_deref()))
        .bind(column(rows, |row| row.start_offset_seconds))
        .bind(column(rows, |row| row.end_offset_seconds))
        .bind(column(rows, |row| row.clock_problem.as_deref()))
        .bind(column(rows, |row| row.failures.as_deref()))
        .bind(column(rows, |row| row.extra.as_deref()))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

pub(super) async fn images(tx: &mut Transaction<'_, Postgres>, rows: &[NewImage]) -> Result<u64, Error> {
    let done = sqlx::query(include_str!("sql/postgres/upsert_images.sql"))
        .bind(column(rows, |row| row.id.as_str()))
        .bind(column(rows, |row| row.dataset_id.as_deref()))
        .bind(column(rows, |row| row.location_id.as_deref()))
        .bind(column(rows, |row| row.deployment_id.as_deref()))
        .bind(column(rows, |row| row.path.as_deref()))
        .bind(column(rows, |row| row.timestamp))
        .bind(column(rows, |row| row.width.map(count)))
        .bind(column(rows, |row| row.height.map(count)))
        .bind(column(rows, |row| row.media_type.as_deref()))
        .bind(column(rows, |row| row.capture_method.as_deref()))
        .bind(column(rows, |row| row.source_id.as_deref()))
        .bind(column(rows, |row| row.burst_id.as_deref()))
        .bind(column(rows, |row| row.file_public))
        .bind(column(rows, |row| row.utc_offset_seconds))
        .bind(column(rows, |row| row.sees_people))
        .bind(column(rows, |row| row.extra.as_deref()))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

pub(super) async fn deer(tx: &mut Transaction<'_, Postgres>, rows: &[NewDeer]) -> Result<u64, Error> {
    let done = sqlx::query(include_str!("sql/postgres/upsert_deer.sql"))
        .bind(column(rows, |row| row.id.as_str()))
        .bind(column(rows, |row| row.dataset_id.as_deref()))
        .bind(column(rows, |row| row.name.as_str()))
        .bind(column(rows, |row| row.sex.name()))
        .bind(column(rows, |row| row.feature_vector.as_deref().map(le_bytes)))
        .bind(column(rows, |row| row.embedding_version.as_deref()))
        .bind(column(rows, |row| row.founder_detection_id.as_deref()))
        .bind(column(rows, |row| row.first_seen))
        .bind(column(rows, |row| row.last_seen))
        .bind(column(rows, |row| row.source_id.as_deref()))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

pub(super) async fn detections(
    tx: &mut Transaction<'_, Postgres>,
    rows: &[NewDetection],
) -> Result<u64, Error> {
    let done = sqlx::query(include_str!("sql/postgres/upsert_detections.sql"))
        .bind(column(rows, |row| row.id.as_str()))
        .bind(column(rows, |row| row.dataset_id.as_deref()))
        .bind(column(rows, |row| row.image_id.as_str()))
        .bind(column(rows, |row| row.class.name()))
        .bind(column(rows, |row| row.corrected_class.map(Class::name)))
        .bind(column(rows, |row| row.confidence))
        .bind(column(rows, |row| row.bbox.map(|bbox| bbox.x)))
        .bind(column(rows, |row| row.bbox.map(|bbox| bbox.y)))
        .bind(column(rows, |row| row.bbox.map(|bbox| bbox.width)))
        .bind(column(rows, |row| row.bbox.map(|bbox| bbox.height)))
        .bind(column(rows, |row| row.deer_id.as_deref()))
        .bind(column(rows, |row| count(row.count)))
        .bind(column(rows, |row| row.is_valid))
        .bind(column(rows, |row| row.is_duplicate))
        .bind(column(rows, |row| row.burst_id.as_deref()))
        .bind(column(rows, |row| row.level.name()))
        .bind(column(rows, |row| row.scientific_name.as_deref()))
        .bind(column(rows, |row| row.sex.as_deref()))
        .bind(column(rows, |row| row.life_stage.as_deref()))
        .bind(column(rows, |row| row.behavior.as_deref()))
        .bind(column(rows, |row| row.classification_method.as_deref()))
        .bind(column(rows, |row| row.classified_by.as_deref()))
        .bind(column(rows, |row| row.true_deer_id.as_deref()))
        .bind(column(rows, |row| row.feature_vector.as_deref().map(le_bytes)))
        .bind(column(rows, |row| row.embedding_version.as_deref()))
        .bind(column(rows, |row| row.created_at))
        .bind(column(rows, |row| row.source_id.as_deref()))
        .bind(column(rows, |row| row.event_id.as_deref()))
        .bind(column(rows, |row| row.starts_at))
        .bind(column(rows, |row| row.ends_at))
        .bind(column(rows, |row| row.utc_offset_seconds))
        .bind(column(rows, |row| row.is_count_told))
        .bind(column(rows, |row| row.repeats_id.as_deref()))
        .bind(column(rows, |row| row.extra.as_deref()))
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

fn column<'a, R, T>(rows: &'a [R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// PostgreSQL's integer is signed. What does not fit is no count and no size; the table's check refuses 0.
fn count(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(0)
}
