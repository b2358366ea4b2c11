//! Which animals are taken: those that were asked for, else deer.

use std::collections::BTreeMap;

use super::Options;
use crate::error::ImportError;

/// How rows of animals without a name are listed.
pub(super) const NAMELESS: &str = "animals without a name";

/// The genera of Cervidae, from the American Society of Mammalogists' Mammal Diversity Database 2 (Burgin et al. 2025,
/// <https://www.mammaldiversity.org>), with names that older lists and packages still use: `Dama` and `Axis` were once
/// in `Cervus`, `Hyelaphus` in `Axis`, `Rucervus` and `Panolia` in `Cervus`, and `Pudella` in `Pudu`.
const GENERA: [&str; 22] = [
    "Alces",
    "Axis",
    "Blastocerus",
    "Capreolus",
    "Cervus",
    "Dama",
    "Elaphodus",
    "Elaphurus",
    "Hippocamelus",
    "Hydropotes",
    "Hyelaphus",
    "Mazama",
    "Muntiacus",
    "Odocoileus",
    "Ozotoceros",
    "Panolia",
    "Passalites",
    "Pudella",
    "Pudu",
    "Rangifer",
    "Rucervus",
    "Rusa",
];
/// Names of the family and of what is between it and its genera, for animals that nobody told further.
const FAMILY: [&str; 3] = ["cervidae", "capreolinae", "cervinae"];

/// Whether a scientific name is that of a deer.
pub(super) fn is_deer(name: &str) -> bool {
    let genus = name.split_whitespace().next().unwrap_or_default();
    GENERA.iter().any(|deer| deer.eq_ignore_ascii_case(genus))
        || FAMILY.iter().any(|family| family.eq_ignore_ascii_case(genus))
}

/// Chooses every animal.
const EVERY: &str = "*";

/// What was chosen.
#[derive(Clone)]
pub(super) enum Chosen {
    Deer,
    Named(Vec<String>),
    /// Also animals that nobody named.
    Every,
}

impl Chosen {
    pub(super) fn of(options: &Options) -> Self {
        match options.species.as_slice() {
            [] => Self::Deer,
            named if named.iter().any(|name| name.trim() == EVERY) => Self::Every,
            named => Self::Named(named.to_vec()),
        }
    }

    /// A name matches what it is part of: a subspecies its species, a species its genus.
    pub(super) fn has(&self, name: Option<&str>) -> bool {
        let Some(name) = name else { return matches!(self, Self::Every) };
        match self {
            Self::Every => true,
            Self::Deer => is_deer(name),
            Self::Named(wanted) => wanted.iter().any(|wanted| is_within(name, wanted.trim())),
        }
    }
}

/// Whether `name` is `taxon` or a part of it.
pub(super) fn is_within(name: &str, taxon: &str) -> bool {
    let head = name.get(..taxon.len());
    let rest = name.get(taxon.len()..);
    head.is_some_and(|head| head.eq_ignore_ascii_case(taxon))
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Two words on one animal may name it more and less closely.
pub(super) fn may_be_same(one: Option<&str>, other: Option<&str>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return true };
    let is_family = |name: &str| FAMILY.iter().any(|family| family.eq_ignore_ascii_case(name));
    is_within(one, other) || is_within(other, one) || is_family(one) || is_family(other)
}

/// Refuses a package that has nothing of what was chosen.
pub(super) fn refuse_none(
    chosen: &Chosen,
    taken: &BTreeMap<String, u64>,
    others: &BTreeMap<String, u64>,
    unused: String,
) -> Result<(), ImportError> {
    if !taken.is_empty() {
        return Ok(());
    }
    let found = others.iter().map(|(name, rows)| format!("{name} ({rows} rows)")).collect();
    let has_nameless = others.contains_key(NAMELESS);
    Err(match chosen {
        Chosen::Deer => ImportError::NoDeer { found, has_nameless, unused },
        Chosen::Every => ImportError::NoSuchSpecies { wanted: vec!["any animal".to_owned()], found, unused },
        Chosen::Named(wanted) => ImportError::NoSuchSpecies { wanted: wanted.clone(), found, unused },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deer_are_told_by_their_genus_or_family() {
        for name in
            ["Capreolus capreolus", "odocoileus virginianus texanus", "Cervidae", "Cervus", "Rusa unicolor"]
        {
            assert!(is_deer(name), "{name}");
        }
        for name in ["Sus scrofa", "Moschus moschiferus", "Tragulus kanchil", "Bos taurus", "Cervicapra", ""]
        {
            assert!(!is_deer(name), "{name}");
        }
    }

    #[test]
    fn a_name_matches_what_it_is_part_of() {
        let roe = Chosen::Named(vec!["capreolus capreolus ".into()]);
        assert!(roe.has(Some("Capreolus capreolus")) && roe.has(Some("Capreolus capreolus italicus")));
        assert!(!roe.has(Some("Capreolus")) && !roe.has(Some("Capreolus capreolusx")) && !roe.has(None));
        assert!(may_be_same(Some("Cervidae"), Some("Dama dama")));
        assert!(!may_be_same(Some("Dama dama"), Some("Cervus elaphus")));
    }
}
