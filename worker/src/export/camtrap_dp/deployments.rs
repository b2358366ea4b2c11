//! `deployments.csv`: which camera stood where and when.

use super::standard::DEPLOYMENTS;
use super::survey::{Stand, Survey};
use super::writer::{Writer, time};
use crate::export::coordinates::{rounded, uncertainty};

/// The table; coordinates as they are or rounded.
pub(super) fn table(survey: &Survey, exact: bool) -> Vec<u8> {
    let mut writer = Writer::new(&DEPLOYMENTS);
    for stand in &survey.stands {
        let mut row = writer.row();
        row.set("deploymentID", &*stand.id);
        row.set("locationID", &*stand.place.id);
        row.set("locationName", &*stand.place.name);
        let (latitude, longitude, uncertainty) = position(stand, exact);
        row.set("latitude", latitude.to_string());
        row.set("longitude", longitude.to_string());
        row.set("coordinateUncertainty", uncertainty.map(|metres| metres.to_string()).unwrap_or_default());
        row.set("deploymentStart", time(stand.start));
        row.set("deploymentEnd", time(stand.end));
        row.set("cameraID", stand.camera.as_deref().unwrap_or_default());
        if stand.is_inferred {
            row.set("deploymentComments", "Inferred: from the first to the last image. Silences over a day and told deployments in between are no effort of its own: see detection_history.csv.");
        }
        row.end();
    }
    writer.finish()
}

/// Latitude, longitude, and how far off they may be in whole metres, at least one.
fn position(stand: &Stand, exact: bool) -> (f64, f64, Option<f64>) {
    let told = stand.place.coordinate_uncertainty.map(|metres| metres.ceil().max(1.0));
    if exact {
        (stand.latitude, stand.longitude, told)
    } else {
        let uncertainty = uncertainty(stand.latitude, told);
        (rounded(stand.latitude), rounded(stand.longitude), Some(uncertainty))
    }
}
