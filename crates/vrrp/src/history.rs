//! The last transitions of an instance.

use crate::{Cause, Now, State};
use std::collections::VecDeque;
use std::sync::Arc;

/// One change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Now,
    /// From which state.
    pub from: State,
    /// To which state.
    pub to: State,
    /// Why.
    pub cause: Cause,
}

/// The last [`History::CAPACITY`] transitions. Takes memory as transitions happen, not before. A clone costs nothing until the
/// next transition.
#[derive(Clone, Debug, Default)]
pub struct History {
    ring: Arc<VecDeque<Transition>>,
}

impl History {
    /// How many transitions are kept.
    pub const CAPACITY: usize = 100;

    /// Adds a transition; the oldest makes room.
    pub fn push(&mut self, transition: Transition) {
        let ring = Arc::make_mut(&mut self.ring);
        if ring.len() == Self::CAPACITY {
            ring.pop_front();
        }
        ring.push_back(transition);
    }

    /// The transitions, oldest first.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Transition> + ExactSizeIterator {
        self.ring.iter()
    }

    /// The latest transition.
    #[must_use]
    pub fn last(&self) -> Option<&Transition> {
        self.ring.back()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WallTime;
    use model::Time;

    #[test]
    fn the_oldest_transition_makes_room() {
        let mut history = History::default();
        for number in 0..250 {
            history.push(Transition {
                at: Now {
                    time: Time(number),
                    wall: WallTime(0),
                },
                from: State::Backup,
                to: State::Master,
                cause: Cause::Startup,
            });
        }
        assert_eq!(history.iter().len(), History::CAPACITY);
        assert_eq!(history.iter().next().map(|first| first.at.time), Some(Time(150)));
        assert_eq!(history.last().map(|last| last.at.time), Some(Time(249)));
        let before = history.clone();
        history.push(history.last().unwrap().clone());
        assert_eq!(before.iter().next().map(|first| first.at.time), Some(Time(150)));
    }
}
