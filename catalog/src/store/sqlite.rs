//! Upserts into the embedded tables: one prepared statement, once for each row. Each says how many rows it wrote: one
//! whose id is that of another data set is not.

use deertrack_schemas::Class;
use sqlx::{Error, Sqlite, Transaction};

use super::row::{NewDataset, NewDeer, NewDeployment, NewDetection, NewImage, NewPlace, le_bytes};
use crate::micros::Micros;

pub(super) async fn datasets(tx: &mut Transaction<'_, Sqlite>, rows: &[NewDataset]) -> Result<u64, Error> {
    let mut written = 0;
    for row in rows {
        written += sqlx::query(include_str!("sql/sqlite/upsert_dataset.sql"))
            .bind(&row.id)
            .bind(&row.name)
            .bind(&row.source)
            .bind(&row.id_prefix)
            .bind(&row.fingerprint)
            .bind(&row.profile)
            .bind(&row.species)
            .bind(&row.metadata)
            .bind(&row.notes)
            .execute(&mut **tx)
            .await?
            .rows_affected();
    }
    Ok(written)
}

pub(super) async fn places(tx: &mut Transaction<'_, Sqlite>, rows: &[NewPlace]) -> Result<u64, Error> {
    let mut written = 0;
    for row in rows {
        written += sqlx::query(include_str!("sql/sqlite/upsert_locations.sql"))
            .bind(&row.id)
            .bind(&row.name)
            .bind(row.latitude)
            .bind(row.longitude)
            .bind(&row.timezone)
            .bind(row.coordinate_uncertainty)
            .bind(&row.dataset_id)
            .bind(&row.source_id)
            .bind(&row.zone_source)
            .execute(&mut **tx)
            .await?
            .rows_affected();
    }
    Ok(written)
}

pub(super) async fn deployments(
    tx: &mut Transaction<'_, Sqlite>,
    rows: &[NewDeployment],
) -> Result<u64, Error> {
    let mut written = 0;
    for row in rows {
        written += sqlx::query(include_str!("sql/sqlite/upsert_deployments.sql"))
            .bind(&row.id)
            .bind(&row.dataset_id)
            .bind(&row.location_id)
            .bind(&row.camera)
            .bind(Micros(row.start))
            .bind(row.end.map(Micros))
            .bind(&row.source_id)
            .bind(&row.camera_id)
            .bind(row.start_offset_seconds)
            .bind(row.end_offset_seconds)
            .bind(&row.clock_problem)
            .bind(&row.failures)
            .bind(&row.extra)
            .execute(&mut **tx)
            .await?
            .rows_affected();
    }
    Ok(written)
}

pub(super) async fn images(tx: &mut Transaction<'_, Sqlite>, rows: &[NewImage]) -> Result<u64, Error> {
    let mut written = 0;
    for row in rows {
        written += sqlx::query(include_str!("sql/sqlite/upsert_images.sql"))
            .bind(&row.id)
            .bind(&row.dataset_id)
            .bind(&row.location_id)
            .bind(&row.deployment_id)
            .bind(&row.path)
            .bind(row.timestamp.map(Micros))
            .bind(row.width)
            .bind(row.height)
            .bind(&row.media_type)
            .bind(&row.capture_method)
            .bind(&row.source_id)
            .bind(&row.burst_id)
            .bind(row.file_public)
            .bind(row.utc_offset_seconds)
            .bind(row.sees_people)
            .bind(&row.extra)
            .execute(&mut **tx)
            .await?
            .rows_affected();
    }
    Ok(written)
}

pub(super) async fn deer(tx: &mut Transaction<'_, Sqlite>, rows: &[NewDeer]) -> Result<u64, Error> {
    let mut written = 0;
    for row in rows {
        written += sqlx::query(include_str!("sql/sqlite/upsert_deer.sql"))
            .bind(&row.id)
            .bind(&row.dataset_id)
            .bind(&row.name)
            .bind(row.sex.name())
            .bind(row.feature_vector.as_deref().map(le_bytes))
            .bind(&row.embedding_version)
            .bind(&row.founder_detection_id)
            .bind(row.first_seen.map(Micros))
            .bind(row.last_seen.map(Micros))
            .bind(&row.source_id)
            .execute(&mut **tx)
            .await?
            .rows_affected();
    }
    Ok(written)
}

pub(super) async fn detections(
    tx: &mut Transaction<'_, Sqlite>,
    rows: &[NewDetection],
) -> Result<u64, Error> {
    let mut written = 0;
    for row in rows {
        written += sqlx::query(include_str!("sql/sqlite/upsert_detections.sql"))
            .bind(&row.id)
            .bind(&row.dataset_id)
            .bind(&row.image_id)
            .bind(row.class.name())
            .bind(row.corrected_class.map(Class::name))
            .bind(row.confidence)
            .bind(row.bbox.map(|bbox| bbox.x))
            .bind(row.bbox.map(|bbox| bbox.y))
            .bind(row.bbox.map(|bbox| bbox.width))
            .bind(row.bbox.map(|bbox| bbox.height))
            .bind(&row.deer_id)
            .bind(row.count)
            .bind(row.is_valid)
            .bind(row.is_duplicate)
            .bind(&row.burst_id)
            .bind(row.level.name())
            .bind(&row.scientific_name)
            .bind(&row.sex)
            .bind(&row.life_stage)
            .bind(&row.behavior)
            .bind(&row.classification_method)
            .bind(&row.classified_by)
            .bind(&row.true_deer_id)
            .bind(row.feature_vector.as_deref().map(le_bytes))
            .bind(&row.embedding_version)
            .bind(row.created_at.map(Micros))
            .bind(&row.source_id)
            .bind(&row.event_id)
            .bind(row.starts_at.map(Micros))
            .bind(row.ends_at.map(Micros))
            .bind(row.utc_offset_seconds)
            .bind(row.is_count_told)
            .bind(&row.repeats_id)
            .bind(&row.extra)
            .execute(&mut **tx)
            .await?
            .rows_affected();
    }
    Ok(written)
}
