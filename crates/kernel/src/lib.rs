//! The Linux side: netlink, sockets, monitor.
