//! Exit codes, and how an error is told.

use std::fmt::Display;
use std::process::ExitCode;

use serde_json::{Value, json};

/// Why the program ends without success. The numbers are part of the interface; `--help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Anything not named below.
    Failed = 1,
    // 2 is a wrong command line: clap's own.
    /// The request breaks a rule; nothing was enqueued.
    Refused = 3,
    /// The job ended without an artifact.
    JobFailed = 4,
    /// Redis, the database or the gateway cannot be reached.
    Unavailable = 5,
    /// The job did not end within `--timeout`.
    TimedOut = 6,
}

/// What `--help` says of them.
pub(crate) const HELP: &str = "\
Exit codes: 0 done; 1 failed; 2 wrong command line; 3 request refused, nothing enqueued;
  4 the job ended without an artifact; 5 Redis, database or gateway unreachable; 6 timed out";

/// The end of a command that did not succeed.
#[derive(Debug)]
pub(crate) struct Exit {
    code: Code,
    error: anyhow::Error,
    body: Option<Value>,
}

impl Exit {
    pub(crate) fn new(code: Code, error: impl Into<anyhow::Error>) -> Self {
        Self { code, error: error.into(), body: None }
    }

    pub(crate) fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Code::Failed, error)
    }

    pub(crate) fn unavailable(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Code::Unavailable, error)
    }

    pub(crate) fn text(code: Code, text: impl Display) -> Self {
        Self::new(code, anyhow::anyhow!("{text}"))
    }

    /// What `--json` prints instead of the sentence.
    pub(crate) fn with_body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Tells the error: a sentence on stderr, or JSON on stdout.
    pub(crate) fn report(self, as_json: bool) -> ExitCode {
        if as_json {
            let body = self.body.unwrap_or_else(|| json!({ "error": format!("{:#}", self.error) }));
            crate::print::json(&body);
        } else {
            crate::print::note(&format!("error: {:#}", self.error));
        }
        ExitCode::from(self.code as u8)
    }
}

impl From<anyhow::Error> for Exit {
    fn from(error: anyhow::Error) -> Self {
        Self::failed(error)
    }
}
