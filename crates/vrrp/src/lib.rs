//! The VRRP core: election, tracking and groups as a state machine without sockets or clocks.
