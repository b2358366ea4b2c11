//! Hears of a new master from the Sentinels, and looks every minute whether connections that live for long still lead to
//! the master.
//!
//! One that was replaced goes on for those who are connected to it: Sentinels make it a replica only after some 8 s, and one
//! that is cut off later than that. It answers, refuses nothing, and what is written there is lost. Somebody who only reads
//! is never told by an error, even by a replica.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::StreamExt;
use redis::{Client, RedisResult};
use tokio::task::JoinSet;

use crate::backoff::Backoff;
use crate::connect::{Dialer, Link};

/// What a Sentinel says once another server is master, the first as soon as it is one.
const NEWS: [&str; 2] = ["+promoted-slave", "+switch-master"];
/// Who is gone within this time need not hear of it.
const UNTIL_HEARD: Duration = Duration::from_secs(1);

/// Looks and hears until the link is gone.
pub(crate) async fn look(dialer: Dialer, link: Weak<Link>, every: Duration, key: String) {
    let mut was_master = false;
    let mut hearing = JoinSet::new();
    for sentinel in dialer.place().sentinels() {
        hearing.spawn(hear(dialer.clone(), sentinel));
    }
    loop {
        tokio::time::sleep(every).await;
        let Some(link) = link.upgrade() else { return };
        if told_otherwise(&dialer).await {
            tracing::warn!("the Sentinels name another master than before; all connections are made anew");
            dialer.place().doubt();
        }
        match is_replica(&dialer, &link, &key).await {
            Ok(true) if was_master => {
                tracing::warn!("the master has become a replica; all connections are made anew");
                was_master = false;
                dialer.place().doubt();
            }
            Ok(is_replica) => was_master = !is_replica,
            Err(error) => tracing::debug!(%error, "the master does not tell its role"),
        }
    }
}

/// Hears what this Sentinel says, for ever. What it says meanwhile is looked for every minute.
async fn hear(dialer: Dialer, sentinel: usize) {
    let mut backoff = Backoff::for_redis();
    tokio::time::sleep(UNTIL_HEARD).await;
    loop {
        if let Err(error) = hear_once(&dialer, sentinel, &mut backoff).await {
            tracing::debug!(%error, "a Sentinel cannot be heard; trying again");
        }
        backoff.wait().await;
    }
}

async fn hear_once(dialer: &Dialer, sentinel: usize, backoff: &mut Backoff) -> RedisResult<()> {
    let place = dialer.place();
    let Some((service, info)) = place.sentinel(sentinel) else { return Ok(()) };
    let mut channel = Client::open(info.clone())?.get_async_pubsub().await?;
    channel.subscribe(&NEWS).await?;
    backoff.reset();
    let mut news = channel.on_message();
    while let Some(message) = news.next().await {
        let text: String = message.get_payload()?;
        if !text.split(' ').any(|word| word == service) {
            continue;
        }
        let master = place.told_by(sentinel).await?;
        if master.addr() != place.latest().addr() {
            tracing::warn!(master = %master.addr(), "a Sentinel tells of another master; all connections are made anew");
            place.was_right(sentinel);
            place.doubt();
        }
    }
    Ok(())
}

/// What most of the Sentinels that answer say; that one of them is cut off together with an old master is what this is
/// for. Without any nothing is known.
async fn told_otherwise(dialer: &Dialer) -> bool {
    let place = dialer.place();
    let mut told: Vec<(String, Vec<usize>)> = Vec::new();
    for sentinel in place.sentinels() {
        let Ok(master) = place.told_by(sentinel).await else { continue };
        let address = master.addr().to_string();
        match told.iter_mut().find(|(named, _)| *named == address) {
            Some((_, by)) => by.push(sentinel),
            None => told.push((address, vec![sentinel])),
        }
    }
    let ours = place.latest().addr().to_string();
    let for_ours = told.iter().find(|(named, _)| *named == ours).map_or(0, |(_, by)| by.len());
    let other = told.iter().filter(|(named, _)| *named != ours).max_by_key(|(_, by)| by.len());
    let Some((_, by)) = other.filter(|(_, by)| by.len() > for_ours) else { return false };
    place.was_right(by[0]);
    true
}

/// On a cluster a question for a key of ours is sent on by whoever is not its master, and the link follows.
async fn is_replica(dialer: &Dialer, link: &Arc<Link>, key: &str) -> RedisResult<bool> {
    if dialer.is_on_cluster() {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(key);
        return link.query::<i64>(&exists).await.map(|_| false);
    }
    link.is_replica().await
}
