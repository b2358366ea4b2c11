#![doc = include_str!("../README.md")]

pub mod camtrap_dp;
pub mod embeddings;
pub mod simulate;

mod error;
mod progress;
mod source;
mod table;
mod table_form;

pub use error::{BadRow, ImportError};
pub use progress::OnProgress;
pub use source::SourceInfo;

/// Every source that `deertrack import` reads, in the order in which people are shown them. The made-up season reads
/// nothing and has a command of its own.
pub const SOURCES: &[&SourceInfo] = &[&camtrap_dp::INFO, &embeddings::INFO];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_tells_of_every_source_what_the_list_tells() {
        for SourceInfo { name, about, recognises } in SOURCES {
            let line = format!("| [`{}`] | {about} | {recognises} |\n", name.replace('-', "_"));
            assert!(include_str!("../README.md").contains(&line), "README.md has no line {line}");
        }
    }
}
