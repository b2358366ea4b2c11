//! A TCP proxy in front of Redis that delays, loses and holds what it carries.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What happens to the bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Pass,
    /// Replies arrive late.
    Delay(Duration),
    /// Commands reach Redis; its replies reach nobody.
    Swallow,
    /// Nothing moves, and nobody is told: a connection that is open on one side only.
    Freeze,
}

/// How the proxy treats its connections; a higher number of cuts ends all older ones.
type State = (Mode, u64);

/// A TCP proxy in front of a Redis on a unix socket. Stops when it is dropped.
pub struct Proxy {
    url: String,
    state: Arc<watch::Sender<State>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port and carries everything to the Redis at `redis_url`.
    ///
    /// # Panics
    /// When the URL names no unix socket or there is no free port.
    pub async fn start(redis_url: &str) -> Self {
        Self::at(0, redis_url).await
    }

    /// The same on a port of one's choice.
    ///
    /// # Panics
    /// As [`Proxy::start`], or when somebody has the port.
    pub async fn at(port: u16, redis_url: &str) -> Self {
        let socket = redis_url.strip_prefix("redis+unix://").expect("private servers listen on a socket");
        let socket = PathBuf::from(socket);
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        let url = format!("redis://{}", listener.local_addr().expect("it is bound"));
        let state = Arc::new(watch::Sender::new((Mode::Pass, 0)));
        let states = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // While Redis is away, its clients are hung up on.
                if let Ok(server) = UnixStream::connect(&socket).await {
                    tokio::spawn(carry(client, server, states.subscribe()));
                }
            }
        });
        Self { url, state, accepting }
    }

    /// Where clients connect to: `redis://127.0.0.1:...`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on replies are lost.
    pub fn swallow(&self) {
        self.turn(Mode::Swallow);
    }

    /// From now on replies arrive late by this much.
    pub fn delay(&self, by: Duration) {
        self.turn(Mode::Delay(by));
    }

    /// From now on nothing moves, and nobody is told.
    pub fn freeze(&self) {
        self.turn(Mode::Freeze);
    }

    /// From now on everything passes; connections stay.
    pub fn pass(&self) {
        self.turn(Mode::Pass);
    }

    /// Breaks all connections; new ones work.
    pub fn cut(&self) {
        self.state.send_modify(|(mode, cuts)| (*mode, *cuts) = (Mode::Pass, *cuts + 1));
    }

    fn turn(&self, to: Mode) {
        self.state.send_modify(|(mode, _)| *mode = to);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn carry(client: TcpStream, server: UnixStream, mut state: watch::Receiver<State>) {
    let cuts = state.borrow().1;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pump(from_client, to_server, state.clone(), false) => {}
        () = pump(from_server, to_client, state.clone(), true) => {}
        _ = state.wait_for(|(_, now)| *now != cuts) => {}
    }
}

/// Carries one direction until an end hangs up.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
    replies: bool,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut has_lost = false;
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if state.wait_for(|(mode, _)| *mode != Mode::Freeze).await.is_err() {
            return;
        }
        let mode = state.borrow().0;
        match mode {
            // What has a hole is never gone on with: a replica would take the rest of the stream for all of it.
            _ if has_lost => continue,
            Mode::Swallow if replies => {
                has_lost = true;
                continue;
            }
            Mode::Delay(by) if replies => tokio::time::sleep(by).await,
            _ => {}
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
