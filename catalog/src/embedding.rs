//! Rows for the re-identification analysis: a vector, and what is known of the animal behind it.
//!
//! Vectors come as a database holds them; whether they fit together is for the analysis to say. Little-endian f32 is
//! read here, other forms by each adapter.

use chrono::{DateTime, Utc};
use deertrack_schemas::Class;
use deertrack_survey::ImageBox;

use crate::failure::CatalogError;

/// One detection as the model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// The detection's id.
    pub id: String,
    /// The image it is in.
    pub image_id: String,
    /// When the image was taken, if that is known.
    pub taken_at: Option<DateTime<Utc>>,
    /// Where.
    pub place_id: Option<String>,
    /// Final class, as everywhere.
    pub class: Class,
    /// Where in the image.
    pub bbox: Option<ImageBox>,
    /// Shared by the detections of one burst.
    pub burst_id: Option<String>,
    /// The known deer it is assigned to today.
    pub deer_id: Option<String>,
    /// The deer it truly shows, where that is known: for evaluation only.
    pub true_deer_id: Option<String>,
    /// Which model made the vector.
    pub version: Option<String>,
    /// The vector; `None` when the detection was never embedded.
    pub vector: Option<Vec<f32>>,
}

/// A known deer as the model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The deer's id.
    pub id: String,
    /// For people.
    pub name: String,
    /// Its class.
    pub class: Class,
    /// The detection that founded it.
    pub founder_detection_id: Option<String>,
    /// Which model made the vector.
    pub version: Option<String>,
    /// The vector; `None` when it has none.
    pub vector: Option<Vec<f32>>,
}

/// A vector out of little-endian f32. `of` and `id` name the row in the error.
pub(super) fn from_le_bytes(bytes: &[u8], of: &'static str, id: &str) -> Result<Vec<f32>, CatalogError> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        let reason = format!("has {} bytes, which are no float32 numbers of 4 bytes each", bytes.len());
        return Err(CatalogError::Vector { of, id: id.to_owned(), reason });
    }
    Ok(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_little_endian_floats_and_a_rest_is_refused_by_name() {
        let bytes = [0, 0, 128, 63, 0, 0, 0, 192];
        assert_eq!(from_le_bytes(&bytes, "detection", "d1").unwrap(), [1.0, -2.0]);
        let refused = from_le_bytes(&bytes[..7], "detection", "d1").unwrap_err().to_string();
        assert_eq!(
            refused,
            "the vector of detection d1 has 7 bytes, which are no float32 numbers of 4 bytes each"
        );
    }
}
