//! What the compiler may see: the templates, the fonts, one virtual file of data, and the pictures that came with it.
//! Nothing else exists.
//!
//! File ids are interned for ever, so all paths are constant: never a path with a job id in it.

use std::collections::HashMap;
use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use super::fonts;
use super::interrupt::Interrupt;

/// How many pictures one document may have: their paths are interned for ever.
pub(crate) const MAX_PICTURES: usize = 64;

/// A document that can be typeset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Template {
    /// The seasonal activity report; its data are `export::pdf::report::Report`.
    Report,
}

impl Template {
    fn main(self) -> FileId {
        match self {
            Self::Report => SHARED.report,
        }
    }
}

/// What all jobs share; made once.
struct Shared {
    library: LazyHash<Library>,
    sources: HashMap<FileId, Source>,
    report: FileId,
    data: FileId,
    pictures: Vec<FileId>,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let mut sources = HashMap::new();
    let mut add = |path: &'static str, text: &str| {
        let id = file(path);
        sources.insert(id, Source::new(id, text.to_owned()));
        id
    };
    let report = add("/report.typ", include_str!("../../templates/report.typ"));
    add("/page.typ", include_str!("../../templates/page.typ"));
    add("/chart.typ", include_str!("../../templates/chart.typ"));
    add("/style.typ", include_str!("../../templates/style.typ"));
    let pictures = (0..MAX_PICTURES).map(|number| file(&format!("/picture/{number}"))).collect();
    Shared { library: LazyHash::new(Library::default()), sources, report, data: file("/data.json"), pictures }
});

fn file(path: &str) -> FileId {
    let path = VirtualPath::new(path).expect("an absolute path of ours without `..`");
    FileId::new(RootedPath::new(VirtualRoot::Project, path))
}

/// One job's view.
pub(super) struct JobWorld {
    template: Template,
    data: Bytes,
    pictures: Vec<Bytes>,
    interrupt: Interrupt,
}

impl JobWorld {
    pub(super) fn new(template: Template, data: Bytes, pictures: Vec<Bytes>, interrupt: Interrupt) -> Self {
        Self { template, data, pictures, interrupt }
    }

    fn picture(&self, id: FileId) -> Option<&Bytes> {
        self.pictures.get(SHARED.pictures.iter().position(|picture| *picture == id)?)
    }

    pub(super) fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }
}

impl World for JobWorld {
    fn library(&self) -> &LazyHash<Library> {
        &SHARED.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        fonts::store().book()
    }

    fn main(&self) -> FileId {
        self.template.main()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        SHARED.sources.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = if id == SHARED.data { Some(&self.data) } else { self.picture(id) };
        found.cloned().ok_or(FileError::AccessDenied)
    }

    /// Asked for hundreds of times a page: the place to look at the stop flag.
    fn font(&self, index: usize) -> Option<Font> {
        self.interrupt.check();
        fonts::store().font(index)
    }

    /// No clock: the same data give the same document.
    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
