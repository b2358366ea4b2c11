//! The language-neutral contract: what stands in `schemas/generated/`, made from the types.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use crate::openapi::{self, openapi};
use crate::{Command, CompletionEvent, KINDS, Keys, Kind, StatusRecord};

/// Every generated file: its name and its content. A test writes them and fails when they are stale.
pub fn contract_files() -> Vec<(String, String)> {
    let mut files = vec![
        schema_file::<Command>("command"),
        schema_file::<StatusRecord>("status"),
        schema_file::<CompletionEvent>("event"),
        ("openapi.json".to_owned(), pretty(&openapi())),
        ("asyncapi.json".to_owned(), pretty(&asyncapi())),
    ];
    let requests = KINDS
        .iter()
        .map(|info| (format!("{}_request.schema.json", info.name), pretty(&request_schema(info.kind))));
    files.extend(requests);
    files
}

/// JSON Schema of the body of a request for `kind`, complete in itself: its parameters and who asks.
pub fn request_schema(kind: Kind) -> Value {
    let mut generator = SchemaGenerator::default();
    let mut schema = openapi::request_schema(kind.info(), &mut generator);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$defs"] = Value::Object(generator.take_definitions(true));
    schema
}

fn schema_file<T: JsonSchema>(name: &str) -> (String, String) {
    let schema = SchemaGenerator::default().into_root_schema_for::<T>();
    (format!("{name}.schema.json"), pretty(&schema.to_value()))
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a JSON value is always writable");
    text.push('\n');
    text
}

/// AsyncAPI 3 of the two streams, for services that talk to Redis directly.
fn asyncapi() -> Value {
    let keys = Keys::default();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Deertrack Exports streams",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Redis streams. Field `body` of each entry is a MessagePack map with names.",
        },
        "channels": {
            "commands": {
                "address": keys.commands(),
                "description": "XADD by producers; fields `job`, `tenant`, `body`. Read by the consumer group `workers` only.",
                "messages": { "command": { "contentType": "application/msgpack", "payload": { "$ref": "command.schema.json" } } },
            },
            "events": {
                "address": keys.events(),
                "description": "XREAD by anyone, from any id; fields `n`, `job`, `kind`, `status`, `body`.",
                "messages": { "completion": { "contentType": "application/msgpack", "payload": { "$ref": "status.schema.json" } } },
            },
        },
        "operations": {
            "submit": { "action": "receive", "channel": { "$ref": "#/channels/commands" } },
            "completed": { "action": "send", "channel": { "$ref": "#/channels/events" } },
        },
    })
}
