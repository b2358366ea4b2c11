//! Names of photographs and videos, in any system's way of writing paths.

/// The name of a file without its folders.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Its media type, by its ending; empty where that tells none.
pub(crate) fn media_type(path: &str) -> &'static str {
    let ending = base_name(path).rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "tif" | "tiff" => "image/tiff",
        "mp4" | "m4v" => "video/mp4",
        "avi" => "video/x-msvideo",
        "mov" => "video/quicktime",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_its_name_whatever_system_wrote_its_path() {
        assert_eq!(
            (base_name(r"a\b/c.JPG"), media_type("x/y.JPeG"), media_type("x")),
            ("c.JPG", "image/jpeg", "")
        );
    }
}
