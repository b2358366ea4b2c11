//! The species that a report is of, as its first page names them.

use super::words::list;

/// Names that are printed; the others are counted.
const MOST: usize = 3;

/// Scientific and common names of deer.
const COMMON: [(&str, &str); 9] = [
    ("Odocoileus virginianus", "white-tailed deer"),
    ("Odocoileus hemionus", "mule deer"),
    ("Capreolus capreolus", "roe deer"),
    ("Cervus elaphus", "red deer"),
    ("Cervus canadensis", "elk"),
    ("Cervus nippon", "sika deer"),
    ("Dama dama", "fallow deer"),
    ("Rangifer tarandus", "reindeer"),
    ("Alces alces", "moose"),
];

/// The name that people call a species by, if it is known here.
pub(super) fn common_name(scientific: &str) -> Option<&'static str> {
    COMMON.iter().find(|(name, _)| *name == scientific).map(|(_, common)| *common)
}

/// `Capreolus capreolus (roe deer) and Cervus elaphus (red deer)`, the most frequent first.
pub(super) fn words(species: &[String]) -> String {
    if species.is_empty() {
        return "no species is named".to_owned();
    }
    let mut said: Vec<String> = species
        .iter()
        .take(MOST)
        .map(|name| match common_name(name) {
            Some(common) => format!("{name} ({common})"),
            None => name.clone(),
        })
        .collect();
    if species.len() > MOST {
        said.push(format!("{} more", species.len() - MOST));
    }
    list(&said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn species_are_named_with_their_common_name_where_it_is_known() {
        let said = |names: &[&str]| words(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(said(&["Capreolus capreolus"]), "Capreolus capreolus (roe deer)");
        assert_eq!(said(&["Axis axis", "Dama dama"]), "Axis axis and Dama dama (fallow deer)");
        assert_eq!(said(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
        assert_eq!(said(&[]), "no species is named");
    }
}
