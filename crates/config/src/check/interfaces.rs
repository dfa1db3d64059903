//! What is configured for interfaces rather than instances.

use crate::diagnostics::Code;
use crate::lower::{At, Context, GarpGroupDraft, StaticDraft};
use model::{GarpGroup, Instance, InterfaceDelays, Micros, StaticObjects};
use std::collections::HashMap;

/// Static objects as the model has them.
pub(super) fn statics(draft: StaticDraft) -> StaticObjects {
    StaticObjects {
        addresses: draft.addresses.into_iter().map(|address| address.value).collect(),
        routes: draft.routes.into_iter().map(|route| route.value).collect(),
        rules: draft.rules.into_iter().map(|rule| rule.value).collect(),
    }
}

/// A `garp_group` as the model has it.
pub(super) fn garp_group(draft: GarpGroupDraft) -> GarpGroup {
    GarpGroup {
        garp_interval: draft.garp_interval,
        gna_interval: draft.gna_interval,
        interfaces: draft.interfaces,
    }
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
