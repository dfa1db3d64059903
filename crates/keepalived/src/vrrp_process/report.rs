//! What happened, as log lines.

use crate::log;
use crate::settings::Settings;
use vrrp::{Event, InstanceEvent, InterfaceEvent, Severity, Transition};

/// Who logs the addresses that netlink reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddressLines {
    /// The router, those that matter to it.
    OfRouter,
    /// The monitor, all of them (`--address-monitoring`).
    OfMonitor,
}

impl AddressLines {
    /// What the command line says.
    pub(super) const fn of(settings: &Settings) -> Self {
        if settings.address_monitoring {
            Self::OfMonitor
        } else {
            Self::OfRouter
        }
    }
}

/// Logs an event of the router, and the cause of a transition on a line of its own: the line of the transition is one that
/// other programs know. Notifications have no line: they go to scripts, FIFOs and mails.
pub(super) fn log_event(event: &Event, lines: AddressLines) {
    if !event.is_logged() || (lines == AddressLines::OfMonitor && is_address_line(event)) {
        return;
    }
    log_line(event);
    if let Event::Instance {
        name,
        event: InstanceEvent::Transition(Transition { from, to, cause, .. }),
        ..
    } = event
    {
        tracing::info!("({name}) from {from} to {to}: {cause}");
    }
}

fn log_line(event: &Event) {
    match event.severity() {
        Severity::Info | Severity::Notice if event.is_detail() => {
            tracing::info!(target: log::DETAIL, "{event}");
        }
        Severity::Warning if event.is_detail() => tracing::warn!(target: log::DETAIL, "{event}"),
        Severity::Error if event.is_detail() => tracing::error!(target: log::DETAIL, "{event}"),
        Severity::Info | Severity::Notice => tracing::info!("{event}"),
        Severity::Warning => tracing::warn!("{event}"),
        Severity::Error => tracing::error!("{event}"),
    }
}

const fn is_address_line(event: &Event) -> bool {
    matches!(
        event,
        Event::Interface {
            event: InterfaceEvent::AddressAdded(_) | InterfaceEvent::AddressRemoved(_),
            ..
        }
    )
}
