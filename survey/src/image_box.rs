//! A box in an image, in the unit of whoever told it: a box in pixels says nothing until the size of its photograph is
//! known, and numbers that cannot be a box are told apart from both.
//!
//! No box is ever bent until it fits: a wrong box would show something else and look right.

/// A box in an image, as fractions of its width and height from the top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundingBox {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl BoundingBox {
    /// Intersection over union, 0 to 1; 0 for boxes without area.
    pub fn iou(&self, other: &Self) -> f64 {
        let across = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let down = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        if across <= 0.0 || down <= 0.0 {
            return 0.0;
        }
        let shared = across * down;
        shared / (self.width * self.height + other.width * other.height - shared)
    }
}

/// Numbers of pixels are rounded: an edge may lie so far beyond that of the photograph, and is cut there.
const ROUNDING_PIXELS: f64 = 1.0;
/// The same for fractions.
const ROUNDING: f64 = 1e-3;

/// Where in an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ImageBox {
    /// In fractions of the upright image.
    Fractions(BoundingBox),
    /// In pixels of the upright photograph, whose size is not known here.
    Pixels(PixelBox),
    /// There are numbers, and they are no box in their image.
    Wrong(BoxFault),
}

/// A box in pixels of an upright photograph, from its top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PixelBox {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// Why numbers are no box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BoxFault {
    /// Not a number, or infinite.
    NoNumber,
    /// No width or no height.
    Empty,
    /// Pixels left of or above the photograph.
    Negative,
    /// It reaches beyond the photograph.
    Larger,
    /// Fractions where all others are pixels.
    FractionsAmongPixels,
    /// Pixels where all others are fractions.
    PixelsAmongFractions,
}

impl BoxFault {
    /// What is wrong, as the end of "the box ...".
    pub fn told(self) -> &'static str {
        match self {
            Self::NoNumber => "has a number that is none",
            Self::Empty => "has no width or no height",
            Self::Negative => "begins left of or above its photograph",
            Self::Larger => "is larger than its photograph",
            Self::FractionsAmongPixels => "is in fractions, where the database holds pixels",
            Self::PixelsAmongFractions => "is in pixels, where the database holds fractions",
        }
    }
}

/// The unit that all boxes of a source share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoxUnit {
    /// Fractions of the image.
    Fractions,
    /// Pixels of the photograph.
    Pixels,
    /// Both: boxes with no edge beyond 1 are fractions, the others pixels.
    Mixed,
}

impl ImageBox {
    /// The box that `numbers` (left, top, width, height) tell in a photograph of `size` (width and height in pixels),
    /// where that is known.
    pub fn of(numbers: [f64; 4], unit: BoxUnit, size: Option<(u32, u32)>) -> Self {
        let [x, y, width, height] = numbers;
        let is_fraction = is_fraction(numbers);
        match unit {
            BoxUnit::Pixels if is_fraction => Self::Wrong(BoxFault::FractionsAmongPixels),
            BoxUnit::Fractions => fractions(BoundingBox { x, y, width, height }),
            BoxUnit::Mixed if is_fraction => fractions(BoundingBox { x, y, width, height }),
            BoxUnit::Pixels | BoxUnit::Mixed => {
                let pixels = PixelBox { x, y, width, height };
                match (pixels.fault(), size) {
                    (Some(fault), _) => Self::Wrong(fault),
                    (None, None) => Self::Pixels(pixels),
                    (None, Some(size)) => pixels.within(size).map_or_else(Self::Wrong, Self::Fractions),
                }
            }
        }
    }

    /// The same box, now that the size of its photograph is known.
    #[must_use]
    pub fn sized(self, size: (u32, u32)) -> Self {
        match self {
            Self::Pixels(pixels) => pixels.within(size).map_or_else(Self::Wrong, Self::Fractions),
            known => known,
        }
    }

    /// In fractions, where that is known.
    pub fn fractions(&self) -> Option<BoundingBox> {
        match self {
            Self::Fractions(bbox) => Some(*bbox),
            Self::Pixels(_) | Self::Wrong(_) => None,
        }
    }

    /// Left, top, width and height in either unit; only to be compared with boxes of the same image and unit.
    pub fn numbers(&self) -> Option<BoundingBox> {
        match *self {
            Self::Fractions(bbox) => Some(bbox),
            Self::Pixels(PixelBox { x, y, width, height }) => Some(BoundingBox { x, y, width, height }),
            Self::Wrong(_) => None,
        }
    }

    /// Intersection over union of two boxes of one image, 0 to 1. `None` where their units differ or one is no box.
    pub fn iou(&self, other: &Self) -> Option<f64> {
        match (self, other) {
            (Self::Fractions(a), Self::Fractions(b)) => Some(a.iou(b)),
            (Self::Pixels(_), Self::Pixels(_)) => Some(self.numbers()?.iou(&other.numbers()?)),
            _ => None,
        }
    }
}

impl From<BoundingBox> for ImageBox {
    fn from(bbox: BoundingBox) -> Self {
        Self::Fractions(bbox)
    }
}

impl PixelBox {
    /// In fractions of a photograph of this width and height.
    ///
    /// # Errors
    /// When it is no box, or reaches beyond the photograph by more than a rounded pixel.
    pub fn within(self, (width, height): (u32, u32)) -> Result<BoundingBox, BoxFault> {
        if let Some(fault) = self.fault() {
            return Err(fault);
        }
        let (all_width, all_height) = (f64::from(width), f64::from(height));
        let (right, bottom) = (self.x + self.width, self.y + self.height);
        let is_beyond = right > all_width + ROUNDING_PIXELS || bottom > all_height + ROUNDING_PIXELS;
        if is_beyond || self.x >= all_width || self.y >= all_height {
            return Err(BoxFault::Larger);
        }
        Ok(BoundingBox {
            x: self.x / all_width,
            y: self.y / all_height,
            width: (right.min(all_width) - self.x) / all_width,
            height: (bottom.min(all_height) - self.y) / all_height,
        })
    }

