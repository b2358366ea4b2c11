//! Vectors out of PostgreSQL: `bytea` (little-endian f32) as it is, `real[]`, `double precision[]` and pgvector's
//! types through a cast to `real[]`.

use deertrack_survey::BoxUnit;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row, TypeInfo, ValueRef};

use super::copied::Copied;
use crate::cells::Cells;
use crate::embedding::from_le_bytes;
use crate::embedding::{Embedding, Profile};
use crate::embedding_row::{EmbeddingRow, ProfileRow};
use crate::failure::CatalogError;
use crate::map::Map;
use crate::map::field::Thing;

/// pgvector's, under whatever schema it was made in.
const PGVECTOR: [&str; 2] = ["vector", "halfvec"];

/// The two tables that hold vectors.
pub(super) const DETECTIONS: Thing = Thing::Detections;
pub(super) const DEER: Thing = Thing::Deer;

/// Whether vectors of this table are stored in a way that is read; there may be none.
pub(super) fn check(map: &Map, thing: Thing) -> Result<(), CatalogError> {
    match map.type_of(thing, "feature_vector").map(str::to_lowercase) {
        Some(ty) if !is_read(&ty) => Err(CatalogError::VectorType { table: thing.table(), ty }),
        _ => Ok(()),
    }
}

fn is_read(ty: &str) -> bool {
    let name = ty.rsplit('.').next().unwrap_or(ty);
    matches!(ty, "bytea" | "real[]" | "double precision[]" | "float4[]" | "float8[]")
        || PGVECTOR.contains(&name)
}

/// `None`: it shows no deer.
pub(super) fn embedding<B>(row: &Copied<B>, unit: BoxUnit) -> Result<Option<Embedding>, CatalogError>
where
    B: AsRef<[u8]> + Default,
{
    let mut cells = Cells::of(row);
    let embedding = EmbeddingRow::next(&mut cells)?;
    let column = cells.at();
    let vector = if row.is_bytes(column) {
        let bytes = row.bytes(column)?;
        bytes.map(|bytes| from_le_bytes(bytes, "detection", embedding.id())).transpose()?
    } else {
        row.floats(column)?
    };
    Ok(embedding.of_deer(unit, vector))
}

pub(super) fn profile(row: &PgRow) -> Result<Profile, CatalogError> {
    Ok(ProfileRow::from_row(row)?.with(vector(row, "deer")?))
}

fn vector(row: &PgRow, of: &'static str) -> Result<Option<Vec<f32>>, CatalogError> {
    if row.try_get_raw("vector")?.type_info().name() == "BYTEA" {
        let bytes: Option<&[u8]> = row.try_get("vector")?;
        return bytes.map(|bytes| from_le_bytes(bytes, of, row.try_get("id")?)).transpose();
    }
    let numbers: Option<Vec<Option<f32>>> = row.try_get("vector")?;
    // A null among the numbers is none; whoever checks the vector will name the row.
    Ok(numbers.map(|numbers| numbers.into_iter().map(|number| number.unwrap_or(f32::NAN)).collect()))
}
