//! Checks and completion of one instance (`spec/config-vrrp.md` sections 4.1, 4.2 and 4.4).

mod election;
mod switches;

use super::groups::Membership;
use super::{authentication, globals::smtp_alert, trackers, transport, vips, virtual_link};
use crate::diagnostics::{Class, Code, Diagnostic, Stop};
use crate::lower::{Context, InstanceDraft, Named};
use crate::source::Span;
use model::{
    ConfigFault, Family, Globals, InitialState, Instance, Micros, Notifications, Priority, Version, Vrid,
};
use std::collections::HashMap;

/// What surrounds the instances.
pub(super) struct Surroundings<'a> {
    pub(super) globals: &'a Globals,
    pub(super) group_of: &'a HashMap<String, Membership>,
    /// Scripts of each instance, in file order.
    pub(super) notify: Vec<Notifications>,
}

/// An instance as the model has it, and where it stands.
pub(super) struct Completed {
    pub(super) model: Instance,
    pub(super) span: Span,
    /// Place of `virtual_router_id`.
    pub(super) vrid: Span,
    /// `notify_priority_changes` was given.
    own_priority_changes: bool,
}

impl Completed {
    /// Takes the group's setting over unless the instance has one.
    pub(super) fn inherit_priority_changes(&mut self, of_group: bool) {
        if !self.own_priority_changes {
            self.model.notifications.priority_changes = of_group;
        }
    }
}

/// What is settled about an instance step by step.
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) family: Family,
    pub(super) version: Version,
    pub(super) strict: bool,
    pub(super) vrid: Vrid,
    pub(super) priority: Priority,
    pub(super) state: InitialState,
    pub(super) advert_int: Micros,
    pub(super) faults: Vec<ConfigFault>,
}

/// Completes all instances. Those that cannot be are reported and left out.
pub(super) fn complete(
    drafts: Named<InstanceDraft>,
    surroundings: Surroundings<'_>,
    cx: &mut Context<'_>,
) -> Vec<Completed> {
    let Surroundings {
        globals,
        group_of,
        notify,
    } = surroundings;
    drafts
        .blocks
        .into_iter()
        .zip(notify)
        .filter_map(|(draft, notify)| {
            let group = group_of.get(&draft.name.value).copied();
            let name = draft.name.value.clone();
            let completed = one(draft, notify, group, globals, cx);
            if completed.is_none() {
                cx.lost_instance(&name);
            }
            completed
        })
        .collect()
}

/// What ends the daemon for want of a keyword.
fn fatal(code: Code, span: Span, wanted: &'static str, message: String, cx: &mut Context<'_>) {
    cx.push(
        Diagnostic::error(code, Class::GeneralError, message)
            .at(span, "")
            .for_want_of(wanted)
            .stops(Stop::Permanent),
    );
}

/// Whether an instance has what no other keyword can make up for.
fn essentials(draft: &InstanceDraft, cx: &mut Context<'_>) -> Option<crate::lower::At<Vrid>> {
    let name = &draft.name;
    let mut complete = true;
    if draft.vrid.is_none() {
        let message = format!("({}) has no `virtual_router_id`", name.value);
        fatal(Code::NO_VRID, name.span, "virtual_router_id", message, cx);
    }
    if draft.interface.is_none() {
        complete = false;
        if draft.interface_reported {
            // Said already.
        } else if let Some(vmac) = &draft.vmac {
            let message = format!("({}) `use_vmac` needs an `interface`", name.value);
            fatal(Code::NO_INTERFACE, vmac.span, "interface", message, cx);
        } else if draft.unicast_keyword.is_none() {
            let message = format!(
                "({}) has no usable `interface` and is not for unicast",
                name.value
            );
            fatal(Code::NO_INTERFACE, name.span, "interface", message, cx);
        } else {
            complete = true;
        }
    }
    draft.vrid.filter(|_| complete)
}

