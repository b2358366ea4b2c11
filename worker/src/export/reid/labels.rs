//! `labels.csv`: written empty beside a sample, filled in by a person, read back here.

use std::collections::HashMap;

use deertrack_reid::estimate::Answer;

use crate::export::text::cell;

/// The columns of the file.
pub(super) const COLUMNS: [&str; 5] = ["pair", "detection_id", "deer_id", "seed", "answer"];

/// What a person answered.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelSheet {
    /// The seed the sample was drawn with; none if no row names one.
    pub seed: Option<u32>,
    /// Detection, deer and answer.
    pub answers: Vec<(String, String, Answer)>,
    /// Rows without an answer.
    pub blank: usize,
}

/// Why a file of labels cannot be used; the first thing found.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadLabels {
    line: u64,
    problem: String,
}

impl LabelSheet {
    /// Reads the file's bytes.
    ///
    /// # Errors
    /// At the first line that is no CSV, lacks a column or holds an answer other than `same`, `different`, `unsure` or
    /// their first letters; when rows name different seeds, or one detection is answered twice.
    pub fn read(bytes: &[u8]) -> Result<Self, BadLabels> {
        // Some spreadsheets put a mark of their encoding in front.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let headers = reader.headers().map_err(|error| bad(1, error.to_string()))?.clone();
        let place = |name: &str| headers.iter().position(|header| header.trim() == name);
        let needed = |name: &str| place(name).ok_or_else(|| bad(1, format!("there is no column {name}")));
        let (detection, deer, answer) = (needed("detection_id")?, needed("deer_id")?, needed("answer")?);
        let seed = place("seed");
        let mut sheet = Self { seed: None, answers: Vec::new(), blank: 0 };
        let mut lines = HashMap::new();
        for record in reader.records() {
            let record = record
                .map_err(|error| bad(error.position().map_or(0, csv::Position::line), error.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let field = |column: usize| record.get(column).unwrap_or_default().trim();
            sheet.note_seed(seed.map(field).unwrap_or_default()).map_err(|problem| bad(line, problem))?;
            let Some(answer) = answer_of(field(answer)).map_err(|problem| bad(line, problem))? else {
                sheet.blank += 1;
                continue;
            };
            let id = unmarked(field(detection)).to_owned();
            if let Some(before) = lines.insert(id.clone(), line) {
                return Err(bad(line, format!("detection {id} was answered in line {before} already")));
            }
            sheet.answers.push((id, unmarked(field(deer)).to_owned(), answer));
        }
        Ok(sheet)
    }

    fn note_seed(&mut self, text: &str) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        let seed = text.parse().map_err(|_| format!("{text:?} is no seed"))?;
        match self.seed.replace(seed) {
            Some(before) if before != seed => {
                Err(format!("the seed is {seed}, before it was {before}: labels of one sample have one seed"))
            }
            _ => Ok(()),
        }
    }
}

fn bad(line: u64, problem: String) -> BadLabels {
    BadLabels { line, problem }
}

fn answer_of(text: &str) -> Result<Option<Answer>, String> {
    match text.to_lowercase().as_str() {
        "" => Ok(None),
        "same" | "s" => Ok(Some(Answer::Same)),
        "different" | "d" => Ok(Some(Answer::Different)),
        "unsure" | "u" => Ok(Some(Answer::Unsure)),
        _ => Err(format!("the answer is {text:?}; write same, different or unsure, or leave it blank")),
    }
}

/// A cell without the apostrophe that kept a spreadsheet from taking it for a formula.
fn unmarked(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if cell(rest) == text => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LabelSheet, String> {
        LabelSheet::read(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_person_wrote_is_read_whatever_the_spreadsheet_did() {
        let text = "\u{feff}pair,answer,detection_id,deer_id,seed,note\r\n\
                    1,Same,d-1,a,7,\r\n2, different ,'=1+1,b,7,torn ear\r\n3,,d-3,c,7\r\n4,U,d-4,a,,\r\n";
        let sheet = read(text).unwrap();
        let answers: Vec<(&str, &str, Answer)> =
            sheet.answers.iter().map(|(detection, deer, answer)| (&**detection, &**deer, *answer)).collect();
        let expected =
            [("d-1", "a", Answer::Same), ("=1+1", "b", Answer::Different), ("d-4", "a", Answer::Unsure)];
        assert_eq!((answers, sheet.seed, sheet.blank), (expected.to_vec(), Some(7), 1));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        let table = |rows: &str| read(&format!("detection_id,deer_id,seed,answer\n{rows}")).unwrap_err();
        assert_eq!(
            table("a,b,1,same\nc,d,1,perhaps\n"),
            "line 3: the answer is \"perhaps\"; write same, different or unsure, or leave it blank"
        );
        assert!(table("a,b,1,same\nc,d,2,same\n").starts_with("line 3: the seed is 2, before it was 1"));
        assert_eq!(table("a,b,1,s\na,c,1,d\n"), "line 3: detection a was answered in line 2 already");
        assert_eq!(read("pair,answer\n1,same\n").unwrap_err(), "line 1: there is no column detection_id");
        assert!(read("").unwrap_err().starts_with("line 1"));
    }
}
