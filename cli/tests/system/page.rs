//! The page in a real browser, as a manager uses it. Nothing here waits for a time: each step waits for what a person would
//! see. Pictures of each step are left in `target/tmp/page`.

use std::collections::BTreeSet;
use std::path::Path;

use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{PROCESSOR, Running, redis};

const WIDE: [u32; 2] = [1280, 900];
const PHONE: [u32; 2] = [390, 844];
const RUT: &str = "start_date=2025-10-15&end_date=2025-11-30";

/// A season, and all that serves it.
struct Up {
    running: Running,
    base: String,
    dir: tempfile::TempDir,
}

impl Up {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (running, base) = Self::on(dir.path(), "0");
        Self { running, base, dir }
    }

    fn on(dir: &Path, port: &str) -> (Running, String) {
        let data = dir.display().to_string();
        let mut running = Running::start(&["up", "--data-dir", &data, "--port", port, "--simulate"]);
        let base = running.line("dashboard").split_whitespace().last().unwrap().to_owned();
        running.line("worker is ready");
        (running, base)
    }

    fn redis(&self) -> String {
        format!("redis+unix://{}", self.dir.path().join("redis/redis.sock").display())
    }

    /// The page with a form filled in.
    fn link(&self, rest: &str) -> String {
        format!("{}?{rest}", self.base)
    }
}

