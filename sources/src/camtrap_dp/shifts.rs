//! `--shift`: a deployment's clock is mended. What a clock told moves: the times of its photographs and events. Start and
//! end of the deployment are written down by hand more often than not, and then they are right; but some tools take them
//! from the first and the last photograph. The rows tell which it is: the span moves along where otherwise fewer of them
//! would be within it than before.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deertrack_catalog::corrections::Shift;

use super::deployments::Stands;
use super::media::Media;
use super::near::nearest;
use super::observations::Observations;
use super::summary::MendedClock;
use crate::error::ImportError;

/// Marks the deployments whose clocks are mended.
///
/// # Errors
/// When there is no such deployment, or one is told twice.
pub(super) fn mark(stands: &mut Stands, shifts: &[(String, Shift)]) -> Result<(), ImportError> {
    for (id, shift) in shifts {
        let Some(number) = stands.number(id) else {
            let near = nearest(id, stands.all.iter().map(|stand| stand.id.as_str()));
            return Err(ImportError::NoSuchDeployment { id: id.clone(), near });
        };
        if stands.all[number].shift.replace(*shift).is_some() {
            return Err(ImportError::ShiftedTwice { id: id.clone() });
        }
    }
    Ok(())
}

/// What the rows of a deployment say of its span.
#[derive(Default)]
struct Rows {
    media: u64,
    observations: u64,
    /// Within the span, as the clock told them.
    before: u64,
    /// Within the span, as they are now.
    after: u64,
}

/// What the rows of the deployments whose clocks are mended say of their spans.
#[derive(Default)]
pub(super) struct Spans(BTreeMap<usize, Rows>);

impl Spans {
    pub(super) fn add(&mut self, stands: &Stands, media: &Media, observations: &Observations) {
        let rows = &mut self.0;
        for medium in media.all.iter().filter(|medium| medium.has_file) {
            add(rows, stands, medium.stand, medium.taken_at, |rows| rows.media += 1);
        }
        for seen in observations.seen() {
            add(rows, stands, seen.stand, seen.start.to_utc(), |rows| rows.observations += 1);
        }
    }
}

/// Moves the spans that the mended clocks told, and says what was mended.
pub(super) fn settle(stands: &mut Stands, spans: Spans) -> Vec<MendedClock> {
    let Spans(mut rows) = spans;
    let mut mended = Vec::new();
    for (number, stand) in stands.all.iter_mut().enumerate() {
        let Some(shift) = stand.shift else { continue };
        let rows = rows.remove(&number).unwrap_or_default();
        // Without a row nothing else can be meant.
        let moves_span = rows.after < rows.before || rows.media + rows.observations == 0;
        if moves_span {
            (stand.start, stand.end) = (stand.mended(stand.start), stand.mended(stand.end));
        }
        stand.moves_span = moves_span;
        mended.push(MendedClock {
            deployment: stand.id.clone(),
            shift: shift.to_string(),
            media: rows.media,
            observations: rows.observations,
            moves_span,
        });
    }
    mended
}

fn add(
    rows: &mut BTreeMap<usize, Rows>,
    stands: &Stands,
    number: usize,
    now: DateTime<Utc>,
    count: impl FnOnce(&mut Rows),
) {
    let stand = &stands.all[number];
    let Some(shift) = stand.shift else { return };
    let rows = rows.entry(number).or_default();
    let within = |at: DateTime<Utc>| u64::from(stand.start <= at && at <= stand.end);
    rows.before += now.checked_sub_signed(shift.delta()).map_or(0, within);
    rows.after += within(now);
    count(rows);
}
