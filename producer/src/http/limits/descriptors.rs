//! How many descriptors the process may have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More are of no use, and programs that close "all" of them would take minutes.
const MOST: u64 = 1 << 20;

/// Raises the soft limit to the hard one, and tells how many descriptors there are.
pub fn raise() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let hard = limit.maximum.unwrap_or(MOST).min(MOST);
    let soft = limit.current.unwrap_or(hard);
    let wanted = Rlimit { current: Some(hard), maximum: limit.maximum };
    let now = if soft < hard && setrlimit(Resource::Nofile, wanted).is_ok() { hard } else { soft.min(MOST) };
    usize::try_from(now).unwrap_or(usize::MAX)
}
