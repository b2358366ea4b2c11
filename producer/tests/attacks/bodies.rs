//! Bodies that are small to send and large to read.

use std::time::Instant;

use libtest_mimic::Trial;

use crate::attack;
use crate::target::{Plan, Target};

const MEGABYTE: usize = 1024 * 1024;
/// Requests at a time.
const AT_ONCE: usize = 10;
/// What one of them may cost, in MB.
const EACH: u64 = 4;

pub(crate) fn all() -> Vec<Trial> {
    vec![
        attack("no_body_costs_more_than_four_megabytes", no_body_costs_more_than_four_megabytes),
        attack("a_head_without_end_is_refused", a_head_without_end_is_refused),
    ]
}

fn filled(begin: &str, part: impl Fn(usize) -> String, end: &str) -> String {
    let mut body = begin.to_owned();
    for number in 0.. {
        let part = part(number);
        if body.len() + part.len() + end.len() > MEGABYTE {
            break;
        }
        body.push_str(&part);
    }
    body + end
}

async fn no_body_costs_more_than_four_megabytes() {
    let gateway = Target::start(Plan::default()).await;
    let ids: Vec<String> = (0..10_000).map(|number| format!("\"{number:0>100}\"")).collect();
    let shapes = [
        ("values in a list", "zip", filled("{\"detection_ids\":[", |_| "0,".into(), "0]}"), "422"),
        ("unknown fields", "pdf", filled("{", |number| format!("\"{number}\":0,"), "\"x\":0}"), "422"),
        ("lists of lists", "pdf", filled("{\"a\":[", |_| "[],".into(), "0]}"), "422"),
        ("one long name", "pdf", filled("{\"", |_| "\\u0001".into(), "\":0}"), "422"),
        ("wrong periods", "pdf", filled("{\"compare_with\":[", |_| "{\"a\":1},".into(), "0]}"), "422"),
        ("numbers", "reid", filled("{\"thresholds\":[", |_| "2,".into(), "0]}"), "422"),
        ("ids", "zip", format!("{{\"detection_ids\":[{}]}}", ids.join(",")), "202"),
    ];
    // What the first request needs for good is not counted.
    gateway.post("zip", &shapes[6].2).await;
    for (name, kind, body, status) in &shapes {
        let (before, _) = gateway.memory();
        gateway.forget_peak();
        let began = Instant::now();
        let answers = futures::future::join_all((0..AT_ONCE).map(|_| gateway.post(kind, body))).await;
        let (_, peak) = gateway.memory();
        let each = peak.saturating_sub(before).div_ceil(AT_ONCE as u64);
        println!(
            "{AT_ONCE} times 1 MB of {name}: {before} MB before, at most {peak} MB, {:?}; answers of {} bytes",
            began.elapsed(),
            answers[0].len()
        );
        for answer in &answers {
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {}", &answer[..200]);
            assert!(answer.len() < 16 * 1024, "{name}: an answer of {} bytes", answer.len());
        }
        assert!(each <= EACH, "{name}: one request costs {each} MB");
    }
}

async fn a_head_without_end_is_refused() {
    let gateway = Target::start(Plan::default()).await;
    let (before, _) = gateway.memory();
    let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}", "x".repeat(MEGABYTE));
    let answers = futures::future::join_all((0..AT_ONCE).map(|_| gateway.ask(&head, ""))).await;
    let (after, peak) = gateway.memory();
    println!("{AT_ONCE} heads of 1 MB: {before} MB before, at most {peak} MB, {after} MB after");
    assert!(answers.iter().all(|answer| answer.is_empty() || answer.starts_with("HTTP/1.1 431 ")));
    assert!(peak - before <= EACH * AT_ONCE as u64);
}
