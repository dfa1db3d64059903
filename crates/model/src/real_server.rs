//! `real_server` (`spec/config-virtual-server.md` section 10), with the virtual server's defaults filled in.

use crate::{CheckDefaults, Checker, Command, Forwarding, ServerWeight};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// Connection limits of a destination in the kernel; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionLimits {
    /// `uthreshold`: no new connections above this many.
    pub upper: u32,
    /// `lthreshold`: new connections again below this many.
    pub lower: u32,
}

/// One `real_server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealServer {
    /// Address and port, after the port rules of section 8. Port 0 with NAT is passed to the kernel as it is.
    pub address: SocketAddr,
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// `weight`: what dynamic weights are added to.
    pub weight: ServerWeight,
    /// `uthreshold`, `lthreshold`.
    pub limits: ConnectionLimits,
    /// `inhibit_on_failure`: stays in IPVS with weight 0 while it is down.
    pub inhibit_on_failure: bool,
    /// `smtp_alert`, resolved over the global defaults: mails when a check changes.
    pub smtp_alert: bool,
    /// `notify_up`.
    pub notify_up: Option<Box<Command>>,
    /// `notify_down`.
    pub notify_down: Option<Box<Command>>,
    /// `virtualhost`, own or the virtual server's.
    pub virtual_host: Option<String>,
    /// `snmp_name`.
    pub snmp_name: Option<String>,
    /// Defaults of the checks; have been copied into the checkers.
    pub defaults: CheckDefaults,
    /// Its checks; without any it is always alive.
    pub checkers: Vec<Checker>,
}

impl RealServer {
    /// A server at `address` with every setting at its default and no check.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            forwarding: Forwarding::default(),
            weight: ServerWeight::default(),
            limits: ConnectionLimits::default(),
            inhibit_on_failure: false,
            smtp_alert: true,
            notify_up: None,
            notify_down: None,
            virtual_host: None,
            snmp_name: None,
            defaults: CheckDefaults::default(),
            checkers: Vec::new(),
        }
    }
}
