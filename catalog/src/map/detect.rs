//! A map from what is there: columns by their names and types, JSON by a look at some values, and whatever a mapping
//! file says instead.

use deertrack_survey::BoxUnit;

use super::check::Checker;
use super::dialect::{Family, quoted_column};
use super::field::{Field, Kind, Thing};
use super::file::Mapping;
use super::look::Look;
use super::{Bound, Column, Map, Source, boxes, places, sizes};
use crate::failure::CatalogError;

/// Values that are looked at to know a form.
pub(super) const LOOKED_AT: usize = 400;

/// Makes the map of a database.
///
/// # Errors
/// `Map` with every line of `mapping` that is wrong; `Unavailable` when the database is away.
pub(crate) async fn detect(look: &dyn Look, mapping: &Mapping) -> Result<Map, CatalogError> {
    let mut checker = Checker::new(look);
    let mut found = Found { unit: BoxUnit::Fractions, is_settled: true };
    let mut sources = Vec::new();
    for thing in Thing::ALL {
        let mut source = checker.source(thing, mapping).await?;
        bind_fields(&mut checker, &mut source, mapping).await?;
        match thing {
            Thing::Places => places::bind(&mut checker, &mut source, mapping, &mut found).await?,
            Thing::Images => sizes::bind(&mut checker, &mut source, mapping).await?,
            Thing::Detections => boxes::bind(&mut checker, &mut source, mapping, &mut found).await?,
            _ => {}
        }
        checker.complete(&source, mapping);
        sources.push(source);
    }
    checker.finish(mapping)?;
    let mut map = Map { dialect: look.dialect(), sources, unit: found.unit, is_settled: found.is_settled };
    map.join_keys();
    Ok(map)
}

/// What the forms of values say about the whole map.
pub(super) struct Found {
    pub(super) unit: BoxUnit,
    pub(super) is_settled: bool,
}

async fn bind_fields(
    checker: &mut Checker<'_>,
    source: &mut Source,
    mapping: &Mapping,
) -> Result<(), CatalogError> {
    let section = mapping.sections.get(&source.thing);
    for field in source.thing.fields() {
        let bound = match section.and_then(|section| section.lines.get(field.name)) {
            Some(line) => checker.field(source, field, line).await?,
            None => source.column(field.columns).map(|column| of_column(checker.look, field, column)),
        };
        if let Some(bound) = bound {
            source.bind(field.name, bound);
        }
    }
    Ok(())
}

fn of_column(look: &dyn Look, field: &Field, column: &Column) -> Bound {
    Bound {
        sql: look.dialect().read(field.kind, &quoted_column(&column.name), &column.ty),
        expression: Some(quoted_column(&column.name)),
        from: column.name.clone(),
        form: column.ty.to_lowercase(),
        ty: column.ty.clone(),
    }
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

impl Map {
    /// Keys of two types are compared as text: slower, and better than not at all.
    fn join_keys(&mut self) {
        let type_of = |map: &Self, thing, field| map.type_of(thing, field).map(str::to_lowercase);
        let (image, of_image) =
            (type_of(self, Thing::Images, "id"), type_of(self, Thing::Detections, "image_id"));
        if image == of_image || image.is_none() || of_image.is_none() {
            return;
        }
        let dialect = self.dialect;
        for (thing, field) in [(Thing::Images, "id"), (Thing::Detections, "image_id")] {
            let source = self.sources.iter_mut().find(|source| source.thing == thing);
            if let Some(bound) = source.and_then(|source| source.fields.get_mut(field)) {
                bound.sql = dialect.read(Kind::Text, &bound.sql, "other");
            }
        }
    }
}
