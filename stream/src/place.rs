//! Where our keys are: asked anew for each connection.
//!
//! All keys lie in one slot, so of a Redis Cluster one node matters at a time, the master of that slot, and each
//! connection is a plain one to it: blocked reads, WAIT and scripts work as on a single server. Which node it is, tells
//! whichever is asked for a key of ours (MOVED); a node that was heard of before is asked when the last one is gone. Of a
//! service with Sentinels it is the server that a Sentinel calls the master, if that server agrees.
//!
//! When the place has changed, whoever notices it first raises the epoch, and all connections of older epochs are made
//! anew at their next use: a read or a write at a master that was replaced need not fail by itself.

use std::sync::{Mutex, MutexGuard};

use redis::aio::MultiplexedConnection;
use redis::{ConnectionAddr, ConnectionInfo, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::sync::watch;

use crate::address::Address;
use crate::sentinel;

/// Host and port, as nodes name each other.
type Node = (String, u16);

/// What the settings name, and what was learned since.
pub(crate) struct Place {
    named: Address,
    /// A key of ours: its slot is the one.
    key: String,
    known: Mutex<Known>,
    epoch: watch::Sender<u64>,
}

#[derive(Default)]
struct Known {
    is_cluster: bool,
    /// That which had our slot last.
    master: Option<ConnectionInfo>,
    /// All that were told of, to be asked when it is gone.
    nodes: Vec<Node>,
    /// Which Sentinel was right last, by its place in the URL.
    sentinel: usize,
}

impl Place {
    pub(crate) fn new(named: Address, key: String) -> Self {
        Self { named, key, known: Mutex::default(), epoch: watch::Sender::new(0) }
    }

    /// Counts the changes of place.
    pub(crate) fn epoch(&self) -> watch::Receiver<u64> {
        self.epoch.subscribe()
    }

    /// Our keys were found at `master`. The epoch of a connection that leads there.
    pub(crate) fn found(&self, master: &ConnectionInfo) -> u64 {
        let mut known = self.known();
        let is_new = known.master.as_ref().is_none_or(|last| last.addr() != master.addr());
        known.master = Some(master.clone());
        self.epoch.send_if_modified(|epoch| {
            *epoch += u64::from(is_new);
            is_new
        });
        *self.epoch.borrow()
    }

    /// Our keys may be elsewhere by now: everybody looks again.
    pub(crate) fn doubt(&self) {
        self.epoch.send_modify(|epoch| *epoch += 1);
    }

    /// The Sentinels to be asked, that which was right last before the others. None: no Sentinels are named.
    pub(crate) fn sentinels(&self) -> Vec<usize> {
        let Address::Service { sentinels, .. } = &self.named else { return Vec::new() };
        let first = self.known().sentinel;
        (0..sentinels.len()).map(|next| (first + next) % sentinels.len()).collect()
    }

    /// The name of the service, and how the Sentinel of this number is asked.
    pub(crate) fn sentinel(&self, number: usize) -> Option<(&str, &ConnectionInfo)> {
        let Address::Service { name, sentinels, .. } = &self.named else { return None };
        Some((name, sentinels.get(number)?))
    }

    /// The master, as the Sentinel of this number sees it.
    ///
    /// # Errors
    /// It does not answer, or knows of none.
    pub(crate) async fn told_by(&self, number: usize) -> RedisResult<ConnectionInfo> {
        let Some((service, asked)) = self.sentinel(number) else { return Ok(self.latest()) };
        let (host, port) = sentinel::master_of(service, asked).await?;
        Ok(self.at(&host, port))
    }

    /// What this Sentinel said was so.
    pub(crate) fn was_right(&self, number: usize) {
        self.known().sentinel = number;
    }

    /// Whether a node of a Redis Cluster was met.
    pub(crate) fn is_cluster(&self) -> bool {
        self.known().is_cluster
    }

    /// Whom to ask, the likeliest first; never nobody.
    pub(crate) fn candidates(&self) -> Vec<ConnectionInfo> {
        let known = self.known();
        let mut all: Vec<ConnectionInfo> = known.master.iter().cloned().collect();
        all.push(self.named.info().clone());
        all.extend(known.nodes.iter().map(|(host, port)| self.at(host, *port)));
        let mut asked: Vec<ConnectionAddr> = Vec::new();
        all.retain(|info| {
            let is_new = !asked.contains(info.addr());
            asked.push(info.addr().clone());
            is_new
        });
        all
    }

    /// Where our keys were last.
    pub(crate) fn latest(&self) -> ConnectionInfo {
        self.known().master.clone().unwrap_or_else(|| self.named.info().clone())
    }

    /// Asks a node of a cluster for our keys. `None`: it has them. Else the node that has.
    ///
    /// # Errors
    /// The node knows of none, or is of no use.
    pub(crate) async fn look(
        &self,
        connection: &mut MultiplexedConnection,
        asked: &ConnectionInfo,
    ) -> RedisResult<Option<ConnectionInfo>> {
        self.known().is_cluster = true;
        let mut exists = redis::cmd("EXISTS");
        exists.arg(&self.key);
        match exists.query_async::<Value>(connection).await {
            // ASK: our slot is on its way to another, and is this one's until it has arrived.
            Err(error) if error.kind() != ErrorKind::Server(ServerErrorKind::Ask) => {
                match self.moved(&error, asked) {
                    Some(master) => Ok(Some(master)),
                    None => Err(error),
                }
            }
            _ => {
                let nodes = nodes(connection).await;
                if !nodes.is_empty() {
                    self.known().nodes = nodes;
                }
                Ok(None)
            }
        }
    }

    /// Where a key is, out of the error of whoever has it not. `asked`: who said so.
    pub(crate) fn moved(&self, error: &RedisError, asked: &ConnectionInfo) -> Option<ConnectionInfo> {
        let (address, _) = error.redirect_node()?;
        let (host, port) = address.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let host = match (host, asked.addr()) {
            // It does not know how it is called: as it was called.
            ("", ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. }) => host,
            ("", _) => "127.0.0.1",
            (host, _) => host.trim_start_matches('[').trim_end_matches(']'),
        };
        Some(self.at(host, port))
    }

    /// Another node, reached as the one that was named: same user, same certificates.
    fn at(&self, host: &str, port: u16) -> ConnectionInfo {
        let host = host.to_owned();
        let address = match self.named.info().addr().clone() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure, tls_params }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        self.named.info().clone().set_addr(address)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("nobody panics while holding what is known")
    }
}

