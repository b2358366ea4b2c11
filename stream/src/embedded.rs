//! A private `redis-server` (or `valkey-server`) child on a unix socket, for `deertrack up` and for tests.
//!
//! It must not outlive us, however we end. A shell stands guard: it waits on a pipe that only we hold open, and
//! when the pipe closes, even by `kill -9`, it stops the server. Not PR_SET_PDEATHSIG: that fires when the *thread*
//! ends which started the child, and a runtime's threads come and go; it also exists on Linux alone.

mod check_aof;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};

/// Starts the server, tells its process id, passes on signals that are named on its standard input and ends the
/// server when that input ends.
///
/// The child tells its process id itself, before it becomes the server: the shell would race with the server's first
/// line.
const GUARD: &str = r#"
sh -c 'echo "$$"; exec "$@"' server "$@" & server=$!
exec >/dev/null
while read -r signal; do kill -"$signal" "$server"; done
kill -TERM "$server" 2>/dev/null
wait "$server"
"#;

/// What a server says that has cut the end of its append-only file and starts when it is asked again: it died while the
/// file was being rewritten, after a power cut.
const START_AGAIN: &str = "the truncated file is not the last file";
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];
/// Loading a large append-only file takes its time.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a server of a process that was killed a moment ago may take to go away.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest path of a unix socket that every system takes.
const MAX_SOCKET_PATH: usize = 100;

/// How the private server keeps its data.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its files are. Must exist; one server at a time.
    pub dir: PathBuf,
    /// Keep the data in an append-only file (fsync every second); else everything is gone when it stops.
    pub append_only: bool,
    /// Mend the file before each start, as [`redis-check-aof
    /// --fix`](https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/) does. Off only in tests of
    /// what a server does by itself.
    pub check_aof: bool,
    /// More options of redis.conf, as pairs of name and value.
    pub extra: Vec<(String, String)>,
}

/// Why there is no private server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Neither `redis-server` nor `valkey-server`.
    #[error(
        "no redis-server found on PATH. Install it: `apt-get install redis-server` (Debian, Ubuntu), \
         `brew install redis` (macOS), `dnf install valkey` (Fedora), or set REDIS_URL to a server that runs"
    )]
    NotFound,
    /// Another server works on this directory.
    #[error("another server uses {0}; stop it or choose another directory")]
    InUse(PathBuf),
    /// A file or process could not be made.
    #[error("the private Redis could not be started: {0}")]
    Io(#[from] std::io::Error),
    /// The server ended or stayed silent; with its last words.
    #[error("redis-server did not start: {0}")]
    Failed(String),
}

/// A running private server. When it is dropped the server stops, soon; [`Server::stop`] waits for it.
pub struct Server {
    options: Options,
    socket: PathBuf,
    url: String,
    process: Option<Process>,
}

struct Process {
    guard: Child,
    signals: ChildStdin,
    pid: u32,
}

