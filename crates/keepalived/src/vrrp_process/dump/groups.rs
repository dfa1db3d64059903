//! The section of the sync groups.

use super::instance::{scripts, smtp, tracking};
use super::snapshot::{InstanceView, Snapshot};
use crate::dump::{Text, put};

/// Adds the section.
pub(super) fn section(text: &mut Text, snapshot: &Snapshot) {
    if !snapshot.groups.is_empty() {
        text.section("VRRP Sync groups");
    }
    for group in &snapshot.groups {
        let config = &group.config;
        put!(text, " VRRP Sync Group = {}, {}", config.name, group.state);
        let members = || {
            let all = snapshot.instances.iter();
            all.filter(|instance| instance.group.as_deref() == Some(config.name.as_str()))
        };
        let count = |is_so: fn(&InstanceView) -> bool| members().filter(|member| is_so(member)).count();
        let faulty = count(|member| !member.faults.is_empty());
        let waiting = count(|member| member.waits_for_scripts);
        put!(text, "   Num member fault {faulty}, num member init {waiting}");
        put!(text, "   VRRP member instances :");
        for member in &config.members {
            put!(text, "     {member}");
        }
        if config.tracking_weight {
            put!(text, "   Sync group tracking weight = true");
        }
        smtp(text, &config.notifications);
        tracking(text, &config.tracking);
        scripts(text, &config.notifications);
    }
}
