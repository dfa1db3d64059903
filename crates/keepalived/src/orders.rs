//! What an operator asks for over the control socket, and what of it holds until it is undone.
//!
//! [`Orders`] live in the supervisor: a reload does not touch them, and a child that is replaced gets them with its
//! handover. They end with the daemon.

use check::Drain;
use model::Micros;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;

/// Something to be done by a child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Give up mastership once.
    Failover {
        /// The instance or sync group.
        name: String,
        /// For this long masters of lower priority are let be.
        hold: Micros,
    },
    /// Keep all instances down, or no longer.
    Maintenance(bool),
    /// Keep new connections away from a server.
    Drain(Target),
    /// No longer.
    Undrain(Target),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |f: &mut fmt::Formatter<'_>, word: &str, target: &Target| match &target.virtual_server {
            Some(name) => write!(f, "{word} {} in {name:?}", target.server),
            None => write!(f, "{word} {}", target.server),
        };
        match self {
            Self::Failover { name, hold } => write!(f, "failover of {name:?}, held for {hold},"),
            Self::Maintenance(true) => f.write_str("maintenance on"),
            Self::Maintenance(false) => f.write_str("maintenance off"),
            Self::Drain(target) => place(f, "drain of", target),
            Self::Undrain(target) => place(f, "undrain of", target),
        }
    }
}

/// A real server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// Address and port as configured.
    pub server: SocketAddr,
    /// The virtual server by its name in the log; without one, all of them.
    #[serde(default)]
    pub virtual_server: Option<String>,
}

impl From<Target> for Drain {
    fn from(target: Target) -> Self {
        Self {
            server: target.server,
            virtual_server: target.virtual_server,
        }
    }
}

/// What holds until it is undone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// Since when all instances are kept down: a time of day.
    pub maintenance: Option<Micros>,
    /// Real servers that are drained.
    pub drained: Vec<Target>,
}

impl Orders {
    /// Takes in what a child has done, at this time of day.
    pub(crate) fn take(&mut self, action: Action, now: Micros) {
        match action {
            Action::Failover { .. } => {}
            Action::Maintenance(false) => self.maintenance = None,
            Action::Maintenance(true) => self.maintenance = self.maintenance.or(Some(now)),
            Action::Drain(target) => {
                if !self.drained.contains(&target) {
                    self.drained.push(target);
                }
            }
            // Without a virtual server it is in service again everywhere.
            Action::Undrain(target) => self.drained.retain(|drained| {
                drained.server != target.server
                    || (target.virtual_server.is_some() && drained.virtual_server != target.virtual_server)
            }),
        }
    }
}

/// A server as people write it: `10.0.0.2:80`, `[2001:db8::2]:80`, or as the log does, `[10.0.0.2]:tcp:80`.
pub(crate) fn server(text: &str) -> Result<SocketAddr, String> {
    let in_log = || {
        let (address, rest) = text.strip_prefix('[')?.split_once("]:")?;
        let (_, port) = rest.split_once(':')?;
        Some(SocketAddr::new(address.parse().ok()?, port.parse().ok()?))
    };
    text.parse()
        .ok()
        .or_else(in_log)
        .ok_or_else(|| format!("{text} is no address with a port, such as 10.0.0.2:80 or [2001:db8::2]:80"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_written_as_people_and_logs_do() {
        for (text, address) in [
            ("10.0.0.2:80", Some("10.0.0.2:80")),
            ("[2001:db8::2]:80", Some("[2001:db8::2]:80")),
            ("[10.0.0.2]:tcp:80", Some("10.0.0.2:80")),
            ("[2001:db8::2]:udp:53", Some("[2001:db8::2]:53")),
            ("10.0.0.2", None),
            ("[10.0.0.2]:tcp:", None),
            ("", None),
        ] {
            assert_eq!(
                server(text).ok(),
                address.map(|address| address.parse().unwrap()),
                "{text}"
            );
        }
    }

    #[test]
    fn orders_hold_until_they_are_undone() {
        let target = |virtual_server: Option<&str>| Target {
            server: "10.0.0.2:80".parse().unwrap(),
            virtual_server: virtual_server.map(str::to_owned),
        };
        let mut orders = Orders::default();
        orders.take(Action::Maintenance(true), Micros(1));
        orders.take(Action::Maintenance(true), Micros(2));
        assert_eq!(orders.maintenance, Some(Micros(1)));
        for one in [target(None), target(None), target(Some("A")), target(Some("B"))] {
            orders.take(Action::Drain(one), Micros(3));
        }
        assert_eq!(orders.drained.len(), 3);
        orders.take(Action::Undrain(target(Some("A"))), Micros(4));
        assert_eq!(orders.drained, [target(None), target(Some("B"))]);
        orders.take(Action::Undrain(target(None)), Micros(5));
        orders.take(Action::Maintenance(false), Micros(6));
        assert_eq!(orders, Orders::default());
    }
}
