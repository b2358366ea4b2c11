//! New job ids: UUID v7, which sort by their time, steered so that a job's keys lie beside its queue.

use deertrack_schemas::{JobId, Keys};

/// A new UUID v7 whose `export_job:<id>` lies in the slot of the keys' prefix ([`Keys::steer`]). Those of one process
/// sort in the order in which they were made.
pub fn new_job_id(keys: &Keys) -> JobId {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    let id = uuid::Uuid::now_v7().hyphenated().encode_lower(&mut text).parse();
    keys.steer(&id.expect("a UUID is hex digits and dashes")).expect("a UUID ends with hex digits")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::{Uuid, Variant};

    use super::*;

    #[test]
    fn new_ids_are_uuids_v7_in_their_order_and_in_their_slot() {
        for keys in [Keys::default(), "north".parse().unwrap()] {
            let ids: Vec<JobId> = (0..20_000).map(|_| new_job_id(&keys)).collect();
            assert!(ids.is_sorted());
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
            for id in ids {
                let uuid: Uuid = id.as_str().parse().unwrap();
                assert_eq!((uuid.get_version_num(), uuid.get_variant()), (7, Variant::RFC4122));
                assert_eq!(keys.status_slot(id.as_str()), keys.slot());
                let plain = format!("export_job:{id}");
                assert_eq!(deertrack_schemas::key_slot(plain.as_bytes()), keys.slot());
            }
        }
    }

    #[test]
    fn ids_of_several_threads_are_distinct() {
        let keys = Keys::default();
        let ids: BTreeSet<JobId> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..20_000).map(|_| new_job_id(&keys)).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 80_000);
    }
}
