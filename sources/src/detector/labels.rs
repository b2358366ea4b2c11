//! What detectors call what they see.

use crate::names::{Kind, Name, Names};

/// The meaning of a label; `description` is the taxon that a classifier has for it, ranks between semicolons.
pub(super) fn name(names: &Names, label: &str, description: Option<&str>) -> Name {
    if let Some(told) = names.told(label) {
        return told.clone();
    }
    let of_taxon = description.and_then(taxon);
    let usual = names.of(label);
    let is_unknown_animal = usual.scientific.as_deref() == Some(label.trim());
    match of_taxon {
        Some(name) if is_unknown_animal || usual.scientific.is_none() => name,
        Some(name) if name.kind != Kind::Animal => name,
        _ => usual,
    }
}

/// A taxon of SpeciesNet: id, class, order, family, genus, species, common name. One of another depth tells by its
/// family alone that it is a deer.
pub(super) fn taxon(text: &str) -> Option<Name> {
    let parts: Vec<&str> = text.split(';').map(str::trim).collect();
    let [_, class, order, family, genus, species, common] = parts[..] else {
        return parts.contains(&"cervidae").then(|| Name::animal("Cervidae"));
    };
    let usual = Names::default().of(common);
    if usual.kind != Kind::Animal {
        return Some(usual);
    }
    if genus == "homo" {
        return Some(Name::of(Kind::Human));
    }
    if !genus.is_empty() {
        let genus = capital(genus);
        return Some(Name::animal(&if species.is_empty() { genus } else { format!("{genus} {species}") }));
    }
    let lowest = [family, order, class].into_iter().find(|rank| !rank.is_empty());
    Some(lowest.map_or_else(|| Name::of(Kind::Animal), |rank| Name::animal(&capital(rank))))
}

/// What people call a taxon of SpeciesNet.
pub(super) fn common(text: &str) -> &str {
    text.rsplit(';').find(|part| !part.trim().is_empty()).unwrap_or(text).trim()
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taxon_of_a_classifier_tells_what_its_label_does_not() {
        let names = Names::default();
        let of = |label: &str, taxon: Option<&str>| name(&names, label, taxon).words();
        let deer = "id;mammalia;cetartiodactyla;cervidae;odocoileus;virginianus;white-tailed deer";
        assert_eq!(of("white-tailed deer", Some(deer)), "animal, Odocoileus virginianus");
        assert_eq!(of("wtd adult", Some(deer)), "animal, Odocoileus virginianus");
        assert_eq!(
            of("x", Some("id;mammalia;cetartiodactyla;cervidae;;;cervidae family")),
            "animal, Cervidae"
        );
        assert_eq!(
            of("x", Some("animalia;chordata;mammalia;artiodactyla;cervidae;damadama")),
            "animal, Cervidae"
        );
        assert_eq!(of("x", Some("id;mammalia;primates;hominidae;homo;sapiens;human")), "human");
        assert_eq!(of("x", Some("id;;;;;;blank")), "blank");
        assert_eq!(of("fox", None), "animal, fox");
        assert_eq!(common("id;mammalia;;;;;mammal"), "mammal");
    }
}
