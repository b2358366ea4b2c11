//! A run: build the system, disturb it for a time, let it come to rest, judge.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deertrack_schemas::StatusRecord;
use deertrack_stream::{Durability, Stream, StreamError, WatchFrom, Watched};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::arena::Arena;
use crate::args::{RunArgs, World};
use crate::busy::BusyDisk;
use crate::disturb::Disturber;
use crate::facts::{Blows, Facts, Found, Stored};
use crate::fleet::{Fleet, Recipe};
use crate::load::{Ledger, Load};
use crate::plan;
use crate::report::{Report, Run};
use crate::witness::Witness;
use crate::work;

/// How long everything may take to come to rest.
const REST: Duration = Duration::from_secs(120);
/// Folder of finished files.
const EXPORTS: &str = "exports";

/// The lease of a quick run, at most.
const QUICK_LEASE: u64 = 1000;

/// Disturbs, judges, tells.
pub(crate) async fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let report = disturb_and_judge(&args.world, args.seed.unwrap_or_else(any_seed), args.duration).await?;
    report.print(args.json);
    let good = report.verdict.broken.is_empty();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A seed from the clock.
pub(crate) fn any_seed() -> u64 {
    u64::from(std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.subsec_nanos()))
}

/// One run of so many seconds. When a promise was broken, or the run came to no end, its folder is kept: the
/// append-only file, what it ended with whenever Redis ended, the workers' log, the files, the report.
pub(crate) async fn disturb_and_judge(world: &World, seed: u64, duration: u64) -> anyhow::Result<Report> {
    let dir = tempfile::Builder::new().prefix("deertrack-chaos-").tempdir()?;
    let mut world = world.clone();
    if world.quick {
        world.lease_ms = world.lease_ms.min(QUICK_LEASE);
    }
    let report = in_folder(&world, seed, duration, dir.path()).await;
    if report.as_ref().is_ok_and(|report| report.verdict.broken.is_empty()) {
        return report;
    }
    let kept = dir.keep();
    if let Ok(report) = &report {
        std::fs::write(kept.join("report.json"), report.as_json().to_string())?;
    }
    tracing::error!(seed, kept = %kept.display(), "a promise was broken, or the run came to no end");
    report
}

async fn in_folder(world: &World, seed: u64, duration: u64, dir: &Path) -> anyhow::Result<Report> {
    let mut system = build(world, dir).await?;
    let disk = world.busy_disk.then(|| BusyDisk::begin(dir)).transpose()?;
    let witness = Witness::begin(&system.stream).await?;
    let reviving = tokio::spawn(revive(Arc::clone(&system.fleet)));
    let stop = CancellationToken::new();
    let callers = Load { seed, rate: world.rate, poison: world.poison }.start(
        &system.callers().await?,
        &system.ledger,
        &stop,
    );

    disturb(&mut system, seed, world, Duration::from_secs(duration)).await?;
    let lasted = system.began.elapsed();
    stop.cancel();
    callers.join_all().await;
    std::mem::take(&mut system.stopped).join_all().await;
    let syncs = disk.map_or(0, |disk| disk.syncs());
    let left = rest(&system.stream, &witness).await?;
    reviving.abort();

    if !world.replicated {
        // What a submit did not wait for, a change of master may forget.
        system.windows.extend(system.arena.windows());
    }
    let mut fleet = system.fleet.lock().await;
    fleet.dismiss().await?;
    let asked = system.ledger.all();
    let facts = Facts {
        began: system.began,
        statuses: statuses(&system.stream, asked.keys()).await?,
        stored: stored(&system.stream).await?,
        counted: system.stream.counts().await?.events,
        asked,
        testimony: witness.so_far(),
        files: files(&dir.join(EXPORTS))?,
        windows: system.windows,
        blows: system.blows,
        deeds: system.deeds,
        left,
    };
    let run = Run { seed, world: world.clone(), lasted, fallen: fleet.fallen, syncs };
    Ok(Report::new(run, &facts, &system.met))
}

