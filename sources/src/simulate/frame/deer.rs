//! A deer from the side, of its class and pose, as shapes.
//!
//! Drawn in units of its own: x 0 (tail) to 1 (nose), y 0 (ears) to 1 (hooves), facing right; antlers reach above 0.

use deertrack_schemas::Class;

use super::canvas::{Canvas, Color, Point, ellipse, lit, mix, smooth};
use super::wood::Light;
use crate::simulate::herd::Animal;
use crate::simulate::season::Pose;

const BODY: [Point; 22] = [
    (0.10, 0.42),
    (0.18, 0.375),
    (0.38, 0.395),
    (0.56, 0.365),
    (0.65, 0.29),
    (0.715, 0.17),
    (0.76, 0.095),
    (0.815, 0.085),
    (0.89, 0.145),
    (0.955, 0.185),
    (0.945, 0.215),
    (0.87, 0.22),
    (0.81, 0.235),
    (0.785, 0.33),
    (0.765, 0.45),
    (0.715, 0.55),
    (0.60, 0.595),
    (0.44, 0.60),
    (0.29, 0.56),
    (0.20, 0.60),
    (0.11, 0.59),
    (0.07, 0.50),
];
const HIND_LEG: [Point; 13] = [
    (0.09, 0.46),
    (0.28, 0.50),
    (0.245, 0.63),
    (0.165, 0.72),
    (0.145, 0.80),
    (0.15, 0.93),
    (0.175, 1.0),
    (0.115, 1.0),
    (0.115, 0.93),
    (0.10, 0.80),
    (0.095, 0.73),
    (0.125, 0.64),
    (0.08, 0.56),
];
const FRONT_LEG: [Point; 10] = [
    (0.61, 0.50),
    (0.74, 0.50),
    (0.715, 0.64),
    (0.685, 0.76),
    (0.68, 0.92),
    (0.705, 1.0),
    (0.645, 1.0),
    (0.65, 0.92),
    (0.645, 0.76),
    (0.63, 0.64),
];
const NEAR_EAR: [Point; 5] = [(0.775, 0.115), (0.735, 0.085), (0.695, 0.015), (0.75, 0.025), (0.79, 0.085)];
const FAR_EAR: [Point; 4] = [(0.785, 0.09), (0.785, 0.03), (0.825, 0.0), (0.825, 0.085)];
const TAIL: [Point; 5] = [(0.115, 0.41), (0.06, 0.45), (0.05, 0.56), (0.085, 0.56), (0.11, 0.49)];
const BEAM: [Point; 5] = [(0.785, 0.085), (0.755, 0.0), (0.755, -0.10), (0.80, -0.19), (0.875, -0.235)];
const TINES: [[Point; 2]; 3] =
    [[(0.765, 0.03), (0.835, -0.035)], [(0.755, -0.10), (0.785, -0.235)], [(0.81, -0.195), (0.825, -0.31)]];
const EYE: Point = (0.832, 0.128);
/// The neck bends here when the head goes down.
const NECK: Point = (0.66, 0.42);
/// Radians from head up to grazing.
const BEND: f32 = 1.15;

/// Where a deer's own units lie in the frame.
pub(super) struct Placed<'a> {
    animal: &'a Animal,
    pose: Pose,
    /// Its feet.
    foot: Point,
    /// Pixels of a unit across and down.
    scale: Point,
}

impl<'a> Placed<'a> {
    /// `horizon` and the frame's size in pixels.
    pub(super) fn new(animal: &'a Animal, pose: Pose, width: f32, height: f32, horizon: f32) -> Self {
        let near = pose.near as f32;
        let tall = (0.20 + 0.24 * near) * height * if animal.class == Class::Fawn { 0.66 } else { 1.0 };
        let long = tall * if animal.class == Class::Fawn { 0.95 } else { 1.12 };
        let foot = (pose.across as f32 * width, (horizon + 0.10 + 0.32 * near) * height);
        Self { animal, pose, foot, scale: (if pose.faces_left { -long } else { long }, tall) }
    }

