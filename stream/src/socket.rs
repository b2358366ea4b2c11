//! One plain connection to one address.

use std::future::Future;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, RedisResult};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long anybody may take to answer.
pub(crate) const REPLY_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects, and logs in.
pub(crate) async fn open(
    info: ConnectionInfo,
    reply_timeout: Option<Duration>,
) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(reply_timeout);
    Client::open(info)?.get_multiplexed_async_connection_with_config(&config).await
}

/// The connection may have no time-out of its own.
pub(crate) async fn answered<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    tokio::time::timeout(REPLY_TIMEOUT, answer).await.map_err(|_| silent())?
}

pub(crate) fn silent() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::TimedOut, "Redis was silent")
}
