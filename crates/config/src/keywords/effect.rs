//! Which parts of the daemon do not act yet, each with the reason that is shown.
//!
//! This is the one place to change when a part is built: set its constant to [`Effect::Now`], or drop the constant
//! and the `.effect(…)` of its keywords.

use super::entry::Effect;

/// SNMP.
pub(crate) const SNMP: Effect = Effect::Later("there is no SNMP agent yet");
/// D-Bus.
pub(crate) const DBUS: Effect = Effect::Later("there is no D-Bus service yet");
/// IPVS and its checkers.
pub(crate) const IPVS: Effect = Effect::Now;
/// BFD.
pub(crate) const BFD: Effect = Effect::Later("there are no BFD sessions yet");
