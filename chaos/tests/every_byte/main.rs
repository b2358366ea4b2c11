//! The append-only file of all moves, cut at its bytes: whatever a power cut leaves, no half of a move comes back.
//!
//! For each cut the server starts twice on a copy of the file, as an operator's would, without `redis-check-aof`: at
//! once, for two moves more, and later, uncut, for all that is left. Then the promises are looked at. `make test` draws
//! a byte of each command; `EVERY_BYTE=1` takes them all (`make chaos-bytes`), `EVERY_BYTE=20` every twentieth.
//! `chaos/src` cuts a running system.
#![expect(clippy::unwrap_used, reason = "a move that does not work has failed the test")]

mod cut;
mod scene;
mod steps;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use deertrack_testkit::aof;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::cut::{cut_at, redis_cli};
use crate::scene::{Scene, scene};
use crate::steps::plain;

/// Servers at a time.
const LANES: usize = 4;

/// Where to cut: at a byte of each command, or at every byte.
fn cuts(scene: &Scene) -> Vec<u64> {
    let bytes = std::fs::read(aof::growing(scene.dir.path())).unwrap();
    if let Ok(step) = std::env::var("EVERY_BYTE") {
        return (0..=bytes.len() as u64).step_by(step.parse().unwrap()).collect();
    }
    // Fixed, so that a failure can be repeated. The ids in the file are of the day, the lengths hardly change.
    let mut random = ChaCha8Rng::seed_from_u64(20260102);
    let drawn = |command: aof::Command| random.random_range(command.start as u64 + 1..=command.end as u64);
    aof::commands(&bytes).map(drawn).collect()
}

/// How many cuts were made, and by the move that was cut: how many broke a promise, and the first that is told.
async fn cut_everywhere(
    scene: Scene,
    cuts: Vec<u64>,
    heal: bool,
) -> (usize, BTreeMap<&'static str, (usize, String)>) {
    let (scene, made) = (Arc::new(scene), cuts.len());
    let left = Arc::new(Mutex::new(cuts));
    let mut lanes = JoinSet::new();
    for _ in 0..LANES {
        let (scene, left) = (Arc::clone(&scene), Arc::clone(&left));
        lanes.spawn(async move {
            let mut broken = Vec::new();
            loop {
                let Some(length) = left.lock().unwrap().pop() else { return broken };
                let found = cut_at(&scene, length, heal).await;
                if !found.is_empty() {
                    let cut = scene.moves.iter().find(|(_, bytes)| bytes.contains(&length));
                    broken
                        .push((cut.map_or("end", |(what, _)| *what), format!("cut at {length}: {found:?}")));
                }
            }
        });
    }
    let mut by_move: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    for (what, found) in lanes.join_all().await.into_iter().flatten() {
        by_move.entry(what).or_insert((0, found)).0 += 1;
    }
    (made, by_move)
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_file_of_all_moves_is_cut_no_half_comes_back() {
    let scene = scene().await;
    let cuts = cuts(&scene);
    let (made, broken) = cut_everywhere(scene, cuts, true).await;
    println!("{made} cuts");
    assert!(made > 90, "{made} cuts are not all commands of eleven moves");
    assert!(broken.is_empty(), "of {made} cuts: {broken:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_healing_halves_come_back() {
    let scene = scene().await;
    let dangerous = ["finish", "retry", "promote"];
    let of_those = |length: &u64| {
        scene.moves.iter().any(|(what, bytes)| dangerous.contains(what) && bytes.contains(length))
    };
    let cuts: Vec<u64> = cuts(&scene).into_iter().filter(of_those).collect();
    let dir = TempDir::new().unwrap();
    let server = plain(dir.path()).await;
    let mended = redis_cli(&server, &["INFO", "server"]).contains("valkey_version:");
    let (made, broken) = cut_everywhere(scene, cuts, false).await;
    println!("without healing, of {made} cuts: {broken:#?}");
    assert_eq!(broken.is_empty(), mended, "of {made} cuts: {broken:#?}");
}
