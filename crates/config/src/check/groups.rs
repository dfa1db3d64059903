//! Sync groups and track groups (`spec/config-vrrp.md` section 2, `spec/config-global.md` section 4).

use super::instance::Completed;
use super::trackers;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, Context, Draft, Named, SyncGroupDraft, TrackGroupDraft};
use model::{Globals, InitialState, Instance, Notifications, SyncGroup, TrackGroup};
use std::collections::{HashMap, HashSet};

/// The group of an instance.
#[derive(Clone, Copy)]
pub(super) struct Membership {
    /// Position of the group.
    pub(super) group: usize,
    /// `sync_group_tracking_weight`.
    pub(super) tracking_weight: bool,
}

/// Sync groups whose members are known to exist.
pub(super) struct Groups {
    drafts: Vec<SyncGroupDraft>,
    members: Vec<Vec<String>>,
    group_of: HashMap<String, Membership>,
}

/// Resolves the members of the sync groups.
pub(super) fn resolve(draft: &mut Draft, cx: &mut Context<'_>) -> Groups {
    let drafts = std::mem::take(&mut draft.sync_groups).blocks;
    let mut groups = Groups {
        members: Vec::with_capacity(drafts.len()),
        group_of: HashMap::new(),
        drafts: Vec::new(),
    };
    for group in drafts {
        let position = groups.members.len();
        let mut members = Vec::new();
        for member in group.members.iter().flatten() {
            if draft.instances.find(&member.value).is_none() {
                unknown_member(&group, member, &draft.instances.names(), cx);
            } else if let Some(other) = groups.group_of.get(&member.value) {
                let other: &SyncGroupDraft = groups.drafts.get(other.group).unwrap_or(&group);
                let message = format!(
                    "instance {} is a member of sync group {} already",
                    member.value, other.name.value
                );
                cx.error(Code::DUPLICATE, member.span, message);
            } else {
                let membership = Membership {
                    group: position,
                    tracking_weight: group.tracking_weight,
                };
                groups.group_of.insert(member.value.clone(), membership);
                members.push(member.value.clone());
            }
        }
        if members.len() == 1 {
            let message = format!(
                "sync group {} has one member, which is probably not what was meant",
                group.name.value
            );
            cx.correct(Code::SINGLE_MEMBER, group.name.span, message);
        }
        groups.members.push(members);
        groups.drafts.push(group);
    }
    groups
}

fn unknown_member(group: &SyncGroupDraft, member: &At<String>, names: &[&str], cx: &mut Context<'_>) {
    let message = format!(
        "sync group {}: instance {} is not defined",
        group.name.value, member.value
    );
    cx.push(
        Diagnostic::error(Code::UNKNOWN_NAME, Class::GeneralError, message)
            .at(member.span, "")
            .suggest(&member.value, names.iter().copied()),
    );
}

impl Groups {
    /// The group of each instance that is in one.
    pub(super) const fn membership(&self) -> &HashMap<String, Membership> {
        &self.group_of
    }

    /// Whether two instances are in one sync group.
    pub(super) fn together(&self, a: &str, b: &str) -> bool {
        match (self.group_of.get(a), self.group_of.get(b)) {
            (Some(a), Some(b)) => a.group == b.group,
            _ => false,
        }
    }

    /// The groups, checked against their members.
    pub(super) fn complete(
        self,
        instances: &mut [Completed],
        globals: &Globals,
        notifications: Vec<Notifications>,
        cx: &mut Context<'_>,
    ) -> Vec<SyncGroup> {
        let positions: HashMap<String, usize> = instances
            .iter()
            .enumerate()
            .map(|(position, instance)| (instance.model.name.clone(), position))
            .collect();
        let mut complete = Vec::with_capacity(self.drafts.len());
        for ((draft, mut members), notifications) in
            self.drafts.into_iter().zip(self.members).zip(notifications)
        {
            members.retain(|member| positions.contains_key(member));
            if members.is_empty() {
                let message = format!(
                    "sync group {} has no usable member and is dropped",
                    draft.name.value
                );
                cx.error(Code::EMPTY_BLOCK, draft.name.span, message);
                cx.lost_group(&draft.name.value);
                continue;
            }
            let members_at: Vec<usize> = members
                .iter()
                .filter_map(|member| positions.get(member).copied())
                .collect();
            owners(&draft, &members_at, instances, cx);
            let has_owner = members_at
                .iter()
                .any(|member| instances[*member].model.priority.is_owner());
            let tracking = trackers::of_group(&draft, has_owner, cx);
            for member in &members_at {
                trackers::shared(&mut instances[*member], &draft.name.value, &tracking, cx);
            }
            let written = &draft.notifications;
            let priority_changes = written
                .priority_changes
                .unwrap_or(globals.vrrp.notify_priority_changes);
            for member in &members_at {
                instances[*member].inherit_priority_changes(priority_changes);
            }
            complete.push(SyncGroup {
                name: draft.name.value,
                members,
                tracking_weight: draft.tracking_weight,
                tracking,
                notifications: Notifications {
                    priority_changes,
                    smtp_alert: super::globals::smtp_alert(written.smtp_alert, globals),
                    ordered: written.ordered.unwrap_or(globals.vrrp.notify_ordered),
                    ..notifications
                },
            });
        }
        complete
    }
}

/// A group in which some members own their addresses and others do not cannot start as master together.
fn owners(draft: &SyncGroupDraft, members: &[usize], instances: &mut [Completed], cx: &mut Context<'_>) {
    let is_owner = |member: &usize| {
        let model = &instances[*member].model;
        model.priority.is_owner() && model.initial_state == InitialState::Master
    };
    let owners = members.iter().filter(|member| is_owner(member)).count();
    if owners == 0 || owners == members.len() {
        return;
    }
    let message = format!(
        "sync group {}: some members own their addresses and others do not; all start as BACKUP",
        draft.name.value
    );
    cx.correct(Code::CONFLICT, draft.name.span, message);
    for member in members {
        instances[*member].model.initial_state = InitialState::Backup;
    }
}

/// Track groups with the members that exist.
pub(super) fn track_groups(
    drafts: Named<TrackGroupDraft>,
    instances: &[Instance],
    cx: &mut Context<'_>,
) -> Vec<TrackGroup> {
    let known: HashSet<&str> = instances.iter().map(|instance| instance.name.as_str()).collect();
    let mut groups = Vec::new();
    for draft in drafts.blocks {
        let name = draft.name.value;
        let (members, unknown): (Vec<_>, Vec<_>) = draft
            .members
            .unwrap_or_default()
            .into_iter()
            .partition(|member| known.contains(member.value.as_str()));
        for member in unknown {
            let message = format!("track group {name}: instance {} is not defined", member.value);
            cx.log(Code::UNKNOWN_NAME, member.span, message);
        }
        if members.is_empty() {
            cx.log(
                Code::EMPTY_BLOCK,
                draft.name.span,
                format!("track group {name} has no member left and is dropped"),
            );
            continue;
        }
        groups.push(TrackGroup {
            name,
            members: members.into_iter().map(|member| member.value).collect(),
        });
    }
    groups
}
