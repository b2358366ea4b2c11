//! What people corrected at import, and when cameras failed: a reader must know it before trusting the numbers.

use deertrack_catalog::corrections::Corrections;

use super::facts::Facts;
use super::wording::{counted, decimal};
use crate::export::words::list;

/// Ids that a sentence lists.
const MOST_NAMES: usize = 5;
/// Letters of an id.
const LONGEST_NAME: usize = 40;

/// The line, if anything was corrected or failed.
pub(super) fn told(corrections: &Corrections, facts: &Facts) -> Option<String> {
    let clocks =
        corrections.clocks.iter().map(|clock| format!("{} by {}", short(&clock.deployment), clock.shift));
    let clocks = some_of(clocks.collect(), |all| {
        format!(
            "{} mended at import ({all}).",
            counted(corrections.clocks.len() as u64, "clock was", "clocks were")
        )
    });
    let places =
        corrections.places.iter().map(|place| format!("{}: {}", short(&place.place), list(&place.what)));
    let places = some_of(places.collect(), |all| {
        format!(
            "{} corrected at import ({all}).",
            counted(corrections.places.len() as u64, "place was", "places were")
        )
    });
    let failures = (facts.failed > 0).then(|| {
        format!(
            "{} periods in which the camera did not work: {} trap nights on these days, which are no effort.",
            counted(facts.failed, "deployment has", "deployments have"),
            decimal(facts.failed_nights)
        )
    });
    let told: Vec<String> = [clocks, places, failures].into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(" "))
}

fn some_of(mut names: Vec<String>, sentence: impl FnOnce(&str) -> String) -> Option<String> {
    let rest = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    if rest > 0 {
        names.push(format!("{rest} more"));
    }
    (!names.is_empty()).then(|| sentence(&names.join("; ")))
}

fn short(id: &str) -> String {
    match id.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &id[..end]),
        None => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use deertrack_catalog::corrections::{ClockCorrection, PlaceCorrection};

    use super::*;
    use crate::export::pdf::cases::{Case, deployment, detection, found};
    use crate::export::pdf::season_tests::status;

    fn clock(deployment: &str) -> ClockCorrection {
        ClockCorrection { deployment: deployment.into(), shift: "+365d".parse().unwrap(), moves_span: false }
    }

    #[test]
    fn trap_nights_that_failed_are_those_of_the_days_told_about() {
        let seen = vec![
            detection("1", "2020-06-02T10:00:00Z", "doe"),
            detection("2", "2020-06-12T10:00:00Z", "doe"),
        ];
        let mut all = found(seen);
        let mut stood = deployment("oak", "2020-05-22T00:00:00Z", "2020-06-20T22:00:00Z");
        stood.failures = [
            ("2020-05-25T00:00:00Z", "2020-06-01T22:00:00Z"),
            ("2020-06-10T22:00:00Z", "2020-06-14T10:00:00Z"),
        ]
        .map(|(start, end)| start.parse().unwrap()..end.parse().unwrap())
        .to_vec();
        all.now.deployments = vec![stood];
        all.corrections.clocks = vec![clock("d1")];
        let report = Case::new("2020-06-01", "2020-06-30", "month").report(&all).unwrap();
        assert_eq!(
            status(&report, "Corrected"),
            "1 clock was mended at import (d1 by +365d). 1 deployment has periods in which the camera did not work: 4.5 \
             trap nights on these days, which are no effort."
        );
        assert!(
            status(&report, "Effort").starts_with("15.5 trap nights of 1 camera"),
            "{}",
            status(&report, "Effort")
        );
        assert!(
            status(&report, "Outside of effort").starts_with("1 visit at places where no camera is known")
        );
        let rate = report.rates.last().unwrap().now.unwrap().value.unwrap();
        assert!((rate - 100.0 / 15.5).abs() < 1e-9, "the visit in the failure is in no rate: {rate}");
    }

    #[test]
    fn what_was_corrected_and_what_failed_is_told_in_one_line() {
        assert_eq!(told(&Corrections::default(), &Facts::default()), None);
        let place = PlaceCorrection {
            place: "L1".into(),
            what: vec!["coordinates".into(), "time zone".into()],
            timezone: None,
        };
        let corrections = Corrections { places: vec![place], clocks: vec![clock("d1")] };
        let facts = Facts { failed: 2, failed_nights: 3.5, ..Facts::default() };
        assert_eq!(
            told(&corrections, &facts).as_deref(),
            Some(
                "1 clock was mended at import (d1 by +365d). 1 place was corrected at import (L1: coordinates and time \
                 zone). 2 deployments have periods in which the camera did not work: 3.5 trap nights on these days, which \
                 are no effort."
            )
        );
        let many =
            Corrections { clocks: (0..9).map(|n| clock(&format!("d{n}"))).collect(), places: Vec::new() };
        let many = told(&many, &Facts::default()).unwrap();
        assert!(
            many.starts_with("9 clocks were mended at import (d0 by +365d; ") && many.ends_with("; 4 more)."),
            "{many}"
        );
    }
}
