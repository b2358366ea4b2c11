//! The statements of one map: each is one fixed text until the tables change.

use crate::map::Map;
use crate::map::field::Thing;

/// The SQL files of a dialect.
pub(crate) struct Templates {
    pub(crate) records: &'static str,
    pub(crate) sightings: &'static str,
    pub(crate) records_in: &'static str,
    pub(crate) records_of: &'static str,
    pub(crate) repeats_in: &'static str,
    pub(crate) left_out: &'static str,
    pub(crate) images: &'static str,
    pub(crate) individuals: &'static str,
    pub(crate) places: &'static str,
    pub(crate) deployments: &'static str,
    pub(crate) told_deployments: &'static str,
    pub(crate) embeddings: &'static str,
    pub(crate) profiles: &'static str,
    pub(crate) dataset: &'static str,
    pub(crate) datasets: &'static str,
    pub(crate) ping: &'static str,
}

/// The files of one folder.
macro_rules! templates {
    ($folder:literal) => {
        $crate::statements::Templates {
            records: include_str!(concat!("sql/", $folder, "/records.sql")),
            sightings: include_str!(concat!("sql/", $folder, "/sightings.sql")),
            records_in: include_str!(concat!("sql/", $folder, "/records_in.sql")),
            records_of: include_str!(concat!("sql/", $folder, "/records_of.sql")),
            repeats_in: include_str!(concat!("sql/", $folder, "/repeats_in.sql")),
            left_out: include_str!(concat!("sql/", $folder, "/left_out.sql")),
            images: include_str!(concat!("sql/", $folder, "/images.sql")),
            individuals: include_str!(concat!("sql/", $folder, "/individuals.sql")),
            places: include_str!(concat!("sql/", $folder, "/places.sql")),
            deployments: include_str!(concat!("sql/", $folder, "/deployments.sql")),
            told_deployments: include_str!(concat!("sql/", $folder, "/told_deployments.sql")),
            embeddings: include_str!(concat!("sql/", $folder, "/embeddings.sql")),
            profiles: include_str!(concat!("sql/", $folder, "/profiles.sql")),
            dataset: include_str!(concat!("sql/", $folder, "/dataset.sql")),
            datasets: include_str!(concat!("sql/", $folder, "/datasets.sql")),
            ping: include_str!(concat!("sql/", $folder, "/ping.sql")),
        }
    };
}
pub(crate) use templates;

/// What is asked of a database; `None` where the thing is not there.
pub(crate) struct Statements {
    pub(crate) records_in: String,
    pub(crate) records_of: String,
    pub(crate) repeats_in: String,
    pub(crate) sightings_in: String,
    pub(crate) left_out: String,
    pub(crate) images: String,
    pub(crate) individuals: Option<String>,
    pub(crate) places: String,
    pub(crate) deployments: Option<String>,
    pub(crate) told_deployments: Option<String>,
    pub(crate) embeddings: String,
    pub(crate) profiles: Option<String>,
    pub(crate) dataset: Option<String>,
    pub(crate) datasets: Option<String>,
    pub(crate) ping: String,
}

impl Statements {
    /// The statements of a map. Those of another `generation` are other texts, so that no connection answers with a
    /// plan of the tables as they were.
    pub(crate) fn new(templates: &Templates, map: &Map, generation: u64) -> Self {
        let fill = |parts: &[&str]| format!("{}\n-- map {generation}", map.fill(&parts.concat()));
        let if_there = |thing, template| map.has(thing).then(|| fill(&[template]));
        Self {
            records_in: fill(&[templates.records, templates.records_in]),
            records_of: fill(&[templates.records, templates.records_of]),
            repeats_in: fill(&[templates.records, templates.repeats_in]),
            sightings_in: fill(&[templates.sightings, templates.records_in]),
            left_out: fill(&[templates.left_out]),
            images: fill(&[templates.images]),
            individuals: if_there(Thing::Deer, templates.individuals),
            places: fill(&[templates.places]),
            deployments: if_there(Thing::Deployments, templates.deployments),
            told_deployments: if_there(Thing::Deployments, templates.told_deployments),
            embeddings: fill(&[templates.embeddings]),
            profiles: if_there(Thing::Deer, templates.profiles),
            dataset: if_there(Thing::Dataset, templates.dataset),
            datasets: if_there(Thing::Dataset, templates.datasets),
            ping: fill(&[templates.ping]),
        }
    }
}
