//! A private Redis for a test: on a unix socket in a directory of its own, gone when the test ends.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deertrack_stream::embedded::{Options, Server};
use deertrack_stream::{Settings, Stream};
use tempfile::TempDir;

/// A running server and its directory.
pub struct Redis {
    /// To be killed, stopped and started again.
    pub server: Server,
    dir: TempDir,
}

impl Redis {
    /// A server that keeps nothing.
    ///
    /// # Panics
    /// Without `redis-server` or `valkey-server` on PATH; the message says how to install one.
    pub async fn start() -> Self {
        Self::with(false, &[]).await
    }

    /// A server that writes every command to its append-only file before it replies.
    ///
    /// # Panics
    /// As [`Redis::start`].
    pub async fn durable() -> Self {
        Self::with(true, &[("appendfsync", "always")]).await
    }

    /// A server with more options of redis.conf.
    ///
    /// # Panics
    /// As [`Redis::start`].
    pub async fn with(append_only: bool, extra: &[(&str, &str)]) -> Self {
        let extra = extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self::of(|dir| Options { dir, append_only, check_aof: true, extra }).await
    }

    /// A server on a directory of its own with these options.
    ///
    /// # Panics
    /// As [`Redis::start`].
    pub async fn of(options: impl FnOnce(PathBuf) -> Options) -> Self {
        let dir = TempDir::with_prefix("deertrack-redis-").expect("a temporary directory can be made");
        let options = options(dir.path().to_owned());
        let server = Server::start(options).await.unwrap_or_else(|error| panic!("{error}"));
        Self { server, dir }
    }

    /// Where its files are.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// `redis+unix:///...`
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Sends one command as any other program might; what it answers, as it stands on the wire.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn run(&self, words: &[&[u8]]) -> String {
        let path = self.url().trim_start_matches("redis+unix://");
        let mut socket = UnixStream::connect(path).expect("the server listens on its socket");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("ten seconds are a time");
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend(format!("${}\r\n", word.len()).into_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        socket.write_all(&request).expect("the server reads");
        socket.shutdown(std::net::Shutdown::Write).expect("the socket is open");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("the server answers in text");
        answer
    }

    /// The protocol's default settings on this server.
    pub fn settings(&self) -> Settings {
        Settings::new(self.url())
    }

    /// Connected with the default settings.
    ///
    /// # Panics
    /// When the server has just died.
    pub async fn stream(&self) -> Stream {
        Stream::connect(self.settings()).await.expect("the server has just said that it is ready")
    }
}
