//! The way of a received datagram: validation, and why one is dropped.

mod drop_reason;

pub use drop_reason::DropReason;
