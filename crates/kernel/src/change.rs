//! What the monitor reports.

use crate::operation::{AddressKey, Key, RouteKey, RuleKey};
use model::IfIndex;
use model::interface::{Interface, InterfaceAddress};

/// A change of the machine's interfaces, addresses, routes or rules, by whomever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An interface has appeared, without addresses.
    LinkAdded(IfIndex),
    /// State, name, MAC address, MTU, … of an interface have changed.
    LinkChanged {
        /// The interface before, without its addresses.
        before: Box<Interface>,
    },
    /// An interface is gone; so are its addresses, which have been reported before.
    LinkRemoved {
        /// The interface before.
        before: Box<Interface>,
    },
    /// An interface has a new address.
    AddressAdded(IfIndex, InterfaceAddress),
    /// An attribute of an address has changed: it is not tentative any more, or not secondary.
    AddressChanged(IfIndex, InterfaceAddress),
    /// An interface has lost an address.
    AddressRemoved(IfIndex, InterfaceAddress),
    /// A route of keepalived's protocol is there.
    RouteAdded(RouteKey),
    /// A route of keepalived's protocol is gone.
    RouteRemoved(RouteKey),
    /// A rule of keepalived's protocol is there.
    RuleAdded(RuleKey),
    /// A rule of keepalived's protocol is gone.
    RuleRemoved(RuleKey),
    /// Notifications were lost. The changes before this one are what differed from a fresh look.
    Resynchronised,
}

impl Change {
    /// What is gone, for [`Writer::removed`](crate::writer::Writer::removed).
    #[must_use]
    pub fn removed(&self) -> Option<Key> {
        match self {
            Self::LinkRemoved { before } => Some(Key::Link(before.name.clone())),
            Self::AddressRemoved(index, address) => {
                Some(Key::Address(AddressKey::new(*index, address.prefix)))
            }
            Self::RouteRemoved(route) => Some(Key::Route(Box::new(*route))),
            Self::RuleRemoved(rule) => Some(Key::Rule(Box::new(rule.clone()))),
            Self::LinkAdded(_)
            | Self::LinkChanged { .. }
            | Self::AddressAdded(..)
            | Self::AddressChanged(..)
            | Self::RouteAdded(_)
            | Self::RuleAdded(_)
            | Self::Resynchronised => None,
        }
    }
}
