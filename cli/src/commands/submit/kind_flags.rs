//! Command-line flags out of a request schema: `start_date` becomes `--start-date`.
//!
//! Flags only carry values over; whether they are right is decided by the rules that the gateway keeps as well.

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, Subcommand};
use deertrack_schemas::{KINDS, Kind, KindInfo, PLATFORM_NAME, request_schema};
use serde_json::{Map, Value};

/// A kind with the body of its request.
#[derive(Clone, Debug)]
pub(crate) struct KindRequest {
    pub(crate) kind: Kind,
    pub(crate) body: Value,
}

impl Subcommand for KindRequest {
    fn augment_subcommands(command: Command) -> Command {
        command
            .subcommands(KINDS.iter().copied().map(kind_command))
            .subcommand_required(true)
            .arg_required_else_help(true)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Kind::named(name).is_some()
    }
}

impl FromArgMatches for KindRequest {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::raw(ErrorKind::MissingSubcommand, "name an export kind\n");
        let (name, flags) = matches.subcommand().ok_or_else(missing)?;
        let kind = Kind::named(name).ok_or_else(missing)?;
        Ok(Self { kind, body: Value::Object(body(kind, flags)) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn kind_command(info: &'static KindInfo) -> Command {
    let schema = request_schema(info.kind);
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let flags =
        properties(&schema).map(|(name, property)| flag(name, &property, required.iter().any(|r| r == name)));
    Command::new(info.name).about(info.title).long_about(info.description).args(flags.collect::<Vec<_>>())
}

fn flag(name: &str, property: &Property<'_>, required: bool) -> Arg {
    let flag = Arg::new(name.to_owned())
        .long(name.replace('_', "-"))
        .value_name(property.value_name())
        .help(property.help())
        .required(required)
        .action(ArgAction::Set);
    let flag = match property.form {
        Form::List => flag.value_delimiter(',').action(ArgAction::Append),
        Form::Objects => flag.action(ArgAction::Append),
        Form::Numbers => flag.value_delimiter(',').action(ArgAction::Append).allow_negative_numbers(true),
        Form::Text | Form::Json => flag,
    };
    if property.permitted.is_empty() {
        flag
    } else {
        flag.value_parser(PossibleValuesParser::new(property.permitted.clone()))
    }
}

fn body(kind: Kind, flags: &ArgMatches) -> Map<String, Value> {
    let schema = request_schema(kind);
    let given = properties(&schema).filter_map(|(name, property)| {
        let values: Vec<&String> = flags.get_many(name)?.collect();
        Some((name.clone(), property.value(&values)))
    });
    given.collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Text,
    Json,
    List,
    /// A list of objects: the flag is given once for each, as JSON, since a comma is a part of it.
    Objects,
    /// A list of numbers.
    Numbers,
}

/// One property of a request, as far as a flag must know it.
struct Property<'a> {
    schema: &'a Value,
    form: Form,
    permitted: Vec<String>,
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, Property<'_>)> {
    let all = schema["properties"].as_object().into_iter().flatten();
    // What other programs call by another name is no second flag for people.
    let ours = all.filter(|(_, property)| property.get(PLATFORM_NAME).is_none());
    ours.map(move |(name, property)| (name, Property::new(schema, property)))
}

impl<'a> Property<'a> {
    fn new(root: &'a Value, schema: &'a Value) -> Self {
        let form = if has_type(schema, "array") {
            let item = resolve(root, &schema["items"]);
            let numbers = ["integer", "number"].iter().any(|name| has_type(item, name));
            if has_type(item, "object") {
                Form::Objects
            } else if numbers {
                Form::Numbers
            } else {
                Form::List
            }
        } else if ["boolean", "integer", "number", "object"].iter().any(|name| has_type(schema, name)) {
            Form::Json
        } else {
            Form::Text
        };
        let item = if form == Form::List { &schema["items"] } else { schema };
        let permitted = if has_type(schema, "boolean") {
            vec!["true".to_owned(), "false".to_owned()]
        } else {
            constants(resolve(root, item))
        };
        Self { schema, form, permitted }
    }

    fn value_name(&self) -> &'static str {
        match self.form {
            _ if is_date(self.schema) => "YYYY-MM-DD",
            Form::List | Form::Numbers => "LIST",
            Form::Objects => "JSON",
            Form::Json if !self.permitted.is_empty() => "BOOL",
            Form::Json => "NUMBER",
            Form::Text => "TEXT",
        }
    }

    fn help(&self) -> String {
        let text =
            self.schema["description"].as_str().unwrap_or_default().trim_end_matches('.').replace('\n', " ");
        match &self.schema["default"] {
            Value::Null => text,
            Value::Array(items) => {
                format!("{text} [default: {}]", items.iter().map(bare).collect::<Vec<_>>().join(","))
            }
            default => format!("{text} [default: {}]", bare(default)),
        }
    }

    fn value(&self, given: &[&String]) -> Value {
        let one = |text: &String| match self.form {
            // What is no JSON is sent as text: the rules will name the field and what it should be.
            Form::Json | Form::Objects | Form::Numbers => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
            }
            Form::Text | Form::List => Value::String(text.clone()),
        };
        match (self.form, given) {
            (Form::List | Form::Objects | Form::Numbers, items) => {
                items.iter().map(|text| one(text)).collect()
            }
            (_, [text]) => one(text),
            (_, texts) => texts.iter().map(|text| one(text)).collect(),
        }
    }
}

