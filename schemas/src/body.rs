//! Reads the JSON body of a request, and never keeps more of it than a right request can hold.
//!
//! `serde_json::Value` would build whatever the body says: a megabyte of `0,0,0` is half a million values of 32 bytes.
//! Here a list is kept up to one item more than the longest one may have, so that its own rule still tells that it is
//! too long; the rest is read and forgotten. A field that stands twice is told instead of one of them being taken.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::export::selection::MAX_DETECTION_IDS;
use crate::problem::{Loc, Problem, Problems, Rejection};

/// The longest list of any kind, in items.
const MAX_ITEMS: usize = MAX_DETECTION_IDS;
/// The most values in a body, each number, text, list and object counted: the longest list, and room for the rest.
const MAX_VALUES: usize = MAX_ITEMS + 2000;

/// Reads the body as one JSON object.
///
/// # Errors
/// Malformed JSON, too many values, fields that stand twice, or something else than an object.
pub(crate) fn read(body: &[u8]) -> Result<Map<String, Value>, Rejection> {
    let reading = Reading { left: Cell::new(MAX_VALUES), ..Reading::default() };
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = AnyValue(&reading).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    if reading.full.get() {
        let msg = format!("ensure this value has at most {MAX_VALUES} values in all");
        return Err(refused(Problem::in_body(msg, "value_error.max_values")));
    }
    let value = value.map_err(|error| malformed(body, &error))?;
    let repeated = reading.repeated.into_inner().listed();
    if !repeated.is_empty() {
        return Err(Rejection::Fields(repeated));
    }
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(refused(Problem::in_body("value is not a valid dict", "type_error.dict"))),
    }
}

fn refused(problem: Problem) -> Rejection {
    Rejection::Fields(vec![problem])
}

fn malformed(body: &[u8], error: &serde_json::Error) -> Rejection {
    let before: usize = body
        .split(|byte| *byte == b'\n')
        .take(error.line() - usize::from(error.line() > 0))
        .map(|l| l.len() + 1)
        .sum();
    let offset = (before + error.column()).min(body.len());
    let mut problem = Problem::in_body(error.to_string(), "value_error.jsondecode");
    problem.loc.push(Loc::Index(offset));
    refused(problem)
}

/// What is known of the body so far.
#[derive(Default)]
struct Reading {
    /// How many values more are taken.
    left: Cell<usize>,
    /// One more came.
    full: Cell<bool>,
    /// Fields that stand twice in one object.
    repeated: RefCell<Problems>,
}

impl Reading {
    fn count<E: Error>(&self) -> Result<(), E> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                self.full.set(true);
                Err(E::custom("too many values"))
            }
        }
    }
}

/// One value, whatever it is.
#[derive(Clone, Copy)]
struct AnyValue<'a>(&'a Reading);

impl<'de> DeserializeSeed<'de> for AnyValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while kept.len() <= MAX_ITEMS {
            match items.next_element_seed(self)? {
                Some(item) => kept.push(item),
                None => return Ok(Value::Array(kept)),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if kept.contains_key(&name) {
                self.0.repeated.borrow_mut().push(Problem::repeated(&name));
            }
            kept.insert(name, fields.next_value_seed(self)?);
        }
        Ok(Value::Object(kept))
    }
}
