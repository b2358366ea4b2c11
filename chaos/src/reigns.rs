//! What a change of master may forget: what the old one had accepted and the new one did not have.
//!
//! Each history of writes has an id and counts its bytes. A replica that becomes master tells which history it has
//! left, and at which byte (`master_replid2`, `second_repl_offset`). Masters are asked again and again how far they are,
//! so it is known until when all that was accepted is in what the new master has. A master that becomes a replica without
//! anybody having gone on with its history (it was killed and started again while Sentinels replaced it, and one of them
//! still called it the master) loses all of that history.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;

use crate::ask::ask;
use crate::facts::{Forgetting, Window};

const EVERY: Duration = Duration::from_millis(100);
/// How many looks at masters are remembered: a minute and more of each.
const KEPT: usize = 5000;

/// One look at a master: when, at which history, at which of its bytes.
struct Look {
    at: Instant,
    history: String,
    byte: u64,
}

/// A history that was left, and what of it may be forgotten.
struct Left {
    history: String,
    from: Instant,
    /// When nobody went on with it any more.
    to: Option<Instant>,
}

#[derive(Default)]
struct Seen {
    looks: VecDeque<Look>,
    left: Vec<Left>,
    /// Which history a server was last seen to write, and since when.
    written: HashMap<usize, (String, Instant)>,
    /// Histories that their master gave up.
    given_up: Vec<Left>,
    /// History and byte of each change that was seen.
    changes: HashSet<(String, u64)>,
}

/// Asks all servers again and again.
pub(crate) struct Reigns {
    seen: Arc<Mutex<Seen>>,
    task: AbortHandle,
}

impl Reigns {
    /// Begins to ask. Of a cluster only masters of `slot` are of interest.
    pub(crate) fn watch(sockets: Vec<String>, slot: Option<u16>) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let written = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                let at = Instant::now(); // before the questions: what is accepted by now is in the answers
                let mut infos = Vec::new();
                for (number, socket) in sockets.iter().enumerate() {
                    infos.extend(server(socket, slot).await.map(|info| (number, info)));
                }
                locked(&written).note(at, &infos);
                tokio::time::sleep(EVERY).await;
            }
        });
        Self { seen, task: task.abort_handle() }
    }

    /// In each of these times what was accepted may be forgotten.
    pub(crate) fn windows(&self) -> Vec<Window> {
        let window = |left: &Left| {
            let to = left.to.unwrap_or_else(Instant::now);
            Window { from: left.from, to, by: Forgetting::Failover }
        };
        let seen = locked(&self.seen);
        let was_left = |history: &str| seen.left.iter().any(|left| left.history == history);
        let given_up = seen.given_up.iter().filter(|given_up| !was_left(&given_up.history));
        seen.left.iter().chain(given_up).map(window).collect()
    }
}

