//! Routing rules of `virtual_rules` and `static_rules` (`spec/config-vrrp.md` section 3.3).

use crate::{Family, IfName, Prefix};
use serde::{Deserialize, Serialize};

/// What a rule does with a packet that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RuleAction {
    /// `table`: look the route up in this table.
    Table(u32),
    /// `goto`: go on at the rule with this preference.
    Goto(u32),
    /// `nop`: go on.
    Nop,
    /// `blackhole`: drop silently.
    Blackhole,
    /// `unreachable`: answer "network unreachable".
    Unreachable,
    /// `prohibit`: answer "administratively prohibited".
    Prohibit,
    /// `l3mdev`: the table of the VRF.
    L3mdev,
}

/// A range of ports, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PortRange {
    /// First port.
    pub start: u16,
    /// Last port.
    pub end: u16,
}

/// A range of user ids, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UidRange {
    /// First user id.
    pub start: u32,
    /// Last user id.
    pub end: u32,
}

/// One rule line.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// Family of the rule.
    pub family: Family,
    /// `not`.
    pub invert: bool,
    /// `from`; nothing matches every source.
    pub from: Option<Prefix>,
    /// `to`; nothing matches every destination.
    pub to: Option<Prefix>,
    /// The action.
    pub action: RuleAction,
    /// `preference`: position among the rules.
    pub preference: u32,
    /// `tos`.
    pub tos: Option<u8>,
    /// `fwmark` with its mask; no mask means all bits.
    pub fwmark: Option<(u32, Option<u32>)>,
    /// `realms`, `FROM << 16 | TO`, IPv4 only.
    pub realms: Option<u32>,
    /// `suppress_prefixlength`.
    pub suppress_prefixlength: Option<u32>,
    /// `suppress_ifgroup`.
    pub suppress_ifgroup: Option<u32>,
    /// `iif`.
    pub iif: Option<IfName>,
    /// `oif`.
    pub oif: Option<IfName>,
    /// `tunnel-id`.
    pub tunnel_id: Option<u64>,
    /// `uidrange`.
    pub uidrange: Option<UidRange>,
    /// `protocol` of the rule itself; 18 is keepalived.
    pub protocol: u8,
    /// `ipproto`: protocol of the packet.
    pub ipproto: Option<u8>,
    /// `sport`.
    pub sport: Option<PortRange>,
    /// `dport`.
    pub dport: Option<PortRange>,
    /// `no_track`.
    pub no_track: bool,
    /// `track_group`, static rules only.
    pub track_group: Option<String>,
}

impl Rule {
    /// A rule that matches everything, with every option at its default.
    #[must_use]
    pub const fn new(family: Family, preference: u32, action: RuleAction) -> Self {
        Self {
            family,
            invert: false,
            from: None,
            to: None,
            action,
            preference,
            tos: None,
            fwmark: None,
            realms: None,
            suppress_prefixlength: None,
            suppress_ifgroup: None,
            iif: None,
            oif: None,
            tunnel_id: None,
            uidrange: None,
            protocol: crate::Route::PROTOCOL,
            ipproto: None,
            sport: None,
            dport: None,
            no_track: false,
            track_group: None,
        }
    }
}
