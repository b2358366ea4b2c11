//! SQL for tables that may lack columns.
//!
//! An existing platform's tables have at least the columns that the SQL files name plainly. The others stand there as
//! `{alias.column::type}`, which becomes that column, cast, where the table has it, and a null of that type where
//! not. Decided once, at connect: afterwards each query is one fixed statement. The type `vector` is ours: bytes
//! stay bytes, any other form of a vector becomes `real[]`.

use std::collections::HashMap;

/// The tables that queries name, with their aliases in the SQL files.
pub(super) const TABLES: [(&str, &str); 6] = [
    ("a", "deer"),
    ("d", "detections"),
    ("i", "images"),
    ("l", "locations"),
    ("p", "deployments"),
    ("s", "dataset"),
];

/// The types of the columns that a database has, by table and column.
#[derive(Default)]
pub(super) struct Columns(HashMap<String, HashMap<String, String>>);

impl Columns {
    pub(super) fn has(&self, table: &str, column: &str) -> bool {
        self.type_of(table, column).is_some()
    }

    /// The type of a column as PostgreSQL names it.
    pub(super) fn type_of(&self, table: &str, column: &str) -> Option<&str> {
        self.0.get(table)?.get(column).map(String::as_str)
    }

    pub(super) fn has_all(&self, table: &str, columns: &[&str]) -> bool {
        columns.iter().all(|column| self.has(table, column))
    }

    /// The SQL of a template for these columns.
    ///
    /// # Panics
    /// When the template is not of the form told above. Templates are our own files and every one is filled at
    /// connect, so no user's input gets here.
    pub(super) fn fill(&self, template: &str) -> String {
        let mut pieces = template.split('{');
        let mut sql = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (slot, rest) = piece.split_once('}').expect("every slot is closed");
            sql.push_str(&self.expression(slot));
            sql.push_str(rest);
        }
        sql
    }

    fn expression(&self, slot: &str) -> String {
        let (name, ty) = slot.split_once("::").expect("a slot has a type");
        let (alias, column) = name.split_once('.').expect("a slot has an alias");
        let (_, table) = TABLES.iter().find(|(known, _)| *known == alias).expect("the alias is in TABLES");
        match (self.type_of(table, column), ty) {
            (Some("bytea"), "vector") => format!("{alias}.\"{column}\""),
            (Some(_), "vector") => format!("{alias}.\"{column}\"::real[]"),
            (None, "vector") => "null::bytea".to_owned(),
            (Some(_), _) => format!("{alias}.\"{column}\"::{ty}"),
            (None, _) => format!("null::{ty}"),
        }
    }
}

/// From table, column and type.
impl FromIterator<[String; 3]> for Columns {
    fn from_iter<I: IntoIterator<Item = [String; 3]>>(all: I) -> Self {
        let mut tables = HashMap::<String, HashMap<String, String>>::new();
        for [table, column, ty] in all {
            tables.entry(table).or_default().insert(column, ty);
        }
        Self(tables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(all: &[[&str; 3]]) -> Columns {
        all.iter().map(|names| names.map(str::to_owned)).collect()
    }

    #[test]
    fn a_missing_column_reads_as_null_of_its_type() {
        let columns = columns(&[["detections", "count", "integer"]]);
        let sql =
            columns.fill("select coalesce({d.count::integer}, 1), {p.end::timestamptz} from detections d");
        assert_eq!(sql, "select coalesce(d.\"count\"::integer, 1), null::timestamptz from detections d");
    }

    #[test]
    fn bytes_stay_bytes_and_other_vectors_become_arrays() {
        let sql = |ty| columns(&[["deer", "feature_vector", ty]]).fill("{a.feature_vector::vector}");
        assert_eq!(sql("bytea"), "a.\"feature_vector\"");
        for ty in ["real[]", "double precision[]", "vector"] {
            assert_eq!(sql(ty), "a.\"feature_vector\"::real[]");
        }
        assert_eq!(Columns::default().fill("{a.feature_vector::vector}"), "null::bytea");
    }
}