/// Starts what the form has, and waits until it is ready; its id.
async fn made(browser: &Browser) -> String {
    let before = browser.run("return document.querySelectorAll('#jobs li').length", Value::Null).await;
    browser.click("#form button[type=submit]").await;
    let more = before.as_u64().unwrap() + 1;
    browser.there(&format!("#jobs li:nth-last-child({more}):first-child [data-status=completed]")).await;
    let id = browser.run("return document.querySelector('#jobs li').dataset.job", Value::Null).await;
    id.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_is_started_watched_and_looked_into() {
    let _shared = PROCESSOR.read().await;
    let up = Up::start();
    let browser = Browser::start(WIDE, "en").await;
    for (request, shown, wanted) in [
        (format!("kind=table&{RUT}&format=csv&topic=visits"), "#look-body table", "Oak ridge"),
        (format!("kind=table&{RUT}&format=geojson"), "#look-body svg.map", "Old quarry"),
        (format!("kind=camtrap-dp&{RUT}"), "#look-body .files", "datapackage.json"),
        (format!("kind=zip&{RUT}"), "#look-body details", "files"),
        ("kind=reid&sample_size=10".to_owned(), "#look-body .verdict table", "safe"),
    ] {
        browser.open(&up.link(&request)).await;
        made(&browser).await;
        browser.click("#jobs li:first-child [data-does=look]").await;
        browser.there(shown).await;
        let seen = browser.text("#look-body").await;
        assert!(seen.contains(wanted), "{request}: {seen}");
        browser.picture(&format!("look-{}", request.replace(['&', '='], "_"))).await;
        browser.click("#look-close").await;
    }
    // A report opens in the browser's own viewer; the headline says what is in it.
    browser.open(&up.link(&format!("kind=pdf&{RUT}&group_by=week"))).await;
    made(&browser).await;
    assert!(browser.text("#jobs li:first-child").await.contains("Buck visits peaked"));
    let open = "return document.querySelector('#jobs li a[target=_blank]').href";
    let address = browser.run(open, Value::Null).await;
    assert!(address.as_str().unwrap().ends_with(".pdf?inline=1"), "{address}");
    browser.picture("report").await;
    // Found by its words.
    browser.there("#search").await.send_keys(".geojson").await.unwrap();
    let shown = "return [...document.querySelectorAll('#jobs li')].filter((item) => !item.hidden).length";
    assert_eq!(browser.run(shown, Value::Null).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_made_by_keyboard_alone_and_focus_stays_where_it_is() {
    let _shared = PROCESSOR.read().await;
    let up = Up::start();
    let browser = Browser::start(PHONE, "en").await;
    browser.open(&up.link(&format!("kind=pdf&{RUT}&group_by=month"))).await;
    let focused = async || {
        let script = "const at = document.activeElement; return at.dataset.does ?? (at.id || at.textContent)";
        browser.run(script, Value::Null).await.as_str().unwrap_or_default().to_owned()
    };
    let mut steps = 0;
    while focused().await != "Start" {
        browser.press(&char::from(Key::Tab).to_string()).await;
        steps += 1;
        assert!(steps < 60, "the button is never reached");
    }
    browser.press(&char::from(Key::Enter).to_string()).await;
    browser.there("#jobs li [data-status=completed]").await;
    assert_eq!(focused().await, "Start", "news take the keyboard from nobody");
    assert!(browser.text("#announce").await.contains("is ready"), "and the end is said");
    let wide = "return document.documentElement.scrollWidth <= window.innerWidth";
    assert_eq!(browser.run(wide, Value::Null).await, true, "nothing is wider than a phone");
    browser.picture("phone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_judged_in_the_words_of_the_gateway() {
    let _shared = PROCESSOR.read().await;
    let up = Up::start();
    let browser = Browser::start(WIDE, "en").await;
    browser.open(&up.base).await;
    let judge = "
        const [kind, body] = arguments[0];
        const [{ Schemas }, { problems, rule }, openapi] = await Promise.all([
          import(new URL('assets/schema.js', document.baseURI)), import(new URL('assets/validate.js', document.baseURI)),
          fetch('openapi.json').then((answer) => answer.json())]);
        const schemas = new Schemas(openapi);
        const told = problems(schemas, schemas.of(kind), body);
        const answer = await fetch(`api/exports/${kind}`, {
          method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
        const said = (await answer.json()).detail;
        return { told: told.length ? told : rule(kind, body), said };";
    let right = json!({ "start_date": "2025-10-01", "end_date": "2025-11-01", "group_by": "week" });
    for (kind, change) in [
        ("pdf", json!({ "start_date": null })),
        ("pdf", json!({ "start_date": "2025-02-30", "group_by": "year", "title": "x".repeat(201) })),
        ("pdf", json!({ "visit_gap_minutes": 0 })),
        ("pdf", json!({ "visit_gap_minutes": 1441, "label": "" })),
        ("pdf", json!({ "visit_gap_minutes": 1.5 })),
        ("pdf", json!({ "classifications": [] })),
        ("pdf", json!({ "classifications": ["elk"] })),
        ("pdf", json!({ "end_date": "2025-10-01" })),
        ("pdf", json!({ "end_date": "2026-10-30" })),
        ("pdf", json!({ "report_type": "comparison", "compare_with": [{ "start_date": "2024-10-01" }] })),
        ("table", json!({ "group_by": null, "format": "doc" })),
        ("table", json!({ "group_by": null, "format": "csv", "end_date": "2025-09-30" })),
        ("reid", json!({ "group_by": null, "target": 0.9, "thresholds": [2.0], "sample_size": -1 })),
    ] {
        let mut body = right.clone();
        for (name, value) in change.as_object().unwrap() {
            match value {
                Value::Null => body.as_object_mut().unwrap().remove(name),
                value => body.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        let judged = browser.run(judge, json!([kind, body])).await;
        let words = |value: &Value| -> BTreeSet<String> {
            let one = |problem: &Value| format!("{} {}", problem["loc"], problem["msg"]);
            value.as_array().map_or_else(|| [value.to_string()].into(), |all| all.iter().map(one).collect())
        };
        assert_eq!(words(&judged["told"]), words(&judged["said"]), "{kind} {body}");
    }
    // And a person sees it at the field, before anything is sent.
    browser.open(&up.link("kind=pdf&start_date=2025-11-01&end_date=2025-10-01&group_by=week")).await;
    browser.click("#form button[type=submit]").await;
    browser.there("#field-start_date[aria-invalid=true]").await;
    assert!(browser.text("#problem-start_date").await.contains("must be before end_date"));
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_tabs_share_one_stream_and_all_of_them_hear() {
    let _shared = PROCESSOR.read().await;
    let up = Up::start();
    let browser = Browser::start(WIDE, "en").await;
    browser.open(&up.base).await;
    for _ in 1..8 {
        let tab = browser.page.new_window(true).await.unwrap();
        browser.page.switch_to_window(tab.handle).await.unwrap();
        browser.open(&up.link(&format!("kind=table&{RUT}&format=csv"))).await;
        browser.there("#connection[data-state=live]").await;
        assert_eq!(browser.text("#connection").await, "live, through another tab");
    }
    let job = made(&browser).await;
    let tabs = browser.page.windows().await.unwrap();
    for tab in tabs.clone() {
        browser.page.switch_to_window(tab).await.unwrap();
        browser.there(&format!("#jobs li[data-job='{job}'] [data-status=completed]")).await;
    }
    // The one that leads is closed, and another takes over.
    browser.page.switch_to_window(tabs[0].clone()).await.unwrap();
    assert_eq!(browser.text("#connection").await, "live");
    browser.page.close_window().await.unwrap();
    browser.page.switch_to_window(tabs[7].clone()).await.unwrap();
    made(&browser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_found_again_when_its_record_is_gone_and_when_the_gateway_was() {
    let _shared = PROCESSOR.read().await;
    let mut up = Up::start();
    let browser = Browser::start(WIDE, "de").await;
    browser.open(&up.link(&format!("kind=pdf&{RUT}&group_by=week"))).await;
    let job = made(&browser).await;
    redis(&up.redis(), &["DEL", &format!("export_job:{job}")]);
    browser.page.refresh().await.unwrap();
    browser.there("#jobs li a[download]").await;
    assert!(browser.text("#jobs li").await.contains("fertig"));
    assert!(browser.text("body").await.contains("Ihre Exporte"), "in the reader's language");
    let untranslated = "const { untranslated } = await import(new URL('assets/texts.js', document.baseURI)); return untranslated()";
    assert_eq!(browser.run(untranslated, Value::Null).await, json!([]));
    browser.picture("german").await;

    let port = up.base.trim_end_matches('/').rsplit(':').next().unwrap().to_owned();
    up.running.kill();
    browser.there("#connection[data-state=lost]").await;
    let (running, _) = Up::on(up.dir.path(), &port);
    up.running = running;
    browser.there("#connection[data-state=live]").await;
    browser.click("#jobs li [data-does=again]").await;
    browser.there("#jobs li:first-child:nth-last-child(2) [data-status=completed]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_cancelled_and_changed_and_earlier_periods_are_rows() {
    let _shared = PROCESSOR.read().await;
    let up = Up::start();
    let browser = Browser::start(WIDE, "en").await;
    // Nobody works while it is cancelled.
    redis(&up.redis(), &["SET", "{exports}:paused", "1"]);
    browser.open(&up.link(&format!("kind=table&{RUT}&format=xlsx"))).await;
    browser.click("#form button[type=submit]").await;
    browser.click("#jobs li [data-does=cancel]").await;
    browser.there("#jobs li [data-status=failed]").await;
    assert!(browser.text("#jobs li .state").await.contains("cancelled"));
    redis(&up.redis(), &["DEL", "{exports}:paused"]);
    browser.open(&up.link(&format!("kind=pdf&{RUT}&group_by=week&report_type=comparison"))).await;
    browser.click("fieldset .rows + button").await;
    browser.picture("comparison").await;
    made(&browser).await;
    assert!(browser.text("#jobs li:first-child").await.contains("2024"));
    browser.click("#jobs li:first-child [data-does=change]").await;
    assert_eq!(browser.run("return document.querySelectorAll('.rows .row').length", Value::Null).await, 1);
}
