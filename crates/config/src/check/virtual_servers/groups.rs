//! Virtual servers and their groups.

use crate::diagnostics::{Code, Diagnostic};
use crate::lower::{Context, GroupDraft, Named, VirtualServerDraft};
use crate::source::Span;
use model::{Family, Frontend, VirtualServerGroup};
use std::collections::HashMap;

/// The groups, and how many virtual servers use each.
pub(super) struct Groups {
    groups: Vec<(VirtualServerGroup, Span, u32)>,
    places: HashMap<String, usize>,
}

impl Groups {
    pub(super) fn new(drafts: Named<GroupDraft>) -> Self {
        let groups: Vec<_> = drafts
            .blocks
            .into_iter()
            .map(|draft| {
                let group = VirtualServerGroup {
                    name: draft.name.value,
                    entries: draft.entries,
                };
                (group, draft.name.span, 0)
            })
            .collect();
        let places = groups
            .iter()
            .enumerate()
            .map(|(place, (group, ..))| (group.name.clone(), place))
            .collect();
        Self { groups, places }
    }

    /// The group of a virtual server that has been linked.
    pub(super) fn of(&self, frontend: &Frontend) -> Option<&VirtualServerGroup> {
        let Frontend::Group { name, .. } = frontend else {
            return None;
        };
        self.places.get(name).map(|place| &self.groups[*place].0)
    }

    /// Links a virtual server with its group, and settles its family. Gives nothing, after a report, where it cannot be
    /// served.
    pub(super) fn link(&mut self, server: &mut VirtualServerDraft, cx: &mut Context<'_>) -> Option<()> {
        let Frontend::Group { name, index } = &mut server.frontend else {
            return Some(());
        };
        let Some(place) = self.places.get(name.as_str()).copied() else {
            cx.lost.virtual_server_headers = true;
            let known: Vec<&str> = self.places.keys().map(String::as_str).collect();
            let message = format!("virtual server group {name} is dropped: there is no group of this name");
            cx.push(
                Diagnostic::logged(Code::UNKNOWN_NAME, message)
                    .at(server.header, "")
                    .suggest(name, known),
            );
            return None;
        };
        let (group, span, users) = &mut self.groups[place];
        let both = group.has_family(Family::Ipv4) && group.has_family(Family::Ipv6);
        let of_group = [Family::Ipv4, Family::Ipv6]
            .into_iter()
            .find(|family| group.has_family(*family));
        let refused = match (server.family, of_group) {
            (Some(family), Some(_)) if both => {
                Some(format!("it is {family}, and the group has both families"))
            }
            (Some(family), Some(other)) if family != other => {
                Some(format!("it is {family}, and the group is {other}"))
            }
            _ => None,
        };
        if let Some(reason) = refused {
            let message = format!("virtual server group {name} is dropped: {reason}");
            cx.push(
                Diagnostic::logged(Code::MIXED_FAMILIES, message)
                    .at(server.header, "")
                    .and_at(*span, "the group"),
            );
            return None;
        }
        *index = *users;
        *users += 1;
        if server.family.is_none() && !both {
            server.family = Some(of_group.unwrap_or_else(|| {
                let message = format!("virtual server group {name} names no family; IPv4 is used");
                cx.log(Code::DEFAULT_USED, server.header, message);
                Family::Ipv4
            }));
        }
        Some(())
    }

    /// The groups that are used, in file order.
    pub(super) fn used(self) -> Vec<VirtualServerGroup> {
        self.groups
            .into_iter()
            .filter(|(_, _, users)| *users > 0)
            .map(|(group, ..)| group)
            .collect()
    }
}
