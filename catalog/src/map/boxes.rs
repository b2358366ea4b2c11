//! Where boxes are and in which unit: four columns, or JSON under known keys; fractions or pixels.

use deertrack_survey::BoxUnit;

use super::candidate::{Candidate, Found, LOOKED_AT, candidate, is_told, values};
use super::check::Checker;
use super::dialect::Family;
use super::field::Thing;
use super::file::{BBOX, BBOX_UNIT, Mapping};
use super::json::{self, BoxKeys, Common};
use super::{Bound, Source};
use crate::failure::CatalogError;

const EDGES: [&str; 4] = ["bbox_x", "bbox_y", "bbox_width", "bbox_height"];
/// Columns that hold a whole box.
const COLUMNS: [&str; 4] = ["bbox", "bounding_box", "box", "bbox_json"];

pub(super) async fn bind(
    checker: &mut Checker<'_>,
    source: &mut Source,
    mapping: &Mapping,
    found: &mut Found,
) -> Result<(), CatalogError> {
    if source.from.is_none() {
        return Ok(());
    }
    let mut numbers = of_columns(checker, source).await?;
    let are_edges_told = is_told(mapping, Thing::Detections, &EDGES);
    let is_box_told = is_told(mapping, Thing::Detections, &[BBOX]);
    if !are_edges_told && (numbers.is_empty() || is_box_told) {
        let families = [Family::Json, Family::Text];
        if let Some(json) = candidate(checker, source, mapping, BBOX, &COLUMNS, &families).await? {
            numbers = of_json(checker, source, &json, found).await?.unwrap_or(numbers);
        }
    }
    found.unit = unit(checker, source, mapping, &numbers);
    if numbers.is_empty()
        && source.fields.contains_key("bbox_x")
        && !is_told(mapping, Thing::Detections, &[BBOX_UNIT])
    {
        found.is_settled = false;
    }
    tell_unit(source, found.unit, &numbers);
    Ok(())
}

/// Boxes that are four columns, or four expressions.
async fn of_columns(checker: &Checker<'_>, source: &Source) -> Result<Vec<[f64; 4]>, CatalogError> {
    let Some(edges) = edges(source) else { return Ok(Vec::new()) };
    let look = checker.look;
    let texts: Vec<String> = edges.iter().map(|sql| look.dialect().as_text(sql)).collect();
    let from = source.from.as_deref().unwrap_or_default();
    let condition = edges[2];
    let sql = format!(
        "select {} from {from} as t where {condition} is not null limit {LOOKED_AT}",
        texts.join(", ")
    );
    let number = |text: &Option<String>| text.as_deref()?.parse().ok();
    let numbers = |row: &Vec<Option<String>>| {
        let [x, y, width, height] = row.as_slice() else { return None };
        Some([number(x)?, number(y)?, number(width)?, number(height)?])
    };
    Ok(look.texts(&sql).await?.iter().filter_map(numbers).collect())
}

fn edges(source: &Source) -> Option<[&str; 4]> {
    let [x, y, width, height] = EDGES.map(|name| source.fields.get(name).map(|bound| bound.sql.as_str()));
    Some([x?, y?, width?, height?])
}

async fn of_json(
    checker: &Checker<'_>,
    source: &mut Source,
    json: &Candidate,
    found: &mut Found,
) -> Result<Option<Vec<[f64; 4]>>, CatalogError> {
    let values = values(checker.look, source, &json.sql).await?;
    if values.is_empty() {
        found.is_settled = false;
        source.notes.push(format!("{}: there is no box yet to tell the form of boxes by", json.from));
        return Ok(None);
    }
    let Some(common) = json::boxes(&values) else {
        source.notes.push(format!(
            "{}: no known form of a box; name bbox_x, bbox_y, bbox_width and bbox_height in a mapping file",
            json.from
        ));
        return Ok(None);
    };
    bind_json(checker, source, json, &common);
    Ok(Some(json::numbers(&common.form, &values)))
}

fn bind_json(checker: &Checker<'_>, source: &mut Source, json: &Candidate, common: &Common<BoxKeys>) {
    let dialect = checker.look.dialect();
    let number = |key: &str| format!("({})", dialect.json_number(&json.sql, &json.ty, &[key]));
    let [x, y, third, fourth] = common.form.keys.map(number);
    let (width, height) = if common.form.are_corners {
        (format!("({third} - {x})"), format!("({fourth} - {y})"))
    } else {
        (third, fourth)
    };
    for (name, sql) in EDGES.into_iter().zip([x, y, width, height]) {
        let bound = Bound {
            sql,
            expression: None,
            from: json.from.clone(),
            form: common.form.told(),
            ty: json.ty.clone(),
        };
        source.bind(name, bound);
    }
    source.composites.push((BBOX, json.expression.clone(), common.form.told()));
    let others = common.looked_at - common.fit;
    if others > 0 {
        source.notes.push(format!(
            "{}: {others} of {} boxes that were looked at have another form; such rows have no box",
            json.from, common.looked_at
        ));
    }
}

/// The file's word, else what the boxes say; without any box whole numbers are pixels.
fn unit(checker: &mut Checker<'_>, source: &Source, mapping: &Mapping, numbers: &[[f64; 4]]) -> BoxUnit {
    let section = mapping.sections.get(&Thing::Detections);
    if let Some(line) = section.and_then(|section| section.lines.get(BBOX_UNIT)) {
        return match line.text.as_str() {
            "pixels" => BoxUnit::Pixels,
            "fractions" => BoxUnit::Fractions,
            "mixed" => BoxUnit::Mixed,
            _ => {
                let message = "must be fractions, pixels or mixed".to_owned();
                checker.refuse(Thing::Detections, BBOX_UNIT, Some(line), message);
                BoxUnit::Fractions
            }
        };
    }
    let are_whole = || {
        let bound = source.fields.get("bbox_width");
        bound.is_some_and(|bound| checker.look.dialect().family(&bound.ty) == Family::Integer)
    };
    match json::unit(numbers) {
        Some(unit) => unit,
        None if are_whole() => BoxUnit::Pixels,
        None => BoxUnit::Fractions,
    }
}

fn tell_unit(source: &mut Source, unit: BoxUnit, numbers: &[[f64; 4]]) {
    let told = match unit {
        BoxUnit::Fractions => "in fractions of the photograph",
        BoxUnit::Pixels => "in pixels of the photograph",
        BoxUnit::Mixed => "in fractions where no edge is beyond 1, else in pixels",
    };
    for name in EDGES {
        if let Some(bound) = source.fields.get_mut(name) {
            bound.form = format!("{}, {told}", bound.form);
        }
    }
    if unit == BoxUnit::Mixed {
        source.notes.push(format!(
            "boxes: of {} that were looked at some are fractions and some pixels; one with no edge beyond 1 is read \
             as fractions, any other as pixels",
            numbers.len()
        ));
    }
}
