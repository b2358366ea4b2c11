//! The lines of a mapping file against the database: each alone, so that each wrong one is named.
//!
//! Nothing is run: the database only says what a statement would give. An expression must be one value of one row, so
//! it stands in a list and in a condition, where neither a second value, an aggregate nor a subselect's end fits.

use super::dialect::{Family, quoted};
use super::field::{Field, Thing};
use super::file::{Line, MapProblem, Mapping, Origin};
use super::look::Look;
use super::{Bound, Column, Source};
use crate::failure::CatalogError;

/// Columns that a message lists.
const MOST_CHOICES: usize = 40;

/// Asks about one line after the other and keeps what is wrong.
pub(super) struct Checker<'a> {
    pub(super) look: &'a dyn Look,
    problems: Vec<MapProblem>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(look: &'a dyn Look) -> Self {
        Self { look, problems: Vec::new() }
    }

    pub(super) fn finish(self, mapping: &Mapping) -> Result<(), CatalogError> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(CatalogError::Map { file: mapping.name.clone(), problems: self.problems })
    }

    pub(super) fn refuse(&mut self, thing: Thing, key: &str, line: Option<&Line>, message: String) {
        self.problems.push(MapProblem {
            line: line.map_or(0, |line| line.number),
            key: format!("{}.{key}", thing.name()),
            value: line.map(|line| line.text.clone()).unwrap_or_default(),
            message,
        });
    }

    /// The source that a file names, else the usual table.
    pub(super) async fn source(&mut self, thing: Thing, mapping: &Mapping) -> Result<Source, CatalogError> {
        let origin = mapping.sections.get(&thing).and_then(|section| section.origin.as_ref());
        let (from, told, columns, said) = match origin {
            Some(Origin::Query(line)) => {
                let from = format!("({}\n)", line.text);
                let columns = match self.look.describe(&format!("select * from {from} as t limit 0")).await? {
                    Ok(columns) => columns,
                    Err(message) => {
                        self.refuse(thing, "query", Some(line), message);
                        Vec::new()
                    }
                };
                (
                    from,
                    format!("the query in line {} of {}", line.number, mapping.name),
                    columns,
                    ("query", line.text.clone()),
                )
            }
            Some(Origin::Table(line)) => {
                let from = quoted(&line.text);
                let columns = self.look.columns(&from).await?;
                if columns.is_empty() {
                    let tables = self.look.tables().await?.join(", ");
                    let message = format!(
                        "there is no table or view of this name that may be read; there are: {tables}"
                    );
                    self.refuse(thing, "table", Some(line), message);
                }
                (from, format!("table {}", line.text), columns, ("table", line.text.clone()))
            }
            None => {
                let from = quoted(thing.table());
                let columns = self.look.columns(&from).await?;
                (from, format!("table {}", thing.table()), columns, ("table", thing.table().to_owned()))
            }
        };
        Ok(Source {
            thing,
            from: (!columns.is_empty()).then_some(from),
            told,
            origin: (!columns.is_empty()).then_some(said),
            composites: Vec::new(),
            columns,
            fields: std::collections::BTreeMap::new(),
            notes: Vec::new(),
        })
    }

    /// The type of an expression over a source; `None` when it is refused.
    pub(super) async fn type_of(
        &mut self,
        source: &Source,
        key: &str,
        line: &Line,
    ) -> Result<Option<String>, CatalogError> {
        let Some(from) = &source.from else { return Ok(None) };
        let expression = format!("({}\n)", line.text);
        let probe = format!(
            "select 1 as a, {expression} as b, 2 as c from {from} as t where {expression} is null limit 0"
        );
        match self.look.describe(&probe).await? {
            // Several expressions in parentheses are one row for PostgreSQL.
            Ok(columns) if columns.len() == 3 && !columns[1].ty.eq_ignore_ascii_case("record") => {
                Ok(Some(columns[1].ty.clone()))
            }
            Ok(_) => {
                self.refuse(source.thing, key, Some(line), "must be one expression".to_owned());
                Ok(None)
            }
            Err(message) => {
                let message = format!("{message} (the columns are: {})", choices(&source.columns));
                self.refuse(source.thing, key, Some(line), message);
                Ok(None)
            }
        }
    }

    /// A field from an expression; `None` when it is refused.
    pub(super) async fn field(
        &mut self,
        source: &Source,
        field: &Field,
        line: &Line,
    ) -> Result<Option<Bound>, CatalogError> {
        let Some(ty) = self.type_of(source, field.name, line).await? else { return Ok(None) };
        let dialect = self.look.dialect();
        let sql = dialect.read(field.kind, &format!("({}\n)", line.text), &ty);
        let from = source.from.as_deref().unwrap_or_default();
        if let Err(message) = self.look.describe(&format!("select {sql} from {from} as t limit 0")).await? {
            let message = format!("is of type {}, which cannot be read here: {message}", ty.to_lowercase());
            self.refuse(source.thing, field.name, Some(line), message);
            return Ok(None);
        }
        let form = match dialect.family(&ty) {
            Family::Other if ty == "NULL" => "expression".to_owned(),
            _ => ty.to_lowercase(),
        };
        Ok(Some(Bound { sql, expression: Some(line.text.clone()), from: line.text.clone(), form, ty }))
    }

    /// Required fields of a thing that a file speaks of.
    pub(super) fn complete(&mut self, source: &Source, mapping: &Mapping) {
        let Some(section) = mapping.sections.get(&source.thing) else { return };
        let thing = source.thing;
        if source.from.is_none() {
            if section.origin.is_none() {
                let message = format!("there is no table {}: name one with table or query", thing.table());
                self.refuse(thing, "table", None, message);
            }
            return;
        }
        for field in thing.fields() {
            let is_told = section.lines.contains_key(field.name);
            if field.is_required && !is_told && !source.fields.contains_key(field.name) {
                let message =
                    format!("is required and not named (the columns are: {})", choices(&source.columns));
                self.refuse(thing, field.name, None, message);
            }
        }
    }
}

fn choices(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().take(MOST_CHOICES).map(|column| column.name.as_str()).collect();
    names.join(", ")
}
