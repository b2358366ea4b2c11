//! A page as a picture: PNG in pixels, SVG as curves. The same template, data and bytes every time, as for a PDF.

use png::{PixelDimensions, Unit};
use serde_json::Value;
use typst_layout::PagedDocument;
use typst_render::RenderOptions;
use typst_svg::SvgOptions;

use super::{Bounds, Template, TypesettingError, typeset};

/// Points of a typographer in an inch.
const POINTS_PER_INCH: f32 = 72.0;
const METERS_PER_INCH: f32 = 0.0254;
/// The finest picture: what nobody sees any more costs memory by its square.
const MAX_PIXELS_PER_INCH: f32 = 600.0;

/// The first page as a PNG. CPU-bound, as [`super::pdf`].
///
/// # Errors
/// See [`TypesettingError`].
pub(crate) fn png(
    template: Template,
    data: &Value,
    pixels_per_inch: f32,
    bounds: Bounds,
) -> Result<Vec<u8>, TypesettingError> {
    let pixels_per_inch = pixels_per_inch.clamp(1.0, MAX_PIXELS_PER_INCH);
    let scale = f64::from(pixels_per_inch / POINTS_PER_INCH);
    let options = RenderOptions { pixel_per_pt: scale.into(), ..RenderOptions::default() };
    let write = |document: &PagedDocument| {
        let page = document.pages().first().expect("a document has at least one page");
        let pixels = typst_render::render(page, &options);
        let size = [pixels.width(), pixels.height()];
        Ok(encode(size, &pixels.take_demultiplied(), pixels_per_inch))
    };
    let encoded = typeset(template, data, Vec::new(), bounds, write)?;
    encoded.map_err(|error| TypesettingError::Template(error.to_string()))
}

/// RGBA pixels as a PNG that says how large they are, so that it is printed in its true size.
fn encode(
    [width, height]: [u32; 2],
    rgba: &[u8],
    pixels_per_inch: f32,
) -> Result<Vec<u8>, png::EncodingError> {
    let per_meter = (pixels_per_inch / METERS_PER_INCH).round() as u32;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_pixel_dims(Some(PixelDimensions { xppu: per_meter, yppu: per_meter, unit: Unit::Meter }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgba)?;
    writer.finish()?;
    Ok(bytes)
}

/// The first page as an SVG. Texts become curves: what a name holds is never markup there. CPU-bound.
///
/// # Errors
/// See [`TypesettingError`].
pub(crate) fn svg(template: Template, data: &Value, bounds: Bounds) -> Result<String, TypesettingError> {
    let write = |document: &PagedDocument| {
        let page = document.pages().first().expect("a document has at least one page");
        Ok(typst_svg::svg(page, &SvgOptions::default()))
    };
    typeset(template, data, Vec::new(), bounds, write)
}
