//! Names of the files in the export folder: how they are made, and how they are told from files of somebody else.

use chrono::{DateTime, Utc};
use deertrack_schemas::tenant::{is_tenant, tenant_part};
use deertrack_schemas::{Command, JobId, KINDS};

/// How a draft begins and ends; between them stand the job id and what is random.
const DRAFT_PREFIX: &str = ".deertrack-";
pub(super) const DRAFT_SUFFIX: &str = ".part";
/// How many random characters.
pub(super) const DRAFT_RANDOM: usize = 6;

/// `report_20260102_030405_<job_id>.pdf`, with the tenant before the extension where there is one. The time is that of
/// the try, so that two tries never write one name.
pub fn file_name(command: &Command, try_began: DateTime<Utc>) -> String {
    let Command { export, job_id, tenant, .. } = command;
    let (stem, time) = (export.kind().info().file_stem, try_began.format("%Y%m%d_%H%M%S"));
    format!("{stem}_{time}_{job_id}{}.{}", tenant_part(tenant.as_deref()), export.file().extension)
}

/// What a draft of `job_id` has before its random characters.
pub(super) fn draft_prefix(job_id: &JobId) -> String {
    format!("{DRAFT_PREFIX}{job_id}-")
}

/// Whether workers write files of that name: artifacts, and what has not become one yet.
pub(super) fn is_ours(name: &str) -> bool {
    is_artifact(name) || is_draft(name) || is_staged(name)
}

fn is_artifact(name: &str) -> bool {
    let of_kind = |stem: &str, extension: &str| {
        let rest = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('_'));
        let middle = rest.and_then(|rest| rest.strip_suffix(extension)?.strip_suffix('.'));
        middle.is_some_and(is_time_and_job)
    };
    KINDS.iter().any(|info| info.files().any(|file| of_kind(info.file_stem, file.extension)))
}

/// `20260102_030405_<job_id>`, or that and `.<tenant>`.
fn is_time_and_job(text: &str) -> bool {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.splitn(3, '_');
    let (day, time, job_id) = (parts.next(), parts.next(), parts.next());
    day.is_some_and(|day| digits(day, 8))
        && time.is_some_and(|time| digits(time, 6))
        && job_id.is_some_and(is_job_and_tenant)
}

fn is_job_and_tenant(text: &str) -> bool {
    let is_job = |text: &str| text.parse::<JobId>().is_ok();
    text.split_once('.').map_or_else(|| is_job(text), |(job_id, tenant)| is_job(job_id) && is_tenant(tenant))
}

/// `.deertrack-<job_id>-<random>.part`
fn is_draft(name: &str) -> bool {
    let middle = name.strip_prefix(DRAFT_PREFIX).and_then(|rest| rest.strip_suffix(DRAFT_SUFFIX));
    let is_random =
        |text: &str| text.len() == DRAFT_RANDOM && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    middle
        .and_then(|middle| middle.rsplit_once('-'))
        .is_some_and(|(job_id, random)| job_id.parse::<JobId>().is_ok() && is_random(random))
}

/// `<artifact>#<number>`: how the store names a file that it has not renamed yet.
fn is_staged(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(artifact, number)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && is_artifact(artifact)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_worker_writes_is_somebody_elses() {
        for foreign in [
            "",
            "report.pdf",
            "report_2025.pdf",
            "report_20260102_030405_.pdf",
            "report_20260102_030405_job-1",
            "report_20260102_030405_job-1.csv",
            "report_20260102_03040x_job-1.pdf",
            "report_20260102_030405_my own.pdf",
            "report_20260102_030405_job-1.My Copy.pdf",
            "report_20260102_030405_job-1.a.b.pdf",
            "my_report_20260102_030405_job-1.pdf",
            "report_20260102_030405_job-1.pdf#",
            "report_20260102_030405_job-1.pdf#old",
            "notes.csv#1",
            "film.part",
            ".my-backup.part",
            ".deertrack-job-1.part",
            ".deertrack-a b-Xy12Zz.part",
            ".gitkeep",
        ] {
            assert!(!is_ours(foreign), "{foreign:?} would be removed");
        }
    }

    #[test]
    fn every_file_of_every_kind_is_known_again() {
        for info in KINDS {
            for file in info.files() {
                let name = format!("{}_20260102_030405_a_job-1.{}", info.file_stem, file.extension);
                let of_tenant = format!("{}_20260102_030405_a_job-1.a-b.{}", info.file_stem, file.extension);
                for name in [name, of_tenant] {
                    assert!(is_ours(&name) && is_ours(&format!("{name}#1")), "{name} would stay for ever");
                }
            }
        }
    }
}