fn has_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(only) => only == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    }
}

fn is_date(schema: &Value) -> bool {
    let forms = schema["anyOf"].as_array().into_iter().flatten();
    forms.chain([schema]).any(|form| form["format"] == "date")
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

fn constants(schema: &Value) -> Vec<String> {
    let listed = schema["enum"].as_array().into_iter().flatten();
    let described = schema["oneOf"].as_array().into_iter().flatten();
    let described = described.filter(|one| one.get(PLATFORM_NAME).is_none()).map(|one| &one["const"]);
    listed.chain(described).filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(flags: &[&str]) -> Result<KindRequest, clap::Error> {
        let command = KindRequest::augment_subcommands(Command::new("submit"));
        let line = ["submit", "pdf"].iter().chain(flags);
        KindRequest::from_arg_matches(&command.try_get_matches_from(line)?)
    }

    const DATES: [&str; 4] = ["--start-date", "2026-01-01", "--end-date", "2026-02-01"];

    #[test]
    fn flags_become_the_body_of_the_request() {
        let flags = [
            &DATES[..],
            &["--group-by", "week", "--classifications", "buck,doe", "--include-charts", "false"],
        ]
        .concat();
        let expected = json!({
            "start_date": "2026-01-01", "end_date": "2026-02-01", "group_by": "week",
            "classifications": ["buck", "doe"], "include_charts": false,
        });
        assert_eq!(parse(&flags).unwrap().body, expected);
    }

    #[test]
    fn a_list_of_objects_is_a_flag_for_each() {
        let [first, second] = [
            r#"{"start_date": "2025-01-01", "end_date": "2025-02-01", "label": "a, b"}"#,
            r#"{"start_date": "2024-01-01", "end_date": "2024-02-01"}"#,
        ];
        let flags =
            [&DATES[..], &["--group-by", "week", "--compare-with", first, "--compare-with", second]].concat();
        let expected = json!([
            { "start_date": "2025-01-01", "end_date": "2025-02-01", "label": "a, b" },
            { "start_date": "2024-01-01", "end_date": "2024-02-01" },
        ]);
        assert_eq!(parse(&flags).unwrap().body["compare_with"], expected);
    }

    #[test]
    fn a_list_of_numbers_becomes_numbers() {
        let command = KindRequest::augment_subcommands(Command::new("submit"));
        let line = ["submit", "reid", "--thresholds", "0.7,-0.1", "--thresholds", "high", "--seed", "3"];
        let request = KindRequest::from_arg_matches(&command.try_get_matches_from(line).unwrap()).unwrap();
        assert_eq!(
            request.body,
            json!({ "thresholds": [0.7, -0.1, "high"], "seed": 3 }),
            "the rules will name it"
        );
    }

    #[test]
    fn the_platforms_names_are_no_flags() {
        let command = KindRequest::augment_subcommands(Command::new("submit"));
        let help = |kind| command.find_subcommand(kind).unwrap().clone().render_long_help().to_string();
        let (pdf, zip) = (help("pdf"), help("zip"));
        assert!(pdf.contains("--start-date <YYYY-MM-DD>") && pdf.contains("--rut-end <YYYY-MM-DD>"), "{pdf}");
        assert!(pdf.contains("[possible values: seasonal_activity, comparison]"), "{pdf}");
        assert!(pdf.contains("--compare-with") && !pdf.contains("--comparison-periods"), "{pdf}");
        assert!(zip.contains("--crop-size") && !zip.contains("--include-"), "{zip}");
    }

    #[test]
    fn a_missing_or_impossible_flag_is_named() {
        let missing = parse(&["--group-by", "week"]).unwrap_err().to_string();
        assert!(missing.contains("--start-date") && missing.contains("--end-date"), "{missing}");
        let wrong = parse(&[&DATES[..], &["--group-by", "year"]].concat()).unwrap_err().to_string();
        assert!(wrong.contains("day, week, month"), "{wrong}");
    }
}
