//! `deertrack doctor`: is everything there that gateway and workers need, and if not, what to do.

use std::path::{Path, PathBuf};

use clap::Args;
use deertrack_catalog::{self as catalog, CatalogError, Reading};
use deertrack_stream::{Condition, ServerInfo, ServerProblem, Stream, StreamError};
use deertrack_worker::artifact::Artifacts;
use deertrack_worker::conditions;
use serde::Serialize;
use serde_json::json;

use super::map::{reading, refused_or_unavailable};
use super::services;
use crate::exit::{Code, Exit};
use crate::flags::{AcceptanceArgs, CatalogMapArgs, RedisArgs};
use crate::print;

/// `deertrack doctor`
#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    redis: RedisArgs,
    #[command(flatten)]
    acceptance: AcceptanceArgs,
    /// Database of the platform; skipped when it is not given
    #[arg(long = "database", env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    #[command(flatten)]
    map: CatalogMapArgs,
    /// Folder of finished exports
    #[arg(long, env = "DEERTRACK_EXPORT_DIR", default_value = "exports", value_name = "DIR")]
    export_dir: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    Warning,
    Problem,
}

/// One thing looked at.
#[derive(Serialize)]
struct Finding {
    what: &'static str,
    verdict: Verdict,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
}

impl Finding {
    fn ok(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Ok, found: found.into(), advice: None }
    }

    /// One of the conditions that `/readyz` and workers look at as well.
    fn of(condition: Condition) -> Self {
        let verdict = if condition.found.is_ok() { Verdict::Ok } else { Verdict::Problem };
        let found = condition.found.unwrap_or_else(|why| why);
        Self { what: condition.name, verdict, found, advice: None }
    }

    fn bad(what: &'static str, verdict: Verdict, found: impl Into<String>, advice: &'static str) -> Self {
        Self { what, verdict, found: found.into(), advice: Some(advice) }
    }
}

pub(crate) async fn run(args: DoctorArgs, as_json: bool) -> Result<(), Exit> {
    let mut findings = redis(&args.redis, &args.acceptance).await;
    let (found, reading) = database(args.database_url.as_deref(), &args.map).await?;
    findings.push(found);
    findings.push(export_dir(&args.export_dir).await);
    let problems = findings.iter().filter(|finding| finding.verdict == Verdict::Problem).count();
    if as_json {
        print::json(&json!({ "ok": problems == 0, "findings": findings, "database": reading }));
    } else {
        findings.iter().for_each(tell);
        reading.iter().for_each(reading::tell);
    }
    match problems {
        0 => Ok(()),
        n => Err(Exit::text(Code::Failed, format!("{n} problem(s) to solve before exports can run"))
            .with_body(json!({ "error": "problems found", "problems": n }))),
    }
}

fn tell(finding: &Finding) {
    let mark = match finding.verdict {
        Verdict::Ok => "ok     ",
        Verdict::Warning => "warning",
        Verdict::Problem => "PROBLEM",
    };
    print::line(&format!("{mark}  {:<18} {}", finding.what, finding.found));
    if let Some(advice) = finding.advice {
        print::line(&format!("         -> {advice}"));
    }
}

async fn redis(args: &RedisArgs, acceptance: &AcceptanceArgs) -> Vec<Finding> {
    let asked = async {
        let stream = Stream::connect(services::accepting(args, acceptance)).await?;
        let info = stream.probe().await?;
        Ok((stream, info))
    };
    let (stream, info) = match asked.await {
        Ok(asked) => asked,
        Err(error) => return vec![no_redis(&error)],
    };
    let mut findings = server(&info);
    for condition in [stream.submit_conditions().await, stream.fetch_conditions().await].concat() {
        // Both lists look at the keys.
        if !findings.iter().any(|finding| finding.what == condition.name) {
            findings.push(Finding::of(condition));
        }
    }
    let told = |problem| Finding { what: "redis", verdict: Verdict::Warning, found: problem, advice: None };
    findings.extend(stream.healing().problem().map(told));
    findings.push(match stream.counts().await {
        Ok(counts) => Finding::ok(
            "queue",
            format!(
                "{}: {} waiting or running, {} dead letters, {} worker(s)",
                args.prefix.key_prefix, counts.backlog, counts.dead, counts.consumers
            ),
        ),
        Err(error) => {
            let advice = "what waits cannot be counted: see the lines above, or give this user the rights of \
                          deploy/redis/users.acl";
            let verdict = if error.is_forbidden() { Verdict::Warning } else { Verdict::Problem };
            Finding::bad("queue", verdict, error.to_string(), advice)
        }
    });
    findings
}

