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
    /// The comparison of seasons; its data are `export::pdf::comparison::Comparison`.
    Comparison,
    /// The re-identification report; its data are `export::reid::report::Page`.
    ReidReport,
    /// Its distribution of scores, alone.
    ReidDistribution,
    /// Its curve of assignments by threshold, alone.
    ReidCumulative,
    /// Its tree of the deer, alone.
    ReidDendrogram,
    /// Pairs of photographs to look at.
    ReidPairs,
}

impl Template {
    fn main(self) -> FileId {
        file(match self {
            Self::Report => "/report.typ",
            Self::Comparison => "/comparison.typ",
            Self::ReidReport => "/reid_report.typ",
            Self::ReidDistribution => "/reid_distribution.typ",
            Self::ReidCumulative => "/reid_cumulative.typ",
            Self::ReidDendrogram => "/reid_dendrogram.typ",
            Self::ReidPairs => "/reid_pairs.typ",
        })
    }
}

/// What all jobs share; made once.
struct Shared {
    library: LazyHash<Library>,
    sources: HashMap<FileId, Source>,
    data: FileId,
    pictures: Vec<FileId>,
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let source = |(path, text): (&str, &str)| {
        let id = file(path);
        (id, Source::new(id, text.to_owned()))
    };
    Shared {
        library: LazyHash::new(Library::default()),
        sources: TEMPLATES.into_iter().map(source).collect(),
        data: file("/data.json"),
        pictures: (0..MAX_PICTURES).map(|number| file(&format!("/picture/{number}"))).collect(),
    }
});

/// Every file in `worker/templates`.
const TEMPLATES: [(&str, &str); 11] = [
    ("/report.typ", include_str!("../../templates/report.typ")),
    ("/comparison.typ", include_str!("../../templates/comparison.typ")),
    ("/chart.typ", include_str!("../../templates/chart.typ")),
    ("/page.typ", include_str!("../../templates/page.typ")),
    ("/style.typ", include_str!("../../templates/style.typ")),
    ("/reid_report.typ", include_str!("../../templates/reid_report.typ")),
    ("/reid_figures.typ", include_str!("../../templates/reid_figures.typ")),
    ("/reid_distribution.typ", include_str!("../../templates/reid_distribution.typ")),
    ("/reid_cumulative.typ", include_str!("../../templates/reid_cumulative.typ")),
    ("/reid_dendrogram.typ", include_str!("../../templates/reid_dendrogram.typ")),
    ("/reid_pairs.typ", include_str!("../../templates/reid_pairs.typ")),
];

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
