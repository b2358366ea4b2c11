//! The black strip that trail cameras print below a photograph: date, time (UTC) and place, in letters of 5 x 7 dots.

use chrono::{DateTime, Utc};

use super::canvas::{Canvas, Color};

const HEIGHT: usize = 22;
/// Pixels of a dot.
const DOT: usize = 2;
const MARGIN: usize = 8;
const INK: Color = [235.0, 235.0, 225.0];

pub(super) fn draw(canvas: &mut Canvas, at: DateTime<Utc>, place: &str) {
    let top = canvas.height - HEIGHT;
    let line = canvas.width * 3;
    canvas.pixels[top * line..].fill(0);
    let time = at.format("%Y-%m-%d  %H:%M:%S UTC").to_string();
    write(canvas, MARGIN, top + 4, &time);
    let width = place.chars().count() * 6 * DOT;
    write(canvas, canvas.width.saturating_sub(width + MARGIN), top + 4, &place.to_uppercase());
}

fn write(canvas: &mut Canvas, left: usize, top: usize, text: &str) {
    for (number, letter) in text.chars().enumerate() {
        for (row, dots) in dots(letter).iter().enumerate() {
            for column in (0..5).filter(|column| dots >> (4 - column) & 1 == 1) {
                dot(canvas, left + (number * 6 + column) * DOT, top + row * DOT);
            }
        }
    }
}

fn dot(canvas: &mut Canvas, left: usize, top: usize) {
    for y in top..top + DOT {
        for x in left..left + DOT {
            if x < canvas.width && y < canvas.height {
                canvas.blend(x, y, INK, 1.0);
            }
        }
    }
}

/// Rows of a letter, the leftmost dot in bit 4.
fn dots(letter: char) -> [u8; 7] {
    match letter {
        '0' => [14, 17, 19, 21, 25, 17, 14],
        '1' => [4, 12, 4, 4, 4, 4, 14],
        '2' => [14, 17, 1, 2, 4, 8, 31],
        '3' => [31, 2, 4, 2, 1, 17, 14],
        '4' => [2, 6, 10, 18, 31, 2, 2],
        '5' => [31, 16, 30, 1, 1, 17, 14],
        '6' => [6, 8, 16, 30, 17, 17, 14],
        '7' => [31, 1, 2, 4, 8, 8, 8],
        '8' => [14, 17, 17, 14, 17, 17, 14],
        '9' => [14, 17, 17, 15, 1, 2, 12],
        ':' => [0, 4, 4, 0, 4, 4, 0],
        '-' => [0, 0, 0, 14, 0, 0, 0],
        'A' => [14, 17, 17, 31, 17, 17, 17],
        'B' => [30, 17, 17, 30, 17, 17, 30],
        'C' => [14, 17, 16, 16, 16, 17, 14],
        'D' => [28, 18, 17, 17, 17, 18, 28],
        'E' => [31, 16, 16, 30, 16, 16, 31],
        'F' => [31, 16, 16, 30, 16, 16, 16],
        'G' => [14, 17, 16, 23, 17, 17, 15],
        'H' => [17, 17, 17, 31, 17, 17, 17],
        'I' => [14, 4, 4, 4, 4, 4, 14],
        'J' => [7, 2, 2, 2, 2, 18, 12],
        'K' => [17, 18, 20, 24, 20, 18, 17],
        'L' => [16, 16, 16, 16, 16, 16, 31],
        'M' => [17, 27, 21, 21, 17, 17, 17],
        'N' => [17, 17, 25, 21, 19, 17, 17],
        'O' => [14, 17, 17, 17, 17, 17, 14],
        'P' => [30, 17, 17, 30, 16, 16, 16],
        'Q' => [14, 17, 17, 17, 21, 18, 13],
        'R' => [30, 17, 17, 30, 20, 18, 17],
        'S' => [15, 16, 16, 14, 1, 1, 30],
        'T' => [31, 4, 4, 4, 4, 4, 4],
        'U' => [17, 17, 17, 17, 17, 17, 14],
        'V' => [17, 17, 17, 17, 17, 10, 4],
        'W' => [17, 17, 17, 21, 21, 21, 10],
        'X' => [17, 17, 10, 4, 10, 17, 17],
        'Y' => [17, 17, 17, 10, 4, 4, 4],
        'Z' => [31, 1, 2, 4, 8, 16, 31],
        _ => [0; 7],
    }
}
