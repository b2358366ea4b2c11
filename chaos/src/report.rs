//! The outcome of a run, for people and for programs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use comfy_table::Table;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use serde_json::{Value, json};

use crate::args::World;
use crate::check::{Broken, Promise, Verdict};
use crate::deed::Met;
use crate::facts::Facts;
use crate::plan::Disturbance;
use crate::task::Task;
use crate::witness::Seen;

/// How many broken promises are told one by one.
const TOLD: usize = 20;

pub(crate) struct Report {
    run: Run,
    pub(crate) verdict: Verdict,
    disturbances: BTreeMap<Disturbance, usize>,
    recovery: BTreeMap<Disturbance, Times>,
    events: usize,
    resets: usize,
    /// All that was done, in words.
    deeds: Vec<String>,
}

/// What a run was.
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) world: World,
    /// From the first disturbance to the end of the last.
    pub(crate) lasted: Duration,
    /// Workers that ended by themselves.
    pub(crate) fallen: usize,
    /// How often the busy disk was filled and synced.
    pub(crate) syncs: u64,
}

/// Times in ascending order.
struct Times(Vec<Duration>);

impl Times {
    /// The nearest rank; `of` from 0 to 1.
    fn quantile(&self, of: f64) -> Duration {
        let rank = (of * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

impl Report {
    pub(crate) fn new(run: Run, facts: &Facts, met: &[Met]) -> Self {
        let mut disturbances = BTreeMap::new();
        for deed in &facts.deeds {
            *disturbances.entry(deed.what).or_insert(0) += 1;
        }
        Self {
            run,
            verdict: facts.judge(),
            disturbances,
            recovery: recovery(met, facts),
            events: facts.testimony.events.len(),
            resets: facts.testimony.resets,
            deeds: facts.deeds.iter().map(|deed| facts.deed(deed)).collect(),
        }
    }

    /// One line for a row of runs.
    pub(crate) fn in_a_line(&self) -> String {
        let Verdict { accepted, forgotten, .. } = &self.verdict;
        let broken: Vec<String> = Promise::ALL
            .iter()
            .map(|(promise, words)| (self.broken(*promise), words))
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{count} {words}"))
            .collect();
        let broken = if broken.is_empty() { "0 broken".to_owned() } else { broken.join(", ") };
        let (seed, lasted) = (self.run.seed, self.run.lasted.as_secs());
        format!("seed {seed}, {lasted} s: {accepted} accepted, {forgotten} forgotten, {broken}")
    }

    fn broken(&self, promise: Promise) -> usize {
        self.verdict.broken.iter().filter(|broken| broken.promise == promise).count()
    }

    pub(crate) fn print(&self, as_json: bool) {
        if as_json { line(&self.as_json().to_string()) } else { self.print_tables() }
    }

    fn print_tables(&self) {
        let (verdict, Run { seed, world, lasted, syncs, .. }) = (&self.verdict, &self.run);
        let busy = if world.busy_disk { format!(", a disk busy with {syncs} syncs") } else { String::new() };
        line(&format!(
            "{} s of disturbances, {:?}{}, seed {seed}, appendfsync {:?}, lease {} ms, {} workers{busy}",
            lasted.as_secs(),
            world.topology,
            if world.replicated { ", durability replicated" } else { "" },
            world.fsync,
            world.lease_ms,
            world.workers
        ));
        let mut jobs = table(["jobs", "number"]);
        jobs.add_row(["accepted".to_owned(), verdict.accepted.to_string()]);
        for (end, count) in &verdict.ends {
            jobs.add_row([format!("  {end}"), count.to_string()]);
        }
        jobs.add_row(["  taken by FLUSHALL".to_owned(), verdict.flushed.to_string()]);
        jobs.add_row([
            "  forgotten with Redis' last second, or by a change of master".to_owned(),
            verdict.forgotten.to_string(),
        ]);
        jobs.add_row(["given up after three deliveries".to_owned(), verdict.over_cap.to_string()]);
        jobs.add_row(["files that no status names".to_owned(), verdict.orphans.to_string()]);
        line(&jobs.to_string());
        let mut promises = table(["promise", "broken"]);
        for (promise, words) in Promise::ALL {
            promises.add_row([words.to_owned(), self.broken(promise).to_string()]);
        }
        line(&promises.to_string());
        let mut done = table(["disturbance", "times", "jobs met", "p50 s", "p99 s", "max s"]);
        for (what, times) in &self.disturbances {
            let mut row = vec![what.to_string(), times.to_string()];
            if let Some(recovery) = self.recovery.get(what) {
                row.push(recovery.0.len().to_string());
                row.extend([0.5, 0.99, 1.0].map(|of| seconds(recovery.quantile(of))));
            }
            done.add_row(row);
        }
        line(&done.to_string());
        line(
            "times: from the disturbance to the end of each job that its worker held, work included (up to 1.5 s);",
        );
        line("for Redis, from its return to the next completion");
        for Broken { promise, what, evidence } in verdict.broken.iter().take(TOLD) {
            line(&format!("BROKEN {promise:?}: {what}"));
            for known in evidence {
                line(&format!("    {known}"));
            }
        }
        let kept = if verdict.broken.is_empty() { "every promise was kept" } else { "PROMISES WERE BROKEN" };
        line(&format!("{kept}; --seed {seed} repeats the plan"));
    }

    /// All of it in one object.
    pub(crate) fn as_json(&self) -> Value {
        let verdict = &self.verdict;
        let names: BTreeMap<String, usize> =
            self.disturbances.iter().map(|(what, times)| (name(*what), *times)).collect();
        let recovery: BTreeMap<String, Value> = self
            .recovery
            .iter()
            .map(|(what, times)| {
                let [p50, p99, max] = [0.5, 0.99, 1.0].map(|of| times.quantile(of).as_secs_f64());
                (name(*what), json!({ "jobs": times.0.len(), "p50_s": p50, "p99_s": p99, "max_s": max }))
            })
            .collect();
        let broken: BTreeMap<&str, usize> =
            Promise::ALL.iter().map(|(promise, words)| (*words, self.broken(*promise))).collect();
        json!({
            "seed": self.run.seed, "topology": format!("{:?}", self.run.world.topology),
            "replicated": self.run.world.replicated, "duration_s": self.run.lasted.as_secs(), "lease_ms": self.run.world.lease_ms,
            "syncs_of_the_busy_disk": self.run.syncs,
            "accepted": verdict.accepted, "ends": verdict.ends, "flushed": verdict.flushed,
            "forgotten": verdict.forgotten, "over_cap": verdict.over_cap, "orphans": verdict.orphans,
            "events": self.events, "resets": self.resets, "fallen_workers": self.run.fallen,
            "broken": broken, "disturbances": names, "recovery": recovery, "done": self.deeds,
            "details": verdict.broken.iter().take(TOLD).map(detail).collect::<Vec<_>>(),
        })
    }
}

fn detail(broken: &Broken) -> Value {
    json!({ "promise": format!("{:?}", broken.promise), "what": broken.what, "evidence": broken.evidence })
}

/// From each disturbance to the ends of the jobs that it met, and from a return of Redis to the next end of any.
///
/// Of jobs that end at their first try; and of those, the ones whose next owner was left in peace: the others say
/// how often workers die here, not how fast they are replaced.
fn recovery(met: &[Met], facts: &Facts) -> BTreeMap<Disturbance, Times> {
    let events = &facts.testimony.events;
    let mut ends: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    for seen in events {
        ends.entry(&seen.job).or_default().push(seen);
    }
    let mut recovery: BTreeMap<Disturbance, Vec<Duration>> = BTreeMap::new();
    for met in met {
        let end_of = |(job, delivery): &(String, u64)| {
            let plain = matches!(facts.asked.get(job)?.task, Task::Nothing | Task::Slow(_));
            let end = ends.get(job.as_str())?.iter().find(|end| end.at >= met.at)?;
            (plain && end.deliveries <= delivery + 1).then_some(end.at)
        };
        let ends: Vec<Instant> = match &met.jobs {
            Some(jobs) => jobs.iter().filter_map(end_of).collect(),
            None => events.iter().map(|seen| seen.at).find(|at| *at >= met.at).into_iter().collect(),
        };
        recovery.entry(met.by).or_default().extend(ends.into_iter().map(|at| at - met.at));
    }
    let sorted = |(what, mut times): (Disturbance, Vec<Duration>)| {
        times.sort();
        (what, Times(times))
    };
    recovery.into_iter().map(sorted).collect()
}

fn name(what: Disturbance) -> String {
    serde_json::to_value(what).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_BORDERS_ONLY).set_header(header);
    table
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
pub(crate) fn line(text: &str) {
    println!("{text}");
}
