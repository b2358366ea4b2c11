//! Vectors of detections in a table of their own, as our SQLite files have them.

use super::dialect::quoted;
use super::look::Look;
use super::{Bound, Source};
use crate::failure::CatalogError;

/// The table, its key and what it holds.
const TABLE: &str = "detection_vectors";
const KEY: &str = "detection_id";
const VECTOR: &str = "feature_vector";

/// Binds the vector of a detection to that table, where it is there and nothing nearer is.
pub(super) async fn bind(look: &dyn Look, source: &mut Source) -> Result<(), CatalogError> {
    let is_bound = source.fields.contains_key(VECTOR);
    if is_bound || source.column(&["id"]).is_none() {
        return Ok(());
    }
    let columns = look.columns(&quoted(TABLE)).await?;
    let column = |name: &str| columns.iter().find(|column| column.name == name);
    if let (Some(_), Some(vector)) = (column(KEY), column(VECTOR)) {
        let sql = format!("(select v.{VECTOR} from {TABLE} v where v.{KEY} = t.id)");
        source.bind(
            VECTOR,
            Bound {
                expression: Some(sql.clone()),
                sql,
                from: format!("{TABLE}.{VECTOR}"),
                form: vector.ty.to_lowercase(),
                ty: vector.ty.clone(),
            },
        );
    }
    Ok(())
}
