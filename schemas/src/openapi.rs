//! OpenAPI 3.1 of the gateway, built from [`KINDS`] and the types: a new kind appears in it by itself.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::request::MAX_NAME_CHARS;
use crate::{CompletionEvent, KINDS, KindInfo, StatusRecord};

/// The whole document.
pub fn openapi() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for info in KINDS {
        paths.insert(format!("/api/exports/{}", info.name), json!({ "post": submit(info, &mut generator) }));
        paths.insert(
            format!("/api/exports/{}/{{job_id}}", info.name),
            json!({ "get": status(info, &mut generator) }),
        );
    }
    paths.extend(fixed_paths(&mut generator));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Deertrack Exports",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Submit exports, follow them, fetch their files.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "schemas": generator.take_definitions(true) },
    })
}

/// The JSON Schema of a request body: the kind's parameters and who asks. Unknown fields are refused.
pub(crate) fn request_schema(info: &KindInfo, generator: &mut SchemaGenerator) -> Value {
    let params = info.kind.params_schema(generator);
    // The parameters are inlined: `additionalProperties` sees no further than its own schema.
    let name = params.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
    let mut schema =
        name.and_then(|name| generator.definitions().get(name)).cloned().unwrap_or_else(|| params.to_value());
    let text = |description: &str| json!({ "type": ["string", "null"], "maxLength": MAX_NAME_CHARS, "description": description });
    schema["properties"]["requested_by"] = text("Who asks: a user or a service, for people to read.");
    schema["properties"]["idempotency_key"] = text("The same key answers the same job.");
    schema["additionalProperties"] = json!(false);
    schema["title"] = json!(format!("{} request", info.title));
    schema
}

fn submit(info: &KindInfo, generator: &mut SchemaGenerator) -> Value {
    let detail =
        json!({ "type": "object", "required": ["detail"], "properties": { "detail": { "type": "string" } } });
    json!({
        "operationId": format!("submit_{}", info.name),
        "summary": format!("Ask for: {}", info.title),
        "description": info.description,
        "tags": ["exports"],
        "requestBody": { "required": true, "content": { "application/json": { "schema": request_schema(info, generator) } } },
        "responses": {
            "202": {
                "description": "Accepted; poll the address in `Location` or follow /api/events.",
                "headers": { "Location": { "schema": { "type": "string" } } },
                "content": { "application/json": { "schema": {
                    "type": "object",
                    "required": ["job_id", "status"],
                    "properties": { "job_id": { "type": "string" }, "status": { "const": "processing" } },
                } } },
            },
            "400": answer("A rule between fields is broken; nothing was enqueued.", &detail),
            "422": answer("Fields are missing, unknown or ill-formed; nothing was enqueued.", &problems()),
            "503": answer("Redis cannot be reached or is full; try again.", &detail),
        },
    })
}

fn problems() -> Value {
    json!({ "type": "object", "required": ["detail"], "properties": { "detail": { "type": "array", "items": {
        "type": "object",
        "required": ["loc", "msg", "type"],
        "properties": {
            "loc": { "type": "array", "items": { "type": ["string", "integer"] } },
            "msg": { "type": "string" },
            "type": { "type": "string" },
        },
    } } } })
}

fn status(info: &KindInfo, generator: &mut SchemaGenerator) -> Value {
    let record = generator.subschema_for::<StatusRecord>().to_value();
    json!({
        "operationId": format!("{}_status", info.name),
        "summary": format!("Where is it: {}", info.title),
        "tags": ["exports"],
        "parameters": [path_parameter("job_id", "Any string is accepted.")],
        "responses": {
            "200": answer("The status record.", &record),
            "404": answer("No such job, or it ended over an hour ago.", &json!({ "const": { "detail": "Job not found or expired" } })),
            "500": answer("Another program wrote something that is not JSON.", &json!({ "const": { "detail": "Invalid job status format" } })),
        },
    })
}

fn fixed_paths(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let event = generator.subschema_for::<CompletionEvent>().to_value();
    let file = json!({ "description": "The file.", "content": { "application/octet-stream": {} } });
    let paths = json!({
        "/api/kinds": { "get": {
            "operationId": "kinds", "summary": "What can be exported", "tags": ["exports"],
            "responses": { "200": { "description": "Every kind with its limits.", "content": { "application/json": {} } } },
        } },
        "/api/static/exports/{filename}": { "get": {
            "operationId": "download", "summary": "Fetch an artifact", "tags": ["files"],
            "parameters": [path_parameter("filename", "As in the status record.")],
            "responses": {
                "200": file, "206": { "description": "The part that `Range` asked for." },
                "304": { "description": "Unchanged since the `ETag` in `If-None-Match`." },
                "404": { "description": "No such file." }, "416": { "description": "`Range` lies outside the file." },
            },
        } },
        "/api/events": { "get": {
            "operationId": "events", "summary": "Follow completions (server-sent events)", "tags": ["events"],
            "parameters": [{
                "name": "Last-Event-ID", "in": "header", "required": false, "schema": { "type": "string" },
                "description": "Resume behind this event without loss; without it only new events come.",
            }],
            "responses": { "200": {
                "description": "Events named as the final state; `lagged` when events were missed.",
                "content": { "text/event-stream": { "schema": event } },
            } },
        } },
    });
    match paths {
        Value::Object(paths) => paths,
        _ => Map::new(),
    }
}

fn path_parameter(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" }, "description": description })
}

fn answer(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}
