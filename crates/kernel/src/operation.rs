//! What can be changed in the kernel: an [`Object`] is put there or taken away by an [`Operation`].
//!
//! Objects are complete: indexes, lifetimes and flags are resolved, nothing is left for the writer to decide. They
//! are cheap to clone, so the same list can be kept as the wanted state and travel through the writer's queue.

mod address;
mod error;
mod firewall;
mod link;
mod route;
mod rule;
mod sysctl;

pub use address::{Address, AddressKey};
pub use error::{OperationError, UnknownInterface};
pub use firewall::FirewallEntry;
pub use link::{IpvlanMode, Link, LinkShape};
pub use route::{Route, RouteKey};
pub use rule::{Rule, RuleKey};
pub use sysctl::Sysctl;

pub(crate) use route::{network, route_metric};

use model::IfIndex;
use std::fmt;
use std::sync::Arc;

/// Something that is or is not in the kernel.
///
/// The order of the variants is the order in which objects of one transition are added; they are removed in the
/// opposite order (`spec/vrrp-protocol.md` sections 6.4 and 6.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A VMAC or an ipvlan.
    Link(Arc<Link>),
    /// A setting under `/proc/sys`; removal restores the value that was there before.
    Sysctl(Arc<Sysctl>),
    /// An entry of the firewall's sets.
    Firewall(FirewallEntry),
    /// An address.
    Address(Arc<Address>),
    /// A route.
    Route(Arc<Route>),
    /// A routing rule.
    Rule(Arc<Rule>),
}

/// What makes two objects the same one to the kernel, whatever their other attributes are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// The name of a link.
    Link(model::IfName),
    /// The path of a setting.
    Sysctl(Box<str>),
    /// An entry of the firewall is its own key.
    Firewall(FirewallEntry),
    /// Address, length and interface.
    Address(AddressKey),
    /// Destination, table, metric, type of service and first next hop.
    Route(Box<RouteKey>),
    /// Every selector of a rule.
    Rule(Box<RuleKey>),
}

/// Kinds of objects, in the order in which they are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// [`Object::Link`].
    Link,
    /// [`Object::Sysctl`].
    Sysctl,
    /// [`Object::Firewall`].
    Firewall,
    /// [`Object::Address`].
    Address,
    /// [`Object::Route`].
    Route,
    /// [`Object::Rule`].
    Rule,
}

/// The ways into the kernel. Neighbouring operations of one way can share a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// Links, one request at a time, since their index is asked for.
    Links,
    /// Files under `/proc/sys`.
    Files,
    /// One transaction of nftables.
    Firewall,
    /// One datagram of routing requests.
    Routing,
}

impl Class {
    /// How operations on objects of this kind reach the kernel.
    #[must_use]
    pub const fn way(self) -> Way {
        match self {
            Self::Link => Way::Links,
            Self::Sysctl => Way::Files,
            Self::Firewall => Way::Firewall,
            Self::Address | Self::Route | Self::Rule => Way::Routing,
        }
    }
}

impl Object {
    /// Its kind.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Link(_) => Class::Link,
            Self::Sysctl(_) => Class::Sysctl,
            Self::Firewall(_) => Class::Firewall,
            Self::Address(_) => Class::Address,
            Self::Route(_) => Class::Route,
            Self::Rule(_) => Class::Rule,
        }
    }

    /// What identifies it.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Self::Link(link) => Key::Link(link.name.clone()),
            Self::Sysctl(sysctl) => Key::Sysctl(sysctl.path.clone()),
            Self::Firewall(entry) => Key::Firewall(entry.clone()),
            Self::Address(address) => Key::Address(address.key()),
            Self::Route(route) => Key::Route(Box::new(route.key())),
            Self::Rule(rule) => Key::Rule(Box::new(rule.key())),
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(link) => link.fmt(f),
            Self::Sysctl(sysctl) => sysctl.fmt(f),
            Self::Firewall(entry) => entry.fmt(f),
            Self::Address(address) => address.fmt(f),
            Self::Route(route) => route.fmt(f),
            Self::Rule(rule) => rule.fmt(f),
        }
    }
}

impl From<Address> for Object {
    fn from(address: Address) -> Self {
        Self::Address(Arc::new(address))
    }
}

impl From<Route> for Object {
    fn from(route: Route) -> Self {
        Self::Route(Arc::new(route))
    }
}

impl From<Rule> for Object {
    fn from(rule: Rule) -> Self {
        Self::Rule(Arc::new(rule))
    }
}

impl From<Link> for Object {
    fn from(link: Link) -> Self {
        Self::Link(Arc::new(link))
    }
}

impl From<Sysctl> for Object {
    fn from(sysctl: Sysctl) -> Self {
        Self::Sysctl(Arc::new(sysctl))
    }
}

impl From<FirewallEntry> for Object {
    fn from(entry: FirewallEntry) -> Self {
        Self::Firewall(entry)
    }
}

/// One change of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Put the object there. An equal one that is there already is no error.
    Add(Object),
    /// Take the object away. An absent one is no error.
    Remove(Object),
}

impl Operation {
    /// The object that it is about.
    #[must_use]
    pub const fn object(&self) -> &Object {
        match self {
            Self::Add(object) | Self::Remove(object) => object,
        }
    }

    /// How it reaches the kernel.
    #[must_use]
    pub const fn way(&self) -> Way {
        self.object().class().way()
    }

    /// The operation that takes it back.
    #[must_use]
    pub fn undo(&self) -> Self {
        match self {
            Self::Add(object) => Self::Remove(object.clone()),
            Self::Remove(object) => Self::Add(object.clone()),
        }
    }
}

impl fmt::Display for Operation {
    /// As the beginning of an error message: `adding 192.0.2.1/32 to eth0`, `removing rule 100 …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(Object::Address(address)) => {
                write!(f, "adding {address} to {}", address.interface_name)
            }
            Self::Remove(Object::Address(address)) => {
                write!(f, "removing {address} from {}", address.interface_name)
            }
            Self::Add(Object::Link(link)) => write!(f, "creating {link}"),
            Self::Remove(Object::Link(link)) => write!(f, "deleting {}", link.name),
            Self::Add(Object::Sysctl(sysctl)) => write!(f, "setting {sysctl}"),
            Self::Remove(Object::Sysctl(sysctl)) => write!(f, "restoring {}", sysctl.path),
            Self::Add(object) => write!(f, "adding {object}"),
            Self::Remove(object) => write!(f, "removing {object}"),
        }
    }
}

/// How an operation ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The kernel is changed.
    Done,
    /// Nothing to do: what was to be added is there, what was to be removed is not.
    WasSo,
    /// The link exists now, or did before, and has this index.
    Created(IfIndex),
    /// Not carried out, because a later operation of the same owner removes the object again.
    Superseded,
}

/// What [`Backend::apply`] says of one operation.
pub type Verdict = Result<Outcome, OperationError>;

/// Something that carries operations out: the kernel, or the [fake](crate::fake) in memory.
pub trait Backend: Send {
    /// Carries the operations out in their order and appends a verdict for each to `verdicts`. A failed operation
    /// does not stop those after it.
    fn apply(&mut self, operations: &[Operation], verdicts: &mut Vec<Verdict>);

    /// Takes away what it has made around the objects, after the last operation.
    fn finish(&mut self) {}
}

#[cfg(test)]
mod tests;
