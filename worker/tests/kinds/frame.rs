//! Photographs made by hand: a dark field with a bright red animal.

use jpeg_encoder::{ColorType, Encoder};

pub(crate) const WIDTH: u32 = 400;
pub(crate) const HEIGHT: u32 = 300;
const RED: [u8; 3] = [220, 30, 30];
const FIELD: [u8; 3] = [20, 60, 30];

/// A JPEG of `WIDTH` x `HEIGHT` with the animal in these pixels (left, top, width, height).
pub(crate) fn jpeg(animal: [u32; 4]) -> Vec<u8> {
    encode(WIDTH, HEIGHT, &pixels(animal), None)
}

/// The same photograph as a camera writes it that was turned: stored by columns, with an EXIF orientation of 6
/// ("turn by 90 degrees to the right to see it") and a place of exposure, which nobody shall learn.
pub(crate) fn turned_jpeg(animal: [u32; 4]) -> Vec<u8> {
    let upright = pixels(animal);
    let mut stored = Vec::with_capacity(upright.len());
    for y in 0..WIDTH {
        for x in 0..HEIGHT {
            // Turning right moves the stored pixel (x, y) to the upright (HEIGHT of the stored - 1 - y, x).
            let (upright_x, upright_y) = (WIDTH - 1 - y, x);
            let at = ((upright_y * WIDTH + upright_x) * 3) as usize;
            stored.extend_from_slice(&upright[at..at + 3]);
        }
    }
    encode(HEIGHT, WIDTH, &stored, Some(&exif()))
}

/// Whether the pixels are of the animal.
pub(crate) fn is_red(pixel: image::Rgb<u8>) -> bool {
    pixel.0.iter().zip(RED).all(|(a, b)| a.abs_diff(b) < 25)
}

fn pixels([left, top, width, height]: [u32; 4]) -> Vec<u8> {
    let is_animal = |x, y| (left..left + width).contains(&x) && (top..top + height).contains(&y);
    let colour = |(x, y)| if is_animal(x, y) { RED } else { FIELD };
    (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))).flat_map(colour).collect()
}

fn encode(width: u32, height: u32, pixels: &[u8], exif: Option<&[u8]>) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 95);
    if let Some(exif) = exif {
        encoder.add_app_segment(1, exif.to_vec()).unwrap();
    }
    encoder.encode(pixels, width.try_into().unwrap(), height.try_into().unwrap(), ColorType::Rgb).unwrap();
    jpeg
}

/// TIFF, little-endian, one directory: orientation 6, and a description that stands for a location.
fn exif() -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
    exif.extend(b"\x0e\x01\x02\0\x0d\0\0\0\x26\0\0\0"); // ImageDescription, 13 bytes at 38
    exif.extend(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"); // Orientation
    exif.extend(b"\0\0\0\0SECRET-PLACE\0");
    exif
}
