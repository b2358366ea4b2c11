//! What a row says was seen: the lowest rank that is told of an animal, or that it is none.

use crate::names::{Kind, Name, Names, sex, stage};
use crate::table::Row;

/// Common names that stand for no result, beside the usual ones.
const NO_RESULT: [&str; 5] = ["no cv result", "cv needed", "cv failed", "unknown", "unidentified"];

/// What was seen, and the label by which people know it.
pub(super) fn name(row: &Row<'_>, names: &Names) -> (String, Name) {
    let common = row.text("common_name");
    let scientific = scientific(row);
    let label = common.or(scientific.as_deref()).unwrap_or_default().to_owned();
    if is_blank(row) {
        return ("Blank".to_owned(), Name::of(Kind::Blank));
    }
    if let Some(told) = names.told(&label) {
        return (label, told.clone());
    }
    let of_label = names.of(&label);
    let is_person = row.text("genus").is_some_and(|genus| genus.eq_ignore_ascii_case("homo"))
        || label.to_ascii_lowercase().starts_with("human");
    let name = if is_person {
        Name::of(Kind::Human)
    } else if let Some(scientific) = scientific {
        Name::animal(&scientific)
    } else if NO_RESULT.contains(&label.to_ascii_lowercase().as_str()) {
        Name::of(Kind::Unknown)
    } else {
        of_label
    };
    (label, name)
}

/// Sex and life stage; the third value says that a word is told which is none of those.
pub(super) fn class(row: &Row<'_>) -> (Option<&'static str>, Option<&'static str>, bool) {
    let is_untold = |word: &str| word.eq_ignore_ascii_case("unknown");
    let told = |column: &str| row.text(column).filter(|word| !is_untold(word));
    let (of_sex, of_age) = (told("sex"), told("age"));
    let (sex, stage) = (of_sex.and_then(sex), of_age.and_then(stage));
    (sex, stage, (of_sex.is_some() && sex.is_none()) || (of_age.is_some() && stage.is_none()))
}

fn is_blank(row: &Row<'_>) -> bool {
    let told = row.text("is_blank").unwrap_or_default().to_ascii_lowercase();
    let named = row.text("common_name").unwrap_or_default();
    matches!(told.as_str(), "1" | "1.0" | "true" | "yes" | "y" | "t") || named.eq_ignore_ascii_case("blank")
}

fn scientific(row: &Row<'_>) -> Option<String> {
    let told = |column: &str| {
        let none =
            |word: &&str| !word.eq_ignore_ascii_case("no cv result") && !word.eq_ignore_ascii_case("unknown");
        row.text(column).filter(none)
    };
    match (told("genus"), told("species")) {
        // Some tables repeat the genus before the species.
        (Some(genus), Some(species)) if species.starts_with(&format!("{genus} ")) => Some(species.to_owned()),
        (Some(genus), Some(species)) => Some(format!("{genus} {species}")),
        (Some(genus), None) => Some(genus.to_owned()),
        (None, _) => ["family", "order", "class"].into_iter().find_map(told).map(str::to_owned),
    }
}
