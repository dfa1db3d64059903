//! Switches whose defaults come from the globals, and what strict mode makes of them.

use super::Facts;
use crate::diagnostics::Code;
use crate::lower::{At, Context, InstanceDraft};
use model::{Garp, Micros, Version, VrrpGlobals};

/// `down_timer_adverts` of the RFC.
const RFC_DOWN_TIMER_ADVERTS: u8 = 3;

/// The switches of an instance.
pub(super) struct Switches {
    pub(super) accept: bool,
    pub(super) owner_ignore_adverts: bool,
    pub(super) lower_prio_no_advert: bool,
    pub(super) higher_prio_send_advert: bool,
    pub(super) down_timer_adverts: u8,
    pub(super) garp: Garp,
}

pub(super) fn complete(
    draft: &InstanceDraft,
    facts: &Facts,
    globals: &VrrpGlobals,
    cx: &mut Context<'_>,
) -> Switches {
    Switches {
        accept: accept(draft, facts, cx),
        owner_ignore_adverts: owner_ignore_adverts(draft, facts, globals, cx),
        lower_prio_no_advert: strict_switch(
            "lower_prio_no_advert",
            draft.lower_prio_no_advert,
            globals.lower_prio_no_advert,
            true,
            facts,
            cx,
        ),
        higher_prio_send_advert: strict_switch(
            "higher_prio_send_advert",
            draft.higher_prio_send_advert,
            globals.higher_prio_send_advert,
            false,
            facts,
            cx,
        ),
        down_timer_adverts: down_timer_adverts(draft, facts, globals, cx),
        garp: garp(draft, facts, globals, cx),
    }
}

fn accept(draft: &InstanceDraft, facts: &Facts, cx: &mut Context<'_>) -> bool {
    let default = !facts.strict || facts.priority.is_owner();
    match draft.accept {
        Some(accept) if accept.value && !default && facts.version == Version::V2 => {
            let message = format!("({}) strict mode of version 2 has no `accept`", facts.name);
            cx.correct(Code::STRICT_MODE, accept.span, message);
            default
        }
        Some(accept) => accept.value,
        None => default,
    }
}

fn owner_ignore_adverts(
    draft: &InstanceDraft,
    facts: &Facts,
    globals: &VrrpGlobals,
    cx: &mut Context<'_>,
) -> bool {
    let is_owner = facts.priority.is_owner();
    match draft.owner_ignore_adverts {
        Some(on) if on.value && !is_owner => {
            let message = format!(
                "({}) `owner_ignore_adverts` needs priority 255; it is off",
                facts.name
            );
            cx.correct(Code::CONFLICT, on.span, message);
            false
        }
        // compat: the original forces it on, in strict mode or not.
        Some(on) if !on.value && is_owner => {
            let message = format!(
                "({}) `owner_ignore_adverts` cannot be off with priority 255; it is on",
                facts.name
            );
            cx.correct(Code::CONFLICT, on.span, message);
            true
        }
        Some(on) => on.value,
        None => is_owner && (facts.strict || globals.owner_ignore_adverts),
    }
}

/// A switch that strict mode fixes.
fn strict_switch(
    keyword: &str,
    own: Option<At<bool>>,
    global: bool,
    strict: bool,
    facts: &Facts,
    cx: &mut Context<'_>,
) -> bool {
    if !facts.strict {
        return own.map_or(global, |own| own.value);
    }
    if let Some(own) = own.filter(|own| own.value != strict) {
        let used = if strict { "on" } else { "off" };
        let message = format!("({}) `{keyword}` is {used} in strict mode", facts.name);
        cx.correct(Code::STRICT_MODE, own.span, message);
    }
    strict
}

fn down_timer_adverts(
    draft: &InstanceDraft,
    facts: &Facts,
    globals: &VrrpGlobals,
    cx: &mut Context<'_>,
) -> u8 {
    match draft.down_timer_adverts {
        Some(own) if facts.strict && own.value != RFC_DOWN_TIMER_ADVERTS => {
            let message = format!(
                "({}) `down_timer_adverts` is {RFC_DOWN_TIMER_ADVERTS} in strict mode",
                facts.name
            );
            cx.correct(Code::STRICT_MODE, own.span, message);
            RFC_DOWN_TIMER_ADVERTS
        }
        _ if facts.strict => RFC_DOWN_TIMER_ADVERTS,
        Some(own) => own.value,
        None => globals.down_timer_adverts,
    }
}

fn garp(draft: &InstanceDraft, facts: &Facts, globals: &VrrpGlobals, cx: &mut Context<'_>) -> Garp {
    let mut garp = draft.garp.complete(&globals.garp);
    if !facts.strict {
        return garp;
    }
    let delay = draft
        .garp
        .lower_prio_delay
        .filter(|delay| !delay.value.is_zero())
        .map(|delay| ("garp_lower_prio_delay", delay.span));
    let repeat = draft
        .garp
        .lower_prio_repeat
        .filter(|repeat| repeat.value > 0)
        .map(|repeat| ("garp_lower_prio_repeat", repeat.span));
    for (keyword, span) in delay.into_iter().chain(repeat) {
        let message = format!("({}) `{keyword}` is 0 in strict mode", facts.name);
        cx.correct(Code::STRICT_MODE, span, message);
    }
    garp.lower_prio_delay = Micros::ZERO;
    garp.lower_prio_repeat = 0;
    garp
}
