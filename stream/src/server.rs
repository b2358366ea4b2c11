//! Which program answers at an address, asked before anything else: what cannot work is refused by name, with the next
//! step, before any script is loaded.

use std::collections::HashMap;

use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError, RedisResult, Value};

use crate::refusals::is_refusal;

/// Oldest version of Redis that knows what our scripts ask for.
const OLDEST: u32 = 7;

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Server {
    /// Of Redis; for others that of the Redis with which they say to be compatible.
    pub(crate) version: Option<String>,
    /// `standalone`, `cluster`, `sentinel`.
    pub(crate) mode: Option<String>,
    /// `master`, `slave` or `replica`, where it says so.
    pub(crate) role: Option<String>,
    /// Another program with a version of its own.
    other: Option<(&'static str, String)>,
}

impl Server {
    /// Asks it. Where INFO is not permitted, HELLO tells the most of it: that is permitted to everybody.
    ///
    /// # Errors
    /// The connection is of no use.
    pub(crate) async fn of(connection: &mut MultiplexedConnection) -> RedisResult<Self> {
        match redis::cmd("INFO").arg("server").query_async::<String>(connection).await {
            Ok(info) => Ok(Self::from_info(&info)),
            Err(error) if is_refusal(&error) => {
                Ok(Self::from_hello(&redis::cmd("HELLO").query_async(connection).await?))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether it follows a master. Everybody may ask HELLO, unlike ROLE, and it says the same.
    ///
    /// # Errors
    /// The connection is of no use.
    pub(crate) async fn is_replica(connection: &mut MultiplexedConnection) -> RedisResult<bool> {
        let hello: HashMap<String, Value> = redis::cmd("HELLO").query_async(connection).await?;
        Ok(matches!(Self::from_hello(&hello).role.as_deref(), Some("replica" | "slave")))
    }

    fn from_info(info: &str) -> Self {
        let fields: HashMap<&str, &str> = info.lines().filter_map(|line| line.split_once(':')).collect();
        let field = |name| fields.get(name).map(|text| text.trim().to_owned());
        let is_keydb = field("executable").is_some_and(|path| path.contains("keydb"));
        let keydb = || field("redis_version").filter(|_| is_keydb).map(|version| ("KeyDB", version));
        Self {
            version: field("redis_version"),
            mode: field("redis_mode").or_else(|| field("server_mode")), // Valkey 8 calls it so
            role: None,
            other: field("dragonfly_version").map(|version| ("Dragonfly", version)).or_else(keydb),
        }
    }

    pub(crate) fn from_hello(hello: &HashMap<String, Value>) -> Self {
        let field = |name: &str| redis::from_redis_value_ref::<String>(hello.get(name)?).ok();
        let version = field("version");
        let other = match field("server").as_deref() {
            Some("keydb") => Some("KeyDB"),
            Some("dragonfly") => Some("Dragonfly"),
            _ => None,
        };
        let other = other.map(|name| (name, version.clone().unwrap_or_default()));
        Self { version, mode: field("mode"), role: field("role"), other }
    }

    /// A node of a Redis Cluster.
    pub(crate) fn is_node(&self) -> bool {
        self.mode.as_deref() == Some("cluster")
    }

    /// # Errors
    /// Why it cannot be used, and what to do.
    pub(crate) fn check(&self) -> RedisResult<()> {
        self.unfit().map_or(Ok(()), |why| Err(unfit(why)))
    }

    fn unfit(&self) -> Option<String> {
        if let Some((name, version)) = &self.other {
            return Some(format!(
                "this is {name} {version}, whose streams and scripts are not those of Redis; use Redis 7.0 or newer, or \
                 Valkey"
            ));
        }
        if self.mode.as_deref() == Some("sentinel") {
            return Some(
                "this is a Sentinel, which keeps no jobs: write redis-sentinel://host:port,host:port/SERVICE (redis-cli -p \
                 PORT sentinel masters tells the names of its services), or give the address of the master itself"
                    .into(),
            );
        }
        let version = self.version.as_deref()?;
        let major: u32 = version.split('.').next()?.parse().ok()?;
        (major < OLDEST).then(|| {
            format!("Redis {version} is too old: update it to 7.0 or newer, or use Valkey, or name another (REDIS_URL)")
        })
    }
}

pub(crate) fn is_unfit(error: &RedisError) -> bool {
    error.kind() == ErrorKind::InvalidClientConfig
}

/// The error of a server that cannot be used: why, and what to do.
pub(crate) fn unfit(why: String) -> RedisError {
    (ErrorKind::InvalidClientConfig, "this server cannot be used", why).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(info: &str) -> Option<String> {
        Server::from_info(info).unfit()
    }

    #[test]
    fn what_cannot_work_is_refused_by_name_with_the_next_step() {
        for (info, told) in [
            ("redis_version:6.2.14\r\nredis_mode:standalone\r\n", "6.2.14 is too old: update it to 7.0"),
            ("redis_version:7.4.0\r\ndragonfly_version:df-v1.40.1\r\n", "this is Dragonfly df-v1.40.1"),
            ("redis_version:6.3.4\r\nexecutable:/data/keydb-server\r\n", "this is KeyDB 6.3.4"),
            ("redis_version:7.0.15\r\nredis_mode:sentinel\r\n", "this is a Sentinel"),
        ] {
            let why = refused(info).unwrap();
            assert!(why.contains(told), "{why}");
            assert!(why.contains("use ") || why.contains("give "), "{why}");
        }
    }

    #[test]
    fn redis_7_and_valkey_are_taken_and_what_says_nothing_as_well() {
        for info in [
            "redis_version:7.0.0\r\nredis_mode:standalone\r\n",
            "redis_version:8.2.3\r\nredis_mode:standalone\r\n",
            "redis_version:7.0.15\r\nredis_mode:cluster\r\n",
            "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2\r\nserver_mode:standalone\r\n",
            "",
            "redis_version:of the house\r\n",
        ] {
            assert_eq!(refused(info), None, "{info}");
        }
    }

    #[test]
    fn hello_tells_it_where_info_is_not_permitted() {
        let hello = |pairs: &[(&str, &str)]| {
            let text = |text: &str| Value::BulkString(text.into());
            let map = pairs.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
            Server::from_hello(&map).unfit()
        };
        assert_eq!(hello(&[("server", "redis"), ("version", "7.0.15"), ("mode", "standalone")]), None);
        assert!(hello(&[("server", "redis"), ("version", "6.0.16")]).unwrap().contains("too old"));
        assert!(hello(&[("server", "redis"), ("mode", "sentinel")]).unwrap().contains("Sentinel"));
        assert!(hello(&[("server", "dragonfly"), ("version", "1.40")]).unwrap().contains("Dragonfly"));
    }
}
