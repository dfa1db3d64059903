//! Telling others, in order and not before it is true.

use super::Instance;
use crate::context::Context;
use crate::{Cause, Event, Notice, Notification, NotifiedState, State, Subject};
use model::IfIndex;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

/// Something that waits until the kernel has done what was asked for before it.
#[derive(Debug)]
pub(crate) enum Report {
    /// A notification.
    Notify(Notification),
    /// The announcements of a new master, with all that follows them later.
    BeginAnnouncing,
    /// One block of announcements of all addresses and the delayed one, after a reload.
    AnnounceAll,
    /// One block of announcements of these addresses.
    Announce(Vec<(IfIndex, IpAddr)>),
}

/// What waits, each with the number of the ticket that it waits for.
#[derive(Debug, Default)]
pub(super) struct Reports {
    queue: VecDeque<(u64, Report)>,
}

impl Instance {
    /// Reports a state: at once, or when the kernel has done what belongs to it.
    pub(crate) fn report(&mut self, cx: &mut Context<'_>, state: NotifiedState, cause: Cause) {
        let notification = self.notification(Notice::Entered(state), Some(cause));
        self.report_in_order(cx, Report::Notify(notification));
    }

    pub(super) fn report_lower_priority(&mut self, cx: &mut Context<'_>) {
        let notification = self.notification(Notice::MasterReceivedLowerPriority, None);
        self.report_in_order(cx, Report::Notify(notification));
    }

    pub(super) fn report_priority(&mut self, cx: &mut Context<'_>) {
        if !self.settings.priority_changes || self.state == State::Init {
            return;
        }
        let notice = if self.state == State::Master {
            Notice::MasterPriorityChanged
        } else {
            Notice::BackupPriorityChanged
        };
        let notification = self.notification(notice, None);
        self.report_in_order(cx, Report::Notify(notification));
    }

    /// Reports that a reload left the state as it was.
    pub(crate) fn report_kept(&mut self, cx: &mut Context<'_>) {
        // compat: nothing is said of an instance that stays master; its group says so.
        let state = NotifiedState::of(self.state).filter(|state| *state != NotifiedState::Master);
        if let Some(state) = state {
            let notification = self.notification(Notice::Kept(state), None);
            self.report_in_order(cx, Report::Notify(notification));
        }
    }

    /// Whether the announcements of a new master wait for this ticket.
    pub(super) fn will_announce_after(&self, number: u64) -> bool {
        let is_meant =
            |(after, report): &(u64, Report)| *after == number && matches!(report, Report::BeginAnnouncing);
        self.state == State::Master && self.reports.queue.iter().any(is_meant)
    }

    /// Whether a notification waits for the kernel.
    pub(crate) fn has_reports_waiting(&self) -> bool {
        self.reports
            .queue
            .iter()
            .any(|(_, report)| matches!(report, Report::Notify(_)))
    }

    /// Whether anything at all is still to be confirmed by the kernel.
    pub(crate) const fn is_outstanding(&self) -> bool {
        self.in_kernel.is_outstanding()
    }

    /// Does what waited for a ticket.
    pub(super) fn release_reports(&mut self, cx: &mut Context<'_>, number: u64) {
        while self
            .reports
            .queue
            .front()
            .is_some_and(|(after, _)| *after <= number)
        {
            if let Some((_, report)) = self.reports.queue.pop_front() {
                self.carry_out(cx, report);
            }
        }
    }

    /// Does something now, or once the kernel is done with all that was asked for until now.
    pub(super) fn report_in_order(&mut self, cx: &mut Context<'_>, report: Report) {
        if self.in_kernel.is_outstanding() {
            self.reports
                .queue
                .push_back((self.in_kernel.last_ticket(), report));
        } else {
            self.carry_out(cx, report);
        }
    }

    fn carry_out(&mut self, cx: &mut Context<'_>, report: Report) {
        match report {
            Report::Notify(notification) => cx.out.event(Event::Notification(notification)),
            Report::BeginAnnouncing => self.start_announcing(cx),
            Report::AnnounceAll => self.announce_again(cx),
            Report::Announce(addresses) => self.announce_some(cx, &addresses),
        }
    }

    fn notification(&self, notice: Notice, cause: Option<Cause>) -> Notification {
        Notification {
            subject: Subject::Instance(self.id),
            name: Arc::clone(&self.name),
            notice,
            priority: self.effective_priority(),
            cause,
            settings: Arc::clone(&self.settings),
        }
    }
}
