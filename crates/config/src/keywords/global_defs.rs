//! `global_defs` (`spec/config-global.md` section 2).

mod firewall;
mod identity;
mod lvs;
mod mail;
mod operation;
mod scheduling;
mod scripts;
mod snmp;
mod vrrp;

use super::Block;
use crate::lower::GlobalsDraft;

pub(super) static GLOBAL_DEFS: Block<GlobalsDraft> = Block {
    name: "global_defs",
    keywords: &[
        identity::KEYWORDS,
        operation::KEYWORDS,
        scripts::KEYWORDS,
        mail::KEYWORDS,
        scheduling::KEYWORDS,
        vrrp::KEYWORDS,
        firewall::KEYWORDS,
        lvs::KEYWORDS,
        snmp::KEYWORDS,
    ],
};
