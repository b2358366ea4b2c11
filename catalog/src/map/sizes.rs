//! How large photographs are: columns, else what a camera wrote into `exif_data`. Where neither tells it, whoever opens
//! the file will know.

use super::candidate::{Candidate, candidate, values};
use super::check::Checker;
use super::dialect::Family;
use super::file::{EXIF, Mapping};
use super::{Bound, Source, json};
use crate::failure::CatalogError;

const COLUMNS: [&str; 4] = ["exif_data", "exif", "metadata", "image_metadata"];

pub(super) async fn bind(
    checker: &mut Checker<'_>,
    source: &mut Source,
    mapping: &Mapping,
) -> Result<(), CatalogError> {
    if source.from.is_none() {
        return Ok(());
    }
    let families = [Family::Json, Family::Text];
    let Some(exif) = candidate(checker, source, mapping, EXIF, &COLUMNS, &families).await? else {
        return Ok(());
    };
    let values = values(checker.look, source, &exif.sql).await?;
    let pairs = json::sizes(&values);
    if pairs.is_empty() {
        return Ok(());
    }
    let sides = sides(checker, &exif, &pairs, json::tells_orientation(&values));
    let keys: Vec<String> = pairs.iter().map(|[width, height]| format!("{{{width}, {height}}}")).collect();
    let form = format!("JSON {}", keys.join(" or "));
    source.composites.push((EXIF, exif.expression.clone(), form.clone()));
    for (name, from_exif) in ["width", "height"].into_iter().zip(sides) {
        let bound = match source.fields.get(name) {
            Some(column) => Bound {
                sql: format!("coalesce({}, {from_exif})", column.sql),
                expression: column.expression.clone(),
                from: format!("{}, else {}", column.from, exif.from),
                form: format!("{}, else {form}", column.form),
                ty: column.ty.clone(),
            },
            None => Bound {
                sql: from_exif,
                expression: None,
                from: exif.from.clone(),
                form: form.clone(),
                ty: exif.ty.clone(),
            },
        };
        source.bind(name, bound);
    }
    Ok(())
}

/// Width and height of the upright photograph: a pair is used whole or not at all, and a camera that was turned by a
/// quarter has them exchanged.
fn sides(checker: &Checker<'_>, exif: &Candidate, pairs: &[[&str; 2]], is_turned: bool) -> [String; 2] {
    let dialect = checker.look.dialect();
    let size = |key: &str| format!("({})", dialect.json_size(&exif.sql, &exif.ty, key));
    let side = |which: usize| {
        let one = |pair: &[&str; 2]| {
            let [width, height] = pair.map(size);
            let side = if which == 0 { &width } else { &height };
            format!("case when {width} is not null and {height} is not null then {side} end")
        };
        let all: Vec<String> = pairs.iter().map(one).collect();
        // One argument is no list for SQLite's coalesce.
        format!("coalesce({}, null)", all.join(", "))
    };
    let (width, height) = (side(0), side(1));
    if !is_turned {
        return [width, height];
    }
    let orientation = dialect.json_text(&exif.sql, &exif.ty, &["Orientation"]);
    let turned = format!("{orientation} in ('5', '6', '7', '8', 'Rotate 90 CW', 'Rotate 270 CW')");
    [
        format!("case when {turned} then {height} else {width} end"),
        format!("case when {turned} then {width} else {height} end"),
    ]
}