impl Server {
    /// Starts a server on the data in `options.dir` and waits until it answers.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let socket = socket_path(&options.dir);
        let url = format!("redis+unix://{}", socket.display());
        let mut server = Self { options, socket, url, process: None };
        server.restart().await?;
        Ok(server)
    }

    /// `redis+unix:///...`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's process; 0 when it was killed.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().map_or(0, |process| process.pid)
    }

    /// Asks the server to end (it writes what it still holds) and waits until it has.
    ///
    /// # Errors
    /// The guard process cannot be waited for.
    pub async fn stop(mut self) -> std::io::Result<()> {
        self.end(None).await
    }

    /// SIGKILL, as a crash. What was not written is lost; [`Server::restart`] goes on with the rest.
    ///
    /// # Errors
    /// The guard process cannot be reached.
    pub async fn kill(&mut self) -> std::io::Result<()> {
        self.end(Some("KILL")).await
    }

    /// Sends the server a signal by name: `STOP`, `CONT`, ...
    ///
    /// # Errors
    /// The guard process cannot be reached.
    pub fn signal(&mut self, name: &str) -> std::io::Result<()> {
        match &mut self.process {
            Some(process) => writeln!(process.signals, "{name}"),
            None => Ok(()),
        }
    }

    /// Whether the append-only file is mended before the next starts: [`Options::check_aof`].
    pub fn check_aof(&mut self, before_each_start: bool) {
        self.options.check_aof = before_each_start;
    }

    /// Starts it again on the same data at the same address, after [`Server::kill`].
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn restart(&mut self) -> Result<(), StartError> {
        self.end(None).await?;
        let program = find(&NAMES).ok_or(StartError::NotFound)?;
        match self.launch(&program).await {
            Err(StartError::Failed(words)) if words.contains(START_AGAIN) => self.launch(&program).await,
            result => result,
        }
    }

    async fn launch(&mut self, program: &Path) -> Result<(), StartError> {
        let lock = lock(&self.options.dir).await?;
        if self.options.append_only && self.options.check_aof {
            let (program, dir) = (program.to_owned(), self.options.dir.clone());
            let fixed = tokio::task::spawn_blocking(move || check_aof::fix(&program, &dir)).await;
            fixed.map_err(std::io::Error::other)??;
        }
        let mut guard = self.command(program, lock).spawn()?;
        let signals = guard.stdin.take().expect("its standard input is a pipe");
        let output = guard.stdout.take().expect("its standard output is a pipe");
        let output = tokio::process::ChildStdout::from_std(output)?;
        match tokio::time::timeout(START_TIMEOUT, ready(output)).await {
            Ok(Ok(pid)) => {
                self.process = Some(Process { guard, signals, pid });
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StartError::Failed(format!("silent for {} s", START_TIMEOUT.as_secs()))),
        }
    }

    fn command(&self, program: &Path, lock: File) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(GUARD).arg("deertrack-redis-guard").arg(program);
        command.args(["--port", "0", "--daemonize", "no", "--logfile", "", "--save", "", "--dir"]);
        command.arg(&self.options.dir).arg("--unixsocket").arg(&self.socket);
        command.args(["--unixsocketperm", "700", "--maxmemory-policy", "noeviction"]);
        command.args(["--appendonly", if self.options.append_only { "yes" } else { "no" }]);
        for (name, value) in &self.options.extra {
            command.arg(format!("--{name}")).arg(value);
        }
        // The lock is the server's standard error: it is held for as long as the server lives, even without us.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(lock);
        // A group of its own: Ctrl-C is for us, who then stop the server when the work is done.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }

    async fn end(&mut self, signal: Option<&str>) -> std::io::Result<()> {
        let Some(Process { mut guard, mut signals, .. }) = self.process.take() else { return Ok(()) };
        if let Some(signal) = signal {
            writeln!(signals, "{signal}")?;
        }
        drop(signals);
        tokio::task::spawn_blocking(move || guard.wait()).await.map_err(std::io::Error::other)??;
        Ok(())
    }
}

/// The process id, once the server says that it is ready; its last words when it ends before.
async fn ready(output: tokio::process::ChildStdout) -> Result<u32, StartError> {
    let mut lines = BufReader::new(output).lines();
    let first = lines.next_line().await?.unwrap_or_default();
    let pid = first.parse().map_err(|_| StartError::Failed(format!("no process id but {first:?}")))?;
    let mut last_words = Vec::new();
    while let Some(line) = lines.next_line().await? {
        if line.to_lowercase().contains("ready to accept connections") {
            // Somebody must go on listening, else the server's log fills the pipe and stops it.
            tokio::spawn(async move {
                while let Ok(Some(line)) = lines.next_line().await {
                    tracing::debug!(target: "deertrack_stream::redis_server", "{line}");
                }
            });
            return Ok(pid);
        }
        last_words.push(line);
    }
    let tail = last_words.len().saturating_sub(5);
    Err(StartError::Failed(last_words[tail..].join(" / ")))
}

/// Takes the directory for one server. The server of a process that has just been killed may still be on its way out.
async fn lock(dir: &Path) -> Result<File, StartError> {
    let file = File::options().create(true).append(true).open(dir.join("redis.lock"))?;
    let taken = async {
        while file.try_lock().is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(LOCK_TIMEOUT, taken).await {
        Ok(()) => Ok(file),
        Err(_) => Err(StartError::InUse(dir.to_owned())),
    }
}

/// In the directory, unless that makes its path too long for a socket.
fn socket_path(dir: &Path) -> PathBuf {
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let path = dir.join("redis.sock");
    if path.as_os_str().len() <= MAX_SOCKET_PATH {
        return path;
    }
    std::env::temp_dir().join(format!("deertrack-{}.sock", uuid::Uuid::now_v7().simple()))
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| dirs.iter().map(|dir| dir.join(name)).find(|file| file.is_file()))
}
