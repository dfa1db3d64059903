//! Checks of the configuration as a whole, and its completion (`spec/config-vrrp.md` section 4).
//!
//! In this order: scripts, sync groups, each instance, duplicate VRIDs, what depends on all of them. A mistake that the
//! original's VRRP process would not start with is reported with [`Stop::Permanent`](crate::diagnostics::Stop); the
//! checks go on all the same, so that one run names everything.

mod authentication;
mod duplicates;
mod globals;
mod groups;
mod hints;
mod instance;
mod interfaces;
mod script;
mod scripts;
mod track_file;
mod trackers;
mod transport;
mod vips;
mod virtual_link;
mod virtual_servers;

pub(crate) use hints::look as look_for_hints;
pub(crate) use scripts::Checker as Scripts;
pub(crate) use track_file::track_file;
pub(crate) use virtual_servers::alone;

use crate::Request;
use crate::lower::{Context, Draft};
use model::{Configuration, VrrpConfiguration};

/// Completes what was read.
pub(crate) fn complete(mut draft: Draft, request: &Request, cx: &mut Context<'_>) -> Configuration {
    let mut globals = globals::complete(&mut draft, request, cx);
    let mut checker = match draft.check.take() {
        Some(checker) => checker,
        None => Scripts::new(&draft.globals, cx),
    };
    let scripts = scripts::check(&mut checker, &mut draft, &mut globals, cx);
    let mut lvs = virtual_servers::complete(&mut draft, &globals.mail, &mut checker, cx);
    checker.finish(&mut globals, cx);
    let groups = groups::resolve(&mut draft, cx);
    let extra = instance::Surroundings {
        globals: &globals,
        group_of: groups.membership(),
        notify: scripts.instances,
    };
    let mut instances = instance::complete(std::mem::take(&mut draft.instances), extra, cx);
    duplicates::check(&mut instances, &groups, globals.vrrp.allow_if_changes, cx);
    let sync_groups = groups.complete(&mut instances, &globals, scripts.groups, cx);
    let instances: Vec<_> = instances.into_iter().map(|instance| instance.model).collect();
    let track_scripts = scripts::used(scripts.tracked, &instances, &sync_groups, cx);
    let track_groups = groups::track_groups(draft.track_groups, &instances, cx);
    let garp_groups = interfaces::garp_groups(draft.garp_groups, &instances, &globals.vrrp, cx);
    let interface_delays = interfaces::delays(draft.interface_delays, &instances, cx);
    globals.lvs.sync_daemon = globals::sync_daemon(globals.lvs.sync_daemon.take(), &instances, cx);
    let files: Vec<_> = draft
        .files
        .blocks
        .into_iter()
        .filter_map(track_file::complete)
        .collect();
    lvs.track_files = virtual_servers::followed(&lvs, &files);
    let processes = draft
        .processes
        .blocks
        .into_iter()
        .filter_map(trackers::complete_process)
        .collect();
    Configuration {
        lvs,
        has_virtual_servers: draft.has_virtual_servers,
        has_bfd_instances: !draft.bfd.blocks.is_empty(),
        vrrp: VrrpConfiguration {
            instances,
            sync_groups,
            scripts: track_scripts,
            track_files: files,
            track_processes: processes,
            static_objects: interfaces::statics(draft.statics),
            track_groups,
            garp_groups,
            interface_delays,
            link_polling: draft
                .link_polling
                .into_iter()
                .map(|polling| polling.value)
                .collect(),
        },
        globals,
    }
}
