//! What cannot work is refused by name with the next step, before anything is sent to it but questions.

use std::sync::{Arc, Mutex};

use deertrack_stream::{Settings, Stream, StreamError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Says that it is `info`, and remembers what it was asked.
struct Pretender {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Pretender {
    async fn start(info: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let heard = Arc::clone(&heard);
                tokio::spawn(async move { answer(client, info, &heard).await });
            }
        });
        Self { url, asked }
    }
}

/// Each command is an array of bulk strings.
async fn answer(client: TcpStream, info: &str, heard: &Mutex<Vec<String>>) -> Option<()> {
    let mut client = BufReader::new(client);
    loop {
        let mut words = Vec::new();
        for _ in 0..length(&mut client).await? {
            let mut word = vec![0; length(&mut client).await? + 2];
            client.read_exact(&mut word).await.ok()?;
            words.push(String::from_utf8_lossy(&word).trim().to_uppercase());
        }
        let reply = match words[0].as_str() {
            "INFO" => format!("${}\r\n{info}\r\n", info.len()),
            _ => "+OK\r\n".to_owned(),
        };
        heard.lock().unwrap().push(words.join(" "));
        client.write_all(reply.as_bytes()).await.ok()?;
    }
}

async fn length(client: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut line = String::new();
    client.read_line(&mut line).await.ok()?;
    line.get(1..)?.trim().parse().ok()
}

async fn refused(url: &str) -> String {
    match Stream::connect(Settings::new(url)).await.err() {
        Some(StreamError::Unfit(why)) => why,
        other => panic!("not refused in words: {other:?}"),
    }
}

#[tokio::test]
async fn an_old_redis_and_other_programs_are_refused_before_any_script_is_loaded() {
    for (info, told) in [
        ("# Server\r\nredis_version:6.2.14\r\nredis_mode:standalone\r\n", "Redis 6.2.14 is too old"),
        ("# Server\r\nredis_version:7.4.0\r\ndragonfly_version:df-v1.40.1\r\n", "Dragonfly df-v1.40.1"),
        ("# Server\r\nredis_version:6.3.4\r\nexecutable:/data/keydb-server\r\n", "KeyDB 6.3.4"),
    ] {
        let pretender = Pretender::start(info).await;
        let why = refused(&pretender.url).await;
        assert!(why.contains(told) && why.contains("Valkey"), "{why}");
        let asked = pretender.asked.lock().unwrap().join("; ");
        assert!(asked.contains("INFO SERVER"), "{asked}");
        for word in ["SCRIPT", "EVAL", "BGREWRITEAOF", "XADD"] {
            assert!(!asked.contains(word), "{asked}");
        }
    }
}

#[tokio::test]
async fn a_sentinel_is_refused_with_the_next_step() {
    let pretender = Pretender::start("# Server\r\nredis_version:7.0.15\r\nredis_mode:sentinel\r\n").await;
    let why = refused(&pretender.url).await;
    assert!(why.contains("Sentinel") && why.contains("master"), "{why}");
}
