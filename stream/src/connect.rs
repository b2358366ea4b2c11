//! Connections to Redis: [`Dialer`] makes them, [`Link`] is one that is shared and mends itself.
//!
//! Not `redis::aio::ConnectionManager`: it keeps a connection that only times out (half open) or that leads to a
//! master which was demoted (READONLY), and both happen in production.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use redis::aio::{MultiplexedConnection, PubSub};
use redis::io::tcp::TcpSettings;
use redis::{
    Client, Cmd, ConnectionInfo, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult,
    ServerErrorKind,
};
use tokio::sync::Mutex;

use crate::address::Address;
use crate::error::{StreamError, Trouble};
use crate::heal::{Healer, Healing};
use crate::place::Place;
use crate::refusals::{Dispensable, Refusals, is_refusal};
use crate::server::{Server, is_unfit};
use crate::settings::Settings;
use crate::socket::{REPLY_TIMEOUT, answered, open, silent};
use crate::{handshake, meters, script};

/// From how many nodes of a cluster we let ourselves be sent on: one knows, but while it fails over they disagree.
const MOST_HOPS: usize = 5;
/// After a failed attempt, callers get its error for this long instead of queueing for attempts of their own.
const FAILURE_STANDS: Duration = Duration::from_millis(100);

/// Makes connections that are fit for use: to a server whose file is healed, with the scripts loaded. All clones share
/// what they know of the server.
#[derive(Clone)]
pub(crate) struct Dialer {
    place: Arc<Place>,
    /// `None` in tests of what it guards from.
    healer: Option<Arc<Healer>>,
    refusals: Arc<Refusals>,
    /// Somebody has answered before: what fails now is no wrong address.
    was_there: Arc<AtomicBool>,
}

impl Dialer {
    /// To where the settings point, with the socket options that every connection wants. The client's own default
    /// leaves Nagle's algorithm on, which costs a small request up to 40 ms.
    pub(crate) fn new(settings: &Settings) -> Result<Self, StreamError> {
        let tcp = TcpSettings::default().set_nodelay(true);
        #[cfg(target_os = "linux")]
        let tcp = tcp.set_user_timeout(2 * REPLY_TIMEOUT);
        let place = Arc::new(Place::new(Address::of(settings, &tcp)?, settings.keys.commands()));
        Client::open(place.latest()).map_err(StreamError::Url)?;
        let healer = settings.heal.then(Arc::default);
        Ok(Self { place, healer, refusals: Arc::default(), was_there: Arc::default() })
    }

    /// A connection for commands that block. It never gives up waiting for a reply: the client's default of 500 ms
    /// would abandon a read that Redis then answers to nobody, and the entry would be lost until it is found as a stray.
    pub(crate) async fn blocking(&self) -> RedisResult<Placed> {
        self.connect(None).await
    }

    /// Whether our keys may be elsewhere since this connection was made.
    pub(crate) fn has_moved(&self, placed: &Placed) -> bool {
        *self.place.epoch().borrow() != placed.epoch
    }

    /// Where our keys are, and when that changes.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// A connection for hints alone: nothing is written over it.
    pub(crate) async fn pubsub(&self) -> RedisResult<PubSub> {
        Client::open(self.place.latest())?.get_async_pubsub().await
    }

    /// Whether the server is a node of a Redis Cluster.
    pub(crate) fn is_on_cluster(&self) -> bool {
        self.place.is_cluster()
    }

    /// Sends one command to the node that has its key, which `error` names: of other programs' jobs. Over a connection of
    /// its own, as it is rare.
    pub(crate) async fn query_elsewhere<T: FromRedisValue>(
        &self,
        error: RedisError,
        command: &Cmd,
    ) -> RedisResult<T> {
        let Some(info) = self.place.moved(&error, &self.place.latest()) else { return Err(error) };
        let mut connection = open(info, Some(REPLY_TIMEOUT)).await?;
        command.query_async(&mut connection).await
    }

