//! What labels mean: an animal and its scientific name, a person, a vehicle, nothing. Deer are known by their common
//! names in the languages of the tools that are read; other animals keep the name that they have. `--names` tells what a
//! project's own labels mean.

use std::collections::HashMap;
use std::path::Path;

use crate::error::{BadRow, ImportError};
use crate::table::{Row, Table};

/// What is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Animal,
    Human,
    Vehicle,
    Blank,
    /// Nobody could tell, or has told yet.
    Unknown,
}

impl Kind {
    /// The word of Camtrap DP.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Animal => "animal",
            Self::Human => "human",
            Self::Vehicle => "vehicle",
            Self::Blank => "blank",
            Self::Unknown => "unknown",
        }
    }
}

/// What a label means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Name {
    pub(crate) kind: Kind,
    pub(crate) scientific: Option<String>,
    pub(crate) sex: Option<&'static str>,
    pub(crate) stage: Option<&'static str>,
}

impl Name {
    pub(crate) fn of(kind: Kind) -> Self {
        Self { kind, scientific: None, sex: None, stage: None }
    }

    pub(crate) fn animal(name: &str) -> Self {
        Self { scientific: Some(name.to_owned()), ..Self::of(Kind::Animal) }
    }

    /// For people.
    pub(crate) fn words(&self) -> String {
        let parts = [Some(self.kind.word()), self.scientific.as_deref(), self.sex, self.stage];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Sex and life stage in tools' own words, as Camtrap DP has them; anything else is not told.
pub(crate) fn sex(word: &str) -> Option<&'static str> {
    match plain(word).as_str() {
        "male" | "m" | "buck" | "stag" | "bull" => Some("male"),
        "female" | "f" | "doe" | "hind" | "cow" => Some("female"),
        _ => None,
    }
}

/// See [`sex`].
pub(crate) fn stage(word: &str) -> Option<&'static str> {
    match plain(word).as_str() {
        "adult" | "ad" => Some("adult"),
        "subadult" | "yearling" => Some("subadult"),
        "juvenile" | "juv" | "fawn" | "young" | "calf" => Some("juvenile"),
        _ => None,
    }
}

/// All labels.
#[derive(Default)]
pub(crate) struct Names {
    told: HashMap<String, Name>,
}

const COLUMNS: [&[&str]; 5] = [
    &["name", "label"],
    &["kind", "type"],
    &["scientific_name", "species"],
    &["sex"],
    &["life_stage", "age"],
];

impl Names {
    /// Reads what a project's labels mean.
    ///
    /// # Errors
    /// When the file is of another form, a word is none of those that are known, or a label is told twice.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, ImportError> {
        let mut names = Self::default();
        let Some(path) = path else { return Ok(names) };
        let mut table = Table::of_people(path, &COLUMNS)?;
        while let Some(row) = table.next(|row| told(row, &names.told))? {
            let (label, name) = row.map_err(ImportError::BadCorrection)?;
            names.told.insert(label, name);
        }
        Ok(names)
    }

    /// What a label means.
    pub(crate) fn of(&self, label: &str) -> Name {
        let word = plain(label);
        self.told.get(&word).cloned().unwrap_or_else(|| usual(&word, label))
    }

    /// Whether `--names` tells this label.
    pub(crate) fn told(&self, label: &str) -> Option<&Name> {
        self.told.get(&plain(label))
    }
}

fn told(row: &Row<'_>, known: &HashMap<String, Name>) -> Result<(String, Name), BadRow> {
    let label = plain(row.required("name")?);
    if known.contains_key(&label) {
        return Err(row.bad("name", "told twice"));
    }
    let kinds = [
        ("animal", Kind::Animal),
        ("human", Kind::Human),
        ("vehicle", Kind::Vehicle),
        ("blank", Kind::Blank),
        ("unknown", Kind::Unknown),
    ];
    let sexes = [("male", "male"), ("female", "female")];
    let stages = [("adult", "adult"), ("subadult", "subadult"), ("juvenile", "juvenile")];
    let kind = row.choice("kind", &kinds)?.unwrap_or(Kind::Animal);
    let scientific = row.owned("scientific_name");
    let (sex, stage) = (row.choice("sex", &sexes)?, row.choice("life_stage", &stages)?);
    Ok((label, Name { kind, scientific, sex, stage }))
}

