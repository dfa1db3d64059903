//! Version, priority, state, interval and preemption.

use super::Facts;
use crate::diagnostics::Code;
use crate::lower::{At, Context, InstanceDraft};
use model::{Family, InitialState, Micros, Priority, Version, Vrid, VrrpGlobals};

/// Longest interval of version 2: one byte of seconds.
const V2_LONGEST: Micros = Micros::from_secs(255);
/// Unit of the interval of version 3.
const V3_UNIT: Micros = Micros::from_millis(10);
/// Longest interval of version 3: 12 bits of 10 ms.
const V3_LONGEST: Micros = Micros::from_millis(40_950);

/// Settles what all other checks depend on.
pub(super) fn facts(
    draft: &mut InstanceDraft,
    vrid: Vrid,
    globals: &VrrpGlobals,
    cx: &mut Context<'_>,
) -> Facts {
    let name = draft.name.value.clone();
    let family = draft.family();
    let strict = draft.strict_mode.map_or(globals.strict, |on| on.value);
    let version = version(draft, &name, family, strict, globals, cx);
    let wants_master = draft.state.filter(|state| state.value == InitialState::Master);
    let priority = match draft.priority {
        Some(priority) => priority.value,
        None if wants_master.is_some() => Priority::OWNER,
        None => Priority::DEFAULT,
    };
    let mut state = draft.state.map_or(
        if priority.is_owner() {
            InitialState::Master
        } else {
            InitialState::Backup
        },
        |state| state.value,
    );
    if strict && (state == InitialState::Master) != priority.is_owner() {
        let span = draft.state.map_or(draft.name.span, |state| state.span);
        let (word, used) = if priority.is_owner() {
            ("MASTER", InitialState::Master)
        } else {
            ("BACKUP", InitialState::Backup)
        };
        let message = format!("({name}) in strict mode priority {priority} starts as {word}, which is used");
        cx.correct(Code::STRICT_MODE, span, message);
        state = used;
    }
    let advert_int = draft.advert_int.map_or(Micros::SECOND, |interval| {
        interval_of(&name, interval, version, cx)
    });
    Facts {
        name,
        family,
        version,
        strict,
        vrid,
        priority,
        state,
        advert_int,
        faults: std::mem::take(&mut draft.faults),
    }
}

fn version(
    draft: &InstanceDraft,
    name: &str,
    family: Family,
    strict: bool,
    globals: &VrrpGlobals,
    cx: &mut Context<'_>,
) -> Version {
    match (draft.version, family) {
        (Some(version), Family::Ipv6) if version.value == Version::V2 && strict => {
            let message = format!("({name}) IPv6 needs version 3 in strict mode, which is used");
            cx.correct(Code::STRICT_MODE, version.span, message);
            Version::V3
        }
        (Some(version), _) => version.value,
        (None, Family::Ipv6) => Version::V3,
        (None, Family::Ipv4) => globals.version,
    }
}

fn interval_of(name: &str, written: At<Micros>, version: Version, cx: &mut Context<'_>) -> Micros {
    let interval = written.value;
    let (rounded, unit, longest) = match version {
        Version::V2 => (round(interval, Micros::SECOND), Micros::SECOND, V2_LONGEST),
        Version::V3 => (round(interval, V3_UNIT), V3_UNIT, V3_LONGEST),
    };
    // 40.95 s and a little is cut down, not rounded.
    let used = if interval >= longest + unit {
        longest
    } else {
        rounded.clamp(unit, longest)
    };
    if used != interval {
        let message =
            format!("({name}) version {version} cannot have an `advert_int` of {interval}; {used} is used");
        cx.correct(Code::ADVERT_INTERVAL, written.span, message);
    }
    used
}

/// Rounds half up to a multiple of `unit`.
fn round(interval: Micros, unit: Micros) -> Micros {
    Micros((interval.0 + unit.0 / 2) / unit.0 * unit.0)
}

/// When an instance takes over from a master of lower priority.
pub(super) struct Preemption {
    pub(super) nopreempt: bool,
    pub(super) delay: Micros,
    pub(super) timer_expired_backup: Option<Priority>,
}

pub(super) fn preemption(draft: &mut InstanceDraft, facts: &Facts, cx: &mut Context<'_>) -> Preemption {
    let name = &facts.name;
    let is_master = facts.state == InitialState::Master;
    if let Some(span) = draft.nopreempt {
        let why = if facts.priority.is_owner() {
            Some("priority 255")
        } else if is_master {
            Some("`state MASTER`")
        } else {
            None
        };
        if let Some(why) = why {
            cx.correct(
                Code::CONFLICT,
                span,
                format!("({name}) `nopreempt` with {why} is ignored"),
            );
            draft.nopreempt = None;
        }
    }
    let mut delay = Micros::ZERO;
    if let Some(written) = draft.preempt_delay.filter(|delay| !delay.value.is_zero()) {
        let why = if is_master {
            Some("`state MASTER`")
        } else if facts.strict {
            Some("strict mode")
        } else if draft.nopreempt.is_some() {
            Some("`nopreempt`")
        } else {
            None
        };
        match why {
            Some(why) => cx.correct(
                Code::CONFLICT,
                written.span,
                format!("({name}) `preempt_delay` with {why} is ignored"),
            ),
            None => delay = written.value,
        }
    }
    let mut timer_expired_backup = draft.timer_expired_backup;
    if let Some(written) = timer_expired_backup
        && draft.nopreempt.is_none()
    {
        let message = format!("({name}) `timer_expired_backup` without `nopreempt` is ignored");
        cx.correct(Code::CONFLICT, written.span, message);
        timer_expired_backup = None;
    }
    Preemption {
        nopreempt: draft.nopreempt.is_some(),
        delay,
        timer_expired_backup: timer_expired_backup.map(|priority| priority.value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_round_half_up() {
        assert_eq!(
            round(Micros::from_millis(1_500), Micros::SECOND),
            Micros::from_secs(2)
        );
        assert_eq!(round(Micros::from_millis(1_499), Micros::SECOND), Micros::SECOND);
        assert_eq!(round(Micros::from_millis(15), V3_UNIT), Micros::from_millis(20));
    }
}