    /// What became of the append-only file of the server that was met last.
    pub(crate) fn healing(&self) -> Healing {
        self.healer.as_ref().map(|healer| healer.healing()).unwrap_or_default()
    }

    /// What the user may not do, of what we can do without.
    pub(crate) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    async fn connect(&self, reply_timeout: Option<Duration>) -> RedisResult<Placed> {
        let mut placed = self.reach(reply_timeout).await?;
        let connection = &mut placed.connection;
        // Before anything else: what is written first after a restart is what would take half a transaction along.
        if let Some(healer) = &self.healer {
            answered(healer.heal(connection)).await?;
        }
        load_scripts(connection).await?;
        Ok(placed)
    }

    /// A connection to where our keys are. Of a cluster all nodes that were heard of are asked, of a service all Sentinels.
    async fn reach(&self, reply_timeout: Option<Duration>) -> RedisResult<Placed> {
        let sentinels = self.place.sentinels();
        if !sentinels.is_empty() {
            return self.reach_by(&sentinels, reply_timeout).await;
        }
        let mut failed = None;
        for candidate in self.place.candidates() {
            match self.follow(candidate, reply_timeout).await {
                Err(error) if self.place.is_cluster() => failed = Some(error),
                reached => return reached,
            }
        }
        Err(failed.unwrap_or_else(|| silent().into()))
    }

    /// The first Sentinel that names a server which calls itself master is right.
    async fn reach_by(&self, sentinels: &[usize], reply_timeout: Option<Duration>) -> RedisResult<Placed> {
        let mut tried = Vec::new();
        let (mut of_sentinel, mut of_master) = (None, None);
        for &sentinel in sentinels {
            let master = match self.place.told_by(sentinel).await {
                Ok(master) if tried.contains(master.addr()) => continue,
                Ok(master) => master,
                Err(error) => {
                    // One that answers tells more than one that does not.
                    of_sentinel = of_sentinel.filter(is_unfit).or(Some(error));
                    continue;
                }
            };
            tried.push(master.addr().clone());
            match self.follow(master, reply_timeout).await {
                Ok(placed) => {
                    self.place.was_right(sentinel);
                    return Ok(placed);
                }
                Err(error) => of_master = Some(error),
            }
        }
        Err(of_master.or(of_sentinel).unwrap_or_else(|| silent().into()))
    }

    /// Goes from node to node until one has our keys.
    async fn follow(
        &self,
        mut asked: ConnectionInfo,
        reply_timeout: Option<Duration>,
    ) -> RedisResult<Placed> {
        let has_sentinels = !self.place.sentinels().is_empty();
        for _ in 0..MOST_HOPS {
            let (mut connection, server) = match meet(&asked, reply_timeout).await {
                Ok(met) => met,
                Err(error) => {
                    let may_ask = !self.was_there.load(Ordering::Relaxed);
                    return Err(handshake::explain(error, &asked, may_ask).await);
                }
            };
            self.was_there.store(true, Ordering::Relaxed);
            server.check()?;
            if has_sentinels && answered(Server::is_replica(&mut connection)).await? {
                return Err(demoted(&asked));
            }
            let elsewhere = match server.is_node() {
                true => answered(self.place.look(&mut connection, &asked)).await?,
                false => None,
            };
            match elsewhere {
                None => return Ok(Placed { connection, epoch: self.place.found(&asked) }),
                Some(master) => asked = master,
            }
        }
        Err((
            ErrorKind::Server(ServerErrorKind::ClusterDown),
            "the nodes of the cluster send us round in circles",
        )
            .into())
    }
}

/// A connection, and who is at its other end.
async fn meet(
    asked: &ConnectionInfo,
    reply_timeout: Option<Duration>,
) -> RedisResult<(MultiplexedConnection, Server)> {
    let mut connection = open(asked.clone(), reply_timeout).await?;
    let server = answered(Server::of(&mut connection)).await?;
    Ok((connection, server))
}

