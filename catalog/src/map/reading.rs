//! A map in words: what is read from where and in which form, what is missing and what that costs, and a few rows as an
//! example. For `deertrack doctor`, and as a file to begin with for `deertrack map init`.
//!
//! Everything here may be shown on a terminal: what a database holds is a stranger's text, so control characters and
//! those that turn the direction of writing are written out.

use serde::Serialize;

use super::Map;
use super::detect::detect;
use super::dialect::Dialect;
use super::field::{Field, Kind, Thing};
use super::file::{BBOX_UNIT, Mapping};
use super::look::Look;
use crate::connect::Target;
use crate::failure::CatalogError;
use crate::{postgres, sqlite};

/// Rows that are shown.
const EXAMPLES: usize = 3;
/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// What exports read of a database.
#[derive(Debug, PartialEq, Serialize)]
pub struct Reading {
    /// Places, deployments, images, detections, deer, dataset.
    pub things: Vec<ThingReading>,
    /// The mapping file that reads the same.
    #[serde(skip)]
    pub as_mapping_file: String,
}

/// What is read of one thing.
#[derive(Debug, PartialEq, Serialize)]
pub struct ThingReading {
    /// As in a mapping file.
    pub name: &'static str,
    /// The table or query, in words; `None`: it is not there.
    pub source: Option<String>,
    /// What its absence costs, or that of a field that it cannot be read without.
    pub cost: Option<String>,
    /// What is read.
    pub fields: Vec<FieldReading>,
    /// What is not there and would serve.
    pub missing: Vec<Missing>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// A few rows: names of fields and their values.
    pub examples: Vec<Vec<(String, String)>>,
    /// Why no rows can be shown.
    pub problem: Option<String>,
}

/// Fields that are read from one column or expression.
#[derive(Debug, PartialEq, Serialize)]
pub struct FieldReading {
    /// Of the fields.
    pub names: Vec<&'static str>,
    /// The column, or the expression of the mapping file.
    pub from: String,
    /// Its type or form.
    pub form: String,
}

/// Fields that are not there, and what that costs.
#[derive(Debug, PartialEq, Serialize)]
pub struct Missing {
    /// Of the fields.
    pub names: Vec<&'static str>,
    /// In words.
    pub cost: &'static str,
}

/// Looks where exports would read what in the database that `database_url` names. Nothing is written.
///
/// # Errors
/// As [`connect_mapped`](crate::connect_mapped).
pub async fn read(database_url: &str, mapping: &Mapping) -> Result<Reading, CatalogError> {
    match Target::of(database_url)? {
        Target::Postgres(options) => reading(&postgres::pool(*options).await?, mapping).await,
        Target::Sqlite(options) => reading(&sqlite::pool(*options).await?, mapping).await,
    }
}

async fn reading(look: &dyn Look, mapping: &Mapping) -> Result<Reading, CatalogError> {
    let map = detect(look, mapping).await?;
    let mut things = Vec::new();
    for thing in Thing::ALL {
        things.push(of_thing(look, &map, thing).await?);
    }
    Ok(Reading { things, as_mapping_file: mapping_file(&map) })
}

async fn of_thing(look: &dyn Look, map: &Map, thing: Thing) -> Result<ThingReading, CatalogError> {
    let source = map.source(thing);
    let lacks = |field: &&Field| field.is_required && !source.fields.contains_key(field.name);
    let lacking: Vec<&str> = thing.fields().iter().filter(lacks).map(|field| field.name).collect();
    let cost = match (&source.from, lacking.as_slice()) {
        (None, _) => Some(thing.cost().to_owned()),
        (Some(_), []) => None,
        (Some(_), lacking) => Some(format!("without {}: {}", lacking.join(", "), thing.cost())),
    };
    let (examples, problem) = if map.has(thing) {
        match examples(look, map, thing).await {
            Ok(examples) => (examples, None),
            Err(CatalogError::Unexpected(error)) => (Vec::new(), Some(harmless(&error.to_string()))),
            Err(other) => return Err(other),
        }
    } else {
        (Vec::new(), None)
    };
    Ok(ThingReading {
        name: thing.name(),
        source: source.from.as_ref().map(|_| harmless(&source.told)),
        cost,
        fields: fields(map, thing),
        missing: if source.from.is_some() { missing(map, thing) } else { Vec::new() },
        notes: source.notes.iter().map(|note| harmless(note)).collect(),
        examples,
        problem,
    })
}

/// Fields of one column side by side.
fn fields(map: &Map, thing: Thing) -> Vec<FieldReading> {
    let mut told: Vec<FieldReading> = Vec::new();
    for field in thing.fields() {
        let Some(bound) = map.source(thing).fields.get(field.name) else { continue };
        let (from, form) = (harmless(&bound.from), harmless(&bound.form));
        match told.iter_mut().find(|told| told.from == from && told.form == form) {
            Some(same) => same.names.push(field.name),
            None => told.push(FieldReading { names: vec![field.name], from, form }),
        }
    }
    told
}

