//! What is configured for interfaces rather than instances.

use crate::diagnostics::Code;
use crate::lower::{At, Context, GarpGroupDraft, StaticDraft};
use model::{GarpGroup, IfName, Instance, InterfaceDelays, Micros, StaticObjects, VrrpGlobals};
use std::collections::{HashMap, HashSet};

/// Static objects as the model has them.
pub(super) fn statics(draft: StaticDraft) -> StaticObjects {
    StaticObjects {
        addresses: draft.addresses.into_iter().map(|address| address.value).collect(),
        routes: draft.routes.into_iter().map(|route| route.value).collect(),
        rules: draft.rules.into_iter().map(|rule| rule.value).collect(),
    }
}

/// Each `garp_group`, and for every other interface that an instance uses a group of its own with the limits of
/// `vrrp_garp_interval` and `vrrp_gna_interval`. A limit is kept on the interface below a macvlan or ipvlan.
pub(super) fn garp_groups(
    drafts: Vec<GarpGroupDraft>,
    instances: &[Instance],
    globals: &VrrpGlobals,
    cx: &Context<'_>,
) -> Vec<GarpGroup> {
    let mut groups: Vec<GarpGroup> = drafts
        .into_iter()
        .map(|draft| GarpGroup {
            garp_interval: draft.garp_interval,
            gna_interval: draft.gna_interval,
            interfaces: draft.interfaces,
        })
        .collect();
    let limit = |interval: Micros| (!interval.is_zero()).then_some(interval);
    let (garp_interval, gna_interval) = (limit(globals.garp_interval), limit(globals.gna_interval));
    if garp_interval.is_none() && gna_interval.is_none() {
        return groups;
    }
    let mut limited: HashSet<IfName> = groups.iter().flat_map(|group| group.interfaces.clone()).collect();
    for name in instances.iter().flat_map(used) {
        let base = cx
            .find_interface(name.as_str())
            .map_or(name, |interface| &cx.env.interfaces.base_of(interface).name);
        if !limited.contains(base) {
            limited.insert(base.clone());
            groups.push(GarpGroup {
                garp_interval,
                gna_interval,
                interfaces: vec![base.clone()],
            });
        }
    }
    groups
}

/// Every interface that an instance names.
fn used(instance: &Instance) -> impl Iterator<Item = &IfName> {
    let devices = instance
        .virtual_addresses
        .iter()
        .chain(&instance.excluded_addresses)
        .filter_map(|address| address.dev.as_ref());
    instance.interface.iter().chain(devices)
}

/// Delays, kept so short that a peer does not take over before the link counts as down.
pub(super) fn delays(
    drafts: Vec<At<InterfaceDelays>>,
    instances: &[Instance],
    cx: &mut Context<'_>,
) -> Vec<InterfaceDelays> {
    if drafts.is_empty() {
        return Vec::new();
    }
    let mut limits: HashMap<&str, Micros> = HashMap::new();
    for instance in instances {
        let Some(interface) = &instance.interface else {
            continue;
        };
        let limit = instance.advert_int * (u64::from(instance.down_timer_adverts) - 1);
        limits
            .entry(interface.as_str())
            .and_modify(|known| *known = limit.min(*known))
            .or_insert(limit);
    }
    drafts
        .into_iter()
        .map(|draft| {
            let mut delays = draft.value;
            if let Some(limit) = limits.get(delays.interface.as_str()).copied() {
                // It has to be shorter, not just as long.
                let longest = limit.saturating_sub(Micros(1));
                for delay in [&mut delays.down, &mut delays.up] {
                    if *delay > longest {
                        let message = format!(
                            "interface {}: a delay of {delay} is too long for its instances; {longest} is used",
                            delays.interface
                        );
                        *delay = longest;
                        cx.log(Code::OUT_OF_RANGE, draft.span, message);
                    }
                }
            }
            delays
        })
        .collect()
}
