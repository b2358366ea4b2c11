//! A page as a picture: PNG in pixels, SVG as curves. The same template, data and bytes every time, as for a PDF.

use serde_json::Value;
use typst_layout::PagedDocument;
use typst_render::RenderOptions;
use typst_svg::SvgOptions;

use super::{Bounds, Template, TypesettingError, typeset};

/// Points of a typographer in an inch.
const POINTS_PER_INCH: f32 = 72.0;
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
    let scale = pixels_per_inch.clamp(1.0, MAX_PIXELS_PER_INCH) / POINTS_PER_INCH;
    let options = RenderOptions { pixel_per_pt: f64::from(scale).into(), ..RenderOptions::default() };
    let write = |document: &PagedDocument| {
        let page = document.pages().first().expect("a document has at least one page");
        Ok(typst_render::render(page, &options).encode_png())
    };
    let encoded = typeset(template, data, Vec::new(), bounds, write)?;
    encoded.map_err(|error| TypesettingError::Template(error.to_string()))
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
