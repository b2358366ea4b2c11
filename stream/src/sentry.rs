//! Looks every minute whether connections that live for long still lead to the master.
//!
//! One that was replaced while it was cut off goes on for those who are cut off with it: it answers, refuses nothing, and
//! what is written there is lost. Somebody who only reads is never told by an error, even by a replica.

use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::RedisResult;

use crate::connect::{Dialer, Link};

/// Looks until the link is gone.
pub(crate) async fn look(dialer: Dialer, link: Weak<Link>, every: Duration, key: String) {
    let mut was_master = false;
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

/// The first Sentinel that answers decides; without any nothing is known.
async fn told_otherwise(dialer: &Dialer) -> bool {
    let place = dialer.place();
    for sentinel in place.sentinels() {
        if let Ok(master) = place.told_by(sentinel).await {
            return master.addr() != place.latest().addr();
        }
    }
    false
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
