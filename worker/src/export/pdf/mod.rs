//! A stub, being written by the report engineer. Use `cx.job.blocking(..)`, `cx.job.progress`, `cx.job.stop`.
use super::{Cx, Rendered};
use crate::JobError;
use deertrack_schemas::{Command, PdfParams};
pub(crate) async fn render(_cx: &Cx, _c: &Command, _p: &PdfParams) -> Result<Rendered, JobError> {
    todo!()
}
