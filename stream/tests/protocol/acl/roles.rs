//! Which sources a user runs, and so which commands: those that stand in them as literals, and in the scripts they name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A user, and what of `stream/src` its process runs.
struct Role {
    name: &'static str,
    files: &'static [&'static str],
    /// Commands that stand in no file of ours.
    also: &'static [&'static str],
    /// Key and channel patterns.
    reach: &'static str,
}

const ALL_KEYS: &str = "~{exports}:* ~export_job:* &{exports}:control";

/// What each of our own connections is asked first, and who is asked for.
const ANY: [&str; 7] = ["connect", "handshake", "sentry", "server", "place", "stream", "probe"];

const ROLES: [Role; 6] = [
    Role {
        name: "gateway",
        files: &[
            "conditions",
            "heal",
            "submit",
            "durability",
            "cancel",
            "control",
            "watch",
            "position",
            "catch_up",
        ],
        also: &[],
        reach: ALL_KEYS,
    },
    Role {
        name: "worker",
        files: &[
            "conditions",
            "heal",
            "member",
            "reader",
            "fetch",
            "entry",
            "sweep",
            "claim",
            "beat",
            "finish",
            "retry",
            "park",
            "dead",
            "release",
            "control",
            "nudge",
            "housekeeping",
            "pages",
            "clock_jump",
            "dead_bounds",
            "dedupe",
            "counts",
        ],
        also: &["SUBSCRIBE"], // by the client's own call
        reach: ALL_KEYS,
    },
    Role {
        name: "operator",
        files: &[
            "conditions",
            "heal",
            "submit",
            "durability",
            "cancel",
            "pause",
            "control",
            "dead_letters",
            "pages",
            "overview",
            "counts",
            "watch",
            "position",
            "catch_up",
        ],
        also: &[],
        reach: ALL_KEYS,
    },
    Role {
        name: "observer",
        files: &["pages", "overview", "counts", "watch", "position", "catch_up"],
        also: &[],
        reach: "%R~{exports}:* %R~export_job:*",
    },
    Role {
        name: "bridge",
        files: &["heal", "submit", "durability", "inbox"],
        also: &[],
        // Celery's list `exports`, those of its priorities, and those of what is in hand or unreadable.
        reach: "~{exports}:* ~export_job:* ~exports*",
    },
    Role {
        name: "producer",
        files: &[],
        also: &["XADD", "GET", "XREAD"], // as schemas/README.md has it
        reach: "%W~{exports}:commands %R~{exports}:events %R~export_job:*",
    },
];

/// Permitted to all: to log in, to be alive, to wait for replicas or the disk, to ask which commands there are.
const BASE: &str = "-@all +@connection -@dangerous";

/// What BASE permits. The newer ones of them an older Redis would not take by name.
const IN_BASE: [&str; 5] = ["PING", "WAIT", "WAITAOF", "CLIENT|ID", "COMMAND|INFO"];

/// Their first word alone is no command.
const CONTAINERS: [&str; 8] =
    ["CLIENT", "MEMORY", "COMMAND", "CONFIG", "SCRIPT", "XGROUP", "XINFO", "CLUSTER"];

/// Words that are no commands: options, and codes of errors. A word that is missing here is told by Redis: it does not
/// take the file.
const WORDS: [&str; 36] = [
    "LEFT",
    "RIGHT",
    "LT",
    "REV",
    "SAMPLES",
    "BLOCK",
    "BUSY",
    "BUSYGROUP",
    "COUNT",
    "EX",
    "GROUP",
    "IDLE",
    "JUSTID",
    "MATCH",
    "MAXLEN",
    "MINID",
    "MISCONF",
    "MKSTREAM",
    "NOGROUP",
    "NOREPLICAS",
    "NX",
    "OOM",
    "PX",
    "RETRYCOUNT",
    "STREAM",
    "STREAMS",
    "UNBLOCKED",
    "WITHSCORES",
    "WRONGTYPE",
    "NOPERM",
    "REPLACE",
    "LIMIT",
    "HOSTNAME",
    "PATH",
    "XX",
    "KEEPTTL",
];