/// The servers, the proxies before them, and the workers behind those.
async fn build(world: &World, dir: &Path) -> anyhow::Result<Disturber> {
    let lease = Duration::from_millis(world.lease_ms);
    let arena = Arena::start(world.topology, world.fsync, dir).await?;
    let heal = !world.no_healing;
    let stream = Stream::connect(work::settings(&arena.url(), lease, heal)).await?;
    let (redis_url, exports) = (arena.distant_url(), dir.join(EXPORTS));
    let sure = Durability::Replicated { replicas: 1, within: Duration::from_secs(2) };
    let recipe = Recipe { redis_url, exports, lease, heal, log: dir.join("workers.log") };
    let fleet = Fleet::start(recipe, usize::try_from(world.workers)?)?;
    Ok(Disturber {
        arena,
        durability: if world.replicated { sure } else { Durability::Fast },
        fleet: Arc::new(Mutex::new(fleet)),
        stream,
        ledger: Ledger::default(),
        lease,
        began: Instant::now(),
        windows: Vec::new(),
        met: Vec::new(),
        deeds: Vec::new(),
        blows: Blows::default(),
        stopped: JoinSet::new(),
    })
}

/// Follows the plan for a time, and at least for its first round.
async fn disturb(system: &mut Disturber, seed: u64, world: &World, lasts: Duration) -> anyhow::Result<()> {
    let calm = Duration::from_secs(world.calm);
    let pace = if world.quick { 5 } else { 1 };
    for step in plan::steps(seed, world.topology, &world.only) {
        let (quiet, lasts_each) = (step.quiet / pace + calm, step.lasts / pace.min(2));
        system.take(plan::Step { quiet, lasts: lasts_each, ..step }).await?;
        let whole_round = system.deeds.len() >= plan::round(world.topology) || !world.only.is_empty();
        if whole_round && system.began.elapsed() >= lasts {
            break;
        }
    }
    Ok(())
}

/// Jobs that take their worker with them: a service manager starts it again.
async fn revive(fleet: Arc<Mutex<Fleet>>) {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if let Err(error) = fleet.lock().await.revive() {
            tracing::warn!(%error, "a worker cannot be started again");
        }
    }
}

/// Waits until nothing waits, runs or is parked any more, and the witness has seen every event. What is left.
async fn rest(stream: &Stream, witness: &Witness) -> anyhow::Result<u64> {
    let until = Instant::now() + REST;
    loop {
        // The first use of a connection that was cut fails.
        if let Ok(counts) = stream.counts().await {
            let left = counts.backlog + counts.pending + counts.delayed;
            // No event is trimmed in a run, so the number of the newest is how many there are.
            if (left == 0 && witness.newest() == counts.events) || Instant::now() > until {
                return Ok(left);
            }
        }
        anyhow::ensure!(Instant::now() < until + REST, "Redis does not answer any more");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn statuses(
    stream: &Stream,
    jobs: impl Iterator<Item = &String>,
) -> anyhow::Result<BTreeMap<String, StatusRecord>> {
    let mut found = BTreeMap::new();
    for job in jobs {
        if let Some(text) = stream.status_text(job).await? {
            found.insert(job.clone(), serde_json::from_slice(&text)?);
        }
    }
    Ok(found)
}

async fn stored(stream: &Stream) -> Result<Vec<Stored>, StreamError> {
    let mut events = stream.catch_up(WatchFrom::Start).await?;
    let mut stored = Vec::new();
    loop {
        let page = events.page().await?;
        if page.is_empty() {
            return Ok(stored);
        }
        stored.extend(page.into_iter().filter_map(|watched| match watched {
            Watched::Event { id, event } => {
                Some(Stored { id, n: event.n, job: event.record.job_id.to_string() })
            }
            Watched::Lagged { .. } | Watched::Reset { .. } => None,
        }));
    }
}

fn files(exports: &Path) -> anyhow::Result<BTreeMap<String, Found>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(exports)? {
        let entry = entry?;
        let bytes = std::fs::read(entry.path())?;
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let name = entry.file_name().to_string_lossy().into_owned();
        found.insert(name, Found { size: bytes.len() as u64, sha256 });
    }
    Ok(found)
}
