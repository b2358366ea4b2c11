//! Where a place is, told less exactly than it is known: whoever reads an export shall not find a den or a stand.

/// Coordinates are rounded to this, in degrees.
pub(crate) const PRECISION: f64 = 0.01;
/// Metres in one degree of latitude (mean).
pub(crate) const METRES_A_DEGREE: f64 = 111_195.0;

/// The coordinate to [`PRECISION`].
pub(crate) fn rounded(degrees: f64) -> f64 {
    // Dividing by 100, not multiplying by 0.01, gives the decimal number that people expect.
    let rounded = (degrees * 100.0).round() / 100.0;
    if rounded == 0.0 { 0.0 } else { rounded } // no -0
}

/// Turns longitudes so that the places lie side by side: east of the widest empty part of the circle, each counted on
/// from there. Around the antimeridian some are then over 180 degrees; elsewhere all stay as they are.
pub(crate) fn side_by_side(longitudes: &mut [f64]) {
    let mut sorted: Vec<f64> = longitudes.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(west), Some(east)) = (sorted.first(), sorted.last()) else { return };
    let around = 360.0 - (east - west);
    let widest = sorted.windows(2).max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])));
    if let Some(&[_, behind]) = widest.filter(|gap| gap[1] - gap[0] > around) {
        longitudes.iter_mut().filter(|degrees| **degrees < behind).for_each(|degrees| *degrees += 360.0);
    }
}

/// How far a place may be from its rounded coordinates, in whole metres: half a cell of the grid to each side, and
/// what was uncertain before.
pub(crate) fn uncertainty(latitude: f64, before: Option<f64>) -> f64 {
    let north = METRES_A_DEGREE * PRECISION / 2.0;
    let east = north * latitude.to_radians().cos();
    (north.hypot(east) + before.unwrap_or_default()).ceil()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_rounded_to_a_kilometre() {
        assert_eq!([50.828_917, -4.655, 0.004, -0.004, 180.0].map(rounded), [50.83, -4.66, 0.0, 0.0, 180.0]);
        assert!(rounded(-0.004).is_sign_positive());
    }

    #[test]
    fn places_around_the_antimeridian_lie_side_by_side() {
        let turned = |mut degrees: Vec<f64>| {
            side_by_side(&mut degrees);
            degrees
        };
        assert_eq!(turned(vec![179.98, -179.98]), [179.98, 180.02]);
        assert_eq!(turned(vec![-170.0, 170.0, 175.0]), [190.0, 170.0, 175.0]);
        assert_eq!(turned(vec![4.6, 4.7]), [4.6, 4.7]);
        assert_eq!(turned(vec![-100.0, 20.0, 60.0]), [-100.0, 20.0, 60.0], "half the globe is wide");
        assert_eq!(
            turned(vec![-60.0, -180.0, 60.0, 180.0]),
            [300.0, 180.0, 420.0, 180.0],
            "one meridian, two names"
        );
        assert_eq!((turned(vec![]), turned(vec![7.0])), (vec![], vec![7.0]));
    }

    #[test]
    fn no_place_is_farther_away_than_its_uncertainty_says() {
        for latitude in [-89.0, -30.0, 0.0, 50.829, 70.0] {
            for step in 0..100 {
                let (dlat, dlon) = (f64::from(step % 10) / 1000.0, f64::from(step / 10) / 1000.0);
                let (lat, lon): (f64, f64) = (latitude + dlat, 4.0 + dlon);
                let metres = haversine(lat, lon, rounded(lat), rounded(lon));
                assert!(metres <= uncertainty(lat, None), "{metres} m at {lat}, {lon}");
            }
        }
        assert_eq!(uncertainty(0.0, Some(100.0)) - uncertainty(0.0, None), 100.0);
    }

    /// Distance on a sphere of the mean radius.
    fn haversine(lat: f64, lon: f64, other_lat: f64, other_lon: f64) -> f64 {
        let [a, b, c, d] = [lat, lon, other_lat, other_lon].map(f64::to_radians);
        let h = ((c - a) / 2.0).sin().powi(2) + a.cos() * c.cos() * ((d - b) / 2.0).sin().powi(2);
        2.0 * 6_371_008.8 * h.sqrt().asin()
    }
}
