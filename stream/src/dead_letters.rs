//! Reading, replaying and dropping dead letters. How an entry becomes one is told in [`crate::dead`].
//!
//! A replay puts the entry's own fields back, with its tries counted from 1 again; its error history stays with it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use deertrack_schemas::{Command, Keys, State, StatusRecord, wire};

use crate::claim::unreadable;
use crate::error::StreamError;
use crate::history::TryError;
use crate::job_ids::new_job_id;
use crate::pages::Pages;
use crate::stored::StoredEntry;
use crate::{EventId, Stream, crash, meters, script};

/// A job that was given up.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Its place among the dead letters.
    pub id: EventId,
    /// When it was given up (UTC).
    pub at: Option<DateTime<Utc>>,
    /// The job; the entry's id when it named none.
    pub job_id: String,
    /// Its export kind; `unknown` when it could not be read.
    pub kind: String,
    /// Why it was given up.
    pub reason: String,
    /// How often its last entry was delivered.
    pub deliveries: u64,
    /// Id of its last entry in the command stream.
    pub entry_id: String,
    /// What went wrong in its tries, oldest first.
    pub errors: Vec<TryError>,
    /// The fields of that entry, whatever they and their names are. `body` holds the command.
    pub fields: HashMap<Vec<u8>, Vec<u8>>,
}

impl DeadLetter {
    /// The command, if it can be read.
    pub fn command(&self) -> Option<Command> {
        wire::decode(self.fields.get(b"body".as_slice())?).ok()
    }

    fn read(letter: &StoredEntry) -> Option<Self> {
        let text = |name| letter.text(name).unwrap_or_default().to_owned();
        let id: EventId = letter.id.parse().ok()?;
        let raw = |(name, value): &(Vec<u8>, Vec<u8>)| {
            name.strip_prefix(b"raw.").map(|name| (name.to_owned(), value.clone()))
        };
        Some(Self {
            id,
            at: DateTime::from_timestamp_millis(i64::try_from(id.ms).ok()?),
            job_id: text("job"),
            kind: text("kind"),
            reason: text("reason"),
            deliveries: text("deliveries").parse().unwrap_or(0),
            entry_id: text("entry_id"),
            errors: serde_json::from_str(&text("errors")).unwrap_or_default(),
            fields: letter.fields.iter().filter_map(raw).collect(),
        })
    }
}

/// The dead letters of a stream.
#[derive(Clone, Copy)]
pub struct DeadLetters<'a>(&'a Stream);

impl Stream {
    /// Its dead letters.
    pub fn dead_letters(&self) -> DeadLetters<'_> {
        DeadLetters(self)
    }
}

impl DeadLetters<'_> {
    /// Up to `most` letters behind `after`, oldest first; of one kind, if one is given.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn list(
        &self,
        kind: Option<&str>,
        after: Option<EventId>,
        most: usize,
    ) -> Result<Vec<DeadLetter>, StreamError> {
        let mut found = Vec::new();
        let mut pages = Pages::new(self.0, self.0.settings().keys.dead(), after.unwrap_or_default());
        while found.len() < most {
            let page = pages.next(most - found.len()).await?;
            if page.is_empty() {
                break;
            }
            let letters = page.iter().filter_map(DeadLetter::read);
            found.extend(letters.filter(|letter| kind.is_none_or(|kind| letter.kind == kind)));
        }
        Ok(found)
    }

    /// One letter.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn get(&self, id: EventId) -> Result<Option<DeadLetter>, StreamError> {
        let mut range = redis::cmd("XRANGE");
        range.arg(self.0.settings().keys.dead()).arg(id.to_string()).arg(id.to_string());
        let letters: Vec<StoredEntry> = self.0.link().query(&range).await?;
        Ok(letters.first().and_then(DeadLetter::read))
    }

    /// Puts a letter's job back into the stream, exactly once however often and from wherever it is called. False
    /// when the letter is gone.
    ///
    /// # Errors
    /// Redis cannot be used. Calling it again is harmless.
    pub async fn replay(&self, id: EventId) -> Result<bool, StreamError> {
        let Some(mut letter) = self.get(id).await? else { return Ok(false) };
        let keys = &self.0.settings().keys;
        let command = letter.command().map(|command| Command { attempt: 1, ..command });
        // A body that another program wrote shorter than we could stays as it is.
        if let Some(body) = command.as_ref().and_then(|command| wire::encode(command).ok()) {
            letter.fields.insert("body".into(), body);
        }
        if !letter.errors.is_empty() {
            let errors = serde_json::to_vec(&letter.errors).expect("numbers, times and texts can be written");
            letter.fields.insert("errors".into(), errors);
        }
        let status = keys.status(&letter.job_id);
        let mut call = script::call(&script::REPLAY, 4, 3 + 2 * letter.fields.len(), 4096);
        call.arg(keys.dead()).arg(keys.commands()).arg(status).arg(keys.cancel(&letter.job_id));
        call.arg(id.to_string()).arg(self.0.settings().status_ttl.as_secs());
        call.arg(queued(&letter, command.as_ref(), keys).to_json());
        for (name, value) in &letter.fields {
            call.arg(name).arg(value);
        }
        crash::point("replay.before");
        let replayed: bool = self.0.link().run(&call).await?;
        crash::point("replay.after");
        meters::moved("replay", usize::from(replayed));
        Ok(replayed)
    }

    /// Deletes a letter for good. False when it is gone already.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn drop(&self, id: EventId) -> Result<bool, StreamError> {
        let mut delete = redis::cmd("XDEL");
        delete.arg(self.0.settings().keys.dead()).arg(id.to_string());
        Ok(self.0.link().query(&delete).await?)
    }

    /// Replays all letters, or those of one kind. How many. Letters that come meanwhile stay.
    ///
    /// # Errors
    /// Redis cannot be used; some may have been replayed.
    pub async fn replay_all(&self, kind: Option<&str>) -> Result<usize, StreamError> {
        let mut count = 0;
        for id in self.ids(kind).await? {
            count += usize::from(self.replay(id).await?);
        }
        Ok(count)
    }

    /// Deletes all letters, or those of one kind. How many.
    ///
    /// # Errors
    /// Redis cannot be used; some may have been deleted.
    pub async fn drop_all(&self, kind: Option<&str>) -> Result<usize, StreamError> {
        let mut count = 0;
        for id in self.ids(kind).await? {
            count += usize::from(self.drop(id).await?);
        }
        Ok(count)
    }

    /// Of what is there now: a job that dies again at once is not replayed for ever.
    async fn ids(&self, kind: Option<&str>) -> Result<Vec<EventId>, StreamError> {
        let mut pages = Pages::new(self.0, self.0.settings().keys.dead(), EventId::default());
        let mut ids = Vec::new();
        loop {
            let page = pages.next(usize::MAX).await?;
            if page.is_empty() {
                return Ok(ids);
            }
            let wanted = page
                .iter()
                .filter(|letter| kind.is_none_or(|kind| letter.text("kind").unwrap_or_default() == kind));
            ids.extend(wanted.filter_map(|letter| letter.id.parse::<EventId>().ok()));
        }
    }
}

/// The status of a job that was put back.
fn queued(letter: &DeadLetter, command: Option<&Command>, keys: &Keys) -> StatusRecord {
    let job = letter.job_id.parse().unwrap_or_else(|_| new_job_id(keys));
    command.map_or_else(|| unreadable(job, State::Queued), StatusRecord::queued)
}
