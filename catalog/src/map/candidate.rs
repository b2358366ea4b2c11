//! What might hold boxes, sizes or coordinates, and a look at its values.

use deertrack_survey::BoxUnit;

use super::check::Checker;
use super::dialect::{Family, quoted_column};
use super::field::Thing;
use super::file::Mapping;
use super::look::Look;
use super::{Column, Source};
use crate::failure::CatalogError;

/// Values that are looked at to know a form.
pub(super) const LOOKED_AT: usize = 400;

/// What the forms of values say about the whole map.
pub(super) struct Found {
    pub(super) unit: BoxUnit,
    pub(super) is_settled: bool,
}

/// Some values as JSON; what is no JSON is null.
pub(super) async fn values(
    look: &dyn Look,
    source: &Source,
    sql: &str,
) -> Result<Vec<serde_json::Value>, CatalogError> {
    let Some(from) = &source.from else { return Ok(Vec::new()) };
    let text = look.dialect().as_text(sql);
    let rows = look
        .texts(&format!("select {text} from {from} as t where {sql} is not null limit {LOOKED_AT}"))
        .await?;
    let value = |row: Vec<Option<String>>| {
        let text = row.into_iter().next().flatten().unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    };
    Ok(rows.into_iter().map(value).collect())
}

/// A column, or an expression of the mapping file, whose values have to be looked at.
pub(super) struct Candidate {
    pub(super) sql: String,
    /// As a mapping file says it.
    pub(super) expression: String,
    pub(super) from: String,
    pub(super) ty: String,
}

/// What the file says under `key`, else the first column of these names that is of one of these families.
pub(super) async fn candidate(
    checker: &mut Checker<'_>,
    source: &Source,
    mapping: &Mapping,
    key: &str,
    names: &[&str],
    families: &[Family],
) -> Result<Option<Candidate>, CatalogError> {
    let line = mapping.sections.get(&source.thing).and_then(|section| section.lines.get(key));
    if let Some(line) = line {
        let ty = checker.type_of(source, key, line).await?;
        return Ok(ty.map(|ty| Candidate {
            sql: format!("({}\n)", line.text),
            expression: line.text.clone(),
            from: line.text.clone(),
            ty,
        }));
    }
    let dialect = checker.look.dialect();
    let of = |names: &[&str], is_text: bool| {
        let fits = |column: &&Column| {
            let family = dialect.family(&column.ty);
            families.contains(&family) && (family == Family::Text) == is_text
        };
        names.iter().find_map(|name| source.columns.iter().filter(fits).find(|column| column.name == *name))
    };
    // A text may be anything, such as the name of a place; a column of a fitting type is what it is called.
    let column = of(names, false).or_else(|| of(names, true));
    Ok(column.map(|column| Candidate {
        sql: quoted_column(&column.name),
        expression: quoted_column(&column.name),
        from: column.name.clone(),
        ty: column.ty.clone(),
    }))
}

/// Whether a mapping file says where one of these fields is.
pub(super) fn is_told(mapping: &Mapping, thing: Thing, keys: &[&str]) -> bool {
    mapping
        .sections
        .get(&thing)
        .is_some_and(|section| keys.iter().any(|key| section.lines.contains_key(*key)))
}
