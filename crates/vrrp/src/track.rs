//! What changes priorities and causes faults: interfaces, scripts, files, processes, BFD sessions
//! (`spec/vrrp-protocol.md` section 9).

mod file;
mod process;
mod script;
mod set;
#[cfg(test)]
mod tests;

pub(crate) use process::ProcessChange;
pub(crate) use script::ScriptAlarm;
pub use script::ScriptView;
pub(crate) use set::{ScriptId, TrackerId, Trackers};

use model::{Sense, Weight};

/// One tracker of an instance, with its weight there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Track {
    pub(crate) target: TrackerId,
    pub(crate) weight: Weight,
    pub(crate) sense: Sense,
}

/// What a tracker does to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It adds to the priority.
    Priority(i32),
    /// It keeps the instance in FAULT.
    Fault,
    /// It has not reported yet, and the instance has to wait for it.
    Unknown,
}

/// What a tracker knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Unknown,
    Up,
    Down,
    Value(i32),
}

impl Track {
    /// What the tracker does to the instance while it has this status.
    pub(crate) fn effect(&self, status: Status) -> Effect {
        let (weight, reverse) = (i32::from(self.weight.0), self.sense == Sense::Reverse);
        let signed = |change: i32| if reverse { change.saturating_neg() } else { change };
        match status {
            Status::Unknown if weight == 0 => Effect::Unknown,
            Status::Value(value) if weight != 0 => match signed(value.saturating_mul(weight)) {
                ..=-254 => Effect::Fault,
                change => Effect::Priority(change.min(253)),
            },
            // Without a weight a value is up or down.
            Status::Value(value) if (value == 0) == reverse => Effect::Fault,
            Status::Up | Status::Down if weight == 0 && (status == Status::Up) == reverse => Effect::Fault,
            Status::Up if weight > 0 => Effect::Priority(signed(weight)),
            Status::Down if weight < 0 => Effect::Priority(signed(weight)),
            _ => Effect::Priority(0),
        }
    }
}

/// What a track file shows as its status in an instance: the value with weight and sense applied.
pub(crate) fn file_status(track: &Track, value: i32) -> i32 {
    let weight = i32::from(track.weight.0);
    let status = if weight == 0 {
        value
    } else {
        value.saturating_mul(weight)
    };
    if track.sense == Sense::Reverse {
        status.saturating_neg()
    } else {
        status
    }
}
