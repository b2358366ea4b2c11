//! A run: build the system, disturb it for a time, let it come to rest, judge.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use deertrack_schemas::StatusRecord;
use deertrack_stream::Stream;
use deertrack_testkit::proxy::Proxy;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::check::{Blows, Facts, Found};
use crate::disturb::Disturber;
use crate::fleet::{Fleet, Recipe};
use crate::load::{Ledger, Load};
use crate::plan::{self, Disturbance};
use crate::report::Report;
use crate::server::{Fsync, Server};
use crate::witness::Witness;
use crate::work;

/// `deertrack-chaos run`
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArgs {
    /// Seconds of disturbances
    #[arg(long, default_value_t = 90)]
    pub(crate) duration: u64,
    /// Repeats the plan of a run; drawn from the clock when it is not given
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// When Redis forces its file to the disk
    #[arg(long, value_enum, default_value = "everysec")]
    pub(crate) fsync: Fsync,
    /// Jobs a second
    #[arg(long, default_value_t = 60.0)]
    pub(crate) rate: f64,
    /// How many of 1,000 jobs end the process that runs them
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(..=40))]
    pub(crate) poison: u32,
    /// Worker processes
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(2..=64))]
    pub(crate) workers: u64,
    /// Milliseconds after which a silent worker counts as gone; 15,000 in production
    #[arg(long, default_value_t = 3000)]
    pub(crate) lease_ms: u64,
    /// Only these disturbances; may be given several times
    #[arg(long, value_enum)]
    pub(crate) only: Vec<Disturbance>,
    /// Seconds of quiet between disturbances, besides the 0.5 to 3 s of the plan
    #[arg(long, default_value_t = 0)]
    pub(crate) calm: u64,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// How long everything may take to come to rest.
const REST: Duration = Duration::from_secs(120);
/// Folder of finished files.
const EXPORTS: &str = "exports";

/// Disturbs, judges, tells.
pub(crate) async fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let clock = || u64::from(std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.subsec_nanos()));
    let seed = args.seed.unwrap_or_else(clock);
    let dir = tempfile::Builder::new().prefix("deertrack-chaos-").tempdir()?;
    let report = disturb_and_judge(&args, seed, dir.path()).await?;
    report.print(args.json);
    if report.verdict.broken.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let kept = dir.keep();
    std::fs::write(kept.join("report.json"), report.as_json().to_string())?;
    tracing::error!(seed, kept = %kept.display(), "a promise was broken");
    Ok(ExitCode::FAILURE)
}

async fn disturb_and_judge(args: &RunArgs, seed: u64, dir: &Path) -> anyhow::Result<Report> {
    let mut system = build(args, dir).await?;
    let witness = Witness::begin(&system.stream).await?;
    let reviving = tokio::spawn(revive(Arc::clone(&system.fleet)));
    let stop = CancellationToken::new();
    let callers = Load { seed, rate: args.rate, poison: args.poison }.start(
        &system.callers().await?,
        &system.ledger,
        &stop,
    );

    let done = disturb(&mut system, seed, args).await?;
    stop.cancel();
    callers.join_all().await;
    std::mem::take(&mut system.stopped).join_all().await;
    let left = rest(&system.stream, &witness).await?;
    reviving.abort();

    let asked = system.ledger.all();
    let statuses = statuses(&system.stream, asked.keys()).await?;
    let mut fleet = system.fleet.lock().await;
    fleet.dismiss().await?;
    let files = files(&dir.join(EXPORTS))?;
    let (windows, blows) = (system.windows, system.blows);
    let facts = Facts { asked, testimony: witness.so_far(), statuses, files, windows, blows, left };
    Ok(Report::new(args, seed, &facts, &system.met, done, fleet.fallen))
}

/// Redis, the proxy before it, and the workers behind that.
async fn build(args: &RunArgs, dir: &Path) -> anyhow::Result<Disturber> {
    let lease = Duration::from_millis(args.lease_ms);
    let server = Server::start(args.fsync).await;
    let proxy = Proxy::start(server.url()).await;
    let stream = Stream::connect(work::settings(server.url(), lease)).await?;
    let (redis_url, exports) = (proxy.url().to_owned(), dir.join(EXPORTS));
    let recipe = Recipe { redis_url, exports, lease, log: dir.join("workers.log") };
    let fleet = Fleet::start(recipe, usize::try_from(args.workers)?)?;
    Ok(Disturber {
        server,
        proxy,
        fleet: Arc::new(Mutex::new(fleet)),
        stream,
        ledger: Ledger::default(),
        lease,
        began: Instant::now(),
        windows: Vec::new(),
        met: Vec::new(),
        blows: Blows::default(),
        stopped: JoinSet::new(),
    })
}

/// Follows the plan for a time, and at least for its first round. How often it did what.
async fn disturb(
    system: &mut Disturber,
    seed: u64,
    args: &RunArgs,
) -> anyhow::Result<BTreeMap<Disturbance, usize>> {
    let mut done = BTreeMap::new();
    let calm = Duration::from_secs(args.calm);
    for step in plan::steps(seed, &args.only) {
        system.take(plan::Step { quiet: step.quiet + calm, ..step }).await?;
        *done.entry(step.what).or_insert(0) += 1;
        let whole_round = done.values().sum::<usize>() >= plan::ROUND || !args.only.is_empty();
        if whole_round && system.began.elapsed() >= Duration::from_secs(args.duration) {
            break;
        }
    }
    Ok(done)
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
