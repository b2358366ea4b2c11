//! Which servers stand in for Redis.

/// What stands in for Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Topology {
    /// One server.
    #[default]
    Alone,
    /// A master, a replica, three Sentinels.
    Sentinel,
    /// Three masters and their replicas.
    Cluster,
}
