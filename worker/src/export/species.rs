//! Names of species: platforms have words for them, standards want the scientific name.

/// The scientific name of a deer that a platform calls so; a name of two words is taken as it is. `None`: not known.
pub(super) fn scientific_name(told: &str) -> Option<&'static str> {
    let plain = told.trim().to_lowercase().replace(['-', ' '], "_");
    let known = NAMES.iter().find(|(words, name)| {
        words.contains(&plain.as_str()) || name.to_lowercase().replace(' ', "_") == plain
    });
    known.map(|(_, name)| *name)
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
