//! Groups of flags that several commands share, each with its variable, its default and what it does. The flags of one
//! command alone stand in that command's file.

use std::path::PathBuf;

use bytesize::ByteSize;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use deertrack_schemas::Keys;
use deertrack_stream::{Settings, Tls};

/// Which Redis.
#[derive(Args, Clone, Debug)]
pub(crate) struct RedisArgs {
    /// Redis: redis://, rediss://, redis+unix:///path, or redis-sentinel://host:port,host:port/service
    #[arg(
        long,
        env = "REDIS_URL",
        hide_env_values = true,
        default_value = "redis://127.0.0.1:6379",
        value_name = "URL"
    )]
    pub(crate) redis_url: String,
    #[command(flatten)]
    pub(crate) tls: TlsArgs,
    #[command(flatten)]
    pub(crate) prefix: PrefixArgs,
}

impl RedisArgs {
    /// The protocol's defaults on this Redis, under this prefix.
    pub(crate) fn settings(&self) -> Settings {
        let keys = self.prefix.key_prefix.clone();
        Settings { keys, tls: self.tls.tls(), ..Settings::new(&self.redis_url) }
    }
}

/// By which certificates, where it is asked by TLS.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TlsArgs {
    /// Who signs the certificate of Redis: a file in PEM format [default: whom the system trusts]
    #[arg(long, global = true, env = "DEERTRACK_REDIS_CA", value_name = "FILE")]
    pub(crate) redis_ca: Option<PathBuf>,
    /// Certificate to show to Redis, for servers that demand one; in PEM format, with --redis-key
    #[arg(long, global = true, env = "DEERTRACK_REDIS_CERT", value_name = "FILE")]
    pub(crate) redis_cert: Option<PathBuf>,
    /// Private key of that certificate, in PEM format
    #[arg(long, global = true, env = "DEERTRACK_REDIS_KEY", value_name = "FILE")]
    pub(crate) redis_key: Option<PathBuf>,
}

impl TlsArgs {
    fn tls(&self) -> Tls {
        let Self { redis_ca, redis_cert, redis_key } = self.clone();
        Tls { ca: redis_ca, cert: redis_cert, key: redis_key }
    }
}

/// Which keys of it.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PrefixArgs {
    /// Name of the keys in Redis. Stacks of different names share a Redis database and nothing in it
    #[arg(
        long,
        global = true,
        env = "DEERTRACK_KEY_PREFIX",
        default_value = Keys::DEFAULT_NAME,
        value_name = "NAME"
    )]
    pub(crate) key_prefix: Keys,
}

/// When a request is accepted.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AcceptanceArgs {
    /// Refuse (429) while so many jobs wait or run [default: no bound]
    #[arg(long, global = true, env = "DEERTRACK_MAX_BACKLOG", value_name = "JOBS")]
    pub(crate) max_backlog: Option<u64>,
    /// Answer when Redis has the job in memory (fast), on a replica (replicated), or on its disk (synced)
    #[arg(long, global = true, env = "DEERTRACK_DURABILITY", value_enum, default_value = "fast")]
    pub(crate) durability: DurabilityArg,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum DurabilityArg {
    /// In memory; a killed Redis may forget up to a second
    #[default]
    Fast,
    /// On one replica too; survives a failover to it
    Replicated,
    /// In the append-only file on the disk; needs Redis 7.2 and appendonly yes
    Synced,
}

/// Which database.
#[derive(Args, Clone, Debug)]
pub(crate) struct DatabaseArgs {
    /// Database of the platform: postgres://user@host/name or sqlite://path/to/file.db
    #[arg(long = "database", env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) url: String,
}

/// What a database of other names calls what is read.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct CatalogMapArgs {
    /// File that says where the database has what is read [default: looked for under the usual names]
    #[arg(long, env = "DEERTRACK_CATALOG_MAP", value_name = "FILE")]
    pub(crate) catalog_map: Option<PathBuf>,
}

/// Where finished files lie.
#[derive(Args, Clone, Debug)]
pub(crate) struct ExportDirArgs {
    /// Folder of finished exports, shared by gateway and workers
    #[arg(long, env = "DEERTRACK_EXPORT_DIR", default_value = "exports", value_name = "DIR")]
    pub(crate) export_dir: PathBuf,
}

/// Where the photographs are.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImagesArgs {
    /// Folder that relative image paths of the database start from [default: the folder of the SQLite file]
    #[arg(long, env = "DEERTRACK_IMAGES_DIR", value_name = "DIR")]
    pub(crate) images_dir: Option<PathBuf>,
}

/// In which zone days are told.
#[derive(Args, Clone, Debug)]
pub(crate) struct ZoneArgs {
    /// IANA zone of "today" and of local days: Europe/Brussels, America/Chicago
    #[arg(long, env = "DEERTRACK_TIMEZONE", default_value = "UTC", value_name = "ZONE", value_parser = zone)]
    pub(crate) timezone: Tz,
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| format!("{text:?} is not an IANA zone; write it like Europe/Brussels"))
}

/// How a worker runs.
#[derive(Args, Clone, Debug)]
pub(crate) struct PaceArgs {
    /// Jobs at a time; default: one for each core
    #[arg(long, env = "DEERTRACK_CONCURRENCY", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) concurrency: Option<u16>,
    /// Seconds that running jobs may go on after a stop was asked; the rest is handed back. At least 2 s less than what
    /// the service manager waits before it kills (Kubernetes 30 s, `docker stop` 10 s)
    #[arg(long, env = "DEERTRACK_GRACE_SECONDS", default_value_t = 20, value_name = "SECONDS")]
    pub(crate) grace_seconds: u64,
    /// Memory that this process may take: `512MB`, `2GiB`. An export that needs more is refused in words, one that needs
    /// what others have waits [default: the limit of the container, if it has one]
    #[arg(long, env = "DEERTRACK_MEMORY_LIMIT", value_name = "SIZE")]
    pub(crate) memory_limit: Option<ByteSize>,
    #[command(flatten)]
    pub(crate) safety: SafetyArgs,
}

/// On which Redis a service starts.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct SafetyArgs {
    /// Start even on a Redis that may evict jobs or is a replica
    #[arg(long, env = "DEERTRACK_ALLOW_UNSAFE_REDIS")]
    pub(crate) allow_unsafe_redis: bool,
}

#[cfg(test)]
mod tests {
    use clap::{FromArgMatches, Parser};

    use super::*;

    #[derive(Parser)]
    struct Paced {
        #[command(flatten)]
        pace: PaceArgs,
    }

    #[test]
    fn the_grace_time_of_the_command_line_is_that_of_the_worker() {
        let matches = <Paced as clap::CommandFactory>::command().get_matches_from(["work"]);
        let pace = Paced::from_arg_matches(&matches).unwrap().pace;
        let worker = deertrack_worker::run::Settings::default().grace;
        assert_eq!(std::time::Duration::from_secs(pace.grace_seconds), worker);
    }
}
