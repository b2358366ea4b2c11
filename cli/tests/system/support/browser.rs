//! A real browser: Chromium, led by its driver.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use deertrack_testkit::ports::free_ports;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::{PATIENCE, until};

/// A browser with a profile of its own; both end with the test.
pub(crate) struct Browser {
    pub(crate) page: Client,
    driver: Child,
    port: u16,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// A window of this size, in a language.
    pub(crate) async fn start([width, height]: [u32; 2], language: &str) -> Self {
        let [port] = free_ports();
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver");
        driver.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let driver = driver.spawn().unwrap();
        until("the driver listens", || TcpStream::connect(("127.0.0.1", port)).ok());
        let arguments = json!([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            format!("--window-size={width},{height}"),
            format!("--lang={language}"),
            format!("--accept-lang={language}"),
            format!("--user-data-dir={}", profile.path().display()),
        ]);
        let wanted: Capabilities = [
            ("goog:chromeOptions".to_owned(), json!({ "args": arguments })),
            ("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" })),
        ]
        .into_iter()
        .collect();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let page = builder.capabilities(wanted).connect(&format!("http://127.0.0.1:{port}")).await.unwrap();
        Self { page, driver, port, _profile: profile }
    }

    /// Opens an address, and waits until the page has its forms.
    pub(crate) async fn open(&self, url: &str) {
        self.page.goto(url).await.unwrap();
        self.there("body[data-ready]").await;
    }

    /// Waits for an element.
    pub(crate) async fn there(&self, css: &str) -> fantoccini::elements::Element {
        let wait = self.page.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match wait {
            Ok(element) => element,
            Err(error) => panic!("no {css}: {error}\n{}", self.text("body").await),
        }
    }

    /// What an element says.
    pub(crate) async fn text(&self, css: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        self.run(script, json!(css)).await.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script in the page; of a promise its value.
    pub(crate) async fn run(&self, script: &str, argument: Value) -> Value {
        self.page.execute(script, vec![argument]).await.unwrap()
    }

    /// Clicks as a person does: the element has to be in sight and on top.
    pub(crate) async fn click(&self, css: &str) {
        self.there(css).await.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Types into whatever has the keyboard.
    pub(crate) async fn press(&self, keys: &str) {
        self.page.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// What is seen now, for people to look at.
    pub(crate) async fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.page.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A driver that is killed leaves its browser behind; one that is asked to end takes it along.
        let asked = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut driver| {
            write!(driver, "GET /shutdown HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.port)?;
            driver.read(&mut [0; 512])
        });
        if asked.is_err() {
            let _ = self.driver.kill();
        }
        let _ = self.driver.wait();
    }
}
