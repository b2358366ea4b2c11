//! How long cameras stood. Photographs prove it where no deployment tells; they are read only where that can change
//! anything in the file or in what is said of it.

use std::collections::{BTreeSet, HashSet};

use deertrack_schemas::table::Topic;
use deertrack_survey::effort::{Effort, Proof};
use deertrack_survey::zone::ZoneSource;
use futures::TryStreamExt;

use super::basis::Basis;
use super::facts::Facts;
use crate::JobError;
use crate::export::Cx;

/// Photographs between two looks at the stop flag.
const AT_ONCE: u64 = 1_000;

/// The effort of the days and places that were asked for.
pub(super) async fn effort(cx: &Cx, basis: &Basis, facts: &Facts) -> Result<Effort, JobError> {
    let told = Effort::of_deployments(&basis.deployments, &basis.range);
    let mut proof = Proof::of(basis.range.clone());
    if may_change(cx, basis, facts, &told).await? {
        prove(cx, basis, &mut proof).await?;
    }
    Ok(basis.within(&told.and_proven(proof)))
}

/// Whether a photograph was taken at a place of which no deployment tells, in days that were asked for at some place, and
/// anybody will read of it: its trap nights, or else its time zone.
async fn may_change(cx: &Cx, basis: &Basis, facts: &Facts, told: &Effort) -> Result<bool, JobError> {
    let with_deployment: HashSet<&str> = told.cameras.iter().map(|camera| camera.place_id.as_str()).collect();
    if basis.are_all(&with_deployment) {
        return Ok(false);
    }
    let zone = |place: Option<&str>| -> (&'static str, ZoneSource) {
        let (zone, source) = basis.calendar.zone_and_source(place);
        (zone.name(), source)
    };
    let seen = facts.seen_places().chain(with_deployment.iter().map(|place| Some(*place)));
    let zones: BTreeSet<_> = seen.map(zone).collect();
    let matters = |place: &str| basis.is_about(Topic::Effort) || !zones.contains(&zone(Some(place)));
    let photographed = cx.catalog.photographed(basis.days.clone()).await?;
    Ok(photographed.iter().any(|place| {
        basis.is_there(Some(place)) && !with_deployment.contains(place.as_str()) && matters(place)
    }))
}

async fn prove(cx: &Cx, basis: &Basis, proof: &mut Proof) -> Result<(), JobError> {
    cx.job.progress.at(0.9, "reading photographs");
    let mut frames = cx.catalog.frames(basis.days.clone());
    let mut number = 0;
    while let Some(frame) = frames.try_next().await? {
        if let (Some(place), Some(at)) = (frame.place_id.as_deref(), frame.taken_at)
            && basis.is_there(Some(place))
            && basis.is_then(Some(place), at)
        {
            proof.add(place, at);
        }
        number += 1;
        if number % AT_ONCE == 0 {
            cx.job.check_stop()?;
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}
