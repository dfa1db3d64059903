//! The way of a received datagram: what it is, whether it is valid, and why one is dropped.

mod drop_reason;
mod parse;
mod validate;

pub use drop_reason::DropReason;
pub(crate) use parse::Parsed;
pub(crate) use validate::{AddressCheck, Listener, Proof};
