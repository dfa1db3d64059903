//! The health checking core: who is well, with which weight, and what IPVS should therefore do.
//!
//! Nothing here opens a socket, reads a clock, starts a script or talks to the kernel. The caller does, and says
//! what came of it.
//!
//! # The director
//!
//! A [`Director`] owns the configuration and the state of every virtual server, real server and check:
//!
//! * [`Director::apply`] takes a configuration. The first one is the start, every other a reload: what both have
//!   keeps its state, and the kernel gets the difference.
//! * [`Director::handle`] takes what happened, and the time at which it did: a deadline has come, a run of a check
//!   has ended, a tracked file has another number, an address has come or gone.
//! * [`Director::deadline`] says when it wants to be called at the latest.
//! * [`Director::stop`] takes everything down.
//! * [`Director::wanted`] is the IPVS table as it should be.
//!
//! What is to be done comes out of an [`Outbox`], in order: runs of checks to start or to abandon, changes of the
//! kernel, log lines, notices for scripts, FIFOs and traps, mails. A command that the kernel refuses changes nothing
//! here: the server is as well as its checks say, and comparing [`Director::wanted`] with the kernel's table at a
//! later time ([`difference`]) puts in what is missing. (keepalived 2.4.3 has a server wait for its next check.)
//!
//! # Cost
//!
//! An event costs the same whatever the number of virtual servers: everything is numbered, timers are a heap, and
//! only the servers of the one virtual server whose quorum changed are looked at together. A configuration costs
//! linear time.
//!
//! # Dialogues
//!
//! [`dialogue`] holds the conversations with servers as state machines of bytes: what to send, what a reply means,
//! how long to wait for it. Their memory is bounded whatever a server sends.

pub mod dialogue;
mod difference;
mod director;
pub mod event;
pub mod failure;
mod layout;
mod marks;
mod matching;
mod outbox;
mod quorum;
mod random;
mod schedule;
mod services;
mod settings;
mod sharing;
mod timers;
mod weight;

pub use difference::difference;
pub use director::{CheckView, Director, Drain, Input, LastRun, ServerView, VirtualServerView};
pub use layout::{CheckId, ServerId, VirtualServerId};
pub use outbox::{Outbox, Output};
pub use schedule::{RunId, Verdict};
pub use settings::Settings;
pub use timers::Timers;
