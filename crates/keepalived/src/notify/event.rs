//! What a notification means for scripts, FIFOs and mail. `spec/runtime.md` sections 7.4, 7.5 and 8 give each word.

use crate::mail::Alert;
use crate::scripts::Program;
use model::Command;
use std::sync::Arc;
use vrrp::{Notice, Notification, NotifiedState, Subject};

/// An instance or a group, for as long as its name stays.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Who {
    kind: Kind,
    name: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Instance,
    Group,
}

impl Who {
    pub(super) fn of(notification: &Notification) -> Self {
        Self {
            kind: match notification.subject {
                Subject::Instance(_) => Kind::Instance,
                Subject::Group(_) => Kind::Group,
            },
            name: Arc::clone(&notification.name),
        }
    }

    const fn word(&self) -> &'static str {
        match self.kind {
            Kind::Instance => "INSTANCE",
            Kind::Group => "GROUP",
        }
    }
}

/// The scripts to start, in their order.
pub(super) fn scripts(notification: &Notification) -> impl Iterator<Item = Program> {
    let settings = &notification.settings;
    let bare = |command: &Command| Program::new(command, []);
    let (specific, generic) = match notification.notice {
        Notice::Entered(state) => {
            let specific = match state {
                NotifiedState::Master => &settings.master,
                NotifiedState::Backup => &settings.backup,
                NotifiedState::Fault => &settings.fault,
                NotifiedState::Stop => &settings.stop,
                NotifiedState::Deleted => &settings.deleted,
            };
            let generic = settings.any.as_ref().map(|command| {
                let who = Who::of(notification);
                let (state, priority) = (state.to_string(), notification.priority.to_string());
                Program::new(command, [who.word(), &who.name, &state, &priority])
            });
            (specific.as_ref().map(bare), generic)
        }
        Notice::MasterReceivedLowerPriority => (settings.master_rx_lower_pri.as_ref().map(bare), None),
        Notice::Kept(_) | Notice::MasterPriorityChanged | Notice::BackupPriorityChanged => (None, None),
    };
    specific.into_iter().chain(generic)
}

/// The line for FIFOs, with its end.
pub(super) fn line(notification: &Notification) -> String {
    let who = Who::of(notification);
    let (word, name, priority) = (who.word(), &who.name, notification.priority);
    let state = match notification.notice {
        Notice::Entered(state) | Notice::Kept(state) => {
            return format!("{word} \"{name}\" {state} {priority}\n");
        }
        Notice::MasterReceivedLowerPriority => "MASTER_RX_LOWER_PRI",
        Notice::MasterPriorityChanged => "MASTER_PRIORITY",
        Notice::BackupPriorityChanged => "BACKUP_PRIORITY",
    };
    format!("{word} \"{name}\" {state} {priority}\n")
}

/// The mail about a state, without the name of the router before its subject.
pub(super) fn alert(who: &Who, state: NotifiedState) -> Alert {
    let name = &who.name;
    let subject = match who.kind {
        Kind::Instance => format!("VRRP Instance {name}"),
        Kind::Group => format!("VRRP Group {name}"),
    };
    let change = match state {
        NotifiedState::Stop => "Stopping".to_owned(),
        NotifiedState::Deleted => "Deleted".to_owned(),
        _ => format!("Entering {state} state"),
    };
    let body = match (who.kind, state) {
        (Kind::Instance, NotifiedState::Master) => "=> VRRP Instance is now owning VRRP VIPs <=".to_owned(),
        (Kind::Instance, NotifiedState::Backup | NotifiedState::Fault) => {
            "=> VRRP Instance is no longer owning VRRP VIPs <=".to_owned()
        }
        (Kind::Instance, NotifiedState::Stop) => "=> VRRP Instance stopping <=".to_owned(),
        (Kind::Group, NotifiedState::Stop) => "=> All VRRP group instances are now stopping <=".to_owned(),
        (_, NotifiedState::Deleted) => "=> VRRP Deleted at reload <=".to_owned(),
        (Kind::Group, _) => format!("=> All VRRP group instances are now in {state} state <="),
    };
    Alert {
        subject: format!("{subject} - {change}"),
        body,
    }
}

#[cfg(test)]
mod tests;
