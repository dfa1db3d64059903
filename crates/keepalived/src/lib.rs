//! The processes of keepalived around the pure cores.
//!
//! One process, the supervisor, reads the configuration, starts up to three children ([`handover::Kind`]), restarts
//! those that die or hang, and stops them. It is a small synchronous loop without a runtime. A child is the same
//! program executed again: [`child`] says what it gets and owes, [`protocol`] what the two say to each other,
//! [`link`] how the messages travel.

pub mod child;
pub mod cli;
pub mod clock;
pub mod exit;
pub mod handover;
pub mod link;
pub mod log;
pub mod memory;
pub mod protocol;
pub mod settings;
pub mod signals;
