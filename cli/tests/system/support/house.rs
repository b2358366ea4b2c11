//! A whole system for a test: a gateway, some workers, a Redis and a season in SQLite, as separate processes.

use std::time::Instant;

use deertrack_testkit::redis::Redis;
use serde_json::{Value, json};

use super::{PATIENCE, Running, redis, season, until};

/// A gateway, some workers, a Redis and a season in SQLite.
pub(crate) struct House {
    pub(crate) redis: Redis,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) database: String,
    pub(crate) gateway: Running,
    pub(crate) base: String,
}

impl House {
    pub(crate) async fn build(redis: Redis) -> Self {
        Self::build_with(redis, &[]).await
    }

    /// With variables in the gateway's environment.
    pub(crate) async fn build_with(redis: Redis, variables: &[(&str, &str)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let database = season(dir.path());
        let exports = dir.path().join("exports").display().to_string();
        let args = ["serve", "--listen", "127.0.0.1:0", "--redis-url", redis.url(), "--export-dir", &exports];
        let mut gateway = Running::start_with(&args, variables);
        let base = gateway.line("gateway http://").trim_start_matches("gateway ").to_owned();
        Self { redis, dir, database, gateway, base }
    }

    pub(crate) fn worker(&self) -> Running {
        self.worker_with(&[])
    }

    /// One with variables in its environment.
    pub(crate) fn worker_with(&self, variables: &[(&str, &str)]) -> Running {
        let exports = self.dir.path().join("exports").display().to_string();
        let args = ["work", "--redis-url", self.redis.url(), "--database", &self.database];
        let args = [&args[..], &["--export-dir", &exports]].concat();
        let mut worker = Running::start_with(&args, variables);
        worker.line("worker is ready");
        worker
    }

    pub(crate) async fn submit(&self, change: Value) -> String {
        let mut body = json!({ "start_date": "2025-10-01", "end_date": "2025-10-31", "group_by": "week" });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.submit_kind("pdf", &body).await
    }

    pub(crate) async fn submit_kind(&self, kind: &str, body: &Value) -> String {
        let address = self.at(&format!("/api/exports/{kind}"));
        let response = reqwest::Client::new().post(address).json(body).send().await.unwrap();
        assert_eq!(response.status(), 202);
        let answer: Value = response.json().await.unwrap();
        answer["job_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn status(&self, job_id: &str) -> Value {
        let address = self.at(&format!("/api/exports/pdf/{job_id}"));
        reqwest::get(address).await.unwrap().json().await.unwrap()
    }

    /// The status record as it lies in Redis.
    pub(crate) fn record(&self, job_id: &str) -> Value {
        serde_json::from_str(&self.ask(&["GET", &format!("export_job:{job_id}")])).unwrap()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn ask(&self, args: &[&str]) -> String {
        redis(self.redis.url(), args)
    }

    /// What an idle system leaves: no command waiting, none pending.
    pub(crate) fn assert_drained(&self) {
        until("an empty stream", || (self.ask(&["XLEN", "{exports}:commands"]) == "0").then_some(()));
        let pending = self.ask(&["XPENDING", "{exports}:commands", "workers"]);
        assert!(pending.starts_with('0'), "{pending}");
    }

    /// The job ids of all events, in order.
    pub(crate) fn events(&self) -> Vec<String> {
        let all = self.ask(&["XRANGE", "{exports}:events", "-", "+"]);
        // One value a line: the line behind a field's name is its value.
        let lines: Vec<&str> = all.lines().collect();
        let jobs = lines.windows(2).filter(|pair| pair[0] == "job").map(|pair| pair[1].to_owned());
        jobs.collect()
    }
}

impl House {
    /// Asks until the gateway has found Redis again; it answers 503 until then.
    pub(crate) async fn submit_when_ready(&self) -> String {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if reqwest::get(self.at("/readyz")).await.unwrap().status() == 200 {
                return self.submit(json!({})).await;
            }
        }
        panic!("the gateway does not find Redis again");
    }
}
