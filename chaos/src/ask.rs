//! Asks Redis in words, as an operator would: each question over a connection of its own, for most disturbances break
//! those that are open. Not by `redis-cli`: on a busy machine its start takes longer than what is measured.

use anyhow::{Context, bail};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

/// What Redis replies: a line, a number or a text.
pub(crate) async fn ask(url: &str, words: &[&str]) -> anyhow::Result<String> {
    let socket = url.strip_prefix("redis+unix://").context("it listens on a socket")?;
    let mut connection = BufReader::new(UnixStream::connect(socket).await?);
    let mut command = format!("*{}\r\n", words.len());
    for word in words {
        command.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    connection.write_all(command.as_bytes()).await?;
    reply(&mut connection).await.with_context(|| format!("{words:?}"))
}

/// One reply of the protocol's first version. None of our questions is answered by a list.
async fn reply(connection: &mut (impl AsyncBufRead + Unpin)) -> anyhow::Result<String> {
    let mut line = String::new();
    connection.read_line(&mut line).await?;
    let line = line.trim_end();
    match (line.get(..1), line.get(1..)) {
        (Some("+" | ":"), Some(said)) => Ok(said.to_owned()),
        (Some("$"), Some(length)) => {
            let mut text = vec![0; length.parse().context("a text has a length")?];
            connection.read_exact(&mut text).await?;
            Ok(String::from_utf8_lossy(&text).trim().to_owned())
        }
        (Some("-"), Some(refusal)) => bail!("Redis refused: {refusal}"),
        _ => bail!("Redis ended the connection"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn replies_are_lines_numbers_texts_and_refusals() {
        let read = async |bytes: &str| reply(&mut bytes.as_bytes()).await.map_err(|error| error.to_string());
        assert_eq!(read("+OK\r\n").await, Ok("OK".to_owned()));
        assert_eq!(read(":3\r\n").await, Ok("3".to_owned()));
        assert_eq!(read("$11\r\naof:1\r\nb:2\r\n").await, Ok("aof:1\r\nb:2".to_owned()));
        assert_eq!(read("-ERR no\r\n").await, Err("Redis refused: ERR no".to_owned()));
        assert_eq!(read("").await, Err("Redis ended the connection".to_owned()));
    }
}
