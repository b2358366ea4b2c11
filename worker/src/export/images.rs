//! Where the photographs are: `images.path` to a file on this machine, and what an export tells of it.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf, absolute};

use deertrack_catalog::sqlite_file;

/// The folder that relative paths of the database start from.
#[derive(Clone, Debug, Default)]
pub struct ImagesFolder(Option<PathBuf>);

/// Why a path names no file here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotHere {
    #[error("the image has no file")]
    NoFile,
    #[error("the image is elsewhere: only files on this machine are read")]
    Elsewhere,
    #[error("the path leads out of the images folder")]
    LeadsOut,
    #[error("the path is relative and no images folder is set (DEERTRACK_IMAGES_DIR)")]
    NoFolder,
}

impl ImagesFolder {
    /// `configured` (`DEERTRACK_IMAGES_DIR`), else the folder of the SQLite file that `database_url` names, else none:
    /// then only absolute paths are found.
    pub fn of(configured: Option<&Path>, database_url: &str) -> Self {
        let beside = || Some(sqlite_file(database_url)?.parent()?.to_owned());
        Self(configured.map(Path::to_owned).or_else(beside))
    }

    /// Relative paths start from `dir`.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self(Some(dir.into()))
    }

    /// The file that a path of the database names. It need not be there.
    pub(crate) fn find(&self, path: Option<&str>) -> Result<PathBuf, NotHere> {
        let text = path.map(str::trim).filter(|path| !path.is_empty()).ok_or(NotHere::NoFile)?;
        let text = match text.split_once("://") {
            None => text,
            Some(("file", path)) if path.starts_with('/') => path,
            Some(_) => return Err(NotHere::Elsewhere),
        };
        let path = Path::new(text);
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        if leads_out(path) {
            return Err(NotHere::LeadsOut);
        }
        Ok(self.0.as_ref().ok_or(NotHere::NoFolder)?.join(path))
    }

    /// A path of the database as a reader may know it: a URL as it is, a file by its path within the folder, and of a
    /// file anywhere else the name alone. Never where this machine keeps its files.
    pub(crate) fn told<'a>(&self, path: Option<&'a str>) -> Option<Cow<'a, str>> {
        let text = path.map(str::trim).filter(|path| !path.is_empty())?;
        let text = match text.split_once("://") {
            None => text,
            Some(("file", path)) => path,
            Some(_) => return Some(Cow::Borrowed(text)),
        };
        let name = || text.rsplit(['/', '\\']).next().unwrap_or_default();
        let within = self.within(Path::new(text)).filter(|path| !leads_out(path) && !text.contains('\\'));
        Some(
            within
                .and_then(|path| path.to_str().map(str::to_owned))
                .map_or(Cow::Borrowed(name()), Cow::Owned),
        )
    }

    /// What of a path lies within the folder; all of a relative one. `None` for a file elsewhere.
    fn within(&self, path: &Path) -> Option<PathBuf> {
        if !path.is_absolute() {
            return Some(path.to_owned());
        }
        let folder = absolute(self.0.as_ref()?).ok()?;
        path.strip_prefix(folder).ok().map(Path::to_owned)
    }
}

fn leads_out(path: &Path) -> bool {
    path.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_absolute_or_starts_from_the_folder() {
        let folder = ImagesFolder::at("/data/cameras");
        let found = |path: &str| folder.find(Some(path));
        assert_eq!(found("a/b.jpg"), Ok("/data/cameras/a/b.jpg".into()));
        assert_eq!(found("/mnt/b.jpg"), Ok("/mnt/b.jpg".into()));
        assert_eq!(found("file:///mnt/b.jpg"), Ok("/mnt/b.jpg".into()));
        assert_eq!(found("../b.jpg"), Err(NotHere::LeadsOut));
        assert_eq!(found("a/../../b.jpg"), Err(NotHere::LeadsOut));
        assert_eq!(found("https://example.org/b.jpg"), Err(NotHere::Elsewhere));
        assert_eq!(folder.find(None), Err(NotHere::NoFile));
        assert_eq!(ImagesFolder::default().find(Some("b.jpg")), Err(NotHere::NoFolder));
    }

    #[test]
    fn no_reader_learns_where_this_machine_keeps_its_files() {
        let folder = ImagesFolder::at("/data/cameras");
        for (path, told) in [
            ("a/b.jpg", "a/b.jpg"),
            ("/data/cameras/a/b.jpg", "a/b.jpg"),
            ("file:///data/cameras/a/b.jpg", "a/b.jpg"),
            ("/data/cameras/../wardens/b.jpg", "b.jpg"),
            ("/data/camerasold/b.jpg", "b.jpg"),
            ("/home/warden/b.jpg", "b.jpg"),
            ("../b.jpg", "b.jpg"),
            ("C:\\cards\\b.jpg", "b.jpg"),
            ("\\\\nas\\cards\\b.jpg", "b.jpg"),
            ("https://example.org/a/b.jpg", "https://example.org/a/b.jpg"),
        ] {
            assert_eq!(folder.told(Some(path)).as_deref(), Some(told), "{path}");
        }
        assert_eq!(ImagesFolder::default().told(Some("/data/cameras/a/b.jpg")).as_deref(), Some("b.jpg"));
        assert_eq!([folder.told(None), folder.told(Some(" "))], [None, None]);
    }

    #[test]
    fn images_lie_beside_an_embedded_database_unless_told_otherwise() {
        let path = |folder: ImagesFolder| folder.find(Some("b.jpg"));
        let sqlite = "sqlite:///data/deer/catalog.db";
        assert_eq!(path(ImagesFolder::of(None, sqlite)), Ok("/data/deer/b.jpg".into()));
        assert_eq!(path(ImagesFolder::of(Some(Path::new("/img")), sqlite)), Ok("/img/b.jpg".into()));
        assert_eq!(path(ImagesFolder::of(None, "postgres://db/deer")), Err(NotHere::NoFolder));
    }
}
