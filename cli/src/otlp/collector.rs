//! The collector at the other end: sends on our runtime and with our HTTP client, and says once when it is away.
//!
//! The exporter calls from a thread of its own, so a collector that is slow or away costs jobs nothing: spans that
//! cannot be sent, or that the exporter's bounded queue has no room for, are dropped.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::Client;
use tokio::runtime::Handle;

use super::settings::Settings;
use crate::exit::Exit;

#[derive(Debug)]
pub(super) struct Collector {
    http: Client,
    /// The exporter's thread has none of its own.
    runtime: Handle,
    endpoint: String,
    away: AtomicBool,
}

impl Collector {
    pub(super) fn new(settings: &Settings, runtime: Handle) -> Result<Self, Exit> {
        let http = Client::builder().timeout(settings.timeout).build();
        let http = http.context("cannot start the HTTP client for spans")?;
        Ok(Self { http, runtime, endpoint: settings.endpoint.to_string(), away: AtomicBool::new(false) })
    }

    /// One line when it goes and one when it comes back, however many batches are lost between.
    fn note(&self, failure: Option<String>) {
        let was_away = self.away.swap(failure.is_some(), Ordering::Relaxed);
        let endpoint = &self.endpoint;
        match failure {
            Some(error) if !was_away => {
                tracing::warn!(endpoint, error, "spans cannot be sent and are lost meanwhile; jobs go on");
            }
            None if was_away => tracing::info!(endpoint, "spans are sent again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.runtime.spawn(exchange(self.http.clone(), request)).await?;
        self.note(match &sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answered {}", answer.status())),
            Err(error) => Some(error.to_string()),
        });
        sent
    }
}

async fn exchange(http: Client, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let answer = http.execute(request.try_into()?).await.map_err(|error| reason(&error))?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await.map_err(|error| reason(&error))?;
    Ok(response)
}

/// The innermost cause: the others only say that a request failed, and repeat the address.
fn reason(error: &reqwest::Error) -> HttpError {
    if error.is_timeout() {
        return "no answer in time".into();
    }
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string().into()
}
