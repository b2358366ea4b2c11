//! What a caller asks for, before it has a job id: the JSON body of `POST /api/exports/{kind}`.

use chrono::{DateTime, Utc};

use crate::fields::Fields;
use crate::problem::{Problem, Rejection};
use crate::{Command, Export, JobId, Kind, body};

/// The longest `requested_by` and `idempotency_key`, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// A well-formed request. Its rules are checked by [`crate::Valid::check`], which needs today's date.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What to export.
    pub export: Export,
    /// Who asks.
    pub requested_by: Option<String>,
    /// The same key answers the same job.
    pub idempotency_key: Option<String>,
}

impl Request {
    /// Reads the JSON body of a request for `kind`.
    ///
    /// # Errors
    /// Every problem of the body at once, up to 50: malformed JSON, missing, unknown, repeated and ill-typed fields.
    pub fn from_json(kind: Kind, body: impl AsRef<[u8]>) -> Result<Self, Rejection> {
        let object = body::read(body.as_ref())?;
        // It may be large and is no longer needed.
        drop(body);
        let mut fields = Fields::new(&object);
        let export = kind.read(&mut fields);
        let requested_by = fields.optional_text("requested_by", MAX_NAME_CHARS);
        let idempotency_key = fields.optional_text("idempotency_key", MAX_NAME_CHARS);
        if idempotency_key.as_deref() == Some("") {
            fields.note(Problem::empty_text("idempotency_key"));
        }
        let problems = fields.finish().listed();
        match export {
            Some(export) if problems.is_empty() => Ok(Self { export, requested_by, idempotency_key }),
            _ => Err(Rejection::Fields(problems)),
        }
    }

    /// The command that carries this request.
    pub fn into_command(self, job_id: JobId, created_at: DateTime<Utc>) -> Command {
        Command {
            requested_by: self.requested_by,
            idempotency_key: self.idempotency_key,
            ..Command::new(job_id, self.export, created_at)
        }
    }
}

impl From<Export> for Request {
    fn from(export: Export) -> Self {
        Self { export, requested_by: None, idempotency_key: None }
    }
}
