//! Notification (`spec/config-vrrp.md` section 1.6), shared by instances and sync groups.

use super::{Keyword, seconds};
use crate::lower::{Context, InstanceDraft, NotificationsDraft, SyncGroupDraft};
use crate::tree::Statement;

/// A block with notification keywords.
pub(super) trait Notifies: 'static {
    fn notifications(&mut self) -> &mut NotificationsDraft;
}

impl Notifies for InstanceDraft {
    fn notifications(&mut self) -> &mut NotificationsDraft {
        &mut self.notifications
    }
}
impl Notifies for SyncGroupDraft {
    fn notifications(&mut self) -> &mut NotificationsDraft {
        &mut self.notifications
    }
}

const COMMAND: &str = "COMMAND [USER [[:]GROUP]]";

type Slot = fn(&mut NotificationsDraft) -> &mut Option<crate::lower::CommandDraft>;

fn command(slot: Slot, notifications: &mut NotificationsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    if cx.required(line, 0).is_some()
        && let Some(command) = cx.command(line)
    {
        cx.once(slot(notifications), line, command);
    }
}

/// The keywords that instances and sync groups have in common.
pub(super) const fn keywords<D: Notifies>() -> [Keyword<D>; 9] {
    [
        Keyword::command("notify_master", COMMAND, |d: &mut D, line, cx| {
            command(|n| &mut n.master, d.notifications(), line, cx);
        })
        .first_wins()
        .means("Run on entering MASTER"),
        Keyword::command("notify_backup", COMMAND, |d: &mut D, line, cx| {
            command(|n| &mut n.backup, d.notifications(), line, cx);
        })
        .first_wins()
        .means("Run on entering BACKUP"),
        Keyword::command("notify_fault", COMMAND, |d: &mut D, line, cx| {
            command(|n| &mut n.fault, d.notifications(), line, cx);
        })
        .first_wins()
        .means("Run on entering FAULT"),
        Keyword::command("notify_stop", COMMAND, |d: &mut D, line, cx| {
            command(|n| &mut n.stop, d.notifications(), line, cx);
        })
        .first_wins()
        .means("Run when the daemon stops"),
        Keyword::command("notify", COMMAND, |d: &mut D, line, cx| {
            command(|n| &mut n.any, d.notifications(), line, cx);
        })
        .first_wins()
        .means(
            "Run on every transition with INSTANCE or GROUP, name, state and priority behind its arguments",
        ),
        Keyword::switch("notify_priority_changes", |d: &mut D, on| {
            d.notifications().priority_changes = Some(on.value);
        })
        .default("of the sync group, else vrrp_notify_priority_changes")
        .means("Tell the FIFOs of changes of priority"),
        Keyword::switch("notify_ordered", |d: &mut D, on| {
            d.notifications().ordered = Some(on.value);
        })
        .default("vrrp_notify_ordered")
        .means("Run the scripts of this block one after another, in the order of the events; an extension"),
        Keyword::duration(
            "notify_timeout",
            "SECS",
            seconds(1_000_000, 86_400_000_000),
            |d: &mut D, timeout| d.notifications().timeout = Some(timeout.value),
        )
        .default("no limit; notify_stop has 1 second always")
        .means("End a notify script of this block that takes longer; an extension"),
        Keyword::switch("smtp_alert", |d: &mut D, on| {
            d.notifications().smtp_alert = Some(on.value);
        })
        .default("smtp_alert_vrrp, else the global smtp_alert")
        .means("Mail on transitions"),
    ]
}

/// The keywords that only instances have.
pub(super) static INSTANCE_ONLY: &[Keyword<InstanceDraft>] = &[
    Keyword::<InstanceDraft>::command("notify_deleted", "[COMMAND [USER [[:]GROUP]]]", |i, line, cx| {
        i.notifications.report_deleted = true;
        if line.argument(0).is_some()
            && let Some(command) = cx.command(line)
        {
            cx.once(&mut i.notifications.deleted, line, command);
        }
    })
    .first_wins()
    .means("Run when a reload removes the instance; the state is told as DELETED instead of FAULT"),
    Keyword::<InstanceDraft>::command("notify_master_rx_lower_pri", COMMAND, |i, line, cx| {
        command(|n| &mut n.master_rx_lower_pri, &mut i.notifications, line, cx);
    })
    .first_wins()
    .means("Run when the master receives an advert of lower priority"),
];
