//! Why a request is refused, in the words and the JSON that the existing dashboards parse.
//!
//! A [`Problem`] names one field and has status 422; a broken rule between fields is one sentence with
//! status 400. The message and type names are those of pydantic v1, which the dashboards were written against.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::Serialize;
use serde_json::{Value, json};

/// One step of the way to the field: a name or a list index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Loc {
    /// A field's name.
    Name(String),
    /// A place in a list or in the text.
    Index(usize),
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where: `["body", "group_by"]`.
    pub loc: Vec<Loc>,
    /// What is wrong, for people.
    pub msg: String,
    /// What is wrong, for programs: `value_error.missing`, `type_error.enum`, ...
    #[serde(rename = "type")]
    pub code: &'static str,
}

/// The most problems in one answer.
pub const MAX_PROBLEMS: usize = 50;
/// The most that an answer quotes of one thing that a client sent, in characters.
pub const MAX_QUOTED_CHARS: usize = 80;

/// What a client sent, as an answer may quote it: its first 80 characters.
pub fn clip(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        None => text.into(),
        // One character less: the dots are one.
        Some(_) => text.chars().take(MAX_QUOTED_CHARS - 1).chain(['…']).collect(),
    }
}

/// The problems of one body: all are counted, and [`MAX_PROBLEMS`] kept.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    kept: Vec<Problem>,
    left_out: usize,
}

impl Problems {
    pub(crate) fn push(&mut self, problem: Problem) {
        if self.kept.len() < MAX_PROBLEMS {
            self.kept.push(problem);
        } else {
            self.left_out += 1;
        }
    }

    /// The problems of an object that lies at `place` of the body.
    pub(crate) fn extend_within(&mut self, place: &[Loc], inner: Self) {
        for problem in inner.kept {
            self.push(problem.within(place));
        }
        self.left_out += inner.left_out;
    }

    pub(crate) fn len(&self) -> usize {
        self.kept.len() + self.left_out
    }

    /// At most [`MAX_PROBLEMS`]; where there are more, the last one says how many.
    pub(crate) fn listed(mut self) -> Vec<Problem> {
        if self.left_out > 0 {
            let all = self.len();
            self.kept.truncate(MAX_PROBLEMS - 1);
            let more = all - self.kept.len();
            self.kept
                .push(Problem::in_body(format!("{more} more problems are not listed"), "value_error.more"));
        }
        self.kept
    }
}

/// A refused request. Nothing was enqueued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// One or more fields are missing, unknown or of the wrong form.
    #[error("{}", sentences(.0))]
    Fields(Vec<Problem>),
    /// The fields are well formed but break a rule.
    #[error("{0}")]
    Rule(&'static str),
}

/// A rule that parameters break; becomes a [`Rejection`] at the border.
#[derive(Debug)]
pub(crate) enum Broken {
    Fields(Vec<Problem>),
    Rule(&'static str),
}

impl From<Broken> for Rejection {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Fields(problems) => Self::Fields(problems),
            Broken::Rule(rule) => Self::Rule(rule),
        }
    }
}

impl Rejection {
    /// The HTTP status of the answer: 422 or 400.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::Fields(_) => 422,
            Self::Rule(_) => 400,
        }
    }

    /// The JSON of the answer: `{"detail": ...}`.
    pub fn body(&self) -> Value {
        match self {
            Self::Fields(problems) => json!({ "detail": problems }),
            Self::Rule(rule) => json!({ "detail": rule }),
        }
    }
}