/// Small letters, with one space where signs or spaces are.
fn plain(label: &str) -> String {
    let signs = |letter: char| letter.is_whitespace() || matches!(letter, '_' | '-' | '.');
    label.split(signs).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Words for no animal, in the languages of tools' interfaces and models.
const OTHERS: [(&str, Kind); 54] = [
    ("error", Kind::Unknown),
    ("erreur", Kind::Unknown),
    ("errore", Kind::Unknown),
    ("fehler", Kind::Unknown),
    ("undefiniert", Kind::Unknown),
    ("indefinito", Kind::Unknown),
    ("indefinido", Kind::Unknown),
    ("blank", Kind::Blank),
    ("empty", Kind::Blank),
    ("nothing", Kind::Blank),
    ("no animal", Kind::Blank),
    ("none", Kind::Blank),
    ("vide", Kind::Blank),
    ("leer", Kind::Blank),
    ("vuoto", Kind::Blank),
    ("vacio", Kind::Blank),
    ("vacío", Kind::Blank),
    ("human", Kind::Human),
    ("humans", Kind::Human),
    ("person", Kind::Human),
    ("people", Kind::Human),
    ("homo sapiens", Kind::Human),
    ("homo", Kind::Human),
    ("human camera trapper", Kind::Human),
    ("human maintenance crew", Kind::Human),
    ("setup", Kind::Human),
    ("set up", Kind::Human),
    ("camera setup", Kind::Human),
    ("hunter", Kind::Human),
    ("hiker", Kind::Human),
    ("humain", Kind::Human),
    ("mensch", Kind::Human),
    ("umano", Kind::Human),
    ("humano", Kind::Human),
    ("vehicle", Kind::Vehicle),
    ("vehicule", Kind::Vehicle),
    ("véhicule", Kind::Vehicle),
    ("fahrzeug", Kind::Vehicle),
    ("veicolo", Kind::Vehicle),
    ("vehiculo", Kind::Vehicle),
    ("vehículo", Kind::Vehicle),
    ("car", Kind::Vehicle),
    ("truck", Kind::Vehicle),
    ("atv", Kind::Vehicle),
    ("bicycle", Kind::Vehicle),
    ("motorcycle", Kind::Vehicle),
    ("unknown", Kind::Unknown),
    ("unidentified", Kind::Unknown),
    ("undefined", Kind::Unknown),
    ("indefini", Kind::Unknown),
    ("indéfini", Kind::Unknown),
    ("no cv result", Kind::Unknown),
    ("no result", Kind::Unknown),
    ("misfire", Kind::Blank),
];

/// Words for animals that nobody named.
const NAMELESS: [&str; 6] =
    ["animal", "unknown animal", "unidentified animal", "wildlife", "mammal", "mammals"];

/// Common names of deer. "Elk" is the American one: in Europe the word means the moose, which is a deer as well.
const DEER: [(&str, &str); 59] = [
    ("hirsch", "Cervus elaphus"),
    ("deer", "Cervidae"),
    ("cervid", "Cervidae"),
    ("cervidae", "Cervidae"),
    ("unknown deer", "Cervidae"),
    ("cervidae family", "Cervidae"),
    ("deer family", "Cervidae"),
    ("white tailed deer", "Odocoileus virginianus"),
    ("whitetailed deer", "Odocoileus virginianus"),
    ("whitetail", "Odocoileus virginianus"),
    ("whitetail deer", "Odocoileus virginianus"),
    ("wtd", "Odocoileus virginianus"),
    ("mule deer", "Odocoileus hemionus"),
    ("black tailed deer", "Odocoileus hemionus"),
    ("roe deer", "Capreolus capreolus"),
    ("western roe deer", "Capreolus capreolus"),
    ("european roe deer", "Capreolus capreolus"),
    ("chevreuil", "Capreolus capreolus"),
    ("reh", "Capreolus capreolus"),
    ("rehwild", "Capreolus capreolus"),
    ("ree", "Capreolus capreolus"),
    ("capriolo", "Capreolus capreolus"),
    ("corzo", "Capreolus capreolus"),
    ("red deer", "Cervus elaphus"),
    ("cerf", "Cervus elaphus"),
    ("cerf élaphe", "Cervus elaphus"),
    ("rothirsch", "Cervus elaphus"),
    ("rotwild", "Cervus elaphus"),
    ("edelhert", "Cervus elaphus"),
    ("cervo", "Cervus elaphus"),
    ("ciervo", "Cervus elaphus"),
    ("elk", "Cervus canadensis"),
    ("wapiti", "Cervus canadensis"),
    ("sika deer", "Cervus nippon"),
    ("sika", "Cervus nippon"),
    ("fallow deer", "Dama dama"),
    ("european fallow deer", "Dama dama"),
    ("daim", "Dama dama"),
    ("damhirsch", "Dama dama"),
    ("damwild", "Dama dama"),
    ("damhert", "Dama dama"),
    ("daino", "Dama dama"),
    ("gamo", "Dama dama"),
    ("moose", "Alces alces"),
    ("élan", "Alces alces"),
    ("elan", "Alces alces"),
    ("elch", "Alces alces"),
    ("reindeer", "Rangifer tarandus"),
    ("caribou", "Rangifer tarandus"),
    ("renne", "Rangifer tarandus"),
    ("rentier", "Rangifer tarandus"),
    ("muntjac", "Muntiacus"),
    ("muntjac deer", "Muntiacus"),
    ("reeves' muntjac", "Muntiacus reevesi"),
    ("chinese water deer", "Hydropotes inermis"),
    ("axis deer", "Axis axis"),
    ("chital", "Axis axis"),
    ("sambar", "Rusa unicolor"),
    ("red brocket", "Mazama americana"),
];

/// Words of hunters for deer of one sex or age.
const CLASSES: [(&str, Option<&str>, Option<&str>); 6] = [
    ("buck", Some("male"), None),
    ("bucks", Some("male"), None),
    ("doe", Some("female"), None),
    ("does", Some("female"), None),
    ("fawn", None, Some("juvenile")),
    ("fawns", None, Some("juvenile")),
];

fn usual(word: &str, label: &str) -> Name {
    if let Some((_, kind)) = OTHERS.iter().find(|(name, _)| *name == word) {
        return Name::of(*kind);
    }
    if word.is_empty() || NAMELESS.contains(&word) {
        return Name::of(if word.is_empty() { Kind::Unknown } else { Kind::Animal });
    }
    if let Some((_, deer)) = DEER.iter().find(|(name, _)| *name == word) {
        return Name::animal(deer);
    }
    if let Some((_, sex, stage)) = CLASSES.iter().find(|(name, ..)| *name == word) {
        return Name { sex: *sex, stage: *stage, ..Name::animal("Cervidae") };
    }
    Name::animal(label.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_deer_people_or_nothing_in_the_words_of_tools() {
        let names = Names::default();
        let words = |label: &str| names.of(label).words();
        assert_eq!(words("White-tailed_Deer"), "animal, Odocoileus virginianus");
        assert_eq!(words("chevreuil"), "animal, Capreolus capreolus");
        assert_eq!(words("Buck"), "animal, Cervidae, male");
        assert_eq!(words("fawn"), "animal, Cervidae, juvenile");
        assert_eq!((words("Human-Camera Trapper"), words("vide")), ("human".into(), "blank".into()));
        assert_eq!((words("animal"), words("")), ("animal".into(), "unknown".into()));
        assert_eq!(words("Red fox"), "animal, Red fox", "what nobody knows here keeps its name");
        assert_eq!((sex("M"), stage("Fawn"), sex("both")), (Some("male"), Some("juvenile"), None));
    }
}
