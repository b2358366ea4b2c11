//! The wood behind the deer: for each place its own trees, by day, at twilight, and at night in the camera's infrared.

use rand::{Rng, RngCore};
use rand_chacha::ChaCha12Rng;

use super::canvas::{Canvas, Color, Point, ellipse, lit, mix, smooth};
use super::size::{HEIGHT, WIDTH};

/// Where the ground meets the trees, as a share of the height.
pub(super) const HORIZON: f32 = 0.52;
/// Layers of trees from far to near.
const LAYERS: usize = 4;

/// The light of a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Light {
    Day,
    Twilight,
    Night,
}

impl Light {
    /// Of a share of daylight, 0 to 1. Cameras turn to infrared well before it is dark.
    pub(super) fn of(share: f64) -> Self {
        match share {
            0.85.. => Self::Day,
            0.3.. => Self::Twilight,
            _ => Self::Night,
        }
    }
}

/// Colours of a scene.
struct Palette {
    haze: Color,
    sky: Color,
    bark: Color,
    leaves: [Color; 3],
    ground: Color,
    grass: Color,
}

impl Palette {
    fn of(light: Light) -> Self {
        match light {
            Light::Day => Self {
                haze: [196.0, 206.0, 190.0],
                sky: [226.0, 232.0, 222.0],
                bark: [74.0, 62.0, 50.0],
                leaves: [[118.0, 128.0, 66.0], [168.0, 138.0, 62.0], [92.0, 108.0, 58.0]],
                ground: [126.0, 104.0, 68.0],
                grass: [112.0, 122.0, 62.0],
            },
            Light::Twilight => Self {
                haze: [146.0, 138.0, 146.0],
                sky: [212.0, 178.0, 158.0],
                bark: [46.0, 42.0, 46.0],
                leaves: [[78.0, 80.0, 62.0], [104.0, 84.0, 62.0], [62.0, 70.0, 60.0]],
                ground: [86.0, 74.0, 64.0],
                grass: [80.0, 82.0, 62.0],
            },
            // What is near is bright in the flash, what is far is dark.
            Light::Night => Self {
                haze: [16.0; 3],
                sky: [7.0; 3],
                bark: [118.0; 3],
                leaves: [[96.0; 3], [112.0; 3], [84.0; 3]],
                ground: [122.0; 3],
                grass: [150.0; 3],
            },
        }
    }
}

/// Draws a place. The same random numbers give the same trees in every light.
pub(super) fn draw(light: Light, rng: &mut ChaCha12Rng) -> Canvas {
    let palette = Palette::of(light);
    let mut canvas = Canvas::new(WIDTH as usize, HEIGHT as usize);
    let horizon = HORIZON;
    canvas.fill_lines(|height| {
        if height < horizon {
            mix(palette.sky, palette.haze, (height / horizon).powf(0.7))
        } else {
            let near = (height - horizon) / (1.0 - horizon);
            mix(mix(palette.haze, palette.ground, 0.35), palette.ground, near.powf(0.6))
        }
    });
    for layer in 0..LAYERS {
        trees(&mut canvas, &palette, layer, rng);
    }
    litter(&mut canvas, &palette, rng);
    finish(&mut canvas, light, rng);
    canvas
}

fn trees(canvas: &mut Canvas, palette: &Palette, layer: usize, rng: &mut ChaCha12Rng) {
    let near = layer as f32 / (LAYERS - 1) as f32;
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let clear = 0.12 + 0.88 * near.powf(1.4);
    let bark = mix(palette.haze, palette.bark, clear);
    let foot = height * (HORIZON + 0.02 + 0.22 * near * near);
    let count = [20, 13, 7, 3][layer];
    for number in 0..count {
        let slot = (number as f32 + rng.random_range(0.1..0.9)) / count as f32;
        // The nearest trees frame the picture and leave its middle free.
        let x = if layer + 1 == LAYERS { [0.04, 0.93, 0.82][number] + 0.05 * slot } else { slot } * width;
        let thick = (5.0 + 44.0 * near * near) * rng.random_range(0.7..1.3);
        trunk(canvas, (x, foot + rng.random_range(-6.0..6.0)), thick, bark, rng);
    }
    for _ in 0..[46, 34, 20, 6][layer] {
        let leaves = palette.leaves[rng.random_range(0..3)];
        let x = rng.random_range(-0.05..1.05) * width;
        let y = rng.random_range(-0.05..0.42 - 0.22 * near) * height;
        let size = rng.random_range(14.0..34.0) * (0.7 + near);
        let color = lit(mix(palette.haze, leaves, clear * 0.9), rng.random_range(0.85..1.15));
        canvas.fill(&blob((x, y), size, rng), color, 0.55);
    }
    // A bush line where the layer stands.
    for _ in 0..[30, 18, 8, 0][layer] {
        let center = (rng.random_range(-0.05..1.05) * width, foot + rng.random_range(-8.0..5.0));
        let leaves = palette.leaves[rng.random_range(0..3)];
        let color = lit(mix(palette.haze, leaves, clear * 0.8), rng.random_range(0.75..1.05));
        canvas.fill(&blob(center, rng.random_range(9.0..22.0) * (0.6 + near), rng), color, 0.7);
    }
}

