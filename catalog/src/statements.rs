//! The statements of one map: each is one fixed text until the tables change. One file serves both databases; where
//! their SQL differs, a slot says what is meant ([`Map::fill`]).

use crate::map::Map;
use crate::map::field::Thing;

/// What stands in a file of `sql`.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("sql/", $name, ".sql"))
    };
}

/// What is asked of a database; `None` where the thing is not there.
pub(crate) struct Statements {
    pub(crate) records_in: String,
    pub(crate) records_of: String,
    pub(crate) repeats_in: String,
    pub(crate) records_with_repeats: String,
    pub(crate) sightings: String,
    pub(crate) left_out: String,
    pub(crate) images: String,
    pub(crate) frames: String,
    pub(crate) files: String,
    pub(crate) photographed: String,
    pub(crate) individuals: Option<String>,
    pub(crate) places: String,
    pub(crate) deployments: Option<String>,
    pub(crate) told_deployments: Option<String>,
    pub(crate) embeddings: String,
    /// Rows without a range, and in one; of all detections, and of those with a vector.
    pub(crate) counts: [[String; 2]; 2],
    pub(crate) beyond: String,
    pub(crate) profiles: Option<String>,
    pub(crate) dataset: Option<String>,
    pub(crate) datasets: Option<String>,
    pub(crate) ping: String,
}

impl Statements {
    /// The statements of a map. Those of another `generation` are other texts, so that no connection answers with a
    /// plan of the tables as they were.
    pub(crate) fn new(map: &Map, generation: u64) -> Self {
        let image = sql!("image").trim();
        let fill = |parts: &[&str]| {
            let template = parts.concat().replace("{image}", image);
            format!("{}\n-- map {generation}", map.fill(&template))
        };
        let stream = |parts: &[&str]| {
            let mut template = parts.concat();
            for (parameter, end) in ["$1", "$2"].into_iter().zip(map.range_of_streams()) {
                template = template.replace(parameter, end);
            }
            fill(&[&template])
        };
        let if_there = |thing, template| map.has(thing).then(|| fill(&[template]));
        let records = sql!("records");
        Self {
            records_in: stream(&[records, sql!("records_in")]),
            records_of: fill(&[records, sql!("records_of")]),
            repeats_in: stream(&[records, sql!("repeats_in")]),
            records_with_repeats: stream(&[records, sql!("records_with_repeats")]),
            sightings: stream(&[sql!("sightings")]),
            left_out: fill(&[sql!("left_out")]),
            images: stream(&[sql!("images")]),
            frames: stream(&[sql!("frames")]),
            files: fill(&[sql!("files")]),
            photographed: fill(&[sql!("photographed")]),
            individuals: if_there(Thing::Deer, sql!("individuals")),
            places: fill(&[sql!("places")]),
            deployments: if_there(Thing::Deployments, sql!("deployments")),
            told_deployments: if_there(Thing::Deployments, sql!("told_deployments")),
            embeddings: stream(&[sql!("embeddings")]),
            counts: [sql!("count"), sql!("count_in")]
                .map(|rows| [fill(&[rows]), fill(&[rows, sql!("embedded")])]),
            beyond: fill(&[sql!("beyond")]),
            profiles: if_there(Thing::Deer, sql!("profiles")),
            dataset: if_there(Thing::Dataset, sql!("dataset")),
            datasets: if_there(Thing::Dataset, sql!("datasets")),
            ping: fill(&[sql!("ping")]),
        }
    }
}