    /// Left, top, right, bottom in pixels, of all that is drawn.
    pub(super) fn bounds(&self) -> (f32, f32, f32, f32) {
        let start = (f32::INFINITY, f32::INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY);
        self.outline().into_iter().fold(start, |(left, top, right, bottom), (x, y)| {
            (left.min(x), top.min(y), right.max(x), bottom.max(y))
        })
    }

    /// How tall it is in pixels, for the size of what grows around it.
    pub(super) fn tall(&self) -> f32 {
        self.scale.1
    }

    fn outline(&self) -> Vec<Point> {
        let mut points = Vec::new();
        for part in [&BODY[..], &HIND_LEG, &FRONT_LEG, &NEAR_EAR, &FAR_EAR, &TAIL] {
            points.extend(self.shape(part));
        }
        if self.animal.class == Class::Buck {
            points.extend(self.antler(&BEAM));
            points.extend(TINES.iter().flat_map(|tine| self.antler(tine)));
        }
        points
    }

    /// From its own units to pixels, with the neck bent.
    fn at(&self, (x, y): Point) -> Point {
        let (x, y) = bent((x, y), self.pose.head_down as f32 * BEND);
        (self.foot.0 + (x - 0.42) * self.scale.0, self.foot.1 + (y - 1.0) * self.scale.1)
    }

    fn shape(&self, points: &[Point]) -> Vec<Point> {
        smooth(&points.iter().map(|point| self.at(*point)).collect::<Vec<_>>())
    }

    /// Points of an antler, as large as this animal's are.
    fn antler(&self, points: &[Point]) -> Vec<Point> {
        let size = 0.45 + 0.55 * self.animal.antlers as f32;
        let root = BEAM[0];
        let sized = |(x, y): Point| (root.0 + (x - root.0) * size, root.1 + (y - root.1) * size);
        points.iter().map(|point| self.at(sized(*point))).collect()
    }

    pub(super) fn draw(&self, canvas: &mut Canvas, light: Light) {
        let coat = self.coat(light);
        let dark = lit(coat, 0.62);
        self.shadow(canvas, light);
        for (leg, shift) in [(&HIND_LEG[..], 0.075), (&FRONT_LEG, -0.06)] {
            let shifted: Vec<Point> = leg.iter().map(|(x, y)| (x + shift, (y - 0.5) * 0.965 + 0.5)).collect();
            canvas.fill(&self.shape(&shifted), dark, 1.0);
        }
        canvas.fill(&self.shape(&FAR_EAR), dark, 1.0);
        if self.animal.class == Class::Buck {
            self.antlers(canvas, light, 0.03, 0.7);
        }
        self.fill(canvas, &BODY, coat);
        self.fill(canvas, &HIND_LEG, coat);
        self.fill(canvas, &FRONT_LEG, coat);
        canvas.fill(&self.shape(&TAIL), mix(coat, pale(light), 0.75), 1.0);
        self.fill(canvas, &NEAR_EAR, lit(coat, 0.9));
        if self.animal.class == Class::Buck {
            self.antlers(canvas, light, 0.0, 1.0);
        }
        if self.animal.class == Class::Fawn {
            self.spots(canvas, light);
        }
        self.face(canvas, light);
    }

    /// Reddish to grey-brown; in infrared all deer are grey.
    fn coat(&self, light: Light) -> Color {
        let tone = self.animal.coat as f32;
        match light {
            Light::Day => mix([150.0, 104.0, 66.0], [104.0, 82.0, 64.0], tone),
            Light::Twilight => mix([96.0, 72.0, 56.0], [70.0, 60.0, 54.0], tone),
            Light::Night => mix([178.0; 3], [146.0; 3], tone),
        }
    }

