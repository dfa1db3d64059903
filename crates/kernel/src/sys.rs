//! System calls without a safe wrapper elsewhere; the only module of the workspace with `unsafe`.
//!
//! One call a function, a safe signature, a reason at each `unsafe`.
#![expect(unsafe_code, reason = "the one place for what the compiler cannot check")]

mod child;
mod clock;
mod descriptors;
mod environment;
mod link;
mod memory;
mod messages;
mod peer;
mod schedule;
mod sockopt;
mod wait;

pub use child::{ChildSetup, Identity, Limit, Start, start};
pub use clock::clock_is_synchronised;
pub use descriptors::receive_with_descriptors;
pub use environment::remove_variable;
pub(crate) use link::{ethtool_link, is_running, mii_link};
pub use memory::give_back;
pub(crate) use messages::{Inbox, Incoming, Outbox};
pub use peer::peer_groups;
pub use schedule::{nice, set_nice, set_nice_of, set_round_robin, set_usual_scheduling};
pub(crate) use sockopt::set_ipv6_checksum;
pub(crate) use wait::epoll_pwait2;
