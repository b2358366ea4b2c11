//! Secrets in files, as an operator or a service manager gives them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use deertrack_testkit::redis::Redis;

use crate::support::{PROCESSOR, Running, deertrack, run, season, succeed};

const PASSWORD: &str = "hush-4f1d9a";

fn file(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, format!("{text}\n")).unwrap();
    path.display().to_string()
}

/// Everything that a command with these variables prints, and its exit code.
fn told(args: &[&str], variables: &[(&str, &str)]) -> (String, Option<i32>) {
    let Output { stdout, stderr, status } = deertrack(args).envs(variables.iter().copied()).output().unwrap();
    (String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned(), status.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_come_from_files_and_credentials_and_are_told_nowhere() {
    let _shared = PROCESSOR.read().await;
    let redis = Redis::start().await;
    redis.run(&[b"CONFIG", b"SET", b"requirepass", PASSWORD.as_bytes()]);
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let (keys, exports, report) = (at("keys.toml"), at("exports"), at("report.pdf"));
    let scopes = "exports:submit,exports:read,events:read,files:read,metrics:read";
    let key = succeed(&["keys", "new", "--keys-file", &keys, "--id", "admin", "--scopes", scopes]);
    let key = key.trim();
    let key_file = file(dir.path(), "admin.key", key);
    let redis_file = file(dir.path(), "redis-url", &format!("{}?pass={PASSWORD}", redis.url()));
    // As systemd does it with LoadCredential=.
    let credentials = dir.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::copy(&redis_file, credentials.join("redis-url")).unwrap();
    file(&credentials, "database-url", &season(dir.path()));
    let credentials = credentials.display().to_string();

    let serve = ["serve", "--listen", "127.0.0.1:0", "--keys-file", &keys, "--export-dir", &exports];
    let loud = ("DEERTRACK_LOG", "debug");
    let mut gateway = Running::start_with(&serve, &[("REDIS_URL_FILE", &redis_file), loud]);
    let line = gateway.line("gateway http://");
    let base = format!("http://127.0.0.1:{}", line.rsplit(':').next().unwrap());
    let work = ["work", "--export-dir", &exports];
    let mut worker = Running::start_with(&work, &[("CREDENTIALS_DIRECTORY", &credentials), loud]);
    worker.line("worker is ready");
    let span = ["--start-date", "2025-10-01", "--end-date", "2025-11-01", "--group-by", "week"];
    let asked = ["submit", "pdf", "--gateway", &base, "--output", &report];
    let submitted = told(&[&asked[..], &span].concat(), &[("DEERTRACK_KEY_FILE", &key_file)]);
    assert_eq!(submitted.1, Some(0), "{}", submitted.0);
    assert!(std::fs::read(&report).unwrap().starts_with(b"%PDF"));

    let doctor = told(&["doctor", "--export-dir", &exports], &[("CREDENTIALS_DIRECTORY", &credentials)]);
    assert_eq!(doctor.1, Some(0), "{}", doctor.0);
    let wrong = file(dir.path(), "wrong", &format!("{}?pass={PASSWORD}-not", redis.url()));
    let refused = told(&["queue"], &[("REDIS_URL_FILE", &wrong)]);
    assert!(refused.1 != Some(0) && !refused.0.is_empty(), "{}", refused.0);
    let unknown = file(dir.path(), "unknown", &format!("mysql://deer:{PASSWORD}@host/deer"));
    let unread = told(&["doctor"], &[("REDIS_URL_FILE", &redis_file), ("DATABASE_URL_FILE", &unknown)]);
    assert!(unread.1 != Some(0), "{}", unread.0);
    let help = |command: &str| {
        let variables = [("REDIS_URL_FILE", redis_file.as_str()), ("DEERTRACK_KEY_FILE", &key_file)];
        told(&[command, "--help"], &variables).0
    };
    let helps: Vec<_> = ["serve", "work", "up", "submit", "doctor", "import"].map(help).into();
    assert!(helps.iter().all(|help| help.contains("Usage")), "{helps:?}");

    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let mut said = vec![submitted.0, doctor.0, refused.0, unread.0, gateway.said(), worker.said()];
    for path in ["/metrics", "/readyz", "/openapi.json"] {
        let answer = client.get(format!("{base}{path}")).bearer_auth(key).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}");
        said.push(answer.text().await.unwrap());
    }
    for text in said.iter().chain(&helps) {
        assert!(!text.contains(PASSWORD) && !text.contains(key), "{text}");
    }
}

#[test]
fn a_secret_that_cannot_be_read_is_told_and_help_is_given_without_it() {
    let nowhere = [("DATABASE_URL_FILE", "/nowhere/database-url")];
    let (text, code) = told(&["work"], &nowhere);
    assert!(
        code == Some(1) && text.contains("DATABASE_URL_FILE: the secret in /nowhere/database-url"),
        "{text}"
    );
    let (help, code) = told(&["work", "--help"], &nowhere);
    assert!(code == Some(0) && help.contains("Usage"), "{help}");
    let import = run(&["import", "season.zip"]);
    let text = String::from_utf8_lossy(&import.stderr).into_owned();
    assert!(import.status.code() == Some(1) && text.contains("DATABASE_URL_FILE"), "{text}");
}

#[test]
fn the_first_key_of_compose_lies_in_a_file_and_in_no_log() {
    let compose = std::fs::read_to_string("../docker-compose.yml").unwrap();
    let end = "> /keys/admin.key";
    let script = compose[compose.find("umask 077;").unwrap()..].split_once(end).unwrap().0.to_owned() + end;
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let script = script.split_whitespace().collect::<Vec<_>>().join(" ").replace("/keys/", &at(""));
    let start = || {
        let programs = Path::new(env!("CARGO_BIN_EXE_deertrack")).parent().unwrap().display().to_string();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).env("PATH", path).env("DEERTRACK_KEYS_FILE", at("keys.toml"));
        let Output { stdout, stderr, status } = shell.output().unwrap();
        let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
        assert!(status.success() && !said.contains("dtk."), "{said}");
        std::fs::read_to_string(at("admin.key")).unwrap()
    };
    let key = start();
    assert!(key.starts_with("dtk.admin.") && key.lines().count() == 1, "{key}");
    assert_eq!(start(), key);
    let mode = std::fs::metadata(at("admin.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
