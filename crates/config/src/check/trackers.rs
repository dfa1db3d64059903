//! Trackers in the light of sync group and priority (`spec/config-vrrp.md` section 1.5).

use super::groups::Membership;
use super::instance::Completed;
use crate::diagnostics::Code;
use crate::lower::{At, Context, SyncGroupDraft, TrackProcessDraft, TrackingDraft};
use model::{IfName, ParameterMatch, TrackEntry, TrackProcess, Tracking, Weight};
use std::fmt::Display;

/// What is done with a tracker that would change a priority which must not change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// The tracker goes.
    Drop,
    /// It only tells healthy from FAULT.
    Fault,
    /// As `Fault` if the weight is the default of files, else `Drop`.
    FaultIfDefault,
}

/// Why a priority must not change.
#[derive(Clone, Copy)]
enum Fixed {
    /// A member of a sync group without `sync_group_tracking_weight`.
    Group,
    /// The owner of the addresses.
    Owner,
}

impl Fixed {
    fn reason(self, name: &str) -> String {
        match self {
            Self::Group => format!("({name}) is in a sync group without `sync_group_tracking_weight`"),
            Self::Owner => format!("({name}) owns its addresses, so its priority never changes"),
        }
    }
}

/// The trackers of an instance.
pub(super) fn of_instance(
    name: &str,
    own_interface: Option<&IfName>,
    written: TrackingDraft,
    group: Option<Membership>,
    is_owner: bool,
    cx: &mut Context<'_>,
) -> Tracking {
    let mut tracking = written;
    tracking.interfaces.retain(|entry| {
        let own = own_interface == Some(&entry.value.target);
        if own {
            let message = format!(
                "({name}) `track_interface`: {} is the instance's own interface, which is tracked anyway",
                entry.value.target
            );
            cx.error(Code::CONFLICT, entry.span, message);
        }
        !own
    });
    if group.is_some_and(|group| !group.tracking_weight) {
        fix(name, Fixed::Group, Remedy::Fault, &mut tracking, cx);
    }
    if is_owner {
        fix(name, Fixed::Owner, Remedy::Drop, &mut tracking, cx);
    }
    bare(tracking)
}

/// Applies the remedies for weighted trackers of each kind; those of processes are left alone.
fn fix(name: &str, fixed: Fixed, interfaces: Remedy, tracking: &mut TrackingDraft, cx: &mut Context<'_>) {
    let reason = fixed.reason(name);
    remedy(&mut tracking.interfaces, interfaces, "interface", &reason, cx);
    remedy(&mut tracking.scripts, Remedy::Drop, "script", &reason, cx);
    remedy(&mut tracking.files, Remedy::FaultIfDefault, "file", &reason, cx);
    remedy(&mut tracking.bfd, Remedy::Drop, "BFD instance", &reason, cx);
}

fn remedy<T: Display>(
    entries: &mut Vec<At<TrackEntry<T>>>,
    remedy: Remedy,
    what: &str,
    reason: &str,
    cx: &mut Context<'_>,
) {
    entries.retain_mut(|entry| {
        let tracker = &mut entry.value;
        if tracker.weight.is_fault() {
            return true;
        }
        let keep = match remedy {
            Remedy::Drop => false,
            Remedy::Fault => true,
            Remedy::FaultIfDefault => tracker.weight == Weight(1),
        };
        let done = if keep {
            "its weight is 0"
        } else {
            "it is not tracked"
        };
        cx.correct(
            Code::WEIGHT_NOT_ALLOWED,
            entry.span,
            format!("{reason}: {what} {} has a weight; {done}", tracker.target),
        );
        tracker.weight = Weight::FAULT;
        keep
    });
}

/// The trackers of a sync group. With an owner among its members no weight can count.
pub(super) fn of_group(draft: &SyncGroupDraft, has_owner: bool, cx: &mut Context<'_>) -> Tracking {
    let name = &draft.name.value;
    let mut tracking = TrackingDraft {
        interfaces: draft.tracking.interfaces.clone(),
        scripts: draft.tracking.scripts.clone(),
        files: draft.tracking.files.clone(),
        processes: draft.tracking.processes.clone(),
        bfd: draft.tracking.bfd.clone(),
    };
    if has_owner {
        let reason = format!("sync group {name} has a member that owns its addresses");
        remedy(&mut tracking.interfaces, Remedy::Fault, "interface", &reason, cx);
        remedy(&mut tracking.scripts, Remedy::Fault, "script", &reason, cx);
        remedy(&mut tracking.files, Remedy::Fault, "file", &reason, cx);
        remedy(&mut tracking.processes, Remedy::Fault, "process", &reason, cx);
        remedy(&mut tracking.bfd, Remedy::Fault, "BFD instance", &reason, cx);
    }
    bare(tracking)
}

/// Settles targets that an instance and its group both track: the group's weight counts, unless the instance wants a
/// FAULT.
pub(super) fn shared(instance: &mut Completed, group: &str, of_group: &Tracking, cx: &mut Context<'_>) {
    let span = instance.span;
    let name = instance.model.name.clone();
    let own = &mut instance.model.tracking;
    let mut tell = |what: &str, target: &dyn Display, reported: bool| {
        let message = format!("({name}) {what} {target} is tracked by its sync group {group} too");
        if reported {
            cx.correct(Code::DUPLICATE, span, message);
        } else {
            cx.log(Code::DUPLICATE, span, message);
        }
    };
    settle(&mut own.interfaces, &of_group.interfaces, |target| {
        tell("interface", target, true);
    });
    settle(&mut own.scripts, &of_group.scripts, |target| {
        tell("script", target, false);
    });
    settle(&mut own.files, &of_group.files, |target| {
        tell("file", target, false);
    });
    settle(&mut own.processes, &of_group.processes, |target| {
        tell("process", target, false);
    });
    settle(&mut own.bfd, &of_group.bfd, |target| {
        tell("BFD instance", target, false);
    });
}

fn settle<T: PartialEq + Display>(
    own: &mut [TrackEntry<T>],
    of_group: &[TrackEntry<T>],
    mut tell: impl FnMut(&T),
) {
    for entry in own {
        if let Some(shared) = of_group.iter().find(|shared| shared.target == entry.target) {
            tell(&entry.target);
            if !entry.weight.is_fault() {
                entry.weight = shared.weight;
                entry.sense = shared.sense;
            }
        }
    }
}

fn bare(tracking: TrackingDraft) -> Tracking {
    fn values<T>(entries: Vec<At<TrackEntry<T>>>) -> Vec<TrackEntry<T>> {
        entries.into_iter().map(|entry| entry.value).collect()
    }
    Tracking {
        interfaces: values(tracking.interfaces),
        scripts: values(tracking.scripts),
        files: values(tracking.files),
        processes: values(tracking.processes),
        bfd: values(tracking.bfd),
    }
}

/// A `vrrp_track_process` as the model has it.
pub(super) fn complete_process(draft: TrackProcessDraft) -> Option<TrackProcess> {
    let (command, parameters) = draft.command?;
    let parameter_match = match (draft.parameter_match, parameters.is_empty()) {
        (Some(named), _) => named,
        (None, true) => ParameterMatch::Ignored,
        (None, false) => ParameterMatch::Exact,
    };
    Some(TrackProcess {
        name: draft.name.value,
        full_command: draft.full_command || !parameters.is_empty(),
        command,
        parameters,
        parameter_match,
        weight: draft.weight,
        sense: draft.sense,
        quorum: draft.quorum,
        quorum_max: draft.quorum_max,
        terminate_delay: draft.terminate_delay,
        fork_delay: draft.fork_delay,
    })
}
