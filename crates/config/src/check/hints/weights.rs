//! Weights of trackers that move nothing.

use super::places::{entry, keyword};
use crate::diagnostics::{Code, Diagnostic};
use crate::lower::Context;
use crate::tree::Statement;
use model::{Instance, Priority, TrackEntry, Tracking, Weight};
use std::fmt::Display;

/// A tracker that changes the priority by a fixed amount.
struct Weighted {
    list: &'static str,
    target: String,
    weight: i32,
}

pub(super) fn look(instance: &Instance, block: Statement<'_>, cx: &mut Context<'_>) {
    let trackers = weighted(&instance.tracking);
    if let Some(nopreempt) = keyword(block, &["nopreempt"]).filter(|_| instance.nopreempt)
        && let Some(tracker) = trackers.first()
    {
        let message = format!(
            "({}) the weight of {} does not take the address away from a master: a backup with `nopreempt` leaves it to \
             any master that it hears",
            instance.name, tracker.target
        );
        let at = place(block, tracker).unwrap_or_else(|| block.span());
        cx.hint(
            Diagnostic::note(Code::WEIGHT_BESIDE_NOPREEMPT, message)
                .at(at, "changes the priority only")
                .and_at(nopreempt, "so does the other router, if it is configured alike"),
        );
    }
    let reach = Reach::of(instance, &trackers);
    for tracker in trackers.iter().filter(|tracker| !reach.is_moved_by(tracker)) {
        let limit = if tracker.weight > 0 {
            Priority::MAX_BACKUP
        } else {
            Priority::MIN
        };
        let message = format!(
            "({}) the weight of {} never changes anything: the priority is {limit} already, and goes no further",
            instance.name, tracker.target
        );
        let mut hint = Diagnostic::note(Code::WEIGHT_WITHOUT_EFFECT, message)
            .at(place(block, tracker).unwrap_or_else(|| block.span()), "");
        if let Some(priority) = keyword(block, &["priority"]) {
            hint = hint.and_at(priority, "");
        }
        cx.hint(hint);
    }
}

/// The trackers whose result is good or bad. The value of a file has no bounds, so any of its weights can count.
fn weighted(tracking: &Tracking) -> Vec<Weighted> {
    fn of<'e, T: Display>(
        list: &'static str,
        entries: &'e [TrackEntry<T>],
    ) -> impl Iterator<Item = Weighted> + 'e {
        entries
            .iter()
            .filter(|entry| !entry.weight.is_fault())
            .map(move |entry| Weighted {
                list,
                target: entry.target.to_string(),
                weight: value(entry.weight),
            })
    }
    of("track_interface", &tracking.interfaces)
        .chain(of("track_script", &tracking.scripts))
        .chain(of("track_process", &tracking.processes))
        .chain(of("track_bfd", &tracking.bfd))
        .collect()
}

fn value(weight: Weight) -> i32 {
    i32::from(weight.0)
}

fn place(block: Statement<'_>, tracker: &Weighted) -> Option<crate::source::Span> {
    entry(block, &[tracker.list], |target| target == tracker.target)
}

/// The sums that priority and weights can have before they are cut to what a priority can be.
struct Reach {
    least: i32,
    most: i32,
}

impl Reach {
    fn of(instance: &Instance, trackers: &[Weighted]) -> Self {
        let base = i32::from(instance.priority.value());
        let files = instance.tracking.files.iter().any(|file| !file.weight.is_fault());
        if files {
            let (least, most) = (i32::from(i16::MIN), i32::from(i16::MAX));
            return Self { least, most };
        }
        let sum = |wanted: fn(&i32) -> bool| -> i32 {
            trackers.iter().map(|tracker| tracker.weight).filter(wanted).sum()
        };
        Self {
            least: base + sum(|weight| *weight < 0),
            most: base + sum(|weight| *weight > 0),
        }
    }

    /// Whether the priority that is sent can depend on the tracker, in any state of the others.
    fn is_moved_by(&self, tracker: &Weighted) -> bool {
        let (min, max) = (
            i32::from(Priority::MIN.value()),
            i32::from(Priority::MAX_BACKUP.value()),
        );
        if tracker.weight > 0 {
            // Without it, with all others at their worst.
            self.least < max
        } else {
            self.most > min
        }
    }
}