fn trunk(canvas: &mut Canvas, (x, foot): Point, thick: f32, bark: Color, rng: &mut ChaCha12Rng) {
    let lean = rng.random_range(-0.05..0.05) * foot;
    let half = thick / 2.0;
    let shape = [
        (x - half * 1.5, foot),
        (x - half, foot - 18.0),
        (x - half * 0.7 + lean, -5.0),
        (x + half * 0.7 + lean, -5.0),
        (x + half, foot - 18.0),
        (x + half * 1.5, foot),
    ];
    canvas.shade(&shape, 1.0, |at, y| {
        let across = (at - x - lean * (1.0 - y / foot)) / half;
        lit(bark, 1.0 - 0.28 * across.clamp(-1.0, 1.0))
    });
    for _ in 0..rng.random_range(1..4) {
        let from = rng.random_range(0.05..0.6) * foot;
        let side = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
        let reach = thick * rng.random_range(2.0..5.0) * side;
        let start = (x + lean * (1.0 - from / foot), from);
        let path = [
            start,
            (start.0 + reach * 0.5, from - reach.abs() * 0.35),
            (start.0 + reach, from - reach.abs() * 0.9),
        ];
        canvas.stroke(&path, thick * 0.28, thick * 0.06, lit(bark, 0.92), 1.0);
    }
    for _ in 0..if thick > 20.0 { 14 } else { 0 } {
        let at = x + rng.random_range(-0.8..0.8) * half;
        let y = rng.random_range(0.0..0.95) * foot;
        let path = [(at, y), (at + rng.random_range(-2.0..2.0), y + rng.random_range(12.0..40.0))];
        canvas.stroke(&path, 2.0, 0.6, lit(bark, 0.68), 0.7);
    }
}

/// Leaves and grass on the ground, larger the nearer.
fn litter(canvas: &mut Canvas, palette: &Palette, rng: &mut ChaCha12Rng) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    for _ in 0..1000 {
        let near: f32 = rng.random::<f32>().sqrt();
        let y = height * (HORIZON + (1.0 - HORIZON) * near);
        let center = (rng.random_range(0.0..1.0) * width, y);
        let size = 0.6 + 3.4 * near * near;
        let base = mix(palette.ground, palette.leaves[1], rng.random_range(0.0..0.6));
        let color = lit(base, rng.random_range(0.65..1.25));
        canvas.fill(&ellipse(center, size * rng.random_range(0.8..1.6), size * 0.5), color, 0.55);
    }
    for _ in 0..260 {
        let near: f32 = rng.random::<f32>().sqrt();
        let foot = (rng.random_range(0.0..1.0) * width, height * (HORIZON + 0.03 + (0.97 - HORIZON) * near));
        grass(canvas, foot, 3.0 + 15.0 * near * near, palette.grass, rng);
    }
}

/// A tuft of grass.
pub(super) fn grass(canvas: &mut Canvas, (x, y): Point, size: f32, color: Color, rng: &mut ChaCha12Rng) {
    for _ in 0..5 {
        let lean = rng.random_range(-0.6..0.6) * size;
        let path =
            [(x, y), (x + lean * 0.4, y - size * 0.6), (x + lean, y - size * rng.random_range(0.8..1.2))];
        let color = lit(color, rng.random_range(0.7..1.2));
        canvas.stroke(&path, (size * 0.12).max(0.8), 0.4, color, 0.8);
    }
}

/// The colour of a light's grass.
pub(super) fn grass_color(light: Light) -> Color {
    Palette::of(light).grass
}

/// A leafy lump.
fn blob(center: Point, size: f32, rng: &mut ChaCha12Rng) -> Vec<Point> {
    let points: Vec<Point> = (0..9)
        .map(|corner| {
            let angle = corner as f32 / 9.0 * std::f32::consts::TAU;
            let radius = size * rng.random_range(0.65..1.15);
            (center.0 + radius * 1.25 * angle.cos(), center.1 + radius * 0.8 * angle.sin())
        })
        .collect();
    smooth(&points)
}

/// The lens: darker to the corners (at night the flash's cone), and the sensor's grain.
fn finish(canvas: &mut Canvas, light: Light, rng: &mut ChaCha12Rng) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let grain = if light == Light::Night { 13.0 } else { 6.0 };
    let strength = if light == Light::Night { 1.25 } else { 0.30 };
    let mut noise = vec![0; canvas.width * canvas.height];
    rng.fill_bytes(&mut noise);
    let mut noise = noise.into_iter().map(|byte| (f32::from(byte) / 255.0 - 0.5) * grain);
    canvas.map(|x, y, color| {
        let (dx, dy) = (x as f32 / width - 0.5, y as f32 / height - 0.58);
        let fall = (1.0 - strength * (dx * dx + dy * dy)).max(0.08);
        let noise = noise.next().unwrap_or_default();
        [color[0] * fall + noise, color[1] * fall + noise, color[2] * fall + noise]
    });
}
