//! Settings of the whole machine that VMACs need, changed while there are any (`spec/vrrp-protocol.md` section 12).
//!
//! A VMAC takes in packets for which the interface below is the way back, so reverse path filtering has to be off there.
//! The kernel applies the stricter of `all` and the interface's own value: what `all` demands is laid on every other
//! interface instead, and `all` demands nothing.

use kernel::operation::{Object, Operation, Sysctl};
use kernel::sysctl;
use model::{Family, VrrpGlobals};
use std::fs;
use std::io;
use vrrp::{LinkPlan, WantedLinkKind};

/// `disable_local_igmp`.
const LOCAL_REPORTS: &str = "net/ipv4/igmp_link_local_mcast_reports";
/// Where the interfaces have their IPv4 settings.
const INTERFACES: &str = "net/ipv4/conf";
const ALL: &str = "net/ipv4/conf/all/rp_filter";

/// What has been changed.
#[derive(Debug, Default)]
pub(super) struct Environment {
    path_filter: Vec<Object>,
    local_reports: Vec<Object>,
}

impl Environment {
    /// What a configuration needs changed, or changed back.
    pub(super) fn configure(&mut self, plan: &LinkPlan, globals: &VrrpGlobals) -> Vec<Operation> {
        let mut operations = Vec::new();
        let is_ipv4_vmac = |link: &vrrp::WantedLink| {
            matches!(link.kind, WantedLinkKind::Vmac { .. }) && link.family == Family::Ipv4
        };
        if !plan.links().any(is_ipv4_vmac) {
            operations.extend(undo(&mut self.path_filter));
        } else if self.path_filter.is_empty() {
            self.path_filter = path_filter(plan).unwrap_or_else(|error| {
                tracing::warn!("looking for rp_filter of the interfaces: {error}");
                Vec::new()
            });
            operations.extend(self.path_filter.iter().cloned().map(Operation::Add));
        }
        if globals.disable_local_igmp && self.local_reports.is_empty() {
            self.local_reports.push(setting(LOCAL_REPORTS, 0));
            operations.extend(self.local_reports.iter().cloned().map(Operation::Add));
        }
        operations
    }

    /// Changes everything back.
    pub(super) fn restore(&mut self) -> Vec<Operation> {
        let mut operations = undo(&mut self.local_reports);
        operations.extend(undo(&mut self.path_filter));
        operations
    }
}

fn undo(changed: &mut Vec<Object>) -> Vec<Operation> {
    changed.drain(..).rev().map(Operation::Remove).collect()
}

fn setting(path: &str, value: u8) -> Object {
    Object::from(Sysctl {
        path: path.into(),
        value: value.to_string().into(),
    })
}

/// Raises what is less strict than `all`, but for the links of the plan, and then lowers `all`. In the opposite order
/// packets would pass meanwhile that should not. `default` comes behind the interfaces: the kernel hands its value on to
/// those that have none of their own.
fn path_filter(plan: &LinkPlan) -> io::Result<Vec<Object>> {
    let demanded = value(ALL)?;
    if demanded == 0 {
        return Ok(Vec::new());
    }
    let is_other = |name: &str| name != "all" && plan.links().all(|link| link.name.as_str() != name);
    let mut names = Vec::new();
    for entry in fs::read_dir(format!("/proc/sys/{INTERFACES}"))? {
        names.extend(
            entry?
                .file_name()
                .into_string()
                .ok()
                .filter(|name| is_other(name)),
        );
    }
    names.sort_by_key(|name| name == "default");
    let paths = names.iter().map(|name| format!("{INTERFACES}/{name}/rp_filter"));
    // An interface that is gone meanwhile has nothing to be raised.
    let lax = paths.filter(|path| value(path).is_ok_and(|value| value < demanded));
    let mut changes: Vec<_> = lax.map(|path| setting(&path, demanded)).collect();
    tracing::info!("NOTICE: setting sysctl net.ipv4.conf.all.rp_filter from {demanded} to 0");
    changes.push(setting(ALL, 0));
    Ok(changes)
}

fn value(path: &str) -> io::Result<u8> {
    sysctl::read(path)?.parse().map_err(io::Error::other)
}
