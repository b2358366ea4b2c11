//! What a terminal can show of an analysis: a histogram in blocks, a table, wrapped text.

use comfy_table::{CellAlignment, Table, presets};
use deertrack_reid::thresholds::written;
use deertrack_worker::export::reid::Study;

/// Lines of the histogram.
const LINES: usize = 8;
/// Eighths of a line, from nothing to full.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns of running text.
const WIDTH: usize = 100;
const LEFT: usize = 8;

/// The distribution of the best scores, one column for each bin; `^` stands under the current threshold.
pub(super) fn histogram(study: &Study) -> String {
    let Some(histogram) = &study.analysis().histogram else { return "no scores to show".to_owned() };
    let most = histogram.counts.iter().copied().max().unwrap_or(1).max(1);
    let (low, high) = (histogram.edges[0], histogram.edges[histogram.edges.len() - 1]);
    let mut text = String::from("\n");
    for line in (0..LINES).rev() {
        let label = if line == LINES - 1 { most.to_string() } else { String::new() };
        text.push_str(&format!("{label:>LEFT$} |"));
        text.extend(histogram.counts.iter().map(|&count| block(count, most, line)));
        text.push('\n');
    }
    let columns = histogram.counts.len();
    text.push_str(&format!("{:>LEFT$} +{}\n", 0, "-".repeat(columns)));
    text.push_str(&format!("{:>LEFT$}  {low:<7.2}{:>rest$.2}", "", high, rest = columns.saturating_sub(7)));
    let current = study.current_threshold();
    let place = (current - low) / (high - low) * columns as f64;
    if (0.0..columns as f64).contains(&place) {
        text.push_str(&format!(
            "\n{:>LEFT$}  {:>at$} {} today",
            "",
            "^",
            written(current),
            at = place as usize + 1
        ));
    }
    text
}

/// How much of this line a column fills.
fn block(count: usize, most: usize, line: usize) -> char {
    let eighths = (count * LINES * 8).div_ceil(most);
    BLOCKS[eighths.saturating_sub(line * 8).min(8)]
}

/// What each threshold would do; with labels or true identities also how many would be wrong.
pub(super) fn thresholds(study: &Study) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header([
        "threshold",
        "assigned",
        "of all",
        "new",
        "other deer",
        "dropped",
        "deer",
        "wrong of assigned",
        "95 % interval",
    ]);
    let analysis = study.analysis();
    let estimates = analysis.estimate.as_ref().map(|estimate| estimate.rows.as_slice()).unwrap_or_default();
    for (index, row) in analysis.thresholds.iter().enumerate() {
        let looked_at = estimates.get(index).filter(|estimate| estimate.labelled > 0);
        let unknown = || "not known".to_owned();
        table.add_row([
            written(row.threshold),
            row.assigned.to_string(),
            format!("{:.1} %", row.assignment_rate),
            row.newly_assigned.to_string(),
            row.reassigned.to_string(),
            row.dropped.to_string(),
            row.profiles_touched.to_string(),
            looked_at.map_or_else(unknown, |found| format!("{} of {}", found.wrong, found.labelled)),
            looked_at.map_or_else(unknown, |found| {
                format!("{:.1} - {:.1} %", found.interval[0] * 100.0, found.interval[1] * 100.0)
            }),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("\n{table}")
}

/// Text in lines that a terminal shows whole.
pub(super) fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always one");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tallest_column_fills_all_lines_and_one_of_many_is_still_seen() {
        let column = |count| (0..LINES).map(|line| block(count, 640, line)).collect::<String>();
        assert_eq!(column(640), "████████");
        assert_eq!(column(320), "████    ");
        assert_eq!(column(1), "▁       ");
        assert_eq!(column(0), "        ");
    }

    #[test]
    fn long_text_is_wrapped_at_words() {
        let text = "word ".repeat(60);
        assert!(wrapped(&text).lines().all(|line| line.len() <= WIDTH && line.starts_with("word")));
        assert_eq!(wrapped(&text).split_whitespace().count(), 60);
    }
}
