//! `deployments.csv`: which camera stood where and when.

use deertrack_catalog::corrections;

use super::standard::DEPLOYMENTS;
use super::stands::Stand;
use super::survey::Survey;
use super::writer::{Row, Writer, time};
use crate::export::coordinates::{rounded, uncertainty};

/// The table; coordinates as they are or rounded.
pub(super) fn table(survey: &Survey, exact: bool) -> Vec<u8> {
    let mut writer = Writer::new(&DEPLOYMENTS);
    for stand in &survey.stands {
        let mut row = writer.row();
        row.set("deploymentID", survey.ids.deployments.told(&stand.id));
        place(&mut row, survey, stand);
        position(&mut row, stand, exact);
        row.set("deploymentStart", time(stand.start, stand.start_offset_seconds));
        row.set("deploymentEnd", time(stand.end, stand.end_offset_seconds));
        row.set("cameraID", stand.camera.as_deref().unwrap_or_default());
        if stand.is_inferred {
            row.set("deploymentComments", "Inferred: from the first to the last image. Silences over a day and told deployments in between are no effort of its own: see detection_history.csv.");
        }
        if let Some(remark) = corrections::remark(survey.clock(stand).as_ref(), &stand.failures) {
            let told =
                stand.extra.get("deploymentComments").map(|told| format!("{told} ")).unwrap_or_default();
            row.set("deploymentComments", told + &remark);
        }
        row.fill(&stand.extra);
        row.end();
    }
    writer.take()
}

/// A package that tells no location gets none: the database made one of its coordinates.
fn place<'a>(row: &mut Row<'_, 'a>, survey: &'a Survey, stand: &'a Stand) {
    if !stand.is_of_a_package || stand.extra.get("locationID").is_some() {
        row.set("locationID", survey.ids.places.told(&stand.place.id));
    }
    if !stand.is_of_a_package {
        row.set("locationName", &*stand.place.name);
    }
}

/// Latitude, longitude, and how far off they may be in whole metres. The standard has at least one metre, and nothing
/// else is made up here; a package that tells 0 gets its 0 back.
fn position(row: &mut Row<'_, '_>, stand: &Stand, exact: bool) {
    let least = if stand.is_of_a_package { 0.0 } else { 1.0 };
    let told = stand.uncertainty.map(|metres| metres.ceil().max(least));
    let (latitude, longitude, metres) = if exact {
        (stand.latitude, stand.longitude, told)
    } else {
        let metres = uncertainty(stand.latitude, told);
        (rounded(stand.latitude), rounded(stand.longitude), Some(metres))
    };
    // As told to the byte, where they are told: `fill` writes that.
    if !exact || stand.extra.get("latitude").is_none() {
        row.set("latitude", latitude.to_string());
    }
    if !exact || stand.extra.get("longitude").is_none() {
        row.set("longitude", longitude.to_string());
    }
    row.set("coordinateUncertainty", metres.map(|metres| metres.to_string()).unwrap_or_default());
}
