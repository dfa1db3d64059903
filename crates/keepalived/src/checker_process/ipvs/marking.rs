//! The marks of groups that are one service each (`nftables_ipvs`, `spec/config-virtual-server.md` section 12).

use crate::ipvs_table;
use kernel::{MarkSettings, Marks};
use model::Globals;
use model::ipvs::{MapChange, MapElement};
use std::collections::BTreeSet;

/// `nftables_ipvs_priority` where the configuration has none: before the filters of others.
const PRIORITY: i32 = -1;

/// The tables of marks, as the configuration wants them.
#[derive(Debug, Default)]
pub(super) struct Marking {
    settings: Option<MarkSettings>,
    /// The tables, from the first element on.
    marks: Option<Marks>,
    /// Where they are: `net_namespace_ipvs`.
    namespace: Option<String>,
    wanted: BTreeSet<MapElement>,
    /// Part of what is wanted was refused.
    is_incomplete: bool,
}

impl Marking {
    /// Goes by these settings. Other ones have the tables made anew. Returns whether something was refused.
    pub(super) fn configure(&mut self, globals: &Globals) -> bool {
        let firewall = &globals.firewall;
        let settings = firewall.ipvs_table.as_ref().map(|table| MarkSettings {
            table: table.clone(),
            priority: firewall.ipvs_priority.unwrap_or(PRIORITY),
            counters: firewall.counters,
        });
        self.namespace.clone_from(&globals.identity.net_namespace_ipvs);
        if settings == self.settings {
            return false;
        }
        self.finish();
        self.settings = settings;
        self.put_in_all()
    }

    /// Carries changes out. Returns whether one was refused.
    pub(super) fn apply(&mut self, changes: &[MapChange]) -> bool {
        for change in changes {
            match change {
                MapChange::Add(element) => self.wanted.insert(*element),
                MapChange::Remove(element) => self.wanted.remove(element),
            };
        }
        self.carry_out(changes)
    }

    /// Puts in what was refused. Returns whether it was refused again.
    pub(super) fn repair(&mut self) -> bool {
        self.is_incomplete && self.put_in_all()
    }

    /// Takes the tables away.
    pub(super) fn finish(&mut self) {
        if let Some(mut marks) = self.marks.take()
            && let Err(error) = marks.finish()
        {
            tracing::error!("nftables_ipvs: deleting the tables: {error}");
        }
    }

    fn put_in_all(&mut self) -> bool {
        let changes: Vec<_> = self.wanted.iter().copied().map(MapChange::Add).collect();
        self.is_incomplete = false;
        self.carry_out(&changes)
    }

    fn carry_out(&mut self, changes: &[MapChange]) -> bool {
        // Removals go on after `nftables_ipvs` is gone from the configuration, and the tables with it.
        let Some(settings) = self.settings.as_ref().filter(|_| !changes.is_empty()) else {
            return false;
        };
        let marks = match &mut self.marks {
            Some(marks) => marks,
            // This thread need not be anywhere else.
            none => match ipvs_table::enter(self.namespace.as_deref()) {
                Ok(()) => none.insert(Marks::new(settings.clone())),
                Err(error) => {
                    tracing::error!("nftables_ipvs: {error}");
                    self.is_incomplete = true;
                    return true;
                }
            },
        };
        let errors = marks.apply(changes);
        for error in &errors {
            tracing::error!("nftables_ipvs: {error}");
        }
        self.is_incomplete |= !errors.is_empty();
        !errors.is_empty()
    }
}
