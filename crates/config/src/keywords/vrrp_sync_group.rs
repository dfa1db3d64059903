//! `vrrp_sync_group` (`spec/config-vrrp.md` section 2).

use super::{Block, Keyword, notify, tracking};
use crate::diagnostics::Code;
use crate::lower::{Context, Draft, NotificationsDraft, SyncGroupDraft, TrackingDraft};
use crate::tree::Statement;

type Row = Keyword<SyncGroupDraft>;

pub(super) static VRRP_SYNC_GROUP: Block<SyncGroupDraft> = Block {
    name: "vrrp_sync_group",
    keywords: &[
        &[
            Row::items("group", "INSTANCE ...", |g, block, cx| {
                if let Some(members) = cx.members(g.members.is_some(), block) {
                    g.members = Some(members);
                }
            })
            .first_wins()
            .means("The members"),
            Row::flag("sync_group_tracking_weight", |g, _| g.tracking_weight = true)
                .default("off")
                .means("Members may have trackers that change their priority"),
            Row::line("global_tracking", "", |g, line, cx| {
                cx.deprecated(line, "sync_group_tracking_weight");
                g.tracking_weight = true;
            })
            .old_for("sync_group_tracking_weight")
            .means("Members may have trackers that change their priority"),
        ],
        &TRACKING,
        &NOTIFY,
    ],
};

static TRACKING: [Keyword<SyncGroupDraft>; 5] = tracking::keywords();
static NOTIFY: [Keyword<SyncGroupDraft>; 9] = notify::keywords();

/// Reads a `vrrp_sync_group` block. One with a bad or a known name is skipped.
pub(super) fn read(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    let Some(name) = cx.block_name(block) else { return };
    if let Some(first) = draft.sync_groups.find(&name.value) {
        let first = first.name.span;
        return cx.already_defined(block, first);
    }
    let mut group = SyncGroupDraft {
        name: name.clone(),
        members: None,
        tracking_weight: false,
        tracking: TrackingDraft::default(),
        notifications: NotificationsDraft::default(),
    };
    VRRP_SYNC_GROUP.read(&mut group, block, cx);
    if group.members.as_ref().is_none_or(Vec::is_empty) {
        let message = format!("sync group {} has no members and is dropped", name.value);
        cx.error(Code::EMPTY_BLOCK, name.span, message);
        return cx.lost_group(&name.value);
    }
    draft.sync_groups.add(&name.value, group);
}
