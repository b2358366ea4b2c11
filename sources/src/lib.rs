#![doc = include_str!("../README.md")]

mod camelot;
pub mod camtrap_dp;
mod camtrapr;
mod coco;
mod deepfaune;
mod detector;
pub mod embeddings;
pub mod simulate;
mod timelapse;
mod wildlife_insights;

mod archive;
mod draft;
mod error;
mod file_name;
mod given;
mod hints;
mod import;
mod json_stream;
mod local_time;
mod mapped;
mod names;
mod photographs;
mod progress;
mod source;
mod sources;
mod stations;
mod table;
mod table_form;
mod told;
mod told_rows;

pub use error::{BadRow, ImportError};
pub use hints::Hints;
pub use import::{dry_run, import};
pub use local_time::{Clock, DateOrder};
pub use progress::OnProgress;
pub use source::{Source, SourceInfo};
pub use sources::SOURCES;
pub use told::{Meaning, Told};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_tells_of_every_source_what_the_list_tells() {
        for SourceInfo { name, about, recognises } in SOURCES.iter().map(|source| source.info) {
            let line = format!("| `{name}` | {about} | {recognises} |\n");
            assert!(include_str!("../README.md").contains(&line), "README.md has no line {line}");
        }
    }
}
