//! The client of the HTTP gateway.

use std::path::Path;

use anyhow::{Context, anyhow};
use deertrack_schemas::{KINDS, Kind};
use eventsource_stream::{Event, Eventsource};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use super::answers::{Accepted, Seen, text};
use crate::exit::{Code, Exit};

pub(crate) struct Gateway {
    base: String,
    http: reqwest::Client,
}

impl Gateway {
    pub(crate) fn new(base: &str, key: Option<&str>) -> Result<Self, Exit> {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let mut bearer = HeaderValue::try_from(format!("Bearer {}", key.trim())).map_err(|_| {
                Exit::text(Code::Refused, "the key (--key, DEERTRACK_KEY) is not one: dtk....")
            })?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        let http = reqwest::Client::builder().default_headers(headers).build();
        let http = http.context("cannot start the HTTP client")?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), http })
    }

    pub(crate) async fn submit(&self, kind: Kind, body: &Value) -> Result<Accepted, Exit> {
        let address = format!("{}/api/exports/{}", self.base, kind.name());
        let response = self.send(self.http.post(address).json(body)).await?;
        let status = response.status();
        let answer: Value = response.json().await.context("the gateway's answer is not JSON")?;
        match (status, text(&answer, "job_id")) {
            (StatusCode::ACCEPTED | StatusCode::OK, Some(job_id)) => {
                Ok(Accepted { job_id: job_id.to_owned(), existing: status == StatusCode::OK })
            }
            _ => Err(refused(status, answer)),
        }
    }

    pub(crate) async fn status(&self, job_id: &str) -> Result<Option<Value>, Exit> {
        // The gateway looks up the id alone; any known kind leads there.
        let mut address = reqwest::Url::parse(&self.base).context("--gateway is not a URL")?;
        let segments = ["api", "exports", KINDS[0].name, job_id];
        address.path_segments_mut().map_err(|()| anyhow!("--gateway is not an HTTP URL"))?.extend(segments);
        let response = self.send(self.http.get(address)).await?;
        let status = response.status();
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer: Value = response.json().await.context("the gateway's answer is not JSON")?;
        if status.is_success() { Ok(Some(answer)) } else { Err(refused(status, answer)) }
    }

    pub(crate) async fn watch(
        &self,
        after: Option<&str>,
    ) -> Result<BoxStream<'static, Result<Seen, Exit>>, Exit> {
        let mut request = self.http.get(format!("{}/api/events", self.base));
        if let Some(id) = after {
            request = request.header("Last-Event-ID", id);
        }
        let response = self.send(request).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(refused(status, response.json().await.unwrap_or(Value::Null)));
        }
        let events = response.bytes_stream().eventsource();
        let broken = |error| Exit::unavailable(anyhow!("the event stream broke off: {error}"));
        Ok(events.map_err(broken).and_then(async |event| seen(event)).boxed())
    }

    pub(crate) async fn download(&self, record: &Value, to: &Path) -> Result<u64, Exit> {
        let path = text(record, "download_url").context("the status names no file")?;
        let response = self.send(self.http.get(format!("{}{path}", self.base))).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(refused(status, response.json().await.unwrap_or(Value::Null)));
        }
        let mut file =
            tokio::fs::File::create(to).await.with_context(|| format!("cannot write {}", to.display()))?;
        let mut size = 0;
        let mut body = response.bytes_stream();
        while let Some(part) = body.try_next().await.context("the download broke off")? {
            size += part.len() as u64;
            file.write_all(&part).await.with_context(|| format!("cannot write {}", to.display()))?;
        }
        file.flush().await.with_context(|| format!("cannot write {}", to.display()))?;
        Ok(size)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, Exit> {
        request.send().await.map_err(|error| {
            let hint = format!(
                "no gateway answers at {}; start one with `deertrack up`, or name another with --gateway",
                self.base
            );
            Exit::unavailable(anyhow::Error::new(error).context(hint))
        })
    }
}

fn refused(status: StatusCode, answer: Value) -> Exit {
    let code = match status.as_u16() {
        400 | 401 | 403 | 404 | 409 | 413 | 421 | 422 => Code::Refused,
        429 | 502..=504 => Code::Unavailable,
        _ => Code::Failed,
    };
    Exit::text(code, sentence(&answer).unwrap_or_else(|| format!("the gateway answered {status}")))
        .with_body(answer)
}

/// `{"detail": ...}` in words.
fn sentence(answer: &Value) -> Option<String> {
    let detail = answer.get("detail")?;
    if let Some(text) = detail.as_str() {
        return Some(text.to_owned());
    }
    let problem = |problem: &Value| {
        let path: Vec<String> = problem["loc"].as_array()?.iter().skip(1).map(bare).collect();
        Some(format!("{}: {}", path.join("."), bare(&problem["msg"])))
    };
    Some(detail.as_array()?.iter().filter_map(problem).collect::<Vec<_>>().join("; "))
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn seen(event: Event) -> Result<Seen, Exit> {
    if event.event == "lagged" {
        return Ok(Seen::Lagged(event.data));
    }
    let completion = serde_json::from_str(&event.data).context("an event of the gateway cannot be read")?;
    Ok(Seen::Ended { id: event.id, event: Box::new(completion) })
}
