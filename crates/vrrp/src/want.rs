//! What should be in the kernel: the changes that the router asks the kernel writer for.

use crate::{Ticket, WantedLink};
use model::{IfIndex, IfName, Route, Rule, VirtualAddress};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// An address with the interface that it is on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlacedAddress {
    /// Index of the interface.
    pub index: IfIndex,
    /// Its name, for messages.
    pub interface: IfName,
    /// The address with its options.
    pub address: VirtualAddress,
}

impl PlacedAddress {
    /// The address without its prefix length.
    #[must_use]
    pub const fn ip(&self) -> IpAddr {
        self.address.prefix.address
    }
}

/// An IPv4 setting of an interface that is not ours (`net.ipv4.conf.INTERFACE.NAME`), changed for as long as somebody
/// needs it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceSetting {
    /// The interface.
    pub interface: IfName,
    /// Last part of the setting's name.
    pub name: &'static str,
    /// What it has to be.
    pub value: i32,
}

/// Something that the kernel has or has not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// A setting of an interface below a macvlan, or of one with `promote_secondaries`.
    Setting(InterfaceSetting),
    /// A macvlan or ipvlan. It exists as long as its instance, whatever the state.
    Link(WantedLink),
    /// An address on an interface.
    Address(PlacedAddress),
    /// A route.
    Route(Route),
    /// A routing rule.
    Rule(Rule),
    /// Firewall entries that drop packets from and to a virtual address (`no_accept`).
    Refuse(PlacedAddress),
    /// A firewall entry that keeps a macvlan from advertising the link-local address that it shares with the interface
    /// below it.
    Unadvertised(PlacedAddress),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(link) => write!(f, "interface {} on {}", link.name, link.base),
            Self::Address(placed) => write!(f, "{} on {}", placed.address.prefix, placed.interface),
            Self::Route(route) => match route.destination {
                Some(destination) => write!(f, "route to {destination}"),
                None => f.write_str("default route"),
            },
            Self::Rule(rule) => write!(f, "rule with preference {}", rule.preference),
            Self::Refuse(placed) => write!(f, "firewall entries for {}", placed.ip()),
            Self::Setting(setting) => {
                let InterfaceSetting {
                    interface,
                    name,
                    value,
                } = setting;
                write!(f, "{name} {value} of {interface}")
            }
            Self::Unadvertised(placed) => {
                write!(f, "firewall entry for {} of {}", placed.ip(), placed.interface)
            }
        }
    }
}

/// Whether an object should be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It should. One that is there already is no error.
    Present,
    /// It should not. One that is absent already is no error.
    Absent,
}

/// One change. The object is shared with the router, so handing it to a writer thread copies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whether the object should be there.
    pub presence: Presence,
    /// The object.
    pub object: Arc<Object>,
}

/// Changes of one owner, to be made in this order and then confirmed with
/// [`Input::Confirmed`](crate::Input::Confirmed).
///
/// The ticket's [owner](Ticket::owner) says between which `Want`s order matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// Receipt number.
    pub ticket: Ticket,
    /// The changes; never empty.
    pub changes: Vec<Change>,
}
