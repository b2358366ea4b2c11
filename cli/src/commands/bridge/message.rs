//! A message of Celery (protocol 2, as kombu lays it into a Redis list), as far as an export can carry it.
//!
//! `{"body": base64 of [args, kwargs, embed], "headers": {"task", "id", "eta", ...}, "properties": {"body_encoding"}}`; what
//! real releases write lies in `schemas/golden/celery`.

use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use deertrack_schemas::{JobId, KINDS, Kind, clip};
use serde_json::{Map, Value};

/// The platform's own.
const PDF_TASK: &str = "worker.tasks.exports.generate_pdf_report_task";

/// A task that is an export.
#[derive(Clone, Debug)]
pub(super) struct TaskName {
    name: String,
    kind: Kind,
    /// Names of its positional arguments.
    arguments: Vec<String>,
}

impl FromStr for TaskName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("{text:?} is not TASK=KIND:ARGUMENT,...: say mine.make_zip=zip:detection_ids");
        let (name, export) = text.split_once('=').ok_or_else(form)?;
        let (kind, arguments) = export.split_once(':').unwrap_or((export, ""));
        let known = || KINDS.iter().map(|info| info.name).collect::<Vec<_>>().join(", ");
        let kind = Kind::named(kind).ok_or_else(|| format!("{kind:?} is no kind of export: {}", known()))?;
        let arguments =
            arguments.split(',').filter(|argument| !argument.is_empty()).map(str::to_owned).collect();
        if name.is_empty() { Err(form()) } else { Ok(Self { name: name.to_owned(), kind, arguments }) }
    }
}

/// The platform's task, and those that were named; the last of a name counts.
pub(super) fn known(named: Vec<TaskName>) -> Vec<TaskName> {
    let arguments = ["start_date", "end_date", "group_by"].map(str::to_owned).to_vec();
    let own = TaskName { name: PDF_TASK.to_owned(), kind: Kind::Pdf, arguments };
    std::iter::once(own).chain(named).collect()
}

/// Their names, for people.
pub(super) fn listed(tasks: &[TaskName]) -> String {
    tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What a message asks for.
pub(super) struct Task {
    pub(super) id: JobId,
    pub(super) kind: Kind,
    /// The request, as JSON.
    pub(super) body: Value,
    pub(super) expires: Option<DateTime<Utc>>,
}

/// Why a message is no export.
pub(super) struct Refused {
    /// Whose status can tell; `None` when not even that can be read.
    pub(super) id: Option<JobId>,
    pub(super) kind: Option<Kind>,
    pub(super) why: String,
}

/// Reads a message.
pub(super) fn read(message: &[u8], tasks: &[TaskName]) -> Result<Task, Refused> {
    let nobodys = |why: String| Refused { id: None, kind: None, why };
    let message: Value =
        serde_json::from_slice(message).map_err(|error| nobodys(format!("it is not JSON: {error}")))?;
    let headers = &message["headers"];
    let id = headers["id"].as_str().ok_or_else(|| {
        nobodys("it has no headers.id: protocol 1? Set task_protocol = 2 in the service".to_owned())
    })?;
    let id: JobId = id.parse().map_err(|error| nobodys(format!("headers.id: {error}")))?;
    let name = headers["task"].as_str().unwrap_or_default();
    let Some(task) = tasks.iter().rfind(|task| task.name == name) else {
        let why = format!("task {:?} is no export; the bridge knows {}", clip(name), listed(tasks));
        return Err(Refused { id: Some(id), kind: None, why });
    };
    let asked = expires(headers).and_then(|expires| Ok((request(&message, task)?, expires)));
    match asked {
        Ok((body, expires)) => Ok(Task { id, kind: task.kind, body, expires }),
        Err(why) => Err(Refused { id: Some(id), kind: Some(task.kind), why }),
    }
}

fn expires(headers: &Value) -> Result<Option<DateTime<Utc>>, String> {
    let Some(text) = headers["expires"].as_str() else { return Ok(None) };
    // Without an offset when the service has enable_utc = False; Celery's own workers take it for UTC as well.
    let time = text.parse().or_else(|_| format!("{text}Z").parse());
    time.map(Some).map_err(|_| format!("expires {:?} is no time", clip(text)))
}

/// The JSON of the request.
fn request(message: &Value, task: &TaskName) -> Result<Value, String> {
    let headers = &message["headers"];
    if !headers["eta"].is_null() {
        return Err(cannot("eta or countdown", "an export runs as soon as a worker is free; send it later"));
    }
    if !headers["group"].is_null() {
        return Err(cannot("a group", "send its tasks one by one"));
    }
    let (args, kwargs, embed) = parts(message)?;
    for (name, value) in &embed {
        let says_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !says_nothing {
            return Err(cannot(&clip(name), "follow the job's end instead: GET /api/events"));
        }
    }
    if args.len() > task.arguments.len() {
        let (given, known) = (args.len(), task.arguments.join(", "));
        return Err(format!("{given} positional arguments were given; {} takes {known}", task.name));
    }
    let mut body = kwargs;
    for (name, value) in task.arguments.iter().zip(args) {
        if body.insert(name.clone(), value).is_some() {
            return Err(format!("the argument {name} was given twice"));
        }
    }
    Ok(Value::Object(body))
}

fn cannot(what: &str, instead: &str) -> String {
    format!("an export cannot carry Celery's {what}: {instead}")
}

type Parts = (Vec<Value>, Map<String, Value>, Map<String, Value>);

fn parts(message: &Value) -> Result<Parts, String> {
    if let Some(compression) = message["headers"]["compression"].as_str() {
        return Err(cannot(&format!("compression {}", clip(compression)), "set task_compression = None"));
    }
    let kind = message["content-type"].as_str().unwrap_or_default();
    if kind != "application/json" {
        return Err(cannot(&format!("serializer {}", clip(kind)), "set task_serializer = \"json\""));
    }
    let text = message["body"].as_str().ok_or("the message has no body")?;
    let bytes = match message["properties"]["body_encoding"].as_str() {
        Some("base64") => BASE64_STANDARD.decode(text).map_err(|error| format!("its body: {error}"))?,
        _ => text.as_bytes().to_vec(),
    };
    serde_json::from_slice(&bytes).map_err(|error| format!("its body is not [args, kwargs, embed]: {error}"))
}