fn one(
    mut draft: InstanceDraft,
    notify: Notifications,
    group: Option<Membership>,
    globals: &Globals,
    cx: &mut Context<'_>,
) -> Option<Completed> {
    let vrid = essentials(&draft, cx)?;
    let interface = draft
        .interface
        .as_ref()
        .and_then(|name| cx.find_interface(name.value.as_str()));
    let mut facts = election::facts(&mut draft, vrid.value, &globals.vrrp, cx);
    let authentication = authentication::complete(draft.auth.take(), draft.hmac.take(), &mut facts, cx);
    let vrf = transport::vrf(&mut draft, &facts, cx);
    let virtual_link = virtual_link::complete(&mut draft, &mut facts, &globals.vrrp, interface, cx);
    let transport = transport::complete(&mut draft, &mut facts, &globals.vrrp, interface, cx);
    if !transport::source(&draft, &facts, cx) {
        return None;
    }
    let addresses = vips::complete(
        &mut draft,
        &facts,
        &authentication,
        virtual_link.as_ref(),
        interface,
        cx,
    );
    let preemption = election::preemption(&mut draft, &facts, cx);
    let switches = switches::complete(&draft, &facts, &globals.vrrp, cx);
    let tracking = trackers::of_instance(
        &facts.name,
        draft.interface.as_ref().map(|interface| &interface.value),
        std::mem::take(&mut draft.tracking),
        group,
        facts.priority.is_owner(),
        cx,
    );
    let notifications = Notifications {
        priority_changes: draft
            .notifications
            .priority_changes
            .unwrap_or(globals.vrrp.notify_priority_changes),
        smtp_alert: smtp_alert(draft.notifications.smtp_alert, globals),
        ordered: draft.notifications.ordered.unwrap_or(globals.vrrp.notify_ordered),
        ..notify
    };
    let model = Instance {
        name: facts.name,
        family: facts.family,
        native_ipv6: draft.native_ipv6,
        version: facts.version,
        vrid: facts.vrid,
        vrf,
        initial_state: facts.state,
        priority: facts.priority,
        advert_int: facts.advert_int,
        nopreempt: preemption.nopreempt,
        preempt_delay: preemption.delay,
        down_timer_adverts: switches.down_timer_adverts,
        timer_expired_backup: preemption.timer_expired_backup,
        strict_mode: facts.strict,
        accept: switches.accept,
        owner_ignore_adverts: switches.owner_ignore_adverts,
        lower_prio_no_advert: switches.lower_prio_no_advert,
        higher_prio_send_advert: switches.higher_prio_send_advert,
        skip_check_adv_addr: draft
            .skip_check_adv_addr
            .unwrap_or(globals.vrrp.skip_check_adv_addr),
        v3_checksum_as_v2: draft.v3_checksum_as_v2.unwrap_or(globals.vrrp.v3_checksum_as_v2),
        kernel_rx_buf_size: draft.kernel_rx_buf_size,
        transport,
        track_src_ip: draft.track_src_ip && draft.source.is_some(),
        source: draft.source.map(|source| source.value),
        virtual_link,
        use_vmac_addr: draft.use_vmac_addr.is_some(),
        promote_secondaries: draft.promote_secondaries.is_some(),
        dont_track_primary: draft.dont_track_primary,
        linkbeat_use_polling: draft.linkbeat_use_polling && draft.interface.is_some(),
        virtual_addresses: addresses.announced,
        excluded_addresses: addresses.excluded,
        routes: draft.routes.into_iter().map(|route| route.value).collect(),
        rules: draft.rules.into_iter().map(|rule| rule.value).collect(),
        tracking,
        notifications,
        garp: switches.garp,
        garp_extra_if: draft.garp_extra_if.unwrap_or(globals.vrrp.garp_extra_if),
        authentication,
        config_faults: facts.faults,
        interface: draft.interface.map(|interface| interface.value),
    };
    Some(Completed {
        span: draft.name.span,
        vrid: vrid.span,
        own_priority_changes: draft.notifications.priority_changes.is_some(),
        model,
    })
}
