//! A picture that shapes are filled into, with smooth edges. As much as these scenes need, no more.
//!
//! Tests draw in debug builds, where iterator adaptors cost more than the sums in them: inner loops are written out.

/// Red, green, blue, 0 to 255; not rounded until it meets the picture.
pub(super) type Color = [f32; 3];
/// Pixels from the left, pixels from the top.
pub(super) type Point = (f32, f32);

/// Lines of coverage for each line of pixels.
const SUBLINES: usize = 4;

/// An RGB picture.
#[derive(Clone)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Three bytes a pixel, line by line.
    pub(super) pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![0; width * height * 3] }
    }

    /// Colours every line by its height, 0 at the top to 1.
    pub(super) fn fill_lines(&mut self, color: impl Fn(f32) -> Color) {
        let height = self.height;
        for (y, line) in self.pixels.chunks_exact_mut(self.width * 3).enumerate() {
            let color = bytes(color(y as f32 / height as f32));
            for pixel in line.chunks_exact_mut(3) {
                pixel.copy_from_slice(&color);
            }
        }
    }

    /// Fills a closed shape with one colour. `opacity` is 0 to 1.
    pub(super) fn fill(&mut self, shape: &[Point], color: Color, opacity: f32) {
        self.shade(shape, opacity, |_, _| color);
    }

    /// Fills a closed shape with a colour for each place, given as pixels from the left and top.
    pub(super) fn shade(&mut self, shape: &[Point], opacity: f32, color: impl Fn(f32, f32) -> Color) {
        let (top, mut crossings) = crossings(shape, self.height);
        let mut coverage = vec![0.0_f32; self.width];
        for (y, sublines) in crossings.chunks_exact_mut(SUBLINES).enumerate() {
            let Some((left, right)) = cover(sublines, &mut coverage) else { continue };
            for (covered, x) in coverage[left..right].iter_mut().zip(left..) {
                let alpha = covered.min(1.0) * opacity;
                if alpha > 0.0 {
                    self.blend(x, top + y, color(x as f32, (top + y) as f32), alpha);
                }
                *covered = 0.0;
            }
        }
    }

    /// A line of that width, thinner at its end, as a shape.
    pub(super) fn stroke(&mut self, path: &[Point], width: f32, end_width: f32, color: Color, opacity: f32) {
        self.fill(&outline(path, width, end_width), color, opacity);
    }

    /// Mixes a colour into one pixel.
    pub(super) fn blend(&mut self, x: usize, y: usize, color: Color, alpha: f32) {
        let at = (y * self.width + x) * 3;
        let pixel = &mut self.pixels[at..at + 3];
        pixel[0] = byte(f32::from(pixel[0]) * (1.0 - alpha) + color[0] * alpha);
        pixel[1] = byte(f32::from(pixel[1]) * (1.0 - alpha) + color[1] * alpha);
        pixel[2] = byte(f32::from(pixel[2]) * (1.0 - alpha) + color[2] * alpha);
    }

    /// Changes every pixel by its place.
    pub(super) fn map(&mut self, mut change: impl FnMut(usize, usize, Color) -> Color) {
        for (at, pixel) in self.pixels.chunks_exact_mut(3).enumerate() {
            let old = [f32::from(pixel[0]), f32::from(pixel[1]), f32::from(pixel[2])];
            pixel.copy_from_slice(&bytes(change(at % self.width, at / self.width, old)));
        }
    }
}

/// Where the edges of a shape cross the middle of each subline, and the first line of pixels that it touches. Each edge
/// is walked once, over its own height: a shape of many short edges costs no more than its outline is long.
fn crossings(shape: &[Point], height: usize) -> (usize, Vec<Vec<f32>>) {
    let subs = SUBLINES as f32;
    let lowest = shape.iter().map(|(_, y)| *y).fold(f32::NEG_INFINITY, f32::max).min(height as f32);
    let highest = shape.iter().map(|(_, y)| *y).fold(f32::INFINITY, f32::min).max(0.0);
    if highest >= lowest {
        return (0, Vec::new());
    }
    let (top, bottom) = (whole(highest.floor()), whole(lowest.ceil()));
    let mut crossings = vec![Vec::new(); (bottom - top) * SUBLINES];
    let first_of =
        |y: f32| whole((y * subs - 0.5).ceil().max((top * SUBLINES) as f32)).min(bottom * SUBLINES);
    for (from, to) in edges(shape) {
        let ((x1, y1), (x2, y2)) = if from.1 <= to.1 { (from, to) } else { (to, from) };
        let slope = (x2 - x1) / (y2 - y1).max(1e-6);
        for subline in first_of(y1)..first_of(y2) {
            let y = (subline as f32 + 0.5) / subs;
            crossings[subline - top * SUBLINES].push(x1 + (y - y1) * slope);
        }
    }
    (top, crossings)
}

