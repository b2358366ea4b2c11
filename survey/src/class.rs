//! What a row's label says: a deer of a class, or something that a deer report does not count. The only place that
//! decides it, for every database and every kind.

use deertrack_schemas::Class;

/// What a row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A deer.
    Deer(Class),
    /// What is known to be no deer, by its label: `cattle`, `person`, `empty`.
    NoDeer(String),
    /// A label that this program does not know. Not counted: whoever adds it to his labels is told, not guessed at.
    Unfamiliar(String),
}

/// Beside the four classes themselves. An older model's `mature`, `mid` and `young` are bucks.
const BUCKS: [&str; 7] = ["buck", "bucks", "mature", "mid", "young", "stag", "antlered"];
const DOES: [&str; 3] = ["doe", "does", "hind"];
const FAWNS: [&str; 3] = ["fawn", "fawns", "juvenile_deer"];
/// Deer whose class was not told.
const DEER: [&str; 33] = [
    "",
    "unknown",
    "unclassified",
    "unsure",
    "deer",
    "deers",
    "unknown_deer",
    "deer_unknown",
    "cervid",
    "cervidae",
    "white_tailed_deer",
    "whitetailed_deer",
    "whitetail_deer",
    "white_tail_deer",
    "whitetail",
    "wtd",
    "mule_deer",
    "black_tailed_deer",
    "blacktail_deer",
    "blacktail",
    "roe_deer",
    "roe",
    "red_deer",
    "fallow_deer",
    "sika_deer",
    "axis_deer",
    "chital",
    "elk",
    "wapiti",
    "moose",
    "reindeer",
    "caribou",
    "muntjac",
];
/// A scientific name is a label too.
const GENERA: [&str; 11] = [
    "odocoileus",
    "capreolus",
    "cervus",
    "dama",
    "alces",
    "rangifer",
    "axis",
    "rusa",
    "muntiacus",
    "hydropotes",
    "mazama",
];
/// What cameras see beside deer.
const NO_DEER: [&str; 60] = [
    "cattle",
    "cow",
    "cows",
    "bull",
    "calf",
    "livestock",
    "pig",
    "pigs",
    "hog",
    "hogs",
    "feral_hog",
    "feral_pig",
    "wild_boar",
    "boar",
    "swine",
    "sheep",
    "goat",
    "horse",
    "donkey",
    "raccoon",
    "racoon",
    "opossum",
    "possum",
    "skunk",
    "armadillo",
    "squirrel",
    "rabbit",
    "hare",
    "rodent",
    "bear",
    "black_bear",
    "coyote",
    "fox",
    "wolf",
    "bobcat",
    "cougar",
    "mountain_lion",
    "badger",
    "cat",
    "dog",
    "domestic_dog",
    "bird",
    "birds",
    "turkey",
    "wild_turkey",
    "crow",
    "vulture",
    "hawk",
    "owl",
    "person",
    "people",
    "human",
    "hunter",
    "vehicle",
    "car",
    "truck",
    "atv",
    "empty",
    "blank",
    "nothing",
];
/// Of these the labels of people and of what they drive: a photograph on which anybody saw one is private.
pub const PEOPLE: [&str; 8] = ["person", "people", "human", "hunter", "vehicle", "car", "truck", "atv"];
/// Words for "no deer" without a name.
const NO_DEER_AT_ALL: [&str; 9] = [
    "no_deer",
    "not_deer",
    "not_a_deer",
    "non_deer",
    "none",
    "no_animal",
    "background",
    "false_positive",
    "false_alarm",
];

/// What a row shows: by the corrected label, else by the model's. An empty correction is none, and no label at all is
/// a deer whose class was not told.
pub fn subject(corrected: Option<&str>, model: Option<&str>) -> Subject {
    let corrected = corrected.map(str::trim).filter(|label| !label.is_empty());
    let told = corrected.or(model).unwrap_or_default().trim();
    let label = plain(told);
    if let Some(class) = deer(&label) {
        return Subject::Deer(class);
    }
    if NO_DEER.contains(&label.as_str()) || NO_DEER_AT_ALL.contains(&label.as_str()) {
        Subject::NoDeer(label)
    } else {
        Subject::Unfamiliar(told.to_owned())
    }
}

/// The class that a word for the sex of a known deer names; other words than those of [`subject`] are `Unknown`.
pub fn class_of_deer(word: Option<&str>) -> Class {
    let word = plain(word.unwrap_or_default());
    match word.as_str() {
        "male" | "m" => Class::Buck,
        "female" | "f" => Class::Doe,
        _ => deer(&word).unwrap_or(Class::Unknown),
    }
}

