//! Where coordinates are: two columns, JSON in one of its usual forms, a PostGIS point, or a point of PostgreSQL's own.

use super::candidate::{Candidate, Found, candidate, is_told, values};
use super::check::Checker;
use super::dialect::Family;
use super::field::Thing;
use super::file::{COORDINATES, Mapping};
use super::look::Look;
use super::{Bound, Source, json};
use crate::failure::CatalogError;

/// Columns that hold both numbers.
const COLUMNS: [&str; 10] =
    ["coordinates", "location", "position", "geometry", "geom", "geog", "geo", "point", "coords", "gps"];
const FAMILIES: [Family; 4] = [Family::Json, Family::Geometry, Family::Point, Family::Text];

pub(super) async fn bind(
    checker: &mut Checker<'_>,
    source: &mut Source,
    mapping: &Mapping,
    found: &mut Found,
) -> Result<(), CatalogError> {
    let is_point_told = is_told(mapping, Thing::Places, &[COORDINATES]);
    let are_numbers_told = is_told(mapping, Thing::Places, &["latitude", "longitude"]);
    if source.from.is_none() || are_numbers_told || (!is_point_told && has_numbers(checker, source).await?) {
        return Ok(());
    }
    let Some(point) = candidate(checker, source, mapping, COORDINATES, &COLUMNS, &FAMILIES).await? else {
        return Ok(());
    };
    match checker.look.dialect().family(&point.ty) {
        Family::Geometry => of_geometry(checker.look, source, &point).await,
        Family::Point => {
            let [longitude, latitude] = [0, 1].map(|axis| format!("({})[{axis}]", point.sql));
            both(source, &point, &[latitude, longitude], "point (longitude, latitude)");
            Ok(())
        }
        _ => of_json(checker, source, &point, found).await,
    }
}

/// Whether both columns are there and some place has a number. Columns that nobody fills hide nothing.
async fn has_numbers(checker: &Checker<'_>, source: &Source) -> Result<bool, CatalogError> {
    let (Some(latitude), Some(longitude)) = (source.fields.get("latitude"), source.fields.get("longitude"))
    else {
        return Ok(false);
    };
    let from = source.from.as_deref().unwrap_or_default();
    let text = checker.look.dialect().as_text("1");
    let sql = format!(
        "select {text} from {from} as t where {} is not null and {} is not null limit 1",
        latitude.sql, longitude.sql
    );
    Ok(!checker.look.texts(&sql).await?.is_empty())
}

fn both(source: &mut Source, point: &Candidate, [latitude, longitude]: &[String; 2], form: &str) {
    for (name, sql) in [("latitude", latitude), ("longitude", longitude)] {
        let bound = Bound {
            sql: sql.clone(),
            expression: None,
            from: point.from.clone(),
            form: form.to_owned(),
            ty: point.ty.clone(),
        };
        source.bind(name, bound);
    }
    source.composites.push((COORDINATES, point.expression.clone(), form.to_owned()));
}

async fn of_json(
    checker: &Checker<'_>,
    source: &mut Source,
    point: &Candidate,
    found: &mut Found,
) -> Result<(), CatalogError> {
    let values = values(checker.look, source, &point.sql).await?;
    let dialect = checker.look.dialect();
    if values.is_empty() {
        found.is_settled = false;
        source.notes.push(format!("{}: no place has coordinates yet to tell their form by", point.from));
        return Ok(());
    }
    let Some(common) = json::points(&values) else {
        source.notes.push(format!(
            "{}: no known form of coordinates; name latitude and longitude in a mapping file",
            point.from
        ));
        return Ok(());
    };
    let number = |path: &[&str]| dialect.json_number(&point.sql, &point.ty, path);
    both(source, point, &[number(common.form.latitude), number(common.form.longitude)], common.form.told);
    let others = common.looked_at - common.fit;
    if others > 0 {
        source.notes.push(format!(
            "{}: {others} of {} places have coordinates of another form; they have none",
            point.from, common.looked_at
        ));
    }
    Ok(())
}

/// PostGIS, in whatever schema it lives: points as degrees of WGS 84, from any system that it can transform.
async fn of_geometry(look: &dyn Look, source: &mut Source, point: &Candidate) -> Result<(), CatalogError> {
    let schema = "select quote_ident(n.nspname)::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
                  where p.proname = 'st_transform' order by 1 limit 1";
    let rows = look.texts(schema).await?;
    let Some(schema) = rows.into_iter().flatten().flatten().next() else {
        source.notes.push(format!("{}: of type {}, but PostGIS is not there", point.from, point.ty));
        return Ok(());
    };
    let geometry = format!("({})::{schema}.geometry", point.sql);
    let degrees = |axis: &str| {
        format!(
            "case when {schema}.st_geometrytype({geometry}) = 'ST_Point' then \
             {schema}.{axis}(case when {schema}.st_srid({geometry}) in (0, 4326) then {geometry} \
             else {schema}.st_transform({geometry}, 4326) end)::double precision end"
        )
    };
    both(source, point, &[degrees("st_y"), degrees("st_x")], "PostGIS point");
    Ok(())
}