/// Adds how much of each pixel of a line is inside (even-odd), and says which pixels were touched.
fn cover(sublines: &mut [Vec<f32>], coverage: &mut [f32]) -> Option<(usize, usize)> {
    let share = 1.0 / SUBLINES as f32;
    let mut touched: Option<(usize, usize)> = None;
    for crossings in sublines {
        crossings.sort_by(f32::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let Some((left, right)) = cover_span(pair[0], pair[1], share, coverage) else { continue };
            touched = touched.map_or(Some((left, right)), |(l, r)| Some((l.min(left), r.max(right))));
        }
    }
    touched
}

fn cover_span(from: f32, to: f32, share: f32, coverage: &mut [f32]) -> Option<(usize, usize)> {
    let (from, to) = (from.max(0.0), to.min(coverage.len() as f32));
    if from >= to {
        return None;
    }
    let (left, right) = (whole(from.floor()), whole(to.ceil()));
    coverage[left] += share * (to.min(left as f32 + 1.0) - from);
    if right > left + 1 {
        for covered in &mut coverage[left + 1..right - 1] {
            *covered += share;
        }
        coverage[right - 1] += share * (to - (right - 1) as f32);
    }
    Some((left, right))
}

fn edges(shape: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    shape.iter().copied().zip(shape.iter().copied().cycle().skip(1))
}

/// A smooth closed curve through the points (Catmull-Rom), as a shape.
pub(super) fn smooth(points: &[Point]) -> Vec<Point> {
    const STEPS: usize = 6;
    let count = points.len();
    let at = |index: usize| points[index % count];
    let mut curve = Vec::with_capacity(count * STEPS);
    for start in 0..count {
        let (before, from, to, after) = (at(start + count - 1), at(start), at(start + 1), at(start + 2));
        for step in 0..STEPS {
            let t = step as f32 / STEPS as f32;
            curve.push((
                spline(before.0, from.0, to.0, after.0, t),
                spline(before.1, from.1, to.1, after.1, t),
            ));
        }
    }
    curve
}

fn spline(before: f32, from: f32, to: f32, after: f32, t: f32) -> f32 {
    let (square, cube) = (t * t, t * t * t);
    0.5 * (2.0 * from
        + (to - before) * t
        + (2.0 * before - 5.0 * from + 4.0 * to - after) * square
        + (3.0 * from - before - 3.0 * to + after) * cube)
}

/// The outline of a line that gets thinner.
fn outline(path: &[Point], width: f32, end_width: f32) -> Vec<Point> {
    let last = path.len() - 1;
    let mut there = Vec::with_capacity(path.len() * 2);
    let mut back = Vec::with_capacity(path.len());
    for (at, (x, y)) in path.iter().enumerate() {
        let (from, to) = (path[at.saturating_sub(1)], path[(at + 1).min(last)]);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1e-3);
        let half = 0.5 * (width + (end_width - width) * at as f32 / last.max(1) as f32);
        let (across, down) = (-dy / length * half, dx / length * half);
        there.push((x + across, y + down));
        back.push((x - across, y - down));
    }
    there.extend(back.into_iter().rev());
    there
}

/// An ellipse as a shape.
pub(super) fn ellipse(center: Point, radius_x: f32, radius_y: f32) -> Vec<Point> {
    let corners: u8 = if radius_x.max(radius_y) < 4.0 { 8 } else { 28 };
    (0..corners)
        .map(|corner| {
            let angle = f32::from(corner) / f32::from(corners) * std::f32::consts::TAU;
            (center.0 + radius_x * angle.cos(), center.1 + radius_y * angle.sin())
        })
        .collect()
}

/// Between two colours: 0 the first, 1 the second.
pub(super) fn mix(a: Color, b: Color, share: f32) -> Color {
    [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share]
}

/// A colour with its light multiplied.
pub(super) fn lit(color: Color, light: f32) -> Color {
    [color[0] * light, color[1] * light, color[2] * light]
}

fn bytes(color: Color) -> [u8; 3] {
    [byte(color[0]), byte(color[1]), byte(color[2])]
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255 after the clamp")]
fn byte(value: f32) -> u8 {
    value.clamp(0.0, 255.0) as u8
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a picture, not negative"
)]
fn whole(value: f32) -> usize {
    value as usize
}
