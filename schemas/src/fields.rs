//! Reads a JSON object field by field and notes every problem, instead of stopping at the first.
//!
//! serde would name one problem and stop; a person who fixes a form wants all of them at once.
//! What is never asked for is an unknown field: [`Fields::finish`] names those.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use serde_json::{Map, Value};

use crate::day;
use crate::problem::{Loc, Problem, Problems};

/// A JSON object being read.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    known: Vec<&'static str>,
    problems: Problems,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(object: &'a Map<String, Value>) -> Self {
        Self { object, known: Vec::new(), problems: Problems::default() }
    }

    /// All problems found, those of unknown fields last.
    pub(crate) fn finish(mut self) -> Problems {
        let unknown = self.object.keys().filter(|key| !self.known.contains(&key.as_str()));
        for key in unknown {
            self.problems.push(Problem::extra(key));
        }
        self.problems
    }

    /// A required day; its forms are told in [`day`].
    pub(crate) fn date(&mut self, name: &'static str) -> Option<NaiveDate> {
        let value = self.required(name)?;
        self.day(name, value)
    }

    /// A day, or nothing. `null` reads as not given.
    pub(crate) fn optional_date(&mut self, name: &'static str) -> Option<NaiveDate> {
        let value = self.given(name).filter(|value| !value.is_null())?;
        self.day(name, value)
    }

    fn day(&mut self, name: &'static str, value: &Value) -> Option<NaiveDate> {
        let read = value.as_str().ok_or_else(|| Problem::date(name)).and_then(|text| day::read(name, text));
        read.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// A whole number in a range, or nothing.
    pub(crate) fn optional_integer(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<u32> {
        let value = self.given(name)?;
        if value.is_null() {
            self.problems.push(Problem::null(name));
            return None;
        }
        // A number over the range of i64 is over every range here.
        let number = value.as_i64().or(value.as_u64().map(|_| i64::MAX));
        let number = self.note_if_none(number, || Problem::not_integer(name))?;
        if let Some(problem) = Problem::outside(name, number, range) {
            self.problems.push(problem);
            return None;
        }
        u32::try_from(number).ok()
    }

    /// A number in a range, or nothing.
    pub(crate) fn optional_number(&mut self, name: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.given(name)?;
        if value.is_null() {
            self.problems.push(Problem::null(name));
            return None;
        }
        match number(name, value, range) {
            Ok(number) => Some(number),
            Err(problem) => self.note_if_none(None, || problem),
        }
    }

    /// A list of 1 to `most` numbers in a range, or nothing; repeats are dropped.
    pub(crate) fn optional_numbers(
        &mut self,
        name: &'static str,
        most: usize,
        range: RangeInclusive<f64>,
    ) -> Option<Vec<f64>> {
        let items = self.optional_list(name, 1..=most)?;
        let before = self.problems.len();
        let mut numbers = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match number(name, item, range.clone()) {
                Ok(number) if numbers.contains(&number) => {}
                Ok(number) => numbers.push(number),
                Err(problem) => self.problems.push(problem.item(index)),
            }
        }
        (self.problems.len() == before).then_some(numbers)
    }

    /// A list of 1 to `most` ids of at most `longest` characters, or nothing; repeats are dropped. `null` reads as not
    /// given.
    pub(crate) fn optional_ids(
        &mut self,
        name: &'static str,
        most: usize,
        longest: usize,
    ) -> Option<Vec<String>> {
        let items = self.optional_list(name, 1..=most)?;
        let before = self.problems.len();
        let mut seen = HashSet::with_capacity(items.len());
        let mut ids = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match id(name, item, longest) {
                Ok(id) if seen.insert(id) => ids.push(id.to_owned()),
                Ok(_repeated) => {}
                Err(problem) => self.problems.push(problem.item(index)),
            }
        }
        (self.problems.len() == before).then_some(ids)
    }

    /// A list of so many objects, or nothing; `read` takes the fields of one. `null` reads as not given.
    pub(crate) fn optional_objects<T>(
        &mut self,
        name: &'static str,
        count: RangeInclusive<usize>,
        read: impl Fn(&mut Fields<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.optional_list(name, count)?;
        let before = self.problems.len();
        let mut objects = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let Some(object) = item.as_object() else {
                self.problems.push(Problem::not_object(name).item(index));
                continue;
            };
            let mut fields = Fields::new(object);
            objects.extend(read(&mut fields));
            let place = [Loc::Name(name.into()), Loc::Index(index)];
            self.problems.extend_within(&place, fields.finish());
        }
        (self.problems.len() == before).then_some(objects)
    }

    /// A list of so many items, or nothing. `null` reads as not given.
    fn optional_list(&mut self, name: &'static str, count: RangeInclusive<usize>) -> Option<&'a Vec<Value>> {
        let value = self.given(name).filter(|value| !value.is_null())?;
        let items = self.note_if_none(value.as_array(), || Problem::not_list(name))?;
        if !count.contains(&items.len()) {
            let (least, most) = count.into_inner();
            let few = items.len() < least;
            self.problems.push(if few {
                Problem::too_few(name, least)
            } else {
                Problem::too_many(name, most)
            });
            return None;
        }
        Some(items)
    }

    /// A required name out of a closed list.
    pub(crate) fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&'static str, T)]) -> Option<T> {
        let value = self.required(name)?;
        self.note_if_none(pick(value, choices), || not_permitted(name, choices))
    }

    /// A name out of a closed list, or nothing.
    pub(crate) fn optional_choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let value = self.given(name)?;
        if value.is_null() {
            self.problems.push(Problem::null(name));
            return None;
        }
        self.note_if_none(pick(value, choices), || not_permitted(name, choices))
    }

    /// A list of names out of a closed list, at least one; repeats are dropped and the order is that of `choices`.
    pub(crate) fn optional_choices<T: Copy + Ord>(
        &mut self,
        name: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<Vec<T>> {
        let value = self.given(name)?;
        let items = self.note_if_none(value.as_array(), || Problem::not_list(name))?;
        if items.is_empty() {
            self.problems.push(Problem::too_few(name, 1));
            return None;
        }
        let before = self.problems.len();
        let mut picked = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match pick(item, choices) {
                Some(choice) => picked.push(choice),
                None => self.problems.push(not_permitted(name, choices).item(index)),
            }
        }
        picked.sort_unstable();
        picked.dedup();
        (self.problems.len() == before).then_some(picked)
    }

    /// Text of at most `limit` characters. `null` reads as not given.
    pub(crate) fn optional_text(&mut self, name: &'static str, limit: usize) -> Option<String> {
        let value = self.given(name).filter(|value| !value.is_null())?;
        let text = self.note_if_none(value.as_str(), || Problem::not_text(name))?;
        if text.chars().count() > limit {
            self.problems.push(Problem::too_long(name, limit));
            return None;
        }
        Some(text.to_owned())
    }

    /// True or false, or nothing.
    pub(crate) fn optional_bool(&mut self, name: &'static str) -> Option<bool> {
        let value = self.given(name)?;
        self.note_if_none(value.as_bool(), || Problem::not_bool(name))
    }

    /// Notes a problem that the caller found in a field it has read.
    pub(crate) fn note(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn given(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.object.get(name)
    }

    fn required(&mut self, name: &'static str) -> Option<&'a Value> {
        match self.given(name) {
            None => {
                self.problems.push(Problem::missing(name));
                None
            }
            Some(Value::Null) => {
                self.problems.push(Problem::null(name));
                None
            }
            given => given,
        }
    }

    fn note_if_none<T>(&mut self, value: Option<T>, problem: impl FnOnce() -> Problem) -> Option<T> {
        if value.is_none() {
            self.problems.push(problem());
        }
        value
    }
}

fn number(name: &str, value: &Value, range: RangeInclusive<f64>) -> Result<f64, Problem> {
    let number = value.as_f64().ok_or_else(|| Problem::not_number(name))?;
    Problem::outside(name, number, range).map_or(Ok(number), Err)
}

fn id<'a>(name: &str, value: &'a Value, longest: usize) -> Result<&'a str, Problem> {
    let text = value.as_str().ok_or_else(|| Problem::not_text(name))?;
    match text.chars().count() {
        0 => Err(Problem::empty_text(name)),
        count if count > longest => Err(Problem::too_long(name, longest)),
        _ => Ok(text),
    }
}

fn pick<T: Copy>(value: &Value, choices: &[(&'static str, T)]) -> Option<T> {
    let text = value.as_str()?;
    choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice)
}

fn not_permitted<T>(name: &str, choices: &[(&'static str, T)]) -> Problem {
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    Problem::not_permitted(name, &names)
}