impl Drop for Reigns {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a server says of its history; a master only if it has keys of ours.
async fn server(socket: &str, slot: Option<u16>) -> Option<String> {
    let info = ask(socket, &["INFO", "replication"]).await.ok()?;
    let (Some(slot), Some("master")) = (slot, field(&info, "role")) else { return Some(info) };
    let keys = ask(socket, &["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]).await.ok()?;
    (keys != "0").then_some(info)
}

impl Seen {
    /// Takes down what the servers of these numbers have said.
    fn note(&mut self, at: Instant, servers: &[(usize, String)]) {
        let mut histories = HashSet::new();
        for (number, info) in servers {
            if field(info, "role") != Some("master") {
                if let Some((history, from)) = self.written.remove(number) {
                    self.given_up.push(Left { history, from, to: Some(Instant::now()) });
                }
                continue;
            }
            let Some(history) = field(info, "master_replid") else { continue };
            let Some(byte) = field(info, "master_repl_offset").and_then(|text| text.parse().ok()) else {
                continue;
            };
            histories.insert(history);
            self.change(info, at);
            if self.written.get(number).is_none_or(|(last, _)| last != history) {
                self.written.insert(*number, (history.to_owned(), at));
            }
            self.looks.push_back(Look { at, history: history.to_owned(), byte });
        }
        while self.looks.len() > KEPT {
            self.looks.pop_front();
        }
        for left in self.left.iter_mut().filter(|left| left.to.is_none()) {
            if !histories.contains(left.history.as_str()) {
                left.to = Some(at.max(Instant::now()));
            }
        }
    }

    fn change(&mut self, info: &str, at: Instant) {
        let Some(history) = field(info, "master_replid2") else { return };
        // -1: it has left none.
        let Some(end) = field(info, "second_repl_offset").and_then(|text| text.parse::<u64>().ok()) else {
            return;
        };
        if !self.changes.insert((history.to_owned(), end)) {
            return;
        }
        let mut looks = self.looks.iter().filter(|look| look.history == history).peekable();
        if looks.peek().is_none() {
            return; // of a time when it had nothing of ours
        }
        let kept = looks.rfind(|look| look.byte < end);
        let from = kept.map_or(at, |look| look.at);
        self.left.push(Left { history: history.to_owned(), from, to: None });
    }
}

/// A field of INFO.
pub(crate) fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().expect("nobody panics while holding what was seen")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(history: &str, byte: u64, left: &str, end: i64) -> String {
        format!(
            "role:master\r\nmaster_replid:{history}\r\nmaster_replid2:{left}\r\nmaster_repl_offset:{byte}\r\n\
             second_repl_offset:{end}\r\n"
        )
    }

    #[test]
    fn only_what_the_new_master_did_not_have_may_be_forgotten_until_the_old_one_is_gone() {
        let (begin, second) = (Instant::now() - Duration::from_secs(60), Duration::from_secs(1));
        let mut seen = Seen::default();
        for (number, byte) in (0..).zip([100, 200, 300, 400]) {
            seen.note(begin + second * number, &[(0, info("a", byte, "0", -1))]);
        }
        assert!(seen.left.is_empty());
        // It had all up to byte 300: the next would have been 301.
        let both = [(0, info("a", 500, "0", -1)), (1, info("b", 310, "a", 301))];
        seen.note(begin + second * 4, &both);
        seen.note(begin + second * 5, &both);
        assert_eq!(seen.left.len(), 1, "a change is seen once");
        assert_eq!((seen.left[0].from, seen.left[0].to), (begin + second * 2, None));
        seen.note(begin + second * 6, &[(1, info("b", 400, "a", 301))]);
        assert!(seen.left[0].to.is_some(), "nobody goes on with it any more");
    }

    #[test]
    fn a_history_that_had_nothing_of_ours_is_passed_over() {
        let mut seen = Seen::default();
        seen.note(Instant::now(), &[(0, info("b", 10, "a", 5)), (1, info("c", 10, "0", -1))]);
        assert!(seen.left.is_empty());
    }

    #[test]
    fn a_history_that_its_master_gave_up_and_nobody_went_on_with_is_forgotten_whole() {
        let (begin, second) = (Instant::now() - Duration::from_secs(60), Duration::from_secs(1));
        let mut seen = Seen::default();
        seen.note(begin, &[(0, info("a", 100, "0", -1))]);
        // Killed, and started again on its file: a history of its own, beside that of the new master.
        seen.note(begin + second, &[(0, info("c", 10, "0", -1)), (1, info("b", 110, "a", 101))]);
        seen.note(begin + second * 2, &[(0, "role:slave\r\n".into()), (1, info("b", 150, "a", 101))]);
        let seen = Arc::new(Mutex::new(seen));
        let reigns = Reigns {
            seen,
            task: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
                .spawn(async {})
                .abort_handle(),
        };
        let begins: Vec<Instant> = reigns.windows().iter().map(|window| window.from).collect();
        assert_eq!(begins, [begin, begin + second], "what a had and b had not; all of c");
    }
}
