//! One detection cut out of its photograph.

use deertrack_survey::{BoundingBox, ImageBox};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;
use jpeg_encoder::{ColorType, Encoder};

use super::problem::Problem;

const JPEG_QUALITY: u8 = 90;

/// The box as a JPEG and in fractions, whatever its unit: here the size of its photograph is known.
pub(in crate::export) fn of_box(
    photograph: &RgbImage,
    bbox: ImageBox,
    size: u32,
) -> Result<(Vec<u8>, BoundingBox), Problem> {
    match bbox.sized(photograph.dimensions()) {
        ImageBox::Fractions(bbox) => Ok((jpeg(photograph, bbox, size)?, bbox)),
        ImageBox::Wrong(fault) => Err(Problem::WrongBox(fault)),
        ImageBox::Pixels(_) => Err(Problem::BoxOutside),
    }
}

/// The box as a JPEG whose longest side has `size` pixels. Nothing of the photograph's metadata goes along.
pub(in crate::export) fn jpeg(
    photograph: &RgbImage,
    bbox: BoundingBox,
    size: u32,
) -> Result<Vec<u8>, Problem> {
    let part = Part::of(bbox, photograph.width(), photograph.height()).ok_or(Problem::BoxOutside)?;
    let (width, height) = part.scaled_to(size);
    let (all_width, all_height) = photograph.dimensions();
    let source = ImageRef::new(all_width, all_height, photograph.as_raw(), PixelType::U8x3)
        .expect("the buffer of an RGB image has three bytes a pixel");
    let mut crop = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).crop(
        part.left.into(),
        part.top.into(),
        part.width.into(),
        part.height.into(),
    );
    Resizer::new()
        .resize(&source, &mut crop, &options)
        .expect("the part lies within the image and both have the same type of pixels");
    encode(&crop)
}

fn encode(crop: &Image<'_>) -> Result<Vec<u8>, Problem> {
    let side = |pixels: u32| u16::try_from(pixels).expect("a crop has at most 1,024 pixels a side");
    let mut jpeg = Vec::with_capacity(64 * 1024);
    Encoder::new(&mut jpeg, JPEG_QUALITY)
        .encode(crop.buffer(), side(crop.width()), side(crop.height()), ColorType::Rgb)
        .map_err(|error| Problem::Broken(error.to_string()))?;
    Ok(jpeg)
}

/// A part of an image in whole pixels; never empty, never outside.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Part {
    /// All pixels that the box touches. `None` when there is none.
    fn of(bbox: BoundingBox, image_width: u32, image_height: u32) -> Option<Self> {
        let (left, right) = span(bbox.x, bbox.width, image_width)?;
        let (top, bottom) = span(bbox.y, bbox.height, image_height)?;
        Some(Self { left, top, width: right - left, height: bottom - top })
    }

    /// Width and height with the same proportions, the longer one `size`.
    fn scaled_to(&self, size: u32) -> (u32, u32) {
        let longest = u64::from(self.width.max(self.height));
        let scaled = |side: u32| {
            let rounded = (u64::from(side) * u64::from(size) + longest / 2) / longest;
            u32::try_from(rounded).expect("at most size").max(1)
        };
        (scaled(self.width), scaled(self.height))
    }
}

/// The pixels from `start` over `length`, both fractions of `pixels`, cut at the image's edges.
fn span(start: f64, length: f64, pixels: u32) -> Option<(u32, u32)> {
    let all = f64::from(pixels);
    // Not a number fails the comparison.
    let touches = length > 0.0 && start < 1.0 && start + length > 0.0;
    if !touches {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to a u32")]
    let (first, behind) = {
        let first = (start * all).floor().clamp(0.0, all - 1.0) as u32;
        let behind = ((start + length) * all).ceil().clamp(0.0, all) as u32;
        (first, behind)
    };
    Some((first, behind.max(first + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(x: f64, y: f64, width: f64, height: f64) -> Option<[u32; 4]> {
        let part = Part::of(BoundingBox { x, y, width, height }, 200, 100)?;
        Some([part.left, part.top, part.width, part.height])
    }

    #[test]
    fn a_part_has_every_pixel_that_the_box_touches() {
        assert_eq!(part(0.25, 0.5, 0.5, 0.25), Some([50, 50, 100, 25]));
        assert_eq!(part(0.2512, 0.5, 0.0001, 0.25), Some([50, 50, 1, 25]));
        assert_eq!(part(0.0, 0.0, 1.0, 1.0), Some([0, 0, 200, 100]));
    }

    #[test]
    fn a_box_over_the_edge_is_cut_and_one_beyond_it_is_none() {
        assert_eq!(part(-0.1, 0.9, 0.2, 0.2), Some([0, 90, 20, 10]));
        assert_eq!(part(1.0, 0.5, 0.1, 0.1), None);
        assert_eq!(part(0.5, -0.2, 0.1, 0.2), None);
        assert_eq!(part(0.5, 0.5, 0.0, 0.1), None);
        assert_eq!(part(0.5, 0.5, -0.1, 0.1), None);
        assert_eq!(part(f64::NAN, 0.5, 0.1, 0.1), None);
        assert_eq!(part(0.5, 0.5, f64::INFINITY, 0.1), Some([100, 50, 100, 10]));
        assert_eq!(part(700.0, 400.0, 120.0, 80.0), None, "pixels instead of fractions");
    }

    #[test]
    fn the_longest_side_gets_the_size_and_none_vanishes() {
        let scaled = |width, height| Part { left: 0, top: 0, width, height }.scaled_to(512);
        assert_eq!(scaled(1024, 512), (512, 256));
        assert_eq!(scaled(100, 300), (171, 512));
        assert_eq!(scaled(5_000, 1), (512, 1));
    }
}
