//! How far the end of a child's process has come.

use model::{Micros, Time};

/// How long scripts of the stop may take. They have a second, and this thread need not watch the clock as closely.
pub(crate) const LAST_WORDS: Micros = Micros::from_millis(1_500);

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopping {
    /// Nobody has asked for it.
    No,
    /// Removals are under way, and given up at this time.
    Until(Time),
    /// Everything is out of the kernel; scripts, FIFOs and mail are told, and that is given up at this time.
    Telling(Time),
    /// The process may end.
    Done,
}

impl Stopping {
    /// When to give up.
    pub(crate) const fn deadline(self) -> Option<Time> {
        match self {
            Self::Until(deadline) | Self::Telling(deadline) => Some(deadline),
            Self::No | Self::Done => None,
        }
    }

    /// Ends a stop that takes too long, and says what it has waited for. `patience` is the kernel's.
    pub(crate) fn end_in_time(&mut self, now: Time, patience: Micros) {
        match *self {
            Self::Telling(deadline) if deadline <= now => {
                tracing::warn!("scripts of the stop have not ended in time");
            }
            Self::Until(deadline) if deadline <= now => {
                tracing::warn!("the kernel has not confirmed every removal within {patience}");
            }
            _ => return,
        }
        *self = Self::Done;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_ends_at_its_deadline_and_not_before() {
        let deadline = Time::ZERO + Micros::from_secs(5);
        for begun in [Stopping::Until(deadline), Stopping::Telling(deadline)] {
            let mut stopping = begun;
            stopping.end_in_time(Time::ZERO + Micros::from_millis(4_999), Micros::from_secs(4));
            assert_eq!(stopping, begun);
            stopping.end_in_time(deadline, Micros::from_secs(4));
            assert_eq!(stopping, Stopping::Done);
        }
    }

    #[test]
    fn what_has_not_begun_is_not_ended() {
        let mut stopping = Stopping::No;
        stopping.end_in_time(Time::ZERO + Micros::from_secs(1_000), Micros::ZERO);
        assert_eq!(stopping, Stopping::No);
    }
}