fn missing(map: &Map, thing: Thing) -> Vec<Missing> {
    let mut told: Vec<Missing> = Vec::new();
    for field in thing.fields() {
        if field.is_required || field.cost.is_empty() || map.source(thing).fields.contains_key(field.name) {
            continue;
        }
        match told.iter_mut().find(|told| told.cost == field.cost) {
            Some(same) => same.names.push(field.name),
            None => told.push(Missing { names: vec![field.name], cost: field.cost }),
        }
    }
    told
}

async fn examples(
    look: &dyn Look,
    map: &Map,
    thing: Thing,
) -> Result<Vec<Vec<(String, String)>>, CatalogError> {
    let is_shown =
        |field: &&Field| field.kind != Kind::Vector && map.source(thing).fields.contains_key(field.name);
    let shown: Vec<&Field> = thing.fields().iter().filter(is_shown).collect();
    let text = |field: &&Field| {
        let sql = format!("x.\"{}\"", field.name);
        match (look.dialect(), field.kind) {
            (Dialect::Sqlite, Kind::Instant) => {
                format!("strftime('%Y-%m-%dT%H:%M:%fZ', {sql} / 1000000.0, 'unixepoch')")
            }
            (dialect, _) => dialect.as_text(&sql),
        }
    };
    let columns: Vec<String> = shown.iter().map(text).collect();
    let sql =
        map.fill(&format!("select {} from {{{}}} x limit {EXAMPLES}", columns.join(", "), thing.name()));
    let row = |row: Vec<Option<String>>| {
        let value = |(field, value): (&&Field, Option<String>)| Some((field.name.to_owned(), short(&value?)));
        shown.iter().zip(row).filter_map(value).collect()
    };
    Ok(look.texts(&sql).await?.into_iter().map(row).collect())
}

fn short(value: &str) -> String {
    let mut shown: String = value.chars().take(SHOWN).collect();
    if shown.len() < value.len() {
        shown.push_str("...");
    }
    harmless(&shown)
}

/// Text that no terminal takes for a command and that reads in the order in which it stands.
pub fn harmless(text: &str) -> String {
    let turns = |character: char| matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || turns(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A mapping file that says of every field what the map says.
fn mapping_file(map: &Map) -> String {
    let mut file = String::from(
        "# Where a database has what Deertrack exports read. Begin with what was found and correct it.\n\
         # For each thing a table or a query (\"select ...\"), and for each field an SQL expression over its columns, which\n\
         # stand under t: t.\"name\". What is not named here is looked for under its usual name. Used with\n\
         # --catalog-map FILE or DEERTRACK_CATALOG_MAP; `deertrack doctor --database URL --catalog-map FILE` shows what\n\
         # is read. Sessions cannot write; every line is checked against the database before any is used.\n",
    );
    for thing in Thing::ALL {
        file.push('\n');
        section(&mut file, map, thing);
    }
    file
}

fn section(file: &mut String, map: &Map, thing: Thing) {
    let source = map.source(thing);
    let Some((key, value)) = &source.origin else {
        file.push_str(&format!(
            "# There is no table {}: {}.\n# [{}]\n# table = \"...\"\n",
            thing.table(),
            thing.cost(),
            thing.name()
        ));
        return;
    };
    file.push_str(&format!("[{}]\n{key} = {}\n", thing.name(), quoted(value)));
    for (key, value, form) in &source.composites {
        file.push_str(&format!("{key} = {} # {}\n", quoted(value), harmless(form)));
        if *key == super::file::BBOX {
            file.push_str(&format!("{BBOX_UNIT} = \"{}\" # fractions, pixels or mixed\n", map.unit_name()));
        }
    }
    for field in thing.fields() {
        let told = source.fields.get(field.name);
        match told.and_then(|bound| bound.expression.as_ref().map(|sql| (sql, bound))) {
            Some((sql, bound)) => {
                file.push_str(&format!("{} = {} # {}\n", field.name, quoted(sql), harmless(&bound.form)));
            }
            None if told.is_none() => {
                let cost = if field.cost.is_empty() { "not there" } else { field.cost };
                file.push_str(&format!("# {} = \"...\" # {cost}\n", field.name));
            }
            None => {}
        }
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_database_moves_a_cursor_or_turns_a_line() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{9b}c\u{202e}d\ne"), "a\\u{1b}[2Jb\\u{9b}c\\u{202e}d\\u{a}e");
        assert_eq!(harmless("Épicéa 7°"), "Épicéa 7°");
        assert_eq!(short(&"x".repeat(70)), format!("{}...", "x".repeat(60)));
    }
}
