//! Connections to Redis: [`Link`], which is shared and mends itself, and [`blocking`], for a read that waits.
//!
//! Not `redis::aio::ConnectionManager`: it keeps a connection that only times out (half open) or that leads to a
//! master which was demoted (READONLY), and both happen in production.

use std::future::Future;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError,
    RedisResult, ServerErrorKind,
};
use tokio::sync::Mutex;

use crate::error::{StreamError, Trouble};
use crate::{meters, script};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const REPLY_TIMEOUT: Duration = Duration::from_secs(5);
/// After a failed attempt, callers get its error for this long instead of queueing for attempts of their own.
const FAILURE_STANDS: Duration = Duration::from_millis(100);

/// Where `url` points, with the socket options that every connection wants. The client's own default leaves
/// Nagle's algorithm on, which costs a small request up to 40 ms.
pub(crate) fn client(url: &str) -> Result<Client, StreamError> {
    let tcp = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(2 * REPLY_TIMEOUT);
    let info = url.into_connection_info().map_err(StreamError::Url)?.set_tcp_settings(tcp);
    Client::open(info).map_err(StreamError::Url)
}

/// A connection for commands that block. It never gives up waiting for a reply: the client's default of 500 ms
/// would abandon a read that Redis then answers to nobody, and the entry would be lost until it is found as a stray.
pub(crate) async fn blocking(client: &Client) -> RedisResult<MultiplexedConnection> {
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_TIMEOUT)).set_response_timeout(None);
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    load_scripts(&mut connection).await?;
    Ok(connection)
}

/// One connection that many share. A broken one is replaced at the next use.
pub(crate) struct Link {
    client: Client,
    state: Mutex<State>,
}

#[derive(Clone)]
enum State {
    Up(Numbered),
    Down { since: Option<Instant>, error: Option<RedisError>, number: u64 },
}

/// The number tells which connection an error speaks of: a caller that comes late must not break the new one.
#[derive(Clone)]
struct Numbered {
    number: u64,
    connection: MultiplexedConnection,
}

impl Link {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, state: Mutex::new(State::Down { since: None, error: None, number: 0 }) }
    }

    /// Sends one command. The error of a lost connection does not tell whether Redis has run it.
    pub(crate) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        self.with(async |mut connection| command.query_async(&mut connection).await).await
    }

    /// Sends commands in one go; they are no transaction.
    pub(crate) async fn pipe<T: FromRedisValue>(&self, commands: &Pipeline) -> RedisResult<T> {
        self.with(async |mut connection| commands.query_async(&mut connection).await).await
    }

    /// Calls a script. Redis may have forgotten it since the connection was made.
    pub(crate) async fn run<T: FromRedisValue>(&self, call: &Cmd) -> RedisResult<T> {
        self.with(async |mut connection| run(&mut connection, call).await).await
    }

    async fn with<T, F>(&self, send: impl FnOnce(MultiplexedConnection) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let Numbered { number, connection } = self.current().await?;
        let result = send(connection).await;
        if let Err(error) = &result
            && Trouble::of(error) == Trouble::Connection
        {
            self.give_up(number).await;
        }
        result
    }

    /// The connection in use, or a new one. All callers wait for the same attempt.
    async fn current(&self) -> RedisResult<Numbered> {
        let mut state = self.state.lock().await;
        let number = match &*state {
            State::Up(current) => return Ok(current.clone()),
            State::Down { since: Some(since), error: Some(error), .. }
                if since.elapsed() < FAILURE_STANDS =>
            {
                return Err(error.clone());
            }
            State::Down { number, .. } => *number + 1,
        };
        match self.connect().await {
            Ok(connection) => {
                if number > 1 {
                    metrics::counter!(meters::RECONNECTS, "connection" => "shared").increment(1);
                }
                let current = Numbered { number, connection };
                *state = State::Up(current.clone());
                Ok(current)
            }
            Err(error) => {
                *state = State::Down { since: Some(Instant::now()), error: Some(error.clone()), number };
                Err(error)
            }
        }
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(REPLY_TIMEOUT));
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        load_scripts(&mut connection).await?;
        Ok(connection)
    }

    async fn give_up(&self, number: u64) {
        let mut state = self.state.lock().await;
        if matches!(&*state, State::Up(current) if current.number == number) {
            *state = State::Down { since: None, error: None, number };
        }
    }
}

/// Calls a script over `connection`, loading it again when Redis has forgotten it.
pub(crate) async fn run<T: FromRedisValue>(
    connection: &mut MultiplexedConnection,
    call: &Cmd,
) -> RedisResult<T> {
    match call.query_async(connection).await {
        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
            load_scripts(connection).await?;
            call.query_async(connection).await
        }
        result => result,
    }
}

async fn load_scripts(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    for script in script::all() {
        script.load_async(connection).await?;
    }
    Ok(())
}
