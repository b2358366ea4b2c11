//! Whether the highest of some counts is a peak, or what chance makes of even ones.

use super::interval::binomial_tails;
use super::rates::Exposure;

/// Under this many visits a week is no peak, however quiet the others are.
pub const FEWEST_EVENTS: u64 = 5;
/// How often chance alone may be taken for a peak.
pub const ERROR: f64 = 0.05;

/// Whether one of `parts` equal candidates stands out: it has [`FEWEST_EVENTS`], and so many of `all` events would be
/// there with a probability under [`ERROR`] if they were spread as the nights are.
///
/// The exact binomial tail, times the number of candidates for the highest was chosen among them (Bonferroni): the
/// first bound on a scan statistic (Naus 1966, J. Am. Stat. Assoc. 61:1191). Animals come in groups and moods, so
/// more is called a peak than truly is; less than this is surely none.
pub fn stands_out(highest: Exposure, all: Exposure, parts: usize) -> bool {
    let share = highest.nights / all.nights;
    let enough = highest.events >= FEWEST_EVENTS && share.is_finite();
    enough && binomial_tails(highest.events, all.events, share).as_high * (parts as f64) < ERROR
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(events: u64, nights: f64) -> Exposure {
        Exposure { events, nights }
    }

    #[test]
    fn few_visits_are_no_peak() {
        assert!(!stands_out(of(4, 7.0), of(4, 364.0), 52));
        assert!(stands_out(of(5, 7.0), of(5, 364.0), 52), "all five in one week of a year");
    }

    #[test]
    fn even_weeks_have_no_peak_and_a_burst_is_one() {
        assert!(!stands_out(of(7, 7.0), of(20, 21.0), 3));
        assert!(!stands_out(of(17, 7.0), of(520, 364.0), 52), "of 52 even weeks of 10 one often has 17");
        assert!(stands_out(of(30, 7.0), of(520, 364.0), 52));
    }

    #[test]
    fn more_cameras_explain_more_visits() {
        assert!(stands_out(of(20, 10.0), of(40, 40.0), 4));
        assert!(!stands_out(of(20, 20.0), of(40, 40.0), 4));
        assert!(!stands_out(of(20, 40.0), of(20, 40.0), 1), "one week has nothing to stand out from");
        assert!(!stands_out(of(20, 0.0), of(20, 0.0), 1), "nothing is known without effort");
    }
}
