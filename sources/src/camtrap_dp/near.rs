//! The names that are most like one that is not there: what somebody who mistyped it may have meant.

use std::collections::BTreeSet;

/// How many are shown.
const SHOWN: usize = 5;

/// `; the nearest are d1, d2`, or that there is none at all.
pub(super) fn nearest<'a>(name: &str, there: impl Iterator<Item = &'a str>) -> String {
    let wanted = name.to_lowercase();
    let away = |other: &str| strsim::damerau_levenshtein(&wanted, &other.to_lowercase());
    let different: BTreeSet<&str> = there.collect();
    let count = different.len();
    let mut near: Vec<(usize, &str)> = different.into_iter().map(|other| (away(other), other)).collect();
    near.sort_unstable();
    let shown: Vec<&str> = near.iter().take(SHOWN).map(|(_, other)| *other).collect();
    match count {
        0 => "; there is none".to_owned(),
        1..=SHOWN => format!("; there are: {}", shown.join(", ")),
        _ => format!("; the nearest of {count} are {}", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_come_first() {
        let there = ["Oak 01", "Oak 02", "oak 10", "Elm", "Pond", "Ridge", "Elm"];
        assert_eq!(
            nearest("OAK 1", there.into_iter()),
            "; the nearest of 6 are Oak 01, oak 10, Oak 02, Elm, Pond"
        );
        assert_eq!(nearest("x", ["b", "a"].into_iter()), "; there are: a, b");
        assert_eq!(nearest("x", [].into_iter()), "; there is none");
    }
}
