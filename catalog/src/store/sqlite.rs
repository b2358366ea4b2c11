//! Upserts into the embedded tables: one prepared statement, once for each row.

use deertrack_schemas::Class;
use sqlx::{Error, Sqlite, Transaction};

use super::row::{NewDataset, NewDeer, NewDeployment, NewDetection, NewImage, NewPlace, le_bytes};
use crate::row::Micros;

pub(super) async fn datasets(tx: &mut Transaction<'_, Sqlite>, rows: &[NewDataset]) -> Result<(), Error> {
    for row in rows {
        sqlx::query(include_str!("sql/sqlite/upsert_dataset.sql"))
            .bind(&row.id)
            .bind(&row.name)
            .bind(&row.source)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub(super) async fn places(tx: &mut Transaction<'_, Sqlite>, rows: &[NewPlace]) -> Result<(), Error> {
    for row in rows {
        sqlx::query(include_str!("sql/sqlite/upsert_locations.sql"))
            .bind(&row.id)
            .bind(&row.name)
            .bind(row.latitude)
            .bind(row.longitude)
            .bind(&row.timezone)
            .bind(row.coordinate_uncertainty)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub(super) async fn deployments(
    tx: &mut Transaction<'_, Sqlite>,
    rows: &[NewDeployment],
) -> Result<(), Error> {
    for row in rows {
        sqlx::query(include_str!("sql/sqlite/upsert_deployments.sql"))
            .bind(&row.id)
            .bind(&row.dataset_id)
            .bind(&row.location_id)
            .bind(&row.camera)
            .bind(Micros(row.start))
            .bind(row.end.map(Micros))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub(super) async fn images(tx: &mut Transaction<'_, Sqlite>, rows: &[NewImage]) -> Result<(), Error> {
    for row in rows {
        sqlx::query(include_str!("sql/sqlite/upsert_images.sql"))
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
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub(super) async fn deer(tx: &mut Transaction<'_, Sqlite>, rows: &[NewDeer]) -> Result<(), Error> {
    for row in rows {
        sqlx::query(include_str!("sql/sqlite/upsert_deer.sql"))
            .bind(&row.id)
            .bind(&row.dataset_id)
            .bind(&row.name)
            .bind(row.sex.name())
            .bind(row.feature_vector.as_deref().map(le_bytes))
            .bind(&row.embedding_version)
            .bind(&row.founder_detection_id)
            .bind(row.first_seen.map(Micros))
            .bind(row.last_seen.map(Micros))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub(super) async fn detections(tx: &mut Transaction<'_, Sqlite>, rows: &[NewDetection]) -> Result<(), Error> {
    for row in rows {
        sqlx::query(include_str!("sql/sqlite/upsert_detections.sql"))
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
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
