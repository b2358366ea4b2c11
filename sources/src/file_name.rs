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

/// A path with `/` between its folders, without a drive and without a way up.
pub(crate) fn plain_path(path: &str) -> String {
    let path = path.replace('\\', "/");
    let has_drive = path.as_bytes().get(1) == Some(&b':');
    let path = if has_drive { &path[2..] } else { &path };
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_any_system_are_relative_and_lead_nowhere_else() {
        assert_eq!(plain_path(r"C:\pics\cam 1\IMG.JPG"), "pics/cam 1/IMG.JPG");
        assert_eq!(plain_path("/home/../etc/./a.jpg"), "home/etc/a.jpg");
        assert_eq!(
            (base_name(r"a\b/c.JPG"), media_type("x/y.JPeG"), media_type("x")),
            ("c.JPG", "image/jpeg", "")
        );
    }
}
