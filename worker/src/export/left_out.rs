//! What no export counts: told apart from what counts while rows are read, and in words, the same sentence in every kind.

use std::task::{Poll, ready};

use deertrack_catalog::{LeftOut, Seen, Sighting};
use futures::{StreamExt, stream};
use tokio::sync::oneshot;

use super::rows::Rows;
use super::words::{counted, number};

/// Labels that a sentence names.
const MOST_LABELS: usize = 8;

/// The rows that count, and once all were read what the others add up to.
pub(super) fn apart(mut rows: Rows<'_, Seen>) -> (Rows<'_, Sighting>, oneshot::Receiver<LeftOut>) {
    let (tell, told) = oneshot::channel();
    let mut counting = Some((tell, LeftOut::default()));
    let that_count = stream::poll_fn(move |cx| {
        loop {
            return Poll::Ready(match ready!(rows.poll_next_unpin(cx)) {
                Some(Ok(Seen::Counted(sighting))) => Some(Ok(sighting)),
                Some(Ok(Seen::LeftOut(reason))) => {
                    if let Some((_, left_out)) = &mut counting {
                        left_out.add(reason, 1);
                    }
                    continue;
                }
                Some(Err(error)) => Some(Err(error)),
                None => {
                    if let Some((tell, left_out)) = counting.take() {
                        drop(tell.send(left_out)); // somebody may have stopped to listen
                    }
                    None
                }
            });
        }
    });
    (that_count.boxed(), told)
}

/// `71 that show no deer (cattle 71)` and `2 with a label that is not known ("bukc" 2)`; empty where there are none.
pub(super) fn no_deer(left_out: &LeftOut) -> Vec<String> {
    let mut told = Vec::new();
    let all = |labels: &std::collections::BTreeMap<String, u64>| labels.values().sum::<u64>();
    let (known, unfamiliar) = (all(&left_out.no_deer), all(&left_out.unfamiliar));
    if known > 0 {
        let one = "detection that shows no deer";
        let known = counted(known, one, "detections that show no deer");
        told.push(format!("{known} ({})", named(&left_out.no_deer, |label| label.replace('_', " "))));
    }
    if unfamiliar > 0 {
        let labels = named(&left_out.unfamiliar, |label| format!("{label:?}"));
        let one = "detection with a label that is not known";
        let unfamiliar = counted(unfamiliar, one, "detections with labels that are not known");
        told.push(format!("{unfamiliar} ({labels})"));
    }
    told
}

/// The end of a headline: `; left out: 71 detections that show no deer (cattle 71)`.
pub(super) fn tail(left_out: &LeftOut) -> String {
    let told = no_deer(left_out);
    if told.is_empty() { String::new() } else { format!("; left out: {}", told.join(", ")) }
}

/// By count, the most first.
fn named(labels: &std::collections::BTreeMap<String, u64>, name: impl Fn(&str) -> String) -> String {
    let mut sorted: Vec<(&String, &u64)> = labels.iter().collect();
    sorted.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    let mut told: Vec<String> = sorted
        .iter()
        .take(MOST_LABELS)
        .map(|(label, count)| format!("{} {}", name(label), number(**count)))
        .collect();
    let rest: u64 = sorted.iter().skip(MOST_LABELS).map(|(_, count)| **count).sum();
    if rest > 0 {
        told.push(format!("others {}", number(rest)));
    }
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_no_deer_is_told_by_its_name() {
        let mut left_out = LeftOut::default();
        assert_eq!(tail(&left_out), "");
        left_out.no_deer = [("cattle".into(), 71), ("feral_hog".into(), 1), ("car".into(), 1)].into();
        left_out.unfamiliar = [("bukc".into(), 1)].into();
        assert_eq!(
            tail(&left_out),
            "; left out: 73 detections that show no deer (cattle 71, car 1, feral hog 1), \
             1 detection with a label that is not known (\"bukc\" 1)"
        );
    }
}
