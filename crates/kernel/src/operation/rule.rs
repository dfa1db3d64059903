//! Routing rules.

use model::{Family, IfName, PortRange, Prefix, RuleAction, UidRange};
use std::fmt;

/// A rule of the configuration. Rules name interfaces by name to the kernel too, so nothing is to be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule(pub model::Rule);

/// Everything that the kernel compares when a rule is removed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleKey {
    /// Family.
    pub family: Family,
    /// Preference.
    pub preference: u32,
    /// `not`.
    pub invert: bool,
    /// Source, host bits kept as written.
    pub from: Option<Prefix>,
    /// Destination, host bits kept as written.
    pub to: Option<Prefix>,
    /// The action.
    pub action: RuleAction,
    /// Type of service.
    pub tos: u8,
    /// Mark and mask; a mark without mask has all bits.
    pub fwmark: Option<(u32, u32)>,
    /// Incoming interface.
    pub iif: Option<IfName>,
    /// Outgoing interface.
    pub oif: Option<IfName>,
    /// Tunnel.
    pub tunnel_id: Option<u64>,
    /// User ids.
    pub uidrange: Option<UidRange>,
    /// Protocol of the packet.
    pub ipproto: Option<u8>,
    /// Source ports.
    pub sport: Option<PortRange>,
    /// Destination ports.
    pub dport: Option<PortRange>,
}

impl Rule {
    /// What identifies it.
    #[must_use]
    pub fn key(&self) -> RuleKey {
        let rule = &self.0;
        let some_bits = |prefix: &Prefix| prefix.len > 0;
        RuleKey {
            family: rule.family,
            preference: rule.preference,
            invert: rule.invert,
            from: rule.from.filter(some_bits),
            to: rule.to.filter(some_bits),
            action: rule.action,
            tos: rule.tos.unwrap_or(0),
            fwmark: rule.fwmark.map(|(mark, mask)| (mark, mask.unwrap_or(u32::MAX))),
            iif: rule.iif.clone(),
            oif: rule.oif.clone(),
            tunnel_id: rule.tunnel_id,
            uidrange: rule.uidrange,
            ipproto: rule.ipproto,
            sport: rule.sport,
            dport: rule.dport,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = &self.0;
        write!(f, "{} rule {}:", rule.family, rule.preference)?;
        if rule.invert {
            f.write_str(" not")?;
        }
        match rule.from {
            Some(from) => write!(f, " from {from}")?,
            None => f.write_str(" from all")?,
        }
        if let Some(to) = rule.to {
            write!(f, " to {to}")?;
        }
        match rule.action {
            RuleAction::Table(table) => write!(f, " lookup {table}"),
            RuleAction::Goto(target) => write!(f, " goto {target}"),
            RuleAction::Nop => f.write_str(" nop"),
            RuleAction::Blackhole => f.write_str(" blackhole"),
            RuleAction::Unreachable => f.write_str(" unreachable"),
            RuleAction::Prohibit => f.write_str(" prohibit"),
            RuleAction::L3mdev => f.write_str(" l3mdev"),
        }
    }
}
