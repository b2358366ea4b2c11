//! `deertrack dead`: jobs that were given up, with their bytes and the history of their errors.

use clap::{Args, Subcommand};
use deertrack_catalog::harmless;
use deertrack_stream::{DeadLetter, EventId, Stream};
use serde_json::{Value, json};

use super::services;
use crate::exit::{Code, Exit};
use crate::flags::RedisArgs;
use crate::print;

/// `deertrack dead`
#[derive(Args, Debug)]
pub(crate) struct DeadArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// One line each, oldest first
    List {
        /// Only this export kind; `unknown` for what could not be read
        #[arg(long)]
        kind: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        limit: usize,
        #[command(flatten)]
        redis: RedisArgs,
    },
    /// Everything that is known of one
    Show {
        /// Its id, as `list` prints it
        id: String,
        #[command(flatten)]
        redis: RedisArgs,
    },
    /// Put jobs back into the queue, each exactly once
    Replay(Which),
    /// Delete them for good
    Drop(Which),
}

/// Which dead letters.
#[derive(Args, Debug)]
struct Which {
    /// One letter, by its id
    #[arg(required_unless_present_any = ["all", "kind"], conflicts_with_all = ["all", "kind"])]
    id: Option<String>,
    /// All letters
    #[arg(long)]
    all: bool,
    /// All letters of this kind
    #[arg(long)]
    kind: Option<String>,
    #[command(flatten)]
    redis: RedisArgs,
}

pub(crate) async fn run(args: DeadArgs, json: bool) -> Result<(), Exit> {
    match args.action {
        Action::List { kind, limit, redis } => list(&redis, kind.as_deref(), limit, json).await,
        Action::Show { id, redis } => show(&redis, &id).await,
        Action::Replay(which) => {
            let stream = services::stream(&which.redis).await?;
            let letters = stream.dead_letters();
            let count = match &which.id {
                Some(id) => usize::from(letters.replay(read(id)?).await.map_err(Exit::unavailable)?),
                None => letters.replay_all(which.kind.as_deref()).await.map_err(Exit::unavailable)?,
            };
            told("replayed", count, which.id.as_deref(), json)
        }
        Action::Drop(which) => {
            let stream = services::stream(&which.redis).await?;
            let letters = stream.dead_letters();
            let count = match &which.id {
                Some(id) => usize::from(letters.drop(read(id)?).await.map_err(Exit::unavailable)?),
                None => letters.drop_all(which.kind.as_deref()).await.map_err(Exit::unavailable)?,
            };
            told("dropped", count, which.id.as_deref(), json)
        }
    }
}

async fn list(redis: &RedisArgs, kind: Option<&str>, limit: usize, json: bool) -> Result<(), Exit> {
    let stream: Stream = services::stream(redis).await?;
    let letters = stream.dead_letters().list(kind, None, limit).await.map_err(Exit::unavailable)?;
    for letter in &letters {
        if json {
            print::json(&as_value(letter));
        } else {
            let at = letter.at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default();
            print::line(&format!(
                "{}  {at}  {:<8} {}  {}",
                letter.id,
                harmless(&letter.kind),
                harmless(&letter.job_id),
                harmless(&letter.reason)
            ));
        }
    }
    if letters.is_empty() && !json {
        print::note("no dead letters");
    }
    Ok(())
}

async fn show(redis: &RedisArgs, id: &str) -> Result<(), Exit> {
    let stream = services::stream(redis).await?;
    let letter = stream.dead_letters().get(read(id)?).await.map_err(Exit::unavailable)?;
    let letter = letter.ok_or_else(|| gone(id))?;
    print::pretty_json(&as_value(&letter));
    Ok(())
}

fn told(what: &str, count: usize, id: Option<&str>, json: bool) -> Result<(), Exit> {
    if let (Some(id), 0) = (id, count) {
        return Err(gone(id));
    }
    if json {
        print::json(&json!({ what: count }));
    } else {
        print::line(&format!("{what}: {count}"));
    }
    Ok(())
}

fn gone(id: &str) -> Exit {
    Exit::text(
        Code::Failed,
        format!("no dead letter {id}: it was replayed or dropped; see `deertrack dead list`"),
    )
}

fn read(id: &str) -> Result<EventId, Exit> {
    id.parse().map_err(|_| {
        Exit::text(Code::Failed, format!("{id:?} is no id like 1700000000000-0; see `deertrack dead list`"))
    })
}

/// The raw fields as text where they are text, else as hex: they may be anything.
fn as_value(letter: &DeadLetter) -> Value {
    let name = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let raw = |bytes: &Vec<u8>| match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({ "hex": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() }),
    };
    json!({
        "id": letter.id.to_string(), "at": letter.at, "job_id": letter.job_id, "kind": letter.kind,
        "reason": letter.reason, "deliveries": letter.deliveries, "entry_id": letter.entry_id,
        "errors": letter.errors, "command": letter.command(),
        "fields": letter.fields.iter().map(|(field, bytes)| (name(field), raw(bytes))).collect::<serde_json::Map<_, _>>(),
    })
}
