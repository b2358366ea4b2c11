//! Which rows of one thing (an image, a sequence) were there already: so that each has a number of its own, and equal ones
//! are one. Ids are held as hashes of 128 bits, for there are as many as photographs.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What rows of each thing were, as hashes.
#[derive(Default)]
pub(crate) struct ToldRows {
    first: HashMap<u128, u64>,
    /// Of things with several rows: those after the first.
    more: HashMap<u128, Vec<u64>>,
    /// Rows that are equal to another.
    pub(crate) equal: u64,
}

impl ToldRows {
    /// Which row of its thing it is, from 1; `None`: an equal one was there.
    pub(crate) fn number(&mut self, thing: &str, row: u64) -> Option<usize> {
        let key = key(thing);
        let Some(first) = self.first.get(&key) else {
            self.first.insert(key, row);
            return Some(1);
        };
        let more = self.more.entry(key).or_default();
        if *first == row || more.contains(&row) {
            self.equal += 1;
            return None;
        }
        more.push(row);
        Some(more.len() + 1)
    }
}

/// What stands for an id: a hash of 128 bits.
pub(crate) fn key(thing: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, thing).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_thing_are_numbered_and_equal_ones_are_one() {
        let mut rows = ToldRows::default();
        let numbers = [("a", 7), ("a", 8), ("b", 7), ("a", 7), ("a", 8), ("a", 9)]
            .map(|(thing, row)| rows.number(thing, row));
        assert_eq!(numbers, [Some(1), Some(2), Some(1), None, None, Some(3)]);
        assert_eq!(rows.equal, 2);
    }
}
