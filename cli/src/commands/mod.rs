//! One file for each command.

pub(crate) mod bench;
pub(crate) mod bridge;
pub(crate) mod cancel;
pub(crate) mod dead;
pub(crate) mod demo;
pub(crate) mod doctor;
mod gateway;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod local;
pub(crate) mod map;
pub(crate) mod new_id;
pub(crate) mod queue;
pub(crate) mod reid;
pub(crate) mod serve;
pub(crate) mod services;
pub(crate) mod simulate;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod up;
pub(crate) mod watch;
pub(crate) mod work;
