//! Vectors out of PostgreSQL: `bytea` (little-endian f32) as it is, `real[]`, `double precision[]` and pgvector's
//! types through a cast to `real[]`.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row, TypeInfo, ValueRef};

use crate::embedding::from_le_bytes;
use crate::embedding::{Embedding, Profile};
use crate::failure::CatalogError;
use crate::row::{EmbeddingRow, ProfileRow};
use crate::template::Columns;

/// pgvector's, under whatever schema it was made in.
const PGVECTOR: [&str; 2] = ["vector", "halfvec"];

/// The statements, and the types of the columns they read.
pub(super) struct Sql {
    embeddings: String,
    profiles: Option<String>,
    /// Of `detections` and `deer`, where there is such a column.
    types: [(&'static str, Option<String>); 2],
}

impl Sql {
    pub(super) fn new(columns: &Columns) -> Self {
        let types = ["detections", "deer"]
            .map(|table| (table, columns.type_of(table, "feature_vector").map(str::to_owned)));
        Self {
            embeddings: columns.fill(include_str!("../sql/postgres/embeddings.sql")),
            profiles: columns
                .has("deer", "id")
                .then(|| columns.fill(include_str!("../sql/postgres/profiles.sql"))),
            types,
        }
    }

    /// Statement of the detections.
    pub(super) fn embeddings(&self) -> Result<&str, CatalogError> {
        self.check(0)?;
        Ok(&self.embeddings)
    }

    /// Statement of the deer, where there is such a table.
    pub(super) fn profiles(&self) -> Result<Option<&str>, CatalogError> {
        self.check(1)?;
        Ok(self.profiles.as_deref())
    }

    fn check(&self, which: usize) -> Result<(), CatalogError> {
        let (table, ty) = &self.types[which];
        match ty {
            Some(ty) if !is_read(ty) => Err(CatalogError::VectorType { table, ty: ty.clone() }),
            _ => Ok(()),
        }
    }
}

fn is_read(ty: &str) -> bool {
    let name = ty.rsplit('.').next().unwrap_or(ty);
    matches!(ty, "bytea" | "real[]" | "double precision[]") || PGVECTOR.contains(&name)
}

pub(super) fn embedding(row: &PgRow) -> Result<Embedding, CatalogError> {
    Ok(EmbeddingRow::<DateTime<Utc>>::from_row(row)?.with(vector(row, "detection")?))
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