fn sentences(problems: &[Problem]) -> String {
    let one = |problem: &Problem| {
        let path: Vec<String> = problem.loc.iter().skip(1).map(Loc::to_string).collect();
        let path = if path.is_empty() { "body".to_owned() } else { path.join(".") };
        format!("{path}: {}", problem.msg)
    };
    problems.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl Display for Loc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

impl Problem {
    pub(crate) fn at(field: &str, msg: impl Into<String>, code: &'static str) -> Self {
        Self { loc: vec![Loc::Name("body".into()), Loc::Name(field.into())], msg: msg.into(), code }
    }

    pub(crate) fn in_body(msg: impl Into<String>, code: &'static str) -> Self {
        Self { loc: vec![Loc::Name("body".into())], msg: msg.into(), code }
    }

    pub(crate) fn item(mut self, index: usize) -> Self {
        self.loc.push(Loc::Index(index));
        self
    }

    /// The same problem of a field inside the value at `place` of the body.
    pub(crate) fn within(mut self, place: &[Loc]) -> Self {
        self.loc.splice(1..1, place.iter().cloned());
        self
    }

    pub(crate) fn missing(field: &str) -> Self {
        Self::at(field, "field required", "value_error.missing")
    }

    pub(crate) fn extra(field: &str) -> Self {
        Self::at(&clip(field), "extra fields not permitted", "value_error.extra")
    }

    pub(crate) fn repeated(field: &str) -> Self {
        Self::at(&clip(field), "the field stands twice; send it once", "value_error.repeated")
    }

    pub(crate) fn null(field: &str) -> Self {
        Self::at(field, "none is not an allowed value", "type_error.none.not_allowed")
    }

    pub(crate) fn date(field: &str) -> Self {
        Self::at(field, "invalid date format", "value_error.date")
    }

    pub(crate) fn not_text(field: &str) -> Self {
        Self::at(field, "str type expected", "type_error.str")
    }

    pub(crate) fn not_bool(field: &str) -> Self {
        Self::at(field, "value could not be parsed to a boolean", "type_error.bool")
    }

    pub(crate) fn not_object(field: &str) -> Self {
        Self::at(field, "value is not a valid dict", "type_error.dict")
    }

    pub(crate) fn not_list(field: &str) -> Self {
        Self::at(field, "value is not a valid list", "type_error.list")
    }

    pub(crate) fn not_permitted(field: &str, permitted: &[&str]) -> Self {
        let permitted: Vec<String> = permitted.iter().map(|name| format!("'{name}'")).collect();
        let msg = format!("value is not a valid enumeration member; permitted: {}", permitted.join(", "));
        Self::at(field, msg, "type_error.enum")
    }

    pub(crate) fn too_long(field: &str, limit: usize) -> Self {
        let msg = format!("ensure this value has at most {limit} characters");
        Self::at(field, msg, "value_error.any_str.max_length")
    }

    pub(crate) fn empty_text(field: &str) -> Self {
        Self::at(field, "ensure this value has at least 1 characters", "value_error.any_str.min_length")
    }

    pub(crate) fn not_integer(field: &str) -> Self {
        Self::at(field, "value is not a valid integer", "type_error.integer")
    }

    pub(crate) fn not_number(field: &str) -> Self {
        Self::at(field, "value is not a valid float", "type_error.float")
    }

    /// That a number lies outside its range, if it does. What is not a number lies outside every range.
    pub(crate) fn outside<T: PartialOrd + Display + Copy>(
        field: &str,
        number: T,
        range: RangeInclusive<T>,
    ) -> Option<Self> {
        if range.contains(&number) {
            return None;
        }
        let (least, most) = range.into_inner();
        Some(if number > most {
            let msg = format!("ensure this value is less than or equal to {most}");
            Self::at(field, msg, "value_error.number.not_le")
        } else {
            let msg = format!("ensure this value is greater than or equal to {least}");
            Self::at(field, msg, "value_error.number.not_ge")
        })
    }

    pub(crate) fn too_many(field: &str, limit: usize) -> Self {
        Self::at(field, format!("ensure this value has at most {limit} items"), "value_error.list.max_items")
    }

    pub(crate) fn too_few(field: &str, limit: usize) -> Self {
        Self::at(field, format!("ensure this value has at least {limit} items"), "value_error.list.min_items")
    }
}
