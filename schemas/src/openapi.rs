//! OpenAPI 3.1 of the gateway, built from [`KINDS`] and the types: a new kind appears in it by itself.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::platform;
use crate::request::MAX_NAME_CHARS;
use crate::{CompletionEvent, KINDS, KindInfo, StatusRecord};

/// Two numbers of 64 bits and the dash between them.
const MAX_EVENT_ID_CHARS: usize = 41;

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
    add_everywhere(&mut paths);
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
        "security": [{ "key": [] }, {}],
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "key": {
                "type": "http", "scheme": "bearer",
                "description": "Where the gateway asks for keys; `deertrack keys new` makes one.",
            } },
        },
    })
}

/// Answers that any request may get.
fn add_everywhere(paths: &mut Map<String, Value>) {
    let operations = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    for operation in operations {
        let responses = &mut operation["responses"];
        responses["401"] = refusal("Where keys are asked for: none was sent, or it is not known.");
        responses["403"] =
            refusal("The key does not allow this; or a web page that is not the gateway's own asked.");
        responses["421"] = refusal("The gateway is not called by this name (`Host`).");
        if responses["503"].is_null() {
            responses["503"] = try_later("All connections are taken.");
        }
    }
}

/// The JSON Schema of a request body: the kind's parameters and who asks. Unknown fields are refused.
pub(crate) fn request_schema(info: &KindInfo, generator: &mut SchemaGenerator) -> Value {
    let params = info.kind.params_schema(generator);
    // The parameters are inlined: `additionalProperties` sees no further than its own schema.
    let name = params.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
    let mut schema =
        name.and_then(|name| generator.definitions().get(name)).cloned().unwrap_or_else(|| params.to_value());
    platform::add_names(info.kind, &mut schema, generator);
    let text = |description: &str| json!({ "type": ["string", "null"], "maxLength": MAX_NAME_CHARS, "description": description });
    schema["properties"]["requested_by"] = text("Who asks: a user or a service, for people to read.");
    schema["properties"]["idempotency_key"] = text("The same key answers the same job.");
    schema["properties"]["idempotency_key"]["minLength"] = json!(1);
    schema["additionalProperties"] = json!(false);
    schema["title"] = json!(format!("{} request", info.title));
    schema
}

fn submit(info: &KindInfo, generator: &mut SchemaGenerator) -> Value {
    let record = generator.subschema_for::<StatusRecord>().to_value();
    let location = json!({ "Location": { "schema": { "type": "string" } } });
    let accepted = json!({
        "type": "object",
        "required": ["job_id", "status", "message"],
        "properties": {
            "job_id": { "type": "string" },
            "status": { "const": "processing" },
            "message": { "type": "string", "description": "The same in words, for people." },
        },
    });
    let mut accepted = with_headers(
        answer("Accepted; poll the address in `Location` or follow /api/events.", &accepted),
        &location,
    );
    accepted["links"] = json!({ "status": {
        "operationId": format!("{}_status", info.name),
        "parameters": { "job_id": "$response.body#/job_id" },
    } });
    json!({
        "operationId": format!("submit_{}", info.name),
        "summary": format!("Ask for: {}", info.title),
        "description": info.description,
        "tags": ["exports"],
        "parameters": [header_parameter("Idempotency-Key", "The same key answers the same job, as the field `idempotency_key` does.", MAX_NAME_CHARS)],
        "requestBody": { "required": true, "content": { "application/json": { "schema": request_schema(info, generator) } } },
        "responses": {
            "200": with_headers(answer("The idempotency key is known: where its job is.", &record), &location),
            "202": accepted,
            "400": refusal("A rule between fields is broken; nothing was enqueued."),
            "408": refusal("The body came too slowly; nothing was enqueued."),
            "409": refusal("The idempotency key belongs to another request; nothing was enqueued."),
            "413": refusal("The body is larger than 1 MiB; nothing was enqueued."),
            "415": refusal("A browser sent a body that is not application/json; nothing was enqueued."),
            "422": answer("Fields are missing, unknown or ill-formed; nothing was enqueued.", &problems()),
            "429": try_later("Too many exports wait; nothing was enqueued."),
            "503": try_later("Redis cannot be reached or is full."),
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
            "503": try_later("Redis cannot be reached."),
        },
    })
}

