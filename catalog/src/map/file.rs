//! A mapping file: where a platform with other names has what exports read.
//!
//! TOML with a table for each thing: `table` or `query`, and for each field an SQL expression over it. What a file does
//! not name is detected. Its expressions are the operator's own SQL; they run in sessions that cannot write, and
//! [`super::check`] asks the database about each of them before any is used.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::path::Path;

use toml::Spanned;

use super::field::Thing;

/// Keys beside the names of fields: a value whose form is found by looking at it.
pub(super) const COORDINATES: &str = "coordinates";
pub(super) const BBOX: &str = "bbox";
pub(super) const BBOX_UNIT: &str = "bbox_unit";
pub(super) const EXIF: &str = "exif_data";

/// A mapping file, read and not yet checked against a database.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Its path, for messages.
    pub(super) name: String,
    pub(super) sections: BTreeMap<Thing, Section>,
}

/// What a file says of a thing.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub(super) origin: Option<Origin>,
    /// By key.
    pub(super) lines: BTreeMap<String, Line>,
}

#[derive(Clone, Debug)]
pub(super) enum Origin {
    Table(Line),
    Query(Line),
}

/// A value and where it stands, from 1.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) number: usize,
}

/// One thing that is wrong with a mapping file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapProblem {
    /// Line in the file, from 1; 0 where something is missing.
    pub line: usize,
    /// As `detections.confidence`.
    pub key: String,
    /// What the file says there.
    pub value: String,
    /// What is wrong with it, in the database's words where it said so.
    pub message: String,
}

impl Display for MapProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        write!(f, "{}", self.key)?;
        if !self.value.is_empty() {
            let short: String = self.value.chars().take(120).collect();
            write!(f, " = {short:?}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl Mapping {
    /// Reads a file.
    ///
    /// # Errors
    /// Every problem that can be found without a database.
    pub fn read(path: &Path) -> Result<Self, Vec<MapProblem>> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let message = format!("cannot be read: {error}");
            vec![MapProblem { line: 0, key: path.display().to_string(), value: String::new(), message }]
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads the text of a file called `name`.
    ///
    /// # Errors
    /// As [`Mapping::read`].
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<MapProblem>> {
        let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        let read: BTreeMap<String, BTreeMap<String, Spanned<toml::Value>>> =
            toml::from_str(text).map_err(|error| {
                let number = error.span().map_or(0, |span| line(span.start));
                vec![MapProblem {
                    line: number,
                    key: "this is no mapping file".to_owned(),
                    value: String::new(),
                    message: error.message().to_owned(),
                }]
            })?;
        let mut mapping = Self { name: name.to_owned(), sections: BTreeMap::new() };
        let mut problems = Vec::new();
        for (section, lines) in read {
            let lines = lines.into_iter().map(|(key, value)| {
                let number = line(value.span().start);
                (key, value.into_inner(), number)
            });
            mapping.add(&section, lines.collect(), &mut problems);
        }
        if problems.is_empty() { Ok(mapping) } else { Err(problems) }
    }

    fn add(&mut self, name: &str, lines: Vec<(String, toml::Value, usize)>, problems: &mut Vec<MapProblem>) {
        let Some(thing) = Thing::named(name) else {
            let number = lines.first().map_or(0, |(.., number)| *number);
            let names = Thing::ALL.map(Thing::name).join(", ");
            problems.push(MapProblem {
                line: number,
                key: format!("[{name}]"),
                value: String::new(),
                message: format!("nothing is called so; the tables of this file are: {names}"),
            });
            return;
        };
        let mut section = Section::default();
        for (key, value, number) in lines {
            let mut refuse = |message: String| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                problems.push(MapProblem { line: number, key: format!("{name}.{key}"), value, message });
            };
            let text = match &value {
                toml::Value::String(text) if !text.trim().is_empty() => text.trim().to_owned(),
                _ => {
                    refuse("must be SQL as text in quotation marks".to_owned());
                    continue;
                }
            };
            let line = Line { text, number };
            match key.as_str() {
                "table" | "query" if section.origin.is_some() => {
                    refuse("table and query exclude each other".to_owned());
                }
                "table" => section.origin = Some(Origin::Table(line)),
                "query" => section.origin = Some(Origin::Query(line)),
                _ if keys(thing).contains(&key.as_str()) => {
                    section.lines.insert(key, line);
                }
                _ => refuse(format!("no field is called so; the keys here are: {}", keys(thing).join(", "))),
            }
        }
        self.sections.insert(thing, section);
    }
}

/// All keys that the section of a thing may have, but `table` and `query`.
pub(super) fn keys(thing: Thing) -> Vec<&'static str> {
    let fields = thing.fields().iter().map(|field| field.name);
    let further: &[&str] = match thing {
        Thing::Places => &[COORDINATES],
        Thing::Detections => &[BBOX, BBOX_UNIT],
        Thing::Images => &[EXIF],
        _ => &[],
    };
    fields.chain(further.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        Mapping::parse("map.toml", text).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_wrong_line_is_named_with_what_may_stand_there() {
        let text = "[places]\ntable = \"sites\"\nquery = \"select 1\"\n\n[image]\nid = \"x\"\n\n[deer]\nnom = \"name\"\nsex = 4\n";
        let told = problems(text);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(
            told.iter().any(|told| told.starts_with("line 3: places.query = \"select 1\": table and query")
                || told.starts_with("line 2: places.table")),
            "{told:?}"
        );
        assert!(
            told.iter().any(|told| told.starts_with("line 6: [image]: nothing is called so")),
            "{told:?}"
        );
        assert!(
            told.iter().any(|told| told.starts_with(
                "line 9: deer.nom = \"name\": no field is called so; the keys here are: id, name, sex"
            )),
            "{told:?}"
        );
        assert!(
            told.iter().any(|told| told.starts_with("line 10: deer.sex = \"4\": must be SQL")),
            "{told:?}"
        );
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_line() {
        let told = problems("[places]\ntable = sites\n");
        assert!(told[0].starts_with("line 2: "), "{told:?}");
    }
}