fn deer(label: &str) -> Option<Class> {
    let is_genus = |label: &str| label.split('_').next().is_some_and(|genus| GENERA.contains(&genus));
    match label {
        label if BUCKS.contains(&label) => Some(Class::Buck),
        label if DOES.contains(&label) => Some(Class::Doe),
        label if FAWNS.contains(&label) => Some(Class::Fawn),
        label if DEER.contains(&label) || is_genus(label) => Some(Class::Unknown),
        _ => None,
    }
}

/// Upper case, spaces and hyphens make no other label.
fn plain(label: &str) -> String {
    label.trim().to_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_no_deer() {
        assert!(
            PEOPLE.iter().all(|label| subject(None, Some(label)) == Subject::NoDeer((*label).to_owned()))
        );
    }

    #[test]
    fn every_label_is_a_deer_or_is_none_or_is_not_known() {
        use Subject::{Deer, NoDeer, Unfamiliar};
        let no_deer = |label: &str| NoDeer(label.to_owned());
        let table = [
            ("buck", Deer(Class::Buck)),
            ("mature", Deer(Class::Buck)),
            ("mid", Deer(Class::Buck)),
            (" Young ", Deer(Class::Buck)),
            ("DOE", Deer(Class::Doe)),
            ("fawn", Deer(Class::Fawn)),
            ("unknown", Deer(Class::Unknown)),
            ("", Deer(Class::Unknown)),
            ("   ", Deer(Class::Unknown)),
            ("deer", Deer(Class::Unknown)),
            ("white_tailed_deer", Deer(Class::Unknown)),
            ("White-tailed deer", Deer(Class::Unknown)),
            ("roe deer", Deer(Class::Unknown)),
            ("Capreolus capreolus", Deer(Class::Unknown)),
            ("moose", Deer(Class::Unknown)),
            ("cattle", no_deer("cattle")),
            ("Cow", no_deer("cow")),
            ("pig", no_deer("pig")),
            ("hog", no_deer("hog")),
            ("raccoon", no_deer("raccoon")),
            ("person", no_deer("person")),
            ("human", no_deer("human")),
            ("vehicle", no_deer("vehicle")),
            ("bird", no_deer("bird")),
            ("turkey", no_deer("turkey")),
            ("coyote", no_deer("coyote")),
            ("dog", no_deer("dog")),
            ("empty", no_deer("empty")),
            ("not a deer", no_deer("not_a_deer")),
            ("no-deer", no_deer("no_deer")),
            ("bukc", Unfamiliar("bukc".to_owned())),
            ("animal", Unfamiliar("animal".to_owned())),
            ("Tayassu", Unfamiliar("Tayassu".to_owned())),
        ];
        for (label, expected) in table {
            assert_eq!(subject(None, Some(label)), expected, "{label:?}");
        }
        assert_eq!(subject(None, None), Deer(Class::Unknown));
    }

    #[test]
    fn a_correction_wins_over_the_model_in_both_directions() {
        assert_eq!(subject(Some("doe"), Some("buck")), Subject::Deer(Class::Doe));
        assert_eq!(subject(Some("unknown"), Some("buck")), Subject::Deer(Class::Unknown));
        assert_eq!(
            subject(Some(" "), Some("buck")),
            Subject::Deer(Class::Buck),
            "an empty correction is none"
        );
        assert_eq!(subject(Some("  "), Some("Fawn")), Subject::Deer(Class::Fawn));
        assert_eq!(subject(Some("doe"), Some("cattle")), Subject::Deer(Class::Doe));
        assert_eq!(subject(Some("cattle"), Some("doe")), Subject::NoDeer("cattle".to_owned()));
    }

    #[test]
    fn no_label_stands_in_two_lists() {
        for label in NO_DEER.iter().chain(&NO_DEER_AT_ALL) {
            assert_eq!(deer(label), None, "{label}");
        }
    }

    #[test]
    fn a_known_deer_is_a_deer_whatever_its_sex_is_called() {
        assert_eq!(class_of_deer(Some("buck")), Class::Buck);
        assert_eq!(class_of_deer(Some("Female")), Class::Doe);
        assert_eq!(class_of_deer(Some("?")), Class::Unknown);
        assert_eq!(class_of_deer(None), Class::Unknown);
    }
}
