//! Between the reader, which must never be interrupted, and [`crate::Consumer::next`], which may be at any await.
//!
//! The caller says how much it can start; the reader never asks Redis for more. A caller that goes away takes its
//! demand with it, and what the read in flight brings is kept for the next call.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::claim::Claim;

#[derive(Default)]
pub(crate) struct Handover {
    state: Mutex<State>,
    to_reader: Notify,
    to_caller: Notify,
}

#[derive(Default)]
struct State {
    /// How many claims the caller can start now; 0 when nobody waits.
    demand: usize,
    ready: VecDeque<Claim>,
    /// When the oldest of `ready` came.
    since: Option<Instant>,
    closing: bool,
}

/// What the reader shall do.
pub(crate) enum Wish {
    /// Bring up to so many.
    Claims(usize),
    /// Hand these back: they have waited for too long.
    HandBack(Vec<Claim>),
    /// Stop.
    Nothing,
}

/// Takes the demand back when the caller goes away.
struct Demand<'a>(&'a Handover);

impl Drop for Demand<'_> {
    fn drop(&mut self) {
        self.0.state().demand = 0;
    }
}

impl Handover {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the handover")
    }

    /// At least one claim, at most `slots`. Cancel safe.
    pub(crate) async fn take(&self, slots: usize) -> Vec<Claim> {
        let _demand = Demand(self);
        loop {
            {
                let mut state = self.state();
                if !state.ready.is_empty() && slots > 0 {
                    let count = slots.min(state.ready.len());
                    return state.ready.drain(..count).collect();
                }
                state.demand = slots;
            }
            self.to_reader.notify_one();
            self.to_caller.notified().await;
        }
    }

    /// What the reader shall do next. Claims that wait here for longer than `patience` are to be handed back.
    pub(crate) async fn wish(&self, patience: Duration) -> Wish {
        loop {
            let wait = {
                let mut state = self.state();
                if state.closing {
                    return Wish::Nothing;
                }
                match state.since.filter(|_| !state.ready.is_empty()) {
                    None if state.demand > 0 => return Wish::Claims(state.demand),
                    None => None,
                    Some(since) if since.elapsed() >= patience => {
                        return Wish::HandBack(state.ready.drain(..).collect());
                    }
                    Some(since) => Some(patience.saturating_sub(since.elapsed())),
                }
            };
            match wait {
                Some(wait) => {
                    let _ = tokio::time::timeout(wait, self.to_reader.notified()).await;
                }
                None => self.to_reader.notified().await,
            }
        }
    }

    /// Gives claims to the caller, now or when it comes back.
    pub(crate) fn put(&self, claims: Vec<Claim>) {
        if claims.is_empty() {
            return;
        }
        let mut state = self.state();
        if state.ready.is_empty() {
            state.since = Some(Instant::now());
        }
        state.ready.extend(claims);
        state.demand = 0;
        drop(state);
        self.to_caller.notify_one();
    }

    pub(crate) fn close(&self) {
        self.state().closing = true;
        self.to_reader.notify_one();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.state().closing
    }

    pub(crate) fn drain(&self) -> Vec<Claim> {
        self.state().ready.drain(..).collect()
    }
}
