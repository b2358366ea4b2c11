//! Asks Redis in words, as an operator would.

use anyhow::{Context, bail};
use tokio::process::Command;

/// What `redis-cli` prints.
pub(crate) async fn ask(url: &str, words: &[&str]) -> anyhow::Result<String> {
    let socket = url.strip_prefix("redis+unix://").context("it listens on a socket")?;
    let output = Command::new("redis-cli").args(["-s", socket]).args(words).output().await?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || said.starts_with("ERR") {
        bail!("redis-cli {words:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(said)
}
