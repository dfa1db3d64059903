//! The Linux side: netlink, sockets, monitor.

pub mod sys;
