//! The platform's names in the contract: what its dashboards send and read beside the product's own words.
//!
//! Requests with them are read in `day`, in `export/pdf/platform` and in `export/zip`; here they get their place in the
//! JSON Schema of a request, each with the mark [`PLATFORM_NAME`], so that a form or a command line for people need
//! not offer one thing under two names.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::day;
use crate::export::Kind;
use crate::export::pdf::MAX_LABEL_CHARS;
use crate::export::pdf::options::CUSTOM;
use crate::export::pdf::platform::{MAX_PERIODS, MIN_PERIODS, PERIODS};

/// Marks a field, a value or a form of a value that is taken for the platform's sake; beside it stands the product's own
/// name, or `true` where it has none.
pub const PLATFORM_NAME: &str = "x-platform-name";

/// Adds the platform's names to the schema of a request.
pub(crate) fn add_names(kind: Kind, schema: &mut Value, generator: &mut SchemaGenerator) {
    add_time_of_day(schema);
    if kind == Kind::Pdf {
        schema["properties"][PERIODS] = comparison_periods();
        schema["properties"]["report_type"] = report_type(schema, generator);
    }
}

/// Each date also with a time of day that says no more.
fn add_time_of_day(schema: &mut Value) {
    let properties = schema["properties"].as_object_mut().into_iter().flatten();
    for (name, property) in properties.filter(|(_, property)| property["format"] == "date") {
        if let Some(property) = property.as_object_mut() {
            property.remove("format");
        }
        property["anyOf"] = json!([
            { "format": "date" },
            { "pattern": day::pattern(name), PLATFORM_NAME: true,
              "description": "The platform's form: the same day. The time and its offset are dropped." },
        ]);
    }
}

fn comparison_periods() -> Value {
    let day = |description: &str| json!({ "type": "string", "format": "date", "description": description });
    let mut period = json!({
        "type": "object",
        "required": ["start_date", "end_date"],
        "properties": {
            "start_date": day("First local day, included."),
            "end_date": day("Last local day, included."),
            "label": {
                "type": ["string", "null"], "minLength": 1, "maxLength": MAX_LABEL_CHARS,
                "description": "Its name in the report; usually its year.",
            },
        },
        "additionalProperties": false,
    });
    add_time_of_day(&mut period);
    json!({
        "type": ["array", "null"],
        "items": period,
        "minItems": MIN_PERIODS,
        "maxItems": MAX_PERIODS,
        "description": "The platform's name for `compare_with` and `label`: all periods of the comparison, the report's own \
                        (`start_date` to `end_date`) among them, the others the same calendar days of earlier years. Not \
                        beside `compare_with`.",
        PLATFORM_NAME: "compare_with",
    })
}

/// The types of a report with `custom` among them; a reference to the closed list would not have it.
fn report_type(schema: &Value, generator: &mut SchemaGenerator) -> Value {
    let mut property = schema["properties"]["report_type"].clone();
    let name =
        property["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).unwrap_or_default();
    let mut choices = generator.definitions().get(name).map_or(Value::Null, |list| list["oneOf"].clone());
    if let (Some(property), Some(choices)) = (property.as_object_mut(), choices.as_array_mut()) {
        property.remove("$ref");
        choices.push(json!({
            "type": "string", "const": CUSTOM, PLATFORM_NAME: "seasonal_activity",
            "description": "The platform's name for a season with the sections asked for: each `include_...` that is false is \
                            left out.",
        }));
    }
    property["oneOf"] = choices;
    property
}
