//! The private server of `deertrack up` and of these tests.

use std::path::Path;

use deertrack_stream::embedded::{Options, Server, StartError};
use deertrack_stream::{Settings, Stream};
use tempfile::TempDir;

use crate::support::*;

fn options(dir: &Path) -> Options {
    Options { dir: dir.to_owned(), append_only: true, check_aof: true, extra: Vec::new() }
}

#[tokio::test]
async fn a_server_that_was_stopped_has_kept_everything() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(options(dir.path())).await.unwrap();
    let stream = Stream::connect(Settings::new(server.url())).await.unwrap();
    let job = submit(&stream).await;
    server.stop().await.unwrap();
    let server = Server::start(options(dir.path())).await.unwrap();
    let stream = Stream::connect(Settings::new(server.url())).await.unwrap();
    status(&stream, &job).await;
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_dropped_server_ends() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(options(dir.path())).await.unwrap();
    let process = format!("/proc/{}", server.pid());
    assert!(Path::new(&process).exists());
    drop(server);
    until(async || !Path::new(&process).exists()).await;
}

#[tokio::test]
async fn a_directory_is_one_servers_at_a_time() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(options(dir.path())).await.unwrap();
    let second = Server::start(options(dir.path())).await;
    assert!(matches!(second.err(), Some(StartError::InUse(_))));
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_directory_with_a_long_path_is_no_trouble_for_the_socket() {
    let dir = TempDir::new().unwrap();
    let long = dir.path().join("x".repeat(120));
    std::fs::create_dir(&long).unwrap();
    let server = Server::start(options(&long)).await.unwrap();
    Stream::connect(Settings::new(server.url())).await.unwrap();
    server.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let dir = TempDir::new().unwrap();
    let mut options = options(dir.path());
    options.extra = vec![("maxmemory-policy".into(), "keep-everything".into())];
    let error = Server::start(options).await.err().expect("there is no such policy");
    assert!(error.to_string().contains("did not start"), "{error}");
}