fn fixed_paths(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let event = generator.subschema_for::<CompletionEvent>().to_value();
    let file = json!({ "description": "The file.", "content": { "application/octet-stream": {} } });
    let paths = json!({
        "/api/exports/{job_id}": { "delete": {
            "operationId": "cancel", "summary": "Cancel an export", "tags": ["exports"],
            "parameters": [path_parameter("job_id", "Any string is accepted.")],
            "responses": {
                "204": { "description": "Cancelled; or it runs and was asked to stop; or it had ended before. Its status says which." },
                "404": refusal("No such job, or it ended over an hour ago."),
                "503": try_later("Redis cannot be reached."),
            },
        } },
        "/api/kinds": { "get": {
            "operationId": "kinds", "summary": "What can be exported", "tags": ["exports"],
            "responses": { "200": { "description": "Every kind with its limits.", "content": { "application/json": {} } } },
        } },
        "/api/static/exports/{filename}": { "get": {
            "operationId": "download", "summary": "Fetch an artifact", "tags": ["files"],
            "parameters": [
                path_parameter("filename", "As in the status record."),
                { "name": "inline", "in": "query", "required": false, "schema": { "type": "string", "enum": ["1"] },
                  "description": "A PDF opens in the browser instead of being saved." },
            ],
            "responses": {
                "200": file, "206": { "description": "The part that `Range` asked for." },
                "304": { "description": "Unchanged since the `ETag` in `If-None-Match`." },
                "404": refusal("No such file."), "416": { "description": "`Range` lies outside the file." },
                "503": try_later("Too many files are being fetched."),
            },
        } },
        "/api/files/{filename}/link": { "post": {
            "operationId": "link", "summary": "Make an address that fetches an artifact without a key, for a while", "tags": ["files"],
            "parameters": [
                path_parameter("filename", "As in the status record."),
                { "name": "seconds", "in": "query", "required": false, "schema": { "type": "integer", "minimum": 1, "maximum": 604_800 },
                  "description": "For how long; an hour unless told otherwise." },
            ],
            "responses": {
                "200": answer("The address, and when it is over.", &json!({
                    "type": "object", "required": ["url", "expires_at"],
                    "properties": { "url": { "type": "string" }, "expires_at": { "type": "string", "format": "date-time" } },
                })),
                "400": refusal("Not for so long."),
                "404": refusal("No such file."),
                "409": refusal("The gateway has no secret that signs links."),
            },
        } },
        "/api/events": { "get": {
            "operationId": "events", "summary": "Follow completions (server-sent events)", "tags": ["events"],
            "parameters": [
                header_parameter("Last-Event-ID", "Resume behind this event without loss; without it only new events come.", MAX_EVENT_ID_CHARS),
                { "name": "last_event_id", "in": "query", "required": false, "schema": { "type": "string" },
                  "description": "The same, for clients that cannot set a header. The header goes before it." },
            ],
            "responses": {
                "200": {
                    "description": "Events named as the final state; `lagged` when events were missed.",
                    "content": { "text/event-stream": { "schema": event } },
                },
                "400": refusal("The id is not that of an event."),
                "503": try_later("Redis cannot be reached (a client that accepts text/event-stream is answered 200 with `retry` and no event), or too many clients follow."),
            },
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

fn header_parameter(name: &str, description: &str, max_chars: usize) -> Value {
    let schema = json!({ "type": "string", "minLength": 1, "maxLength": max_chars });
    json!({ "name": name, "in": "header", "required": false, "schema": schema, "description": description })
}

fn refusal(description: &str) -> Value {
    let detail =
        json!({ "type": "object", "required": ["detail"], "properties": { "detail": { "type": "string" } } });
    answer(description, &detail)
}

fn try_later(description: &str) -> Value {
    let seconds = json!({ "Retry-After": { "schema": { "type": "integer" } } });
    with_headers(refusal(description), &seconds)
}

fn with_headers(mut answer: Value, headers: &Value) -> Value {
    answer["headers"] = headers.clone();
    answer
}

fn answer(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}
