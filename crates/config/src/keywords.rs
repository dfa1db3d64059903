//! The one table of keywords: every keyword of `keepalived.conf` with its block, arguments, range, default, meaning and
//! the function that reads it.
//!
//! Each block has a module with one `static` table ([`Block`]). To add a keyword, add a row there: the parser, the error
//! texts, `keepalived explain` and what is generated from the table follow by themselves. Whether a keyword acts
//! already is said by its `effect`; [`effect`] lists the reasons of those that do not.

mod bfd_instance;
mod check_defaults;
mod checkers;
mod effect;
mod entry;
mod forwarding;
mod garp;
mod global_defs;
mod interfaces;
mod keyword;
mod notify;
mod read;
mod real_server;
mod root;
mod script;
mod ssl;
mod static_objects;
mod track_file;
mod tracking;
mod virtual_server;
mod virtual_server_group;
mod vrrp_instance;
mod vrrp_script;
mod vrrp_sync_group;
mod vrrp_track_process;

pub use crate::values::number::{DecimalRange, Range};
pub use entry::{Effect, Entry, Form, Level, Repetition, Values};
pub(crate) use keyword::{
    Block, Duration, I32_MAX, I32_MIN, Integer, Keyword, Strictness, U32_MAX, lenient, milliseconds, seconds,
    seconds_to_ms, strict,
};
pub(crate) use root::{ROOT, is_global};
pub(crate) use virtual_server::{PERSISTENCE, other_family};

/// The place outside all blocks.
#[must_use]
pub fn root() -> &'static dyn Level {
    &ROOT
}
