//! The gateway as `serve`, `up` and `demo` run it: its flags, and what they come to.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use chrono_tz::Tz;
use clap::Args;
use deertrack_producer::Exports;
use deertrack_producer::access::Keys;
use deertrack_producer::http::{self, GatewayState, Limits, PathPrefix, TlsFiles};
use deertrack_stream::Stream;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::exit::{Code, Exit};

/// Who may ask, and how much.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct GatewayArgs {
    /// Name by which browsers ask, such as that of a proxy in front: exports.example.org. Others than these and those of
    /// this machine are refused; without it, only where this machine alone can ask. May be repeated
    #[arg(
        long = "allowed-host",
        env = "DEERTRACK_ALLOWED_HOSTS",
        value_delimiter = ',',
        value_name = "NAME",
        value_parser = host
    )]
    allowed_hosts: Vec<String>,
    /// Path of a proxy below which clients ask, such as /exports; whether the proxy takes it away or hands it on
    #[arg(
        long,
        env = "DEERTRACK_PATH_PREFIX",
        default_value = "",
        hide_default_value = true,
        value_name = "PATH"
    )]
    path_prefix: PathPrefix,
    /// The most connections; half of them may follow events [default: 10,000, or what the limit of descriptors allows]
    #[arg(
        long,
        env = "DEERTRACK_MAX_CONNECTIONS",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(16..=1_000_000)
    )]
    max_connections: Option<u32>,
    #[command(flatten)]
    tls: ServerTlsArgs,
    /// Ask for a key: the file that `deertrack keys new` writes. Read anew when it changes
    #[arg(long, env = "DEERTRACK_KEYS_FILE", value_name = "FILE")]
    keys_file: Option<PathBuf>,
    /// Listen for other machines without asking for keys: everybody who reaches the address may do everything
    #[arg(long, env = "DEERTRACK_ALLOW_UNAUTHENTICATED")]
    allow_unauthenticated: bool,
}

/// By which certificates clients trust us.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ServerTlsArgs {
    /// Speak TLS with this certificate: a file in PEM format, with those between it and its CA. Read anew when it changes
    #[arg(long, env = "DEERTRACK_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key of that certificate, in PEM format
    #[arg(long, env = "DEERTRACK_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve only clients that show a certificate signed by this one, in PEM format
    #[arg(long, env = "DEERTRACK_TLS_CLIENT_CA", value_name = "FILE", requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
}

impl ServerTlsArgs {
    fn files(&self) -> Option<TlsFiles> {
        let (cert, key) = self.tls_cert.clone().zip(self.tls_key.clone())?;
        Some(TlsFiles { cert, key, client_ca: self.tls_client_ca.clone() })
    }
}

impl GatewayArgs {
    /// How its address ends.
    pub(crate) fn path(&self) -> &str {
        self.path_prefix.as_str()
    }

    /// How its address begins.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.tls_cert.is_some() { "https" } else { "http" }
    }

    /// Other machines are not served without keys, unless somebody says so.
    pub(crate) fn refuse_open(&self, address: SocketAddr) -> Result<(), Exit> {
        if address.ip().is_loopback() || self.keys_file.is_some() {
            return Ok(());
        }
        if self.allow_unauthenticated {
            tracing::warn!(%address, "everybody who reaches this address may do everything: no keys are asked for");
            return Ok(());
        }
        let text = format!(
            "{address} is reached by other machines, and no keys are asked for. Make one with `deertrack keys new --keys-file \
             keys.toml --id admin --scopes exports:submit,exports:read,...` and start with --keys-file keys.toml; or start \
             with --allow-unauthenticated, and everybody may do everything"
        );
        Err(Exit::text(Code::Failed, text))
    }

    /// Must be called in the runtime that serves.
    fn keys(&self) -> Result<Option<Arc<Keys>>, Exit> {
        self.keys_file.as_deref().map(Keys::follow).transpose().map_err(Exit::failed)
    }

    fn limits(&self) -> Limits {
        let limits = Limits::of_process();
        match self.max_connections.and_then(|most| usize::try_from(most).ok()) {
            Some(most) if most > limits.connections => {
                let fits = limits.connections;
                tracing::warn!(
                    most,
                    fits,
                    "the limit of descriptors (ulimit -n, LimitNOFILE=) allows fewer connections"
                );
                limits
            }
            Some(most) => limits.with_connections(most),
            None => limits,
        }
    }
}

fn host(text: &str) -> Result<String, String> {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']' | b'_');
    if !text.is_empty() && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{text:?} is not a name; write it like exports.example.org, without http:// and without a path"
    ))
}

/// A gateway that is ready to be served.
pub(crate) struct Gateway<'a> {
    pub(crate) args: &'a GatewayArgs,
    pub(crate) stream: Stream,
    pub(crate) zone: Tz,
    pub(crate) export_dir: &'a Path,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) metrics_elsewhere: bool,
}

impl Gateway<'_> {
    /// Serves until `shutdown`.
    pub(crate) async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> Result<(), Exit> {
        let state = GatewayState {
            exports: Exports::new(self.stream, self.zone),
            export_dir: self.export_dir.to_owned(),
            metrics: self.metrics,
            span_context: crate::otlp::span_context,
            limits: self.args.limits(),
            allowed_hosts: self.args.allowed_hosts.clone(),
            tls: self.args.tls.files(),
            keys: self.args.keys()?,
            path_prefix: self.args.path_prefix.clone(),
            metrics_elsewhere: self.metrics_elsewhere,
        };
        Ok(http::serve(listener, state, shutdown).await.context("the gateway stopped")?)
    }
}