    /// Lighter on the back, darker below, palest at the belly.
    fn fill(&self, canvas: &mut Canvas, part: &[Point], coat: Color) {
        let (back, feet) = (self.at((0.4, 0.36)).1, self.foot.1);
        canvas.shade(&self.shape(part), 1.0, |x, y| {
            let down = ((y - back) / (feet - back)).clamp(-0.3, 1.0);
            let hair = ((x * 0.9).sin() * (y * 1.3).sin()) * 0.035;
            lit(coat, 1.12 - 0.42 * down.max(0.0) + hair)
        });
    }

    fn shadow(&self, canvas: &mut Canvas, light: Light) {
        let center = (self.foot.0 - 0.02 * self.scale.0, self.foot.1 + 1.0);
        let (long, opacity) = (self.scale.0.abs() * 0.46, if light == Light::Night { 0.35 } else { 0.28 });
        for size in [1.0, 0.75, 0.5] {
            canvas.fill(&ellipse(center, long * size, long * size * 0.13), [18.0, 16.0, 14.0], opacity);
        }
    }

    fn antlers(&self, canvas: &mut Canvas, light: Light, behind: f32, share: f32) {
        let color = lit(
            match light {
                Light::Day => [176.0, 152.0, 116.0],
                Light::Twilight => [118.0, 104.0, 86.0],
                Light::Night => [214.0; 3],
            },
            share,
        );
        let thick = self.tall() * 0.026;
        for path in std::iter::once(&BEAM[..]).chain(TINES.iter().map(|tine| &tine[..])) {
            let shifted: Vec<Point> = path.iter().map(|(x, y)| (x + behind, y + behind * 0.3)).collect();
            canvas.stroke(&self.antler(&shifted), thick, thick * 0.35, color, 1.0);
        }
    }

    fn spots(&self, canvas: &mut Canvas, light: Light) {
        let size = self.tall() * 0.014;
        for row in 0..3 {
            for column in 0..7 {
                let (row, column) = (row as f32, column as f32);
                let place = (0.16 + 0.065 * column + 0.02 * row, 0.425 + 0.042 * row);
                canvas.fill(&ellipse(self.at(place), size, size), pale(light), 0.75);
            }
        }
    }

    fn face(&self, canvas: &mut Canvas, light: Light) {
        let unit = self.tall();
        canvas.fill(&ellipse(self.at((0.945, 0.192)), unit * 0.016, unit * 0.014), [24.0, 20.0, 20.0], 0.9);
        canvas.fill(&ellipse(self.at((0.775, 0.255)), unit * 0.022, unit * 0.032), pale(light), 0.5);
        let eye = self.at(EYE);
        if light == Light::Night {
            // The flash comes back from the eye.
            canvas.fill(&ellipse(eye, unit * 0.035, unit * 0.035), [255.0; 3], 0.25);
            canvas.fill(&ellipse(eye, unit * 0.015, unit * 0.015), [255.0; 3], 1.0);
        } else {
            canvas.fill(&ellipse(eye, unit * 0.013, unit * 0.013), [16.0, 12.0, 12.0], 1.0);
        }
    }
}

fn pale(light: Light) -> Color {
    match light {
        Light::Day => [226.0, 216.0, 198.0],
        Light::Twilight => [150.0, 140.0, 130.0],
        Light::Night => [226.0; 3],
    }
}

/// Turns what is before the neck's root around it, the more the farther from it.
fn bent((x, y): Point, angle: f32) -> Point {
    let along = ((x - NECK.0 + (NECK.1 - y) * 0.35) / 0.14).clamp(0.0, 1.0);
    let is_leg = y > 0.56 && x < 0.76;
    if is_leg || angle == 0.0 {
        return (x, y);
    }
    let share = along * along * (3.0 - 2.0 * along);
    let (sin, cos) = (angle * share).sin_cos();
    let (dx, dy) = (x - NECK.0, y - NECK.1);
    (NECK.0 + dx * cos - dy * sin, NECK.1 + dx * sin + dy * cos)
}
