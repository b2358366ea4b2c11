//! A time zone with how it is known, as metadata tell it.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use deertrack_survey::zone::ZoneSource;
use schemars::JsonSchema;
use serde::Serialize;

/// A time zone, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct ToldZone {
    /// IANA name.
    time_zone: &'static str,
    /// `place`: the database tells it; `coordinates`: those of the place do; `configured`: neither does.
    time_zone_source: &'static str,
}

impl ToldZone {
    /// The configured one.
    pub(super) fn configured(zone: Tz) -> Self {
        Self { time_zone: zone.name(), time_zone_source: ZoneSource::Configured.name() }
    }
}

/// In the order of their names.
pub(super) fn told_zones(zones: &BTreeSet<(&'static str, ZoneSource)>) -> Vec<ToldZone> {
    let told = |(time_zone, source): &(&'static str, ZoneSource)| ToldZone {
        time_zone,
        time_zone_source: source.name(),
    };
    zones.iter().map(told).collect()
}