/// Files whose commands no user of a queue needs: a private server, a corner for measuring, what Sentinels are asked,
/// words for the log, and the call of any script, which counts where it is made.
const APART: [&str; 5] = ["embedded", "sentinel", "scratch", "refusals", "script"];

fn source(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(source(file)).unwrap_or_else(|error| panic!("src/{file}: {error}"))
}

/// The commands among the literals of a file, which stand between `quotes`.
fn commands(text: &str, quotes: char) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//") && !line.starts_with("--"));
    let mut found = BTreeSet::new();
    let mut container = None;
    for word in lines.flat_map(|line| line.split(quotes).skip(1).step_by(2)) {
        if word.len() < 2 || !word.bytes().all(|byte| byte.is_ascii_uppercase()) {
            continue;
        }
        if let Some(first) = container.take() {
            found.insert(format!("{first}|{word}"));
        } else if CONTAINERS.contains(&word) {
            container = Some(word);
        } else if !WORDS.contains(&word) {
            found.insert(word.to_owned());
        }
    }
    found
}

/// The scripts that a file calls.
fn scripts(text: &str) -> impl Iterator<Item = String> {
    text.split("script::").skip(1).filter_map(|rest| {
        let name: String = rest.chars().take_while(char::is_ascii_uppercase).collect();
        (name.len() > 1).then(|| format!("lua/{}.lua", name.to_lowercase()))
    })
}

fn of_file(file: &str) -> BTreeSet<String> {
    let text = read(&format!("{file}.rs"));
    let mut found = commands(&text, '"');
    for script in scripts(&text) {
        let text = read(&script);
        found.extend(commands(&text, '\''));
        for (shared, call) in [("lua/fence.lua", "owns"), ("lua/number.lua", "take_numbers")] {
            if text.contains(call) {
                found.extend(commands(&read(shared), '\''));
            }
        }
        found.extend(["EVALSHA", "SCRIPT|LOAD"].map(str::to_owned));
    }
    found
}

/// A line of users.acl. Off, and without a password, until somebody gives it one.
fn line(role: &Role) -> String {
    let ours = if role.files.is_empty() { &[][..] } else { &ANY };
    let mut commands: BTreeSet<String> =
        ours.iter().chain(role.files).flat_map(|file| of_file(file)).collect();
    commands.extend(role.also.iter().map(|&command| command.to_owned()));
    let named = commands.iter().filter(|command| !IN_BASE.contains(&command.as_str()));
    let named: Vec<String> = named.map(|command| format!("+{}", command.to_lowercase())).collect();
    format!("user {} off resetkeys resetchannels {} {BASE} {}\n", role.name, role.reach, named.join(" "))
}

/// What users.acl has to be.
pub(crate) fn generated() -> String {
    ROLES.iter().map(line).collect()
}

pub(crate) fn stored() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/redis/users.acl")
}

#[test]
fn the_users_in_deploy_may_do_what_the_sources_call() {
    let fresh = generated();
    let kept = fs::read_to_string(stored()).unwrap_or_default();
    if kept != fresh {
        fs::write(stored(), &fresh).unwrap();
    }
    assert_eq!(
        kept, fresh,
        "rewritten because the sources call other commands; look at the diff and commit it"
    );
}

#[test]
fn every_file_that_calls_a_command_is_somebodys() {
    let known = |file: &str| {
        ANY.contains(&file) || APART.contains(&file) || ROLES.iter().any(|role| role.files.contains(&file))
    };
    let files: Vec<String> = fs::read_dir(source(""))
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().into_string().unwrap().strip_suffix(".rs").map(str::to_owned)
        })
        .collect();
    assert!(files.len() > 30);
    for file in files {
        let called = of_file(&file);
        assert!(called.is_empty() || known(&file), "{file} belongs to no user and calls {called:?}");
    }
}
