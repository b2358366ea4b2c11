//! A map from what is there: columns by their names and types, JSON by a look at some values, and whatever a mapping
//! file says instead.

use deertrack_survey::BoxUnit;

use super::candidate::Found;
use super::check::Checker;
use super::dialect::quoted_column;
use super::field::{Field, Kind, Thing};
use super::file::Mapping;
use super::look::Look;
use super::{Bound, Column, Map, Source, boxes, places, sizes, vectors};
use crate::failure::CatalogError;

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
            Thing::Detections => {
                boxes::bind(&mut checker, &mut source, mapping, &mut found).await?;
                vectors::bind(look, &mut source).await?;
            }
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