/// What answers, if anything does, and what to do. An unfit server says that itself.
fn no_redis(error: &StreamError) -> Finding {
    let advice = match error {
        StreamError::Unreachable(_) => Some(
            "check REDIS_URL (host, port, user, password), or start one (redis-server --appendonly yes); `deertrack up` \
             brings its own",
        ),
        StreamError::Refused(_) => Some("give this user the rights of deploy/redis/users.acl"),
        _ => None,
    };
    Finding { what: "redis", verdict: Verdict::Problem, found: error.to_string(), advice }
}

fn server(info: &ServerInfo) -> Vec<Finding> {
    let file = match (info.aof, info.rdb) {
        (Some(true), _) => "append-only file",
        (Some(false), Some(true)) => "snapshots",
        (Some(false), Some(false)) => "nothing on its disk",
        _ => "persistence unknown",
    };
    let server = Finding::ok("redis", format!("{}, {}, {file}", info.version, info.eviction_policy));
    let finding = |problem: ServerProblem| Finding {
        what: "redis",
        verdict: if problem.fatal { Verdict::Problem } else { Verdict::Warning },
        found: problem.text,
        advice: None,
    };
    std::iter::once(server).chain(info.problems().into_iter().map(finding)).collect()
}

async fn database(url: Option<&str>, map: &CatalogMapArgs) -> Result<(Finding, Option<Reading>), Exit> {
    let Some(url) = url else {
        let advice =
            "set DATABASE_URL (postgres:// or sqlite://) for workers; `deertrack up` brings a SQLite file";
        return Ok((Finding::bad("database", Verdict::Warning, "not configured", advice), None));
    };
    let mapping = map.mapping()?;
    let answer = async {
        let reading = catalog::read(url, &mapping).await?;
        catalog::connect_mapped(url, mapping.clone()).await?.ping().await?;
        Ok(reading)
    };
    let advice = "check DATABASE_URL; an empty database is filled by `deertrack simulate` or `deertrack import`; one with \
         other names is read by a mapping file (`deertrack map init`)";
    match answer.await {
        Ok(reading) => Ok((judged(&reading), Some(reading))),
        Err(error @ CatalogError::Map { .. }) => Err(refused_or_unavailable(error)),
        Err(error) => Ok((Finding::bad("database", Verdict::Problem, error.to_string(), advice), None)),
    }
}

/// A database whose boxes or places cannot be read is not well.
fn judged(reading: &Reading) -> Finding {
    let mut doubts = Vec::new();
    for thing in &reading.things {
        let is_needed = matches!(thing.name, "places" | "images" | "detections");
        if let Some(cost) = thing.cost.as_ref().filter(|_| thing.name != "dataset") {
            doubts.push(format!("no {}: {cost}", thing.name));
        }
        if let Some(problem) = &thing.problem {
            doubts.push(format!("{}: {problem}", thing.name));
        }
        let missing = thing.missing.iter().filter(|_| is_needed);
        doubts.extend(missing.map(|missing| format!("no {}: {}", missing.names.join(", "), missing.cost)));
    }
    if doubts.is_empty() {
        return Finding::ok("database", "reachable, everything is there");
    }
    let found = format!("reachable; {}", doubts.join("; "));
    let advice =
        "what is read from where is told below; `deertrack map init` writes a mapping file to begin with";
    Finding::bad("database", Verdict::Warning, found, advice)
}

/// As a worker looks at it.
async fn export_dir(dir: &Path) -> Finding {
    match Artifacts::open(dir) {
        Ok(artifacts) => Finding::of(conditions::export_folder(artifacts).await),
        Err(error) => {
            let advice = "set DEERTRACK_EXPORT_DIR to a folder that gateway and workers share";
            Finding::bad("export folder", Verdict::Problem, error.to_string(), advice)
        }
    }
}
