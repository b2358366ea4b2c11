//! Runs the real binary as a user would, and waits for what it says instead of sleeping.

pub(crate) mod browser;
#[cfg(feature = "otlp")]
pub(crate) mod collector;
pub(crate) mod house;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use tokio::sync::RwLock;

/// How long anything may take before a test gives up; generous, for machines under load.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// Held for writing by a test that measures time, for reading by all others.
pub(crate) static PROCESSOR: RwLock<()> = RwLock::const_new(());

/// A command line of `deertrack` that no variable of the caller leaks into.
pub(crate) fn deertrack(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deertrack"));
    for (name, _) in std::env::vars() {
        let ours = name.starts_with("DEERTRACK_") || name.starts_with("OTEL_");
        if ours || name == "REDIS_URL" || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs to the end.
pub(crate) fn run(args: &[&str]) -> Output {
    deertrack(args).output().unwrap()
}

/// Runs to the end and must succeed; returns what it printed.
pub(crate) fn succeed(args: &[&str]) -> String {
    let output = run(args);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "deertrack {args:?}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// A running `deertrack`; killed when the test ends.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    /// Starts it; its output and its log are read as lines.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[])
    }

    /// The same with variables in its environment.
    pub(crate) fn start_with(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = deertrack(args);
        command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (send, lines) = channel();
        let pipes: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for pipe in pipes {
            let send = send.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    if send.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        Self { child, lines, seen: Vec::new() }
    }

    /// The first line, from now or earlier, that contains `text`.
    pub(crate) fn line(&mut self, text: &str) -> String {
        self.line_with(&[text])
    }

    /// The same with all of `texts`.
    pub(crate) fn line_with(&mut self, texts: &[&str]) -> String {
        let wanted = |line: &String| texts.iter().all(|text| line.contains(text));
        if let Some(line) = self.seen.iter().find(|line| wanted(line)) {
            return line.clone();
        }
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if wanted(&line) => {
                    self.seen.push(line.clone());
                    return line;
                }
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no line with {texts:?} in time:\n{}", self.seen.join("\n"))
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("it ended without {texts:?}:\n{}", self.seen.join("\n"))
                }
            }
        }
    }

    /// SIGKILL: what a crash leaves.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit within the patience.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended()
    }

    /// Sends it a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(format!("-{name}")).arg(&pid).status().unwrap().success());
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Its exit, within the patience.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it did not stop:\n{}", self.said());
    }

    /// All lines so far.
    pub(crate) fn said(&mut self) -> String {
        self.seen.extend(self.lines.try_iter());
        self.seen.join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `done` gives a value; for things that send no signal (a file, a status record).
pub(crate) fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Some(value) = done() {
            return value;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("in vain: {what}");
}

/// Waits until `now` gives `wanted`, as long as it moves: how fast much work is done says nothing on a busy machine, that
/// it stands still does.
pub(crate) fn until_all<T: PartialEq + std::fmt::Debug>(what: &str, wanted: &T, mut now: impl FnMut() -> T) {
    let (mut last, mut moved) = (now(), Instant::now());
    while last != *wanted {
        assert!(moved.elapsed() < PATIENCE, "in vain: {what}; it stands at {last:?}");
        std::thread::sleep(Duration::from_millis(50));
        let then = std::mem::replace(&mut last, now());
        if then != last {
            moved = Instant::now();
        }
    }
}

/// A SQLite database with a small simulated season; returns its URL.
pub(crate) fn season(dir: &Path) -> String {
    let url = format!("sqlite://{}", dir.join("season.db").display());
    succeed(&["simulate", "--seed", "1", "--no-frames", "--end", "2025-12-31", "--database", &url]);
    url
}

/// Asks a private Redis with `redis-cli`, as an operator would.
pub(crate) fn redis(url: &str, args: &[&str]) -> String {
    let socket = url.strip_prefix("redis+unix://").unwrap();
    let output = Command::new("redis-cli").args(["-s", socket]).args(args).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// What a report says.
pub(crate) fn pdf_text(path: &Path) -> String {
    pdf_extract::extract_text(path).unwrap()
}
