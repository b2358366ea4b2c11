//! A TCP proxy in front of Redis that loses replies.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Pass,
    /// Commands reach Redis; its replies reach nobody.
    Swallow,
}

pub(crate) struct Proxy {
    pub(crate) url: String,
    mode: Arc<watch::Sender<(Mode, u64)>>,
}

impl Proxy {
    pub(crate) async fn start(redis_url: &str) -> Self {
        let socket = PathBuf::from(redis_url.strip_prefix("redis+unix://").unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let mode = Arc::new(watch::Sender::new((Mode::Pass, 0)));
        tokio::spawn({
            let mode = Arc::clone(&mode);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = UnixStream::connect(&socket).await.unwrap();
                    tokio::spawn(carry(client, server, mode.subscribe()));
                }
            }
        });
        Self { url, mode }
    }

    /// From now on replies are lost.
    pub(crate) fn swallow(&self) {
        self.mode.send_modify(|(mode, _)| *mode = Mode::Swallow);
    }

    /// Breaks all connections; new ones work.
    pub(crate) fn cut(&self) {
        self.mode.send_modify(|(mode, cuts)| (*mode, *cuts) = (Mode::Pass, *cuts + 1));
    }
}

async fn carry(client: tokio::net::TcpStream, server: UnixStream, mut mode: watch::Receiver<(Mode, u64)>) {
    let cuts = mode.borrow().1;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let replies = mode.clone();
    let there = tokio::io::copy(&mut from_client, &mut to_server);
    let back = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
            let passes = replies.borrow().0 == Mode::Pass;
            if passes && to_client.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = there => {}
        () = back => {}
        _ = mode.wait_for(|(_, now)| *now != cuts) => {}
    }
}
