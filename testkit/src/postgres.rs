//! A private PostgreSQL for a test binary, and a fresh database for each test.
//!
//! The server is kept by a small shell script (`postgres.sh`) whose standard input is a pipe from the test process.
//! When that process ends, however it ends, the pipe closes and the script stops the server and removes its directory:
//! statics are never dropped, so this could not be done in a `Drop`. It speaks to nobody but through a socket in
//! that directory, so no port can clash.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// How to get what is missing.
const INSTALL_HINT: &str =
    "these tests need PostgreSQL 15 or newer: apt-get install postgresql, or brew install postgresql";

/// Makes an empty database on this test binary's server (started on first use) and returns its URL.
/// The role may do everything.
///
/// # Panics
/// When PostgreSQL is not installed or does not start; the message says why and what to do.
pub fn database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let server = server();
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let made = Command::new(server.programs.join("createdb"))
        .arg("--host")
        .arg(&server.dir)
        .args(["--username", "postgres", "--template", "template0", &name])
        .output()
        .expect("createdb is there: initdb was");
    assert!(made.status.success(), "createdb: {}", String::from_utf8_lossy(&made.stderr));
    server.url(&name)
}

/// A running server. `keeper` stands for its life: the script stops it when our end of its input closes.
struct Server {
    programs: PathBuf,
    dir: PathBuf,
    #[expect(dead_code, reason = "held, not read: it owns the pipe that keeps the server alive")]
    keeper: Child,
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.dir.display())
    }
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start)
}

fn start() -> Server {
    let programs = programs().unwrap_or_else(|| panic!("no initdb found; {INSTALL_HINT}"));
    let dir =
        tempfile::Builder::new().prefix("deertrack-pg-").tempdir().expect("a temporary directory").keep();
    let mut keeper = Command::new("sh")
        .args(["-c", include_str!("postgres.sh"), "postgres.sh"])
        .arg(&programs)
        .arg(&dir)
        .arg(server_user())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh is there");
    let mut said = BufReader::new(keeper.stdout.take().expect("stdout is piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("the script's output is text");
    if line != "ready\n" {
        said.read_to_string(&mut line).expect("the script's output is text");
        panic!("PostgreSQL did not start from {}: {line}\n{INSTALL_HINT}", programs.display());
    }
    Server { programs, dir, keeper }
}

/// The server refuses to run as root: then somebody else runs it.
fn server_user() -> &'static str {
    let is_root = id(&["-u"]).is_some_and(|uid| uid.trim() == "0");
    match is_root {
        false => "",
        true if id(&["-u", "postgres"]).is_some() => "postgres",
        true => "nobody",
    }
}

fn id(args: &[&str]) -> Option<String> {
    let output = Command::new("id").args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The directory of initdb and its like: on `PATH`, else the newest of Debian's versions.
fn programs() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    on_path.chain(versions.into_iter().map(|(_, bin)| bin)).find(|bin| is_complete(bin))
}

fn is_complete(bin: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres", "createdb"].iter().all(|program| bin.join(program).is_file())
}
