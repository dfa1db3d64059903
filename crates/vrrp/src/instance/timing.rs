//! Skew time and master-down timer (RFC 9568, section 6.1; `spec/vrrp-protocol.md` section 4).

use super::Instance;
use crate::context::Context;
use model::{Micros, Priority, Time, Version};

impl Instance {
    /// Time after which a backup takes the master for dead: `down_timer_adverts` intervals and the skew time.
    #[must_use]
    pub fn master_down_interval(&self) -> Micros {
        self.master_down_interval_at(self.skew_priority())
    }

    /// Time after which a backup takes over from a master that said that it stops.
    #[must_use]
    pub fn skew_time(&self) -> Micros {
        self.skew_time_at(self.skew_priority())
    }

    pub(super) fn master_down_interval_at(&self, priority: u8) -> Micros {
        let interval = match self.config.version {
            Version::V2 => self.config.advert_int,
            Version::V3 => self.interval,
        };
        interval * u64::from(self.config.down_timer_adverts) + self.skew_time_at(priority)
    }

    /// The lower the priority, the longer: so the best of several backups is the first. The unit is a second in
    /// version 2 and the master's interval in version 3.
    pub(super) fn skew_time_at(&self, priority: u8) -> Micros {
        let unit = match self.config.version {
            Version::V2 => Micros::SECOND,
            Version::V3 => self.interval,
        };
        unit * (256 - u64::from(priority)) / 256
    }

    /// An owner that backed off still takes over as fast as an owner.
    pub(super) fn skew_priority(&self) -> u8 {
        if self.config.priority.is_owner() {
            Priority::OWNER.value()
        } else {
            self.effective_priority()
        }
    }

    /// Sets the deadline `after` from now, or from the end of the startup delay.
    pub(super) fn set_deadline(&self, cx: &mut Context<'_>, after: Micros) {
        cx.deadlines.set(self.id.0, Some(cx.timers_from() + after));
    }

    pub(super) fn cancel_deadline(&self, cx: &mut Context<'_>) {
        cx.deadlines.set(self.id.0, None);
    }

    /// An advert has just left: the next one follows after an interval. It may be followed by a shorter one, in which
    /// the instance finds its place among the others.
    pub(super) fn begin_rhythm(&mut self, cx: &mut Context<'_>) {
        self.in_rhythm = false;
        self.set_deadline(cx, self.config.advert_int);
    }

    /// The next advert leaves one interval after the last one was due, so that the rate holds whatever the lateness of
    /// each; after a longer pause the rhythm begins anew.
    pub(super) fn set_next_advert(&mut self, cx: &mut Context<'_>, due: Time) {
        let interval = self.config.advert_int;
        let start = if due + interval > cx.now.time {
            due
        } else {
            self.in_rhythm = false;
            cx.now.time
        };
        let lead = if std::mem::replace(&mut self.in_rhythm, true) {
            Micros::ZERO
        } else {
            cx.rhythm.lead(start, interval)
        };
        cx.deadlines.set(self.id.0, Some(start + interval - lead));
    }
}
