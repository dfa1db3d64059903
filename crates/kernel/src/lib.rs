//! The Linux side: what the machine has, what of it is changed, what arrives and leaves. No policy.
//!
//! * [`snapshot()`] and [`monitor`]: the interfaces and addresses, once and as they change.
//! * [`operation`]: the objects that can be in the kernel and the operations that put them there or take them away;
//!   [`difference`] and [`ledger`] get from the wanted state to operations.
//! * [`writer`]: the thread that carries operations out, by [`Linux`] or, in tests, by the [`fake`].
//! * [`advert_socket`] and [`announcer`]: adverts, gratuitous ARPs and neighbour advertisements, many with one system
//!   call.
//! * [`ipvs`]: the virtual servers of the kernel.
//! * [`process_events`]: what processes do. [`link_beat`]: what links do whose drivers do not tell.
//! * [`sniffer`]: what is on the wire, before a firewall has seen it.
//! * [`poll`]: waiting for all of it.
//!
//! Everything works in the network namespace of the thread that opens it. Nothing but the writer's thread, the
//! snapshot and the opening of sockets ever waits for the kernel.

pub mod advert_socket;
pub mod announcer;
mod change;
mod datagram;
pub mod difference;
pub mod fake;
pub mod ipvs;
pub mod ledger;
pub mod link_beat;
mod linux;
mod map;
pub mod monitor;
mod netlink;
#[cfg(feature = "nftables")]
mod nftables;
pub mod operation;
pub mod poll;
pub mod process_events;
mod receive_buffer;
mod snapshot;
pub mod sniffer;
pub mod sys;
pub mod sysctl;
pub mod writer;

pub use linux::Linux;
#[cfg(feature = "nftables")]
pub use nftables::{FirewallSettings, MarkError, MarkSettings, Marks};
pub use receive_buffer::ReceiveBuffer;
pub use snapshot::snapshot;
