//! The names of all Redis keys.

/// Key names under one prefix. All but the status keys share the prefix's hash tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    prefix: String,
    status_prefix: String,
}

impl Default for Keys {
    /// The names that services and dashboards know.
    fn default() -> Self {
        Self { prefix: "{exports}".into(), status_prefix: "export_job:".into() }
    }
}

impl Keys {
    /// The consumer group of the workers.
    pub const GROUP: &'static str = "workers";

    /// Names under another prefix (status keys too), for tests and benchmarks beside a live system.
    pub fn with_prefix(name: &str) -> Self {
        Self { prefix: format!("{{{name}}}"), status_prefix: format!("{name}:export_job:") }
    }

    /// Stream of commands.
    pub fn commands(&self) -> String {
        self.key("commands")
    }

    /// Stream of completion events.
    pub fn events(&self) -> String {
        self.key("events")
    }

    /// Counter behind the events' `n`.
    pub fn event_seq(&self) -> String {
        self.key("event_seq")
    }

    /// Sorted set: job id by due time (Unix milliseconds).
    pub fn delayed(&self) -> String {
        self.key("delayed")
    }

    /// Hash: job id to the parked command.
    pub fn parked(&self) -> String {
        self.key("parked")
    }

    /// Stream of dead letters.
    pub fn dead(&self) -> String {
        self.key("dead")
    }

    /// Pub/sub channel of hints; the truth is in the keys.
    pub fn control(&self) -> String {
        self.key("control")
    }

    /// Set while workers shall not fetch.
    pub fn paused(&self) -> String {
        self.key("paused")
    }

    /// Held by the worker that tidies up this minute.
    pub fn housekeeper(&self) -> String {
        self.key("housekeeper")
    }

    /// Idempotency key to job id.
    pub fn dedupe(&self, idempotency_key: &str) -> String {
        format!("{}:dedupe:{idempotency_key}", self.prefix)
    }

    /// Set when somebody asked to cancel a running job.
    pub fn cancel(&self, job_id: &str) -> String {
        format!("{}:cancel:{job_id}", self.prefix)
    }

    /// The status record. Services read this key directly: `export_job:<job_id>`.
    pub fn status(&self, job_id: &str) -> String {
        format!("{}{job_id}", self.status_prefix)
    }

    /// First part of every status key.
    pub fn status_prefix(&self) -> &str {
        &self.status_prefix
    }

    /// First part of every other key.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_others_read_directly_are_fixed() {
        let keys = Keys::default();
        assert_eq!(keys.status("a"), "export_job:a");
        assert_eq!(keys.commands(), "{exports}:commands");
        assert_eq!(keys.events(), "{exports}:events");
    }
}
