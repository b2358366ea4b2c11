//! Handing entries back: the next sweep of any worker takes them at once, and no delivery is counted.

use std::sync::Arc;

use deertrack_schemas::{Keys, StatusRecord};

use crate::claim::Claim;
use crate::finish::Finished;
use crate::member::{Member, Settled};
use crate::{crash, meters, script};

/// How many entries one script hands back.
const BATCH: usize = 64;

impl Claim {
    /// Hands the entry back unrun, for instance because this worker stops.
    ///
    /// The status says `queued` again, and the other workers are told to look around.
    pub async fn release(self) -> Finished {
        let member = Arc::clone(&self.member);
        let results = release(&member, vec![self]).await;
        results[0]
    }
}

/// Hands back all `claims`.
pub(crate) async fn release(member: &Member, mut claims: Vec<Claim>) -> Vec<Finished> {
    let _token = member.moves.token();
    for claim in &claims {
        claim.quiet(); // a beat between the release and its reply would find the lease lost
    }
    let mut finished = Vec::with_capacity(claims.len());
    for batch in claims.chunks_mut(BATCH) {
        crash::point("release.before");
        let settled: Option<Settled<Vec<u8>>> = member.settle("release", &release_call(member, batch)).await;
        let Some(Settled { reply, .. }) = settled else {
            finished.extend(batch.iter().map(|_| Finished::Lost)); // to be dropped without an end
            continue;
        };
        crash::point("release.after");
        let lost = reply.iter().filter(|written| **written == 0).count();
        meters::moved("release", reply.len() - lost);
        meters::lost("release", lost);
        for (claim, written) in batch.iter_mut().zip(reply) {
            claim.forget();
            finished.push(if written == 1 { Finished::Done } else { Finished::Lost });
        }
    }
    if finished.contains(&Finished::Done) {
        member.link.hint(&member.settings.keys, "released").await; // for the others to sweep now
    }
    finished
}

fn release_call(member: &Member, claims: &[Claim]) -> redis::Cmd {
    let keys = &member.settings.keys;
    let mut call = script::call(&script::RELEASE, 1 + claims.len(), 4 + 3 * claims.len(), 512 * claims.len());
    call.arg(keys.commands());
    for claim in claims {
        call.arg(keys.status(claim.job_id()));
    }
    call.arg(Keys::GROUP)
        .arg(&member.name)
        .arg(member.settings.lease.as_millis() as u64 + 1)
        .arg(member.settings.status_ttl.as_secs());
    for claim in claims {
        call.arg(claim.entry_id()).arg(claim.delivery()).arg(queued_again(claim));
    }
    call
}

/// The status of a job that waits once more. Nothing is written for one that cannot be read.
fn queued_again(claim: &Claim) -> String {
    let Ok(command) = claim.decode() else { return String::new() };
    let entry_id = Some(claim.entry_id().to_owned());
    StatusRecord { entry_id, deliveries: claim.delivery() - 1, ..StatusRecord::queued(&command) }.to_json()
}
