//! How the description says that a table is written (`dialect`, `encoding`, `schema`), by Frictionless' CSV dialect and
//! Data Package 2's table dialect.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::table_form::Form;

/// A table as the description tells of it.
#[derive(Deserialize)]
pub(super) struct Resource {
    pub(super) name: String,
    /// One path, or several, or (for tables that stand in the description itself) none.
    pub(super) path: Option<Value>,
    pub(super) encoding: Option<String>,
    pub(super) dialect: Option<Value>,
    pub(super) schema: Option<Value>,
}

/// The form of a table.
///
/// # Errors
/// What is told and not read, as "the ... X".
pub(super) fn form(resource: &Resource) -> Result<Form, String> {
    let mut form = Form { is_latin: is_latin(resource.encoding.as_deref())?, ..Form::default() };
    match &resource.dialect {
        None | Some(Value::Null) => {}
        Some(Value::Object(dialect)) => {
            let sign = |name: &str| match dialect.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(text)) if text.len() == 1 => Ok(text.bytes().next()),
                Some(other) => {
                    Err(format!("the {name} {other} is not one sign; write the file with commas: dialect"))
                }
            };
            form.delimiter = sign("delimiter")?.unwrap_or(form.delimiter);
            form.quote = sign("quoteChar")?.unwrap_or(form.quote);
            form.escape = sign("escapeChar")?;
            form.comment = sign("commentChar")?;
            form.doubles_quotes = dialect.get("doubleQuote").and_then(Value::as_bool).unwrap_or(true);
            form.decimal = sign("decimalChar")?.map_or('.', char::from);
            if dialect.get("header").and_then(Value::as_bool) == Some(false) {
                return Err(
                    "a header is needed, and \"header\": false tells that there is none in the table".into(),
                );
            }
            refuse_rows(dialect)?;
            form.missing.extend(dialect.get("nullSequence").and_then(Value::as_str).map(str::to_owned));
        }
        Some(other) => {
            return Err(format!(
                "write {other} out: only a dialect that stands in the description is read, dialect"
            ));
        }
    }
    if let Some(schema) = &resource.schema {
        let fields = schema["fields"].as_array().into_iter().flatten();
        if fields.into_iter().any(|field| field["decimalChar"] == ",") {
            form.decimal = ',';
        }
        form.missing.extend(missing_values(schema));
        for field in schema["fields"].as_array().into_iter().flatten() {
            if missing_values(field).any(|value| !value.is_empty() && !form.missing.contains(&value)) {
                return Err(format!(
                    "the column {} has missingValues of its own; tell them in the schema for all columns, and write the \
                     table so: schema",
                    field["name"]
                ));
            }
        }
    }
    Ok(form)
}

/// Values that tell nothing: of Data Package 2 also with a label.
fn missing_values(of: &Value) -> impl Iterator<Item = String> {
    let values = of["missingValues"].as_array().into_iter().flatten();
    values.filter_map(|value| value.as_str().or_else(|| value["value"].as_str()).map(str::to_owned))
}

/// The header is the first row, and no row is a comment by its number.
fn refuse_rows(dialect: &Map<String, Value>) -> Result<(), String> {
    let is_usual = |rows: &Value, usual: &[u64]| {
        let rows = rows.as_array().into_iter().flatten();
        rows.map(Value::as_u64).eq(usual.iter().map(|row| Some(*row)))
    };
    for (name, usual) in [("headerRows", &[1][..]), ("commentRows", &[])] {
        if let Some(rows) = dialect.get(name).filter(|rows| !rows.is_null() && !is_usual(rows, usual)) {
            return Err(format!(
                "the {name} {rows} are not read; write the file with its header alone before the rows: dialect"
            ));
        }
    }
    Ok(())
}

fn is_latin(encoding: Option<&str>) -> Result<bool, String> {
    let told = encoding.unwrap_or("utf-8").to_ascii_lowercase();
    match told.replace(['-', '_', ' '], "").as_str() {
        "utf8" | "utf8bom" | "utf8sig" | "ascii" | "usascii" => Ok(false),
        "windows1252" | "cp1252" | "iso88591" | "latin1" => Ok(true),
        _ => Err(format!("the encoding {told} is not read; save it as UTF-8: the table")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str) -> Result<Form, String> {
        form(&serde_json::from_str(&format!(r#"{{"name": "media", {json}}}"#)).unwrap())
    }

    #[test]
    fn what_is_told_is_read_and_what_cannot_be_is_refused() {
        let semicolons = told(r#""dialect": {"delimiter": ";", "quoteChar": "'"}, "encoding": "ISO-8859-1""#);
        let expected = Form { delimiter: b';', quote: b'\'', is_latin: true, ..Form::default() };
        assert_eq!(semicolons.unwrap(), expected);
        let commas =
            r#""schema": {"fields": [{"name": "latitude", "decimalChar": ","}], "missingValues": ["-"]}"#;
        let commas = told(commas).unwrap();
        assert_eq!((commas.decimal, commas.missing), (',', vec!["-".to_owned()]));
        let labels = r#""schema": {"missingValues": ["", {"value": "-9", "label": "not counted"}]},
            "dialect": {"headerRows": [1], "nullSequence": "NULL"}"#;
        assert_eq!(told(labels).unwrap().missing, ["NULL", "", "-9"]);
        let own = r#""schema": {"fields": [{"name": "count", "missingValues": ["", "-9"]}]}"#;
        assert!(told(own).unwrap_err().contains("the column \"count\" has missingValues of its own"));
        assert!(told(r#""dialect": {"headerRows": [3]}"#).unwrap_err().contains("the headerRows [3] are"));
        assert!(told(r#""dialect": {"commentRows": [2]}"#).unwrap_err().contains("the commentRows [2] are"));
        assert!(told(r#""encoding": "utf-16""#).unwrap_err().contains("save it as UTF-8"));
        assert!(told(r#""dialect": "dialect.json""#).unwrap_err().contains("write \"dialect.json\" out"));
        assert_eq!(
            told(r#""schema": "https://example.org/media-table-schema.json""#).unwrap(),
            Form::default()
        );
    }
}
