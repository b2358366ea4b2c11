//! What exports read, and where this database has it.
//!
//! A [`Map`] holds for each thing that exports speak of (places, images, ...) a source (a table or a query) and for each
//! field an SQL expression over it. It is made when a database is connected, and made again when a table changes:
//! [`detect`] looks at the columns and, where JSON could be anything, at some values; a mapping file ([`mod@file`]) names
//! what is called otherwise. The SQL files say `from {detections} d`, which becomes that source with the fields under
//! the names of [`field`]; nothing that a user of an export says ever gets here.
//!
//! - [`field`]: the fields, and what it costs to lack one.
//! - [`dialect`]: reading a value as a number, a text, a time, in PostgreSQL and in SQLite; no value breaks a statement.
//! - [`json`]: the forms of boxes, places and sizes in JSON.
//! - [`look`]: what is asked of the database to make a map.
//! - [`reading`]: a map in words, for people.

mod boxes;
mod candidate;
mod check;
pub(crate) mod detect;
pub(crate) mod dialect;
pub(crate) mod field;
pub(crate) mod file;
mod json;
pub(crate) mod look;
mod places;
pub(crate) mod reading;

mod sizes;
mod vectors;

use std::collections::BTreeMap;

use deertrack_survey::{BoxUnit, PEOPLE};

use self::dialect::Dialect;
use self::field::{Kind, Thing};
use crate::postgres::stream::RANGE;

/// Where everything is.
#[derive(Debug)]
pub(crate) struct Map {
    dialect: Dialect,
    /// In the order of [`Thing::ALL`].
    sources: Vec<Source>,
    /// Of all boxes.
    pub(crate) unit: BoxUnit,
    /// Whether there were values to look at wherever a form depends on them. Else it is looked again.
    pub(crate) is_settled: bool,
}

/// Where one thing is.
#[derive(Debug)]
struct Source {
    thing: Thing,
    /// What stands behind `from`: a quoted name or a query in parentheses. `None`: there is no such thing.
    from: Option<String>,
    /// In words.
    told: String,
    /// `table` or `query`, and what a mapping file says there; `None`: there is no such thing.
    origin: Option<(&'static str, String)>,
    /// Keys of a mapping file whose values tell several fields, with their expression and form.
    composites: Vec<(&'static str, String, String)>,
    /// Names and types of all columns.
    columns: Vec<Column>,
    fields: BTreeMap<&'static str, Bound>,
    /// What a reader should know of it.
    notes: Vec<String>,
}

/// A column as the database names it and its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) ty: String,
}

/// Where a field is.
#[derive(Clone, Debug)]
struct Bound {
    /// Over the source as `t`, of the field's kind.
    sql: String,
    /// What a mapping file says to read the same; `None`: it is told by one of the composites.
    expression: Option<String>,
    /// The column, or the expression of the mapping file.
    from: String,
    /// Type or form.
    form: String,
    /// The type of what is read, as the database names it.
    ty: String,
}

impl Map {
    /// The SQL of a template. `{detections}` and its like become sources; `{box_width}` and `{box_height}` the size of
    /// the image `i`, where boxes need it. `{text x}` is a key as text, `{bytes x}` what orders by the bytes of a text,
    /// `{instant $1}` a bound instant that may be null, `{among x}` whether x is in a bound list of texts.
    ///
    /// # Panics
    /// When the template names something else. Templates are our own files and every one is filled at connect.
    pub(crate) fn fill(&self, template: &str) -> String {
        let mut pieces = template.split('{');
        let mut sql = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (slot, rest) = piece.split_once('}').expect("every slot is closed");
            sql.push_str(&self.slot(slot));
            sql.push_str(rest);
        }
        sql
    }

    /// The ends of the range that a streamed statement is about.
    pub(crate) fn range_of_streams(&self) -> [&'static str; 2] {
        match self.dialect {
            Dialect::Postgres => RANGE,
            Dialect::Sqlite => ["$1", "$2"],
        }
    }

    fn slot(&self, slot: &str) -> String {
        let needs_size = self.unit != BoxUnit::Fractions;
        match slot {
            "box_width" if needs_size => "i.width".to_owned(),
            "box_height" if needs_size => "i.height".to_owned(),
            "box_width" | "box_height" => self.dialect.null(Kind::Integer),
            "sees_people" => self.sees_people(),
            slot if let Some((form, sql)) = slot.split_once(' ') => match form {
                "text" => self.dialect.as_text(sql),
                "bytes" => self.dialect.by_bytes(sql),
                "instant" => self.dialect.bound_instant(sql),
                "among" => self.dialect.is_among(sql),
                other => panic!("{other} is no form"),
            },
            thing => self.relation(Thing::named(thing).expect("a slot names a thing")),
        }
    }

    /// Whether anybody saw a person or a vehicle on the image `i`: as the database says, else by the labels of all its
    /// detections but the rejected ones. Such a photograph is shown to nobody.
    fn sees_people(&self) -> String {
        if self.source(Thing::Images).fields.contains_key("sees_people") {
            return "coalesce(i.sees_people, false)".to_owned();
        }
        let told = self.dialect.as_text("x.classification");
        let label = format!("coalesce(nullif(trim(x.corrected_classification), ''), {told})");
        let labels: Vec<String> = PEOPLE.iter().map(|label| format!("'{label}'")).collect();
        format!(
            "exists (select 1 from {} x where x.image_id = i.id and coalesce(x.is_valid, true) and \
             replace(replace(lower(trim({label})), ' ', '_'), '-', '_') in ({}))",
            self.relation(Thing::Detections),
            labels.join(", ")
        )
    }

    /// A source with every field under its name. What is missing is null; what is required and missing is named all the
    /// same, so that the database says that it is not there.
    fn relation(&self, thing: Thing) -> String {
        let source = self.source(thing);
        let fields: Vec<String> = thing
            .fields()
            .iter()
            .map(|field| match source.fields.get(field.name) {
                Some(bound) => format!("{} as \"{}\"", bound.sql, field.name),
                None if field.is_required => format!("t.\"{0}\" as \"{0}\"", field.columns[0]),
                None => format!("{} as \"{}\"", self.dialect.null(field.kind), field.name),
            })
            .collect();
        let from = source.from.clone().unwrap_or_else(|| dialect::quoted(thing.table()));
        format!("(select {} from {from} as t)", fields.join(", "))
    }

    /// Whether the thing is there, with all that it cannot be read without.
    pub(crate) fn has(&self, thing: Thing) -> bool {
        let source = self.source(thing);
        source.from.is_some()
            && thing.fields().iter().all(|field| !field.is_required || source.fields.contains_key(field.name))
    }

    /// The type of what a field is read from, if it is there.
    pub(crate) fn type_of(&self, thing: Thing, field: &str) -> Option<&str> {
        Some(self.source(thing).fields.get(field)?.ty.as_str())
    }

    /// As a mapping file says it.
    fn unit_name(&self) -> &'static str {
        match self.unit {
            BoxUnit::Fractions => "fractions",
            BoxUnit::Pixels => "pixels",
            BoxUnit::Mixed => "mixed",
        }
    }

    fn source(&self, thing: Thing) -> &Source {
        self.sources.iter().find(|source| source.thing == thing).expect("a map has all things")
    }
}

impl Source {
    fn column(&self, names: &[&str]) -> Option<&Column> {
        names.iter().find_map(|name| self.columns.iter().find(|column| column.name == *name))
    }

    fn bind(&mut self, name: &'static str, bound: Bound) {
        self.fields.insert(name, bound);
    }
}
