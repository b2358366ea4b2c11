//! What a URL names: a server, or a service whose master the Sentinels tell.

use redis::io::tcp::TcpSettings;
use redis::{ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisError};

use crate::error::StreamError;
use crate::settings::Settings;

/// Of a Sentinel, where none is written.
const SENTINEL_PORT: &str = "26379";

/// Where to begin to look for our keys.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// A server, or any node of a cluster.
    Server(ConnectionInfo),
    /// Whatever server the Sentinels call the master of a service.
    Service {
        /// Its name.
        name: String,
        /// Whom to ask.
        sentinels: Vec<ConnectionInfo>,
        /// How its master is asked: user, database, certificates. Its address is that of a Sentinel.
        master: ConnectionInfo,
    },
}

impl Address {
    /// Reads the URL of the settings: `redis://`, `rediss://`, `redis+unix://`, or
    /// `redis-sentinel://[user:pass@]host:port,host:port/service[/db]` and `rediss-sentinel://`. User and password are
    /// those of the master; `?sentinel_user=..&sentinel_pass=..` those of the Sentinels.
    ///
    /// # Errors
    /// It is no such URL, or its certificates cannot be used.
    pub(crate) fn of(settings: &Settings, tcp: &TcpSettings) -> Result<Self, StreamError> {
        let info = |url: &str| -> Result<ConnectionInfo, StreamError> {
            let info = url.into_connection_info().map_err(StreamError::Url)?;
            Ok(settings.tls.equip(info.set_tcp_settings(tcp.clone()))?)
        };
        let Some(parts) = Parts::of(&settings.url)? else { return Ok(Self::Server(info(&settings.url)?)) };
        Ok(Self::Service {
            sentinels: parts.sentinels().iter().map(|url| info(url)).collect::<Result<_, _>>()?,
            master: info(&parts.master())?,
            name: parts.service,
        })
    }

    /// How a server is asked.
    pub(crate) fn info(&self) -> &ConnectionInfo {
        match self {
            Self::Server(info) | Self::Service { master: info, .. } => info,
        }
    }
}

/// The parts of a Sentinel URL, as they are written.
#[derive(Debug)]
struct Parts {
    /// `redis` or `rediss`.
    scheme: &'static str,
    /// With the `@`.
    login: String,
    /// The same for the Sentinels.
    sentinel_login: String,
    /// Host and port.
    hosts: Vec<String>,
    service: String,
    database: String,
    /// What else stands behind the `?`.
    query: String,
}

impl Parts {
    /// `None`: it names no Sentinels.
    fn of(url: &str) -> Result<Option<Self>, StreamError> {
        let (scheme, rest) = match url.split_once("://") {
            Some(("redis-sentinel", rest)) => ("redis", rest),
            Some(("rediss-sentinel", rest)) => ("rediss", rest),
            _ => return Ok(None),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (service, database) = path.split_once('/').unwrap_or((path, ""));
        let (login, hosts) =
            authority.rsplit_once('@').map_or(("", authority), |(login, hosts)| (login, hosts));
        if service.is_empty() {
            return Err(unclear("it names no service behind the Sentinels"));
        }
        let mut parts = Self {
            scheme,
            login: if login.is_empty() { String::new() } else { format!("{login}@") },
            sentinel_login: String::new(),
            hosts: hosts.split(',').map(with_port).collect(),
            service: service.to_owned(),
            database: database.to_owned(),
            query: String::new(),
        };
        if parts.hosts.iter().any(|host| host.starts_with(':')) {
            return Err(unclear("a Sentinel has no host"));
        }
        parts.sort_query(query);
        Ok(Some(parts))
    }

    fn sort_query(&mut self, query: &str) {
        let (mut user, mut password) = ("", None);
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sentinel_user", value)) => user = value,
                Some(("sentinel_pass", value)) => password = Some(value),
                _ => others.push(pair),
            }
        }
        self.query = others.join("&");
        if let Some(password) = password {
            self.sentinel_login = format!("{user}:{password}@");
        }
    }

    fn sentinels(&self) -> Vec<String> {
        let url = |host| format!("{}://{}{host}", self.scheme, self.sentinel_login);
        self.hosts.iter().map(url).collect()
    }

    fn master(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        let Self { scheme, login, hosts, database, query, .. } = self;
        format!("{scheme}://{login}{}/{database}{mark}{query}", hosts[0])
    }
}

fn with_port(host: &str) -> String {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let is_bare_v6 = host.ends_with(']');
    if has_port && !is_bare_v6 { host.to_owned() } else { format!("{host}:{SENTINEL_PORT}") }
}

fn unclear(why: &str) -> StreamError {
    let text =
        format!("{why}; it goes redis-sentinel://user:password@host:26379,host:26379/service/database");
    StreamError::Url(RedisError::from((ErrorKind::InvalidClientConfig, "not clear", text)))
}

#[cfg(test)]
mod tests {
    use redis::ConnectionAddr;

    use super::*;

    fn read(url: &str) -> Result<Address, StreamError> {
        Address::of(&Settings::new(url), &TcpSettings::default())
    }

    #[test]
    fn a_sentinel_url_names_sentinels_service_and_how_the_master_is_asked() {
        let url = "redis-sentinel://anna:p%40ss@one,two:26380,[fd00::3],[fd00::4]:7/jobs/2?sentinel_pass=watch%20er&\
                   protocol=resp3&sentinel_user=sam";
        let Address::Service { name, sentinels, master } = read(url).unwrap() else { panic!("{url}") };
        assert_eq!(name, "jobs");
        let addresses: Vec<String> = sentinels.iter().map(|info| info.addr().to_string()).collect();
        assert_eq!(addresses, ["one:26379", "two:26380", "fd00::3:26379", "fd00::4:7"]);
        for sentinel in &sentinels {
            let login = sentinel.redis_settings();
            assert_eq!((login.username(), login.password()), (Some("sam"), Some("watch er")));
        }
        let login = master.redis_settings();
        assert_eq!((login.username(), login.password(), login.db()), (Some("anna"), Some("p@ss"), 2));
    }

    #[test]
    fn where_little_is_written_little_is_asked() {
        let Address::Service { sentinels, master, .. } = read("redis-sentinel://one/jobs").unwrap() else {
            panic!("no service")
        };
        for info in sentinels.iter().chain([&master]) {
            assert_eq!((info.redis_settings().password(), info.redis_settings().db()), (None, 0));
        }
        assert!(matches!(read("redis://one:1/3").unwrap(), Address::Server(_)));
        let dir = tempfile::tempdir().unwrap();
        let ca = dir.path().join("ca.pem");
        std::fs::write(&ca, "-----BEGIN CERTIFICATE-----\n").unwrap();
        let tls = crate::tls::Tls { ca: Some(ca), ..Default::default() };
        let settings = Settings { tls, ..Settings::new("redis-sentinel://one/jobs") };
        assert!(matches!(Address::of(&settings, &TcpSettings::default()), Err(StreamError::Tls(_))));
        if let Ok(Address::Service { sentinels, .. }) = read("rediss-sentinel://one/jobs") {
            assert!(matches!(sentinels[0].addr(), ConnectionAddr::TcpTls { .. }));
        }
    }

    #[test]
    fn what_is_unclear_is_told_with_how_it_goes() {
        for url in ["redis-sentinel://one:26379", "redis-sentinel://one:26379/", "redis-sentinel:///jobs"] {
            let told = read(url).unwrap_err().to_string();
            assert!(told.contains("redis-sentinel://user:password@host:26379"), "{told}");
        }
    }
}