/// All nodes of its cluster; none when it may not be asked.
async fn nodes(connection: &mut MultiplexedConnection) -> Vec<Node> {
    let mut ask = redis::cmd("CLUSTER");
    ask.arg("SLOTS");
    let Ok(slots) = ask.query_async::<Vec<Vec<Value>>>(connection).await else { return Vec::new() };
    let mut nodes: Vec<Node> = Vec::new();
    // Of each range: first slot, last slot, and then its nodes, each of which begins with host and port.
    for node in slots.iter().flat_map(|range| range.iter().skip(2)) {
        let Value::Array(fields) = node else { continue };
        let [Value::BulkString(host), Value::Int(port), ..] = fields.as_slice() else { continue };
        let (Ok(host), Ok(port)) = (String::from_utf8(host.clone()), u16::try_from(*port)) else { continue };
        if !host.is_empty() && !nodes.contains(&(host.clone(), port)) {
            nodes.push((host, port));
        }
    }
    nodes
}

#[cfg(test)]
mod tests {
    use redis::IntoConnectionInfo;

    use super::*;

    fn place(url: &str) -> Place {
        Place::new(Address::Server(url.into_connection_info().unwrap()), "{exports}:commands".into())
    }

    fn moved(detail: &str) -> RedisError {
        redis::parse_redis_value(format!("-MOVED 11992 {detail}\r\n").as_bytes())
            .unwrap()
            .extract_error()
            .unwrap_err()
    }

    #[test]
    fn a_node_is_where_it_is_said_to_be_and_reached_as_the_one_that_was_named() {
        let place = place("rediss://anna:secret@first.example:7000/#insecure");
        for (told, host, port) in [
            ("10.0.0.2:7001", "10.0.0.2", 7001),
            ("second.example:7002", "second.example", 7002),
            ("fd00::2:7003", "fd00::2", 7003),
            (":7004", "first.example", 7004),
        ] {
            let info = place.moved(&moved(told), place.named.info()).unwrap();
            let ConnectionAddr::TcpTls { host: found, port: at, insecure: true, .. } = info.addr() else {
                panic!("{:?}", info.addr())
            };
            assert_eq!((found.as_str(), *at), (host, port));
            assert_eq!(info.redis_settings().username(), Some("anna"));
        }
    }

    #[test]
    fn another_master_makes_all_connections_old_and_the_same_one_none() {
        let place = place("redis://first:7000");
        let first = place.found(&place.at("first", 7000));
        assert_eq!(place.found(&place.at("first", 7000)), first);
        let second = place.found(&place.at("second", 7000));
        assert_eq!((second, *place.epoch().borrow()), (first + 1, first + 1));
        place.doubt();
        assert_eq!(place.found(&place.at("second", 7000)), second + 1);
    }

    #[test]
    fn whoever_was_heard_of_is_asked_once_the_likeliest_first() {
        let place = place("redis://first:7000");
        assert_eq!(place.candidates().len(), 1);
        *place.known() = Known {
            is_cluster: true,
            master: Some(place.at("second", 7001)),
            nodes: vec![("first".into(), 7000), ("second".into(), 7001), ("third".into(), 7002)],
            sentinel: 0,
        };
        let asked: Vec<String> = place.candidates().iter().map(|info| info.addr().to_string()).collect();
        assert_eq!(asked, ["second:7001", "first:7000", "third:7002"]);
    }
}
