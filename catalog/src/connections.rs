//! How many connections a catalog has.

/// Connections of a catalog: a platform's are scarce. A question takes one while it is answered, a stream while it is
/// read, and two are left to questions. Whoever reads two streams side by side holds two, and must not be many: those that
/// hold one each would wait for one another.
pub const CONNECTIONS: u32 = 6;