    fn fault(self) -> Option<BoxFault> {
        let numbers = [self.x, self.y, self.width, self.height];
        if !numbers.iter().all(|number| number.is_finite()) {
            Some(BoxFault::NoNumber)
        } else if self.x < 0.0 || self.y < 0.0 {
            Some(BoxFault::Negative)
        } else if self.width <= 0.0 || self.height <= 0.0 {
            Some(BoxFault::Empty)
        } else {
            None
        }
    }
}

/// No edge beyond 1: what nobody means in pixels.
pub fn is_fraction([x, y, width, height]: [f64; 4]) -> bool {
    [x, y, width, height].iter().all(|number| number.is_finite())
        && width > 0.0
        && height > 0.0
        && x + width <= 1.0 + ROUNDING
        && y + height <= 1.0 + ROUNDING
}

/// A part over the edge is cut where the box is used: models tell such boxes of animals that leave the picture.
fn fractions(bbox: BoundingBox) -> ImageBox {
    let numbers = [bbox.x, bbox.y, bbox.width, bbox.height];
    let fault = if !numbers.iter().all(|number| number.is_finite()) {
        BoxFault::NoNumber
    } else if numbers.iter().any(|number| *number > 2.0) {
        BoxFault::PixelsAmongFractions
    } else if bbox.width > 1.0 + ROUNDING || bbox.height > 1.0 + ROUNDING {
        BoxFault::Larger
    } else if bbox.width <= 0.0 || bbox.height <= 0.0 {
        BoxFault::Empty
    } else {
        return ImageBox::Fractions(bbox);
    };
    ImageBox::Wrong(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Option<(u32, u32)> = Some((1920, 1080));

    fn pixels(numbers: [f64; 4]) -> ImageBox {
        ImageBox::of(numbers, BoxUnit::Pixels, SIZE)
    }

    #[test]
    fn pixels_become_fractions_of_their_photograph_and_wait_until_its_size_is_known() {
        let middle = BoundingBox { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
        assert_eq!(pixels([480.0, 270.0, 960.0, 540.0]), ImageBox::Fractions(middle));
        let waiting = ImageBox::of([480.0, 270.0, 960.0, 540.0], BoxUnit::Pixels, None);
        assert_eq!(waiting.fractions(), None);
        assert_eq!(waiting.sized((1920, 1080)), ImageBox::Fractions(middle));
        assert_eq!(waiting.sized((1000, 1080)), ImageBox::Wrong(BoxFault::Larger));
    }

    #[test]
    fn what_is_no_box_of_its_photograph_is_told_and_never_bent() {
        let wrong = |numbers, fault| assert_eq!(pixels(numbers), ImageBox::Wrong(fault), "{numbers:?}");
        wrong([0.0, 0.0, 1922.0, 540.0], BoxFault::Larger);
        wrong([0.0, 0.0, 4000.0, 3000.0], BoxFault::Larger);
        wrong([1920.0, 0.0, 1.0, 540.0], BoxFault::Larger);
        wrong([-1.0, 0.0, 100.0, 540.0], BoxFault::Negative);
        wrong([0.0, -0.5, 100.0, 540.0], BoxFault::Negative);
        wrong([10.0, 10.0, 0.0, 540.0], BoxFault::Empty);
        wrong([10.0, 10.0, -5.0, 540.0], BoxFault::Empty);
        wrong([f64::NAN, 10.0, 5.0, 540.0], BoxFault::NoNumber);
        wrong([0.25, 0.25, 0.5, 0.5], BoxFault::FractionsAmongPixels);
        let rounded = pixels([960.5, 0.0, 960.0, 540.0]);
        assert_eq!(
            rounded.fractions().map(|bbox| bbox.x + bbox.width),
            Some(1.0),
            "half a pixel is rounding"
        );
    }

    #[test]
    fn pixels_in_a_column_of_fractions_are_told_and_an_animal_at_the_edge_is_not() {
        let fractions = |numbers| ImageBox::of(numbers, BoxUnit::Fractions, SIZE);
        assert_eq!(
            fractions([0.0, 0.0, 1920.0, 1080.0]),
            ImageBox::Wrong(BoxFault::PixelsAmongFractions),
            "which would else be the whole photograph"
        );
        assert_eq!(fractions([0.0, 0.0, 1.5, 0.5]), ImageBox::Wrong(BoxFault::Larger));
        assert!(fractions([-0.1, 0.9, 0.2, 0.2]).fractions().is_some());
    }

    #[test]
    fn in_a_column_of_both_an_edge_beyond_one_means_pixels() {
        let mixed = |numbers| ImageBox::of(numbers, BoxUnit::Mixed, SIZE);
        let middle = BoundingBox { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
        assert_eq!(mixed([0.25, 0.25, 0.5, 0.5]), ImageBox::Fractions(middle));
        assert_eq!(mixed([480.0, 270.0, 960.0, 540.0]), ImageBox::Fractions(middle));
    }

    #[test]
    fn boxes_of_one_image_are_compared_in_their_unit_only() {
        let boxed = |unit, scale: f64| ImageBox::of([scale, scale, scale, scale], unit, None);
        let (pixel, fraction) = (boxed(BoxUnit::Pixels, 100.0), boxed(BoxUnit::Fractions, 0.1));
        assert_eq!(pixel.iou(&pixel), Some(1.0));
        assert_eq!(fraction.iou(&fraction), Some(1.0));
        assert_eq!(pixel.iou(&fraction), None);
    }
}
