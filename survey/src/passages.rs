//! Ids of individuals that name passages: some tools give each passage a new one.

/// From so many ids on, of which none comes again, they name passages and no known animals. One or two animals that were
/// seen once are nothing unusual.
pub const FEWEST_PASSAGES: usize = 3;

/// Whether ids name passages.
pub fn are_passages(ids: usize, is_any_seen_again: bool) -> bool {
    ids >= FEWEST_PASSAGES && !is_any_seen_again
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ids_that_never_come_again_are_passages() {
        assert!(are_passages(3, false));
        assert!(!are_passages(2, false), "two bucks that were seen once");
        assert!(!are_passages(3, true));
    }
}
