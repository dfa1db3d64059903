//! Real-time scheduling of a loop.

use super::{MIN_AUTO_PRIORITY_DELAY, RLIMIT_RTTIME};
use kernel::sys;
use model::{Globals, Micros, ProcessSettings, Time};
use nix::sys::resource::{Resource, setrlimit};

/// The highest priority, for `max_auto_priority` and as a bound.
const HIGHEST: u8 = 99;

/// What an instance or an address may take of the default limit of processor time.
const SHARE: Micros = Micros(20);

/// How long a loop that has not waited for long rests: the kernel counts from there again.
const REST: Micros = Micros(50);

/// The real-time priority of the calling thread: as configured, and higher each time that it was late
/// (`max_auto_priority`). Use it in the thread of the loop only.
#[derive(Debug, Default)]
pub(crate) struct RealTime {
    /// The priority now; nothing is the usual scheduling.
    priority: Option<u8>,
    /// Up to here lateness raises it; 0 is not at all.
    ceiling: u8,
    /// The lateness that does.
    patience: Micros,
    /// Processor time that the thread may take without waiting.
    limit: Micros,
    /// When it last waited, as far as is known.
    rested: Time,
}

impl RealTime {
    /// Becomes real-time where that is configured. A loop that handles `objects` at once gets time for them where no limit
    /// is configured.
    pub(crate) fn enter(process: &ProcessSettings, globals: &Globals, objects: usize, now: Time) -> Self {
        let mut real_time = Self {
            priority: None,
            ceiling: 0,
            patience: MIN_AUTO_PRIORITY_DELAY,
            limit: RLIMIT_RTTIME,
            rested: now,
        };
        real_time.configure(process, globals, objects);
        real_time
    }

    /// Goes by a configuration, at the start or after a reload. A priority that lateness has raised is kept.
    pub(crate) fn configure(&mut self, process: &ProcessSettings, globals: &Globals, objects: usize) {
        self.ceiling = globals
            .max_auto_priority
            .and_then(|ceiling| u8::try_from(ceiling).ok())
            .map_or(0, |ceiling| ceiling.min(HIGHEST));
        self.patience = globals.min_auto_priority_delay.unwrap_or(MIN_AUTO_PRIORITY_DELAY);
        let objects = u64::try_from(objects).unwrap_or(u64::MAX);
        self.limit = process.rlimit_rttime.unwrap_or(RLIMIT_RTTIME + SHARE * objects);
        let raised = self.priority.filter(|priority| *priority <= self.ceiling);
        match process.rt_priority.max(raised) {
            Some(priority) => self.set(priority),
            None => self.leave(),
        }
    }

    /// Does something that may take longer than the limit.
    pub(crate) fn suspended<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let priority = self.priority;
        self.leave();
        let done = work();
        if let Some(priority) = priority {
            self.set(priority);
        }
        done
    }

    /// Takes in by how much a deadline was missed.
    pub(crate) fn note_lateness(&mut self, late: Micros) {
        let priority = self.priority.unwrap_or(0);
        if late >= self.patience && priority < self.ceiling {
            self.set(priority + 1);
            if self.priority == Some(priority + 1) {
                tracing::info!("Set realtime priority {}", priority + 1);
            }
        }
    }

    /// Takes in that the thread waited until `now`, for at least `waited`.
    pub(crate) fn note_wait(&mut self, now: Time, waited: Micros) {
        // A shorter one may be the time that the system call itself took.
        if waited >= REST {
            self.rested = now;
        }
    }

    /// How long the thread has to rest, so that the kernel does not take it for one that never waits.
    pub(crate) fn rest(&self, now: Time) -> Option<Micros> {
        (self.priority.is_some() && now.since(self.rested) > self.limit / 4).then_some(REST)
    }

    /// The priority and its limit, for dumps.
    pub(crate) fn current(&self) -> Option<(u8, Micros)> {
        self.priority.map(|priority| (priority, self.limit))
    }

    fn set(&mut self, priority: u8) {
        // The warning comes at half of the time.
        let limit = setrlimit(Resource::RLIMIT_RTTIME, self.limit.0 / 2, self.limit.0);
        let outcome = limit.and_then(|()| sys::set_round_robin(priority));
        match outcome {
            Ok(()) => self.priority = Some(priority),
            Err(errno) => {
                tracing::warn!("setting the real-time priority {priority}: {}", errno.desc());
                // It would fail each time.
                self.ceiling = 0;
            }
        }
    }

    fn leave(&mut self) {
        if self.priority.take().is_some()
            && let Err(errno) = sys::set_usual_scheduling()
        {
            tracing::warn!("leaving real-time scheduling: {}", errno.desc());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if the kernel allowed it.
    fn real_time(ceiling: u8, priority: Option<u8>) -> RealTime {
        RealTime {
            priority,
            ceiling,
            patience: Micros::SECOND,
            limit: Micros::from_millis(10),
            rested: Time(1_000_000),
        }
    }

    #[test]
    fn nothing_is_raised_without_a_ceiling_or_lateness() {
        for (ceiling, priority, late) in [
            (0, None, Micros::from_secs(5)),
            (50, Some(50), Micros::from_secs(5)),
            (50, None, Micros(999_999)),
        ] {
            let mut real_time = real_time(ceiling, priority);
            real_time.note_lateness(late);
            assert_eq!(real_time.priority, priority);
        }
    }

    #[test]
    fn a_loop_that_never_waits_rests_well_before_its_limit() {
        let mut real_time = real_time(0, Some(1));
        assert_eq!(real_time.rest(Time(1_002_000)), None);
        assert_eq!(real_time.rest(Time(1_002_600)), Some(REST));
        real_time.note_wait(Time(1_002_600), Micros(3));
        assert_eq!(real_time.rest(Time(1_002_600)), Some(REST));
        real_time.note_wait(Time(1_002_650), REST);
        assert_eq!(real_time.rest(Time(1_002_700)), None);
        real_time.priority = None;
        assert_eq!(real_time.rest(Time(9_000_000)), None);
    }
}
