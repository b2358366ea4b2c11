//! Users of a Redis that may do what they need and nothing else: `deploy/redis/users.acl` is what the sources call, it is
//! enough on a real Redis, and what we can do without is told and costs nobody a job.

mod refused;
mod rights;
mod roles;
