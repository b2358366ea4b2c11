//! Names of species: platforms have words for them, standards want the scientific name.

use std::collections::HashMap;

use deertrack_catalog::Individual;

/// The scientific name of a deer that a platform calls so; a name of two words is taken as it is. `None`: not known.
pub(super) fn scientific_name(told: &str) -> Option<&'static str> {
    let plain = told.trim().to_lowercase().replace(['-', ' '], "_");
    let known = NAMES.iter().find(|(words, name)| {
        words.contains(&plain.as_str()) || name.to_lowercase().replace(' ', "_") == plain
    });
    known.map(|(_, name)| *name)
}

/// The species of the known deer that tell theirs, by id: a detection that tells none shows that of its deer.
pub(super) fn of_deer(individuals: &[Individual]) -> HashMap<&str, &'static str> {
    let named = individuals.iter().filter_map(|deer| {
        let species = scientific_name(deer.species.as_deref()?)?;
        Some((deer.id.as_str(), species))
    });
    named.collect()
}

/// Names what a row shows by its deer where the row does not.
pub(super) fn name(row: &mut Option<String>, deer: Option<&str>, of_deer: &HashMap<&str, &'static str>) {
    if row.is_none() {
        *row = deer.and_then(|deer| of_deer.get(deer)).map(|name| (*name).to_owned());
    }
}

const NAMES: [(&[&str], &str); 12] = [
    (&["white_tailed_deer", "whitetailed_deer", "whitetail_deer", "whitetail"], "Odocoileus virginianus"),
    (&["mule_deer", "black_tailed_deer", "blacktail_deer", "blacktail"], "Odocoileus hemionus"),
    (&["roe_deer", "roe", "european_roe_deer"], "Capreolus capreolus"),
    (&["red_deer"], "Cervus elaphus"),
    (&["elk", "wapiti"], "Cervus canadensis"),
    (&["sika_deer", "sika"], "Cervus nippon"),
    (&["fallow_deer", "fallow"], "Dama dama"),
    (&["axis_deer", "chital"], "Axis axis"),
    (&["moose"], "Alces alces"),
    (&["reindeer", "caribou"], "Rangifer tarandus"),
    (&["muntjac", "reeves_muntjac"], "Muntiacus reevesi"),
    (&["water_deer", "chinese_water_deer"], "Hydropotes inermis"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platforms_word_and_the_name_itself_are_one_species() {
        assert_eq!(scientific_name("white_tailed_deer"), Some("Odocoileus virginianus"));
        assert_eq!(scientific_name("White-tailed deer"), Some("Odocoileus virginianus"));
        assert_eq!(scientific_name("Odocoileus virginianus"), Some("Odocoileus virginianus"));
        assert_eq!(scientific_name("unicorn"), None);
    }
}
