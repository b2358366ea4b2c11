//! `observations.csv`: what was seen.

use std::collections::HashSet;

use super::links;
use super::seen::Seen;
use super::standard::OBSERVATIONS;
use super::survey::Survey;
use super::writer::Writer;

/// The table. `species` is for rows that do not tell theirs.
pub(super) fn table(survey: &Survey, species: &str) -> Vec<u8> {
    let mut writer = Writer::new(&OBSERVATIONS);
    let files: HashSet<&str> = survey.media().map(|(image, _)| image.id.as_str()).collect();
    let seen = survey.records.iter().filter_map(|(record, stand)| {
        Some(Seen {
            record,
            survey,
            stand: &survey.stands[*stand].id,
            taken_at: record.image.taken_at?,
            has_file: files.contains(record.image.id.as_str()),
            is_of_a_package: survey.sources.is_package(record.dataset_id.as_deref()),
            species: survey.species(record).unwrap_or(species),
        })
    });
    let seen: Vec<Seen<'_>> = seen.collect();
    for row in &seen {
        row.write(writer.row());
    }
    links::write(survey, &seen, &mut writer);
    writer.finish()
}
