//! Asks a Sentinel who the master of a service is.

use std::collections::HashMap;

use redis::aio::MultiplexedConnection;
use redis::{ConnectionInfo, ErrorKind, RedisError, RedisResult};

use crate::handshake;
use crate::server::{is_unfit, unfit};
use crate::socket::{REPLY_TIMEOUT, answered, open};

/// Host and port of the master of `service`, as this Sentinel sees it.
///
/// # Errors
/// It does not answer, knows no such service, or is no Sentinel.
pub(crate) async fn master_of(service: &str, asked: &ConnectionInfo) -> RedisResult<(String, u16)> {
    let answer = async {
        let mut connection = open(asked.clone(), Some(REPLY_TIMEOUT)).await?;
        let mut ask = redis::cmd("SENTINEL");
        ask.arg("get-master-addr-by-name").arg(service);
        let answer: Option<(String, u16)> = answered(ask.query_async(&mut connection)).await?;
        Ok((connection, answer))
    };
    match answer.await {
        Ok((_, Some(master))) => Ok(master),
        Ok((mut connection, None)) => Err(unknown(service, asked, &mut connection).await),
        Err(error) => Err(told(error, asked).await),
    }
}

async fn told(error: RedisError, asked: &ConnectionInfo) -> RedisError {
    let address = asked.addr();
    let detail = error.detail().unwrap_or_default().to_lowercase();
    if detail.contains("unknown command") {
        return unfit(format!("{address} is no Sentinel: ask it by redis:// instead of redis-sentinel://"));
    }
    let is_login = matches!(error.code(), Some("NOAUTH" | "WRONGPASS" | "NOPERM"))
        || error.kind() == ErrorKind::AuthenticationFailed;
    if is_login {
        return unfit(format!(
            "the Sentinel at {address} does not let us in ({error}): name its user and password with \
             ?sentinel_user=...&sentinel_pass=..."
        ));
    }
    let error = handshake::explain(error, asked, false).await;
    if is_unfit(&error) {
        return error;
    }
    (ErrorKind::Io, "no Sentinel tells the master", format!("{address}: {error}")).into()
}

async fn unknown(
    service: &str,
    asked: &ConnectionInfo,
    connection: &mut MultiplexedConnection,
) -> RedisError {
    let mut ask = redis::cmd("SENTINEL");
    ask.arg("masters");
    let known: RedisResult<Vec<HashMap<String, String>>> = answered(ask.query_async(connection)).await;
    let names: Vec<String> =
        known.unwrap_or_default().into_iter().filter_map(|mut one| one.remove("name")).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    unfit(format!(
        "the Sentinel at {} watches no service named {service:?}, but these: {names}; name one of them in REDIS_URL",
        asked.addr()
    ))
}