/// What a Sentinel calls the master, and is none: it has been replaced, or will be it in a moment.
fn demoted(asked: &ConnectionInfo) -> RedisError {
    let text = format!("{} is a replica, though a Sentinel calls it the master", asked.addr());
    (ErrorKind::Server(ServerErrorKind::ReadOnly), "the master changes", text).into()
}

/// One connection that many share. A broken one is replaced at the next use.
pub(crate) struct Link {
    dialer: Dialer,
    state: Mutex<State>,
}

/// A connection, and the epoch of the place that it leads to.
#[derive(Clone)]
pub(crate) struct Placed {
    pub(crate) connection: MultiplexedConnection,
    epoch: u64,
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
    placed: Placed,
}

impl Link {
    pub(crate) fn new(dialer: Dialer) -> Self {
        Self { dialer, state: Mutex::new(State::Down { since: None, error: None, number: 0 }) }
    }

    /// Sends one command. The error of a lost connection does not tell whether Redis has run it.
    pub(crate) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        self.with(async |mut connection| command.query_async(&mut connection).await).await
    }

    /// Sends one command that we can do without; `None` when it is refused.
    pub(crate) async fn query_dispensable<T: FromRedisValue>(
        &self,
        what: &Dispensable,
        command: &Cmd,
    ) -> RedisResult<Option<T>> {
        self.dialer.refusals.bear(what, self.query(command).await)
    }

    /// Sends one command about a key that may lie in another slot, on another node of the cluster.
    pub(crate) async fn query_anywhere<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let Numbered { number, placed: Placed { mut connection, .. } } = self.current().await?;
        match command.query_async(&mut connection).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::Moved) => {
                self.dialer.query_elsewhere(error, command).await
            }
            Err(error) if Trouble::of(&error) == Trouble::Connection => {
                self.give_up(number).await;
                Err(error)
            }
            result => result,
        }
    }

    /// Sends commands in one go; they are no transaction.
    pub(crate) async fn pipe<T: FromRedisValue>(&self, commands: &Pipeline) -> RedisResult<T> {
        self.with(async |mut connection| commands.query_async(&mut connection).await).await
    }

    /// Calls a script. Redis may have forgotten it since the connection was made.
    pub(crate) async fn run<T: FromRedisValue>(&self, call: &Cmd) -> RedisResult<T> {
        self.with(async |mut connection| run(&mut connection, call).await).await
    }

    /// Whether the server at the other end follows a master.
    pub(crate) async fn is_replica(&self) -> RedisResult<bool> {
        self.with(async |mut connection| Server::is_replica(&mut connection).await).await
    }

    async fn with<T, F>(&self, send: impl FnOnce(MultiplexedConnection) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let Numbered { number, placed } = self.current().await?;
        let result = send(placed.connection).await;
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
            State::Up(current) if !self.dialer.has_moved(&current.placed) => return Ok(current.clone()),
            State::Up(current) => current.number + 1,
            State::Down { since: Some(since), error: Some(error), .. }
                if since.elapsed() < FAILURE_STANDS =>
            {
                return Err(error.clone());
            }
            State::Down { number, .. } => *number + 1,
        };
        match self.dialer.connect(Some(REPLY_TIMEOUT)).await {
            Ok(placed) => {
                if number > 1 {
                    metrics::counter!(meters::RECONNECTS, "connection" => "shared").increment(1);
                }
                let current = Numbered { number, placed };
                *state = State::Up(current.clone());
                Ok(current)
            }
            Err(error) => {
                *state = State::Down { since: Some(Instant::now()), error: Some(error.clone()), number };
                Err(error)
            }
        }
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
        match script.load_async(connection).await {
            // Who may only look calls none.
            Err(error) if is_refusal(&error) => return Ok(()),
            loaded => drop(loaded?),
        }
    }
    Ok(())
}
