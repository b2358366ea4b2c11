//! The Lua scripts: one move each, in `lua/`. Every file is headed by its KEYS, ARGV and returns.
//!
//! Nothing is taken away before its replacement stands, and what is taken away last is deleted before it is
//! acknowledged: the order in which each script writes decides what half of it would do, should a power cut leave half.
//! The README has a table of that.
//!
//! [`crate::connect::Link`] loads them with each new connection and calls them by their hash; when Redis has
//! forgotten them (SCRIPT FLUSH, failover) it loads them again.

use std::sync::LazyLock;

use redis::{Cmd, Script};

/// What scripts share.
const SHARED: &str = concat!(include_str!("lua/fence.lua"), include_str!("lua/number.lua"));

/// What is shared goes behind the first line, which must stay the first: it tells Redis the script's flags.
fn whole(source: &str) -> Script {
    let (flags, rest) = source.split_once('\n').expect("a script has more than one line");
    Script::new(&format!("{flags}\n{SHARED}{rest}"))
}

macro_rules! scripts {
    ($($name:ident: $file:literal,)*) => {
        $(pub(crate) static $name: LazyLock<Script> =
            LazyLock::new(|| whole(include_str!(concat!("lua/", $file, ".lua"))));)*

        /// All of them, to be loaded with a new connection.
        pub(crate) fn all() -> impl Iterator<Item = &'static Script> {
            [$(&*$name),*].into_iter()
        }
    };
}

scripts! {
    SUBMIT: "submit",
    BEAT: "beat",
    FINISH: "finish",
    DEAD: "dead",
    DISCARD: "discard",
    SWEEP: "sweep",
    STRAY: "stray",
    RELEASE: "release",
    RETRY: "retry",
    PROMOTE: "promote",
    CANCEL: "cancel",
    REPLAY: "replay",
    HOUSEKEEP: "housekeep",
}

/// A call of `script`, to which its keys and then its arguments are added. `args` and `bytes` are guesses that
/// save the command from growing.
pub(crate) fn call(script: &'static Script, keys: usize, args: usize, bytes: usize) -> Cmd {
    let mut command = Cmd::with_capacity(3 + keys + args, 64 + 64 * keys + bytes);
    command.arg("EVALSHA").arg(script.get_hash()).arg(keys);
    command
}
