//! High availability (VRRP) and load balancing (IPVS) for Linux.

fn main() {}
