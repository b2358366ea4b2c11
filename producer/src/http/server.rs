//! The loop that accepts connections and serves each within the [`Limits`]: HTTP/1.1, and HTTP/2 for who speaks it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Version};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::limits::{self, Connection, Connections, Limits, Watched};
use super::refusal::Refusal;
use super::tls::Certificates;

/// The largest head of a request, in bytes.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Requests at a time on one connection of HTTP/2.
const MAX_REQUESTS: u32 = 64;
/// What is kept of an answer that the client has not read, in bytes.
const MAX_UNSENT_BYTES: usize = 64 * 1024;
/// Pause after a connection that could not be accepted: mostly there is no descriptor for it.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown` fires and every request in flight is answered; connections that say nothing end at once.
pub(super) async fn run(
    listener: TcpListener,
    tls: Option<Arc<Certificates>>,
    app: Router,
    limits: Limits,
    shutdown: CancellationToken,
) {
    let connections = Connections::new(limits);
    let tasks = TaskTracker::new();
    let server = Server { app, tls, builder: Arc::new(builder()), shutdown: shutdown.clone(), peer: None };
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((socket, peer)) => {
                let place = connections.admit();
                let server = Server { peer: Some(Peer(peer)), ..server.clone() };
                tasks.spawn(async move { server.serve(socket, &place.connection).await });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted; silent ones are closed");
                connections.make_room();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().max_buf_size(MAX_HEAD_BYTES).half_close(false);
    builder
        .http2()
        .max_concurrent_streams(MAX_REQUESTS)
        .max_header_list_size(MAX_HEAD_BYTES as u32)
        .max_send_buf_size(MAX_UNSENT_BYTES);
    builder
}

/// The client went away before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[derive(Clone)]
struct Server {
    app: Router,
    tls: Option<Arc<Certificates>>,
    builder: Arc<Builder<TokioExecutor>>,
    shutdown: CancellationToken,
    peer: Option<Peer>,
}

/// Whose connection a request came on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

impl Server {
    async fn serve(self, socket: TcpStream, connection: &Arc<Connection>) {
        // An event is a small packet that nothing follows: without NODELAY it would wait for an acknowledgement.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
        let stream = Watched::new(socket, Arc::clone(connection));
        let Some(tls) = &self.tls else { return self.speak(stream, connection).await };
        let handshake = tls.acceptor().accept(stream);
        tokio::select! {
            shaken = handshake => match shaken {
                Ok(stream) => self.speak(stream, connection).await,
                Err(error) => tracing::debug!(%error, "a client and we found no TLS in common"),
            },
            () = connection.closed.cancelled() => {}
            () = self.shutdown.cancelled() => {}
        }
    }

    async fn speak<S>(self, stream: S, connection: &Arc<Connection>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (app, peer, mine) = (self.app, self.peer, Arc::clone(connection));
        let service = service_fn(move |mut request: Request<Incoming>| {
            peer.and_then(|peer| request.extensions_mut().insert(peer));
            answer(app.clone(), Arc::clone(&mine), request)
        });
        let served = self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        tokio::pin!(served);
        let mut stopping = false;
        loop {
            tokio::select! {
                // In this order: what is being written goes out before it is asked whether there is silence.
                biased;
                result = served.as_mut() => {
                    if let Err(error) = result {
                        tracing::debug!(error, "a connection broke off");
                    }
                    return;
                }
                () = connection.closed.cancelled() => return,
                () = self.shutdown.cancelled(), if !stopping => {
                    if connection.is_silent() {
                        return;
                    }
                    stopping = true;
                    served.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// One request on its way through the router; it counts until the last byte of its answer was taken.
async fn answer(
    app: Router,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let version = request.version();
    let counted = connection.begin(version == Version::HTTP_2);
    let mut response = if connection.aside && !is_about_health(request.uri().path()) {
        Refusal::unavailable("All connections are taken; try again later").into_response()
    } else {
        match app.oneshot(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    };
    if connection.aside && version <= Version::HTTP_11 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| limits::hold(body, counted)))
}

fn is_about_health(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}
