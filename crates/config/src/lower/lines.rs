//! The grammars of address, route and rule lines (`spec/config-vrrp.md` section 3).

mod address;
mod cursor;
mod encap;
mod route;
mod rule;

pub(crate) use address::address_line;
pub(crate) use route::route_line;
pub(crate) use rule::{FIRST_PREFERENCE, rule_line};

/// What a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A `vrrp_instance`.
    Instance,
    /// A `static_…` block.
    Static,
}

/// A line that was reported and is dropped.
struct Dropped;

/// A step in reading a line.
type Step<T> = Result<T, Dropped>;
