//! SQL for tables that may lack columns.
//!
//! An existing platform's tables have at least the columns that the SQL files name plainly. The others stand there as
//! `{alias.column::type}`, which becomes that column, cast, where the table has it, and a null of that type where
//! not. Decided once, at connect: afterwards each query is one fixed statement.

use std::collections::{HashMap, HashSet};

/// The tables that queries name, with their aliases in the SQL files.
pub(super) const TABLES: [(&str, &str); 6] = [
    ("a", "deer"),
    ("d", "detections"),
    ("i", "images"),
    ("l", "locations"),
    ("p", "deployments"),
    ("s", "dataset"),
];

/// The columns that a database has, by table.
#[derive(Default)]
pub(super) struct Columns(HashMap<String, HashSet<String>>);

impl Columns {
    pub(super) fn has(&self, table: &str, column: &str) -> bool {
        self.0.get(table).is_some_and(|columns| columns.contains(column))
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
        if self.has(table, column) { format!("{alias}.\"{column}\"::{ty}") } else { format!("null::{ty}") }
    }
}

impl FromIterator<(String, String)> for Columns {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let mut tables = HashMap::<String, HashSet<String>>::new();
        for (table, column) in pairs {
            tables.entry(table).or_default().insert(column);
        }
        Self(tables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_column_reads_as_null_of_its_type() {
        let columns: Columns = [("detections".to_owned(), "count".to_owned())].into_iter().collect();
        let sql =
            columns.fill("select coalesce({d.count::integer}, 1), {p.end::timestamptz} from detections d");
        assert_eq!(sql, "select coalesce(d.\"count\"::integer, 1), null::timestamptz from detections d");
    }
}
