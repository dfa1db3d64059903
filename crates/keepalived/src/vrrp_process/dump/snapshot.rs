//! What is shown, as it is at a moment.

use super::super::sockets::Opened;
use crate::dump::Viewer;
use crate::handover::Kind;
use crate::settings::Settings;
use model::interface::Interfaces;
use model::{
    Globals, IfName, Micros, Sense, TrackEntry, VirtualAddress, VirtualLink, VrrpConfiguration, VrrpScript,
    Weight,
};
use std::net::IpAddr;
use std::sync::Arc;
use vrrp::{
    Adjustment, FaultReason, History, Instance, Now, Peer, Router, ScriptResult, Sender, SocketId, SocketKey,
    State, Stats,
};

/// Everything that a dump may show. Configurations and histories are shared, not copied.
pub(super) struct Snapshot {
    pub(super) now: Now,
    pub(super) viewer: Viewer,
    pub(super) settings: Settings,
    pub(super) globals: Arc<Globals>,
    pub(super) configuration: Arc<VrrpConfiguration>,
    pub(super) instances: Vec<InstanceView>,
    pub(super) groups: Vec<GroupView>,
    pub(super) sockets: Vec<SocketView>,
    pub(super) scripts: Vec<ScriptView>,
    /// Values of the track files, in the order of the configuration.
    pub(super) files: Vec<i32>,
    /// Matches of the tracked processes and whether they count as a quorum, in the order of the configuration.
    pub(super) processes: Vec<(u32, bool)>,
    /// Tracked BFD sessions.
    pub(super) bfds: Vec<(String, bool)>,
    pub(super) interfaces: Interfaces,
}

/// An instance.
pub(super) struct InstanceView {
    pub(super) config: Arc<model::Instance>,
    pub(super) group: Option<Arc<str>>,
    pub(super) state: State,
    pub(super) wanted: State,
    pub(super) entered: Option<Now>,
    /// In this long the next advert is due, or the master-down timer ends.
    pub(super) deadline: Option<model::Time>,
    pub(super) master_down: Micros,
    /// The VMAC, or `interface`.
    pub(super) interface: Option<IfName>,
    /// The interfaces of the addresses, virtual ones before excluded ones, where they are not simply `dev` or
    /// `interface`.
    pub(super) places: Option<Vec<Option<IfName>>>,
    pub(super) source: Option<IpAddr>,
    pub(super) effective_priority: u8,
    pub(super) total_priority: i32,
    pub(super) sent_at: Option<model::Time>,
    pub(super) master: Option<Sender>,
    /// Priority of the master that was heard last.
    pub(super) last_master_priority: u8,
    pub(super) master_advert_int: Micros,
    /// When the master was last heard.
    pub(super) heard_at: model::Time,
    pub(super) peers: Vec<Peer>,
    /// Until when masters of lower priority are let be.
    pub(super) preempts_at: Option<model::Time>,
    pub(super) adjustments: Vec<Adjustment>,
    pub(super) faults: Vec<FaultReason>,
    pub(super) waits_for_scripts: bool,
    pub(super) uses_old_checksum: bool,
    pub(super) has_addresses: bool,
    /// Descriptors of its sockets; -1 where they are not open.
    pub(super) descriptors: (i32, i32),
    pub(super) stats: Stats,
    pub(super) history: History,
}

/// A sync group.
pub(super) struct GroupView {
    pub(super) config: Arc<model::SyncGroup>,
    pub(super) state: State,
}

/// A pair of sockets.
pub(super) struct SocketView {
    pub(super) key: SocketKey,
    pub(super) interface: Option<IfName>,
    pub(super) opened: Opened,
    /// Names and VRIDs of the instances.
    pub(super) members: Vec<(Arc<str>, u8)>,
}

/// A track script.
pub(super) struct ScriptView {
    pub(super) config: Arc<VrrpScript>,
    pub(super) result: u32,
    pub(super) is_good: bool,
    pub(super) last: Option<ScriptResult>,
    pub(super) output: Option<Arc<str>>,
    pub(super) init_state: &'static str,
    pub(super) run_state: &'static str,
}

/// What a snapshot is made of.
pub(super) struct Origin<'a> {
    pub(super) router: &'a Router,
    pub(super) globals: &'a Arc<Globals>,
    pub(super) settings: &'a Settings,
    pub(super) real_time: Option<(u8, Micros)>,
    /// What is known of a pair of sockets.
    pub(super) socket: &'a dyn Fn(SocketId) -> Opened,
}

impl Snapshot {
    /// Everything as it is now.
    pub(super) fn of(origin: &Origin<'_>, now: Now) -> Self {
        let router = origin.router;
        let configuration = router.configuration();
        let files = configuration.track_files.iter();
        let processes = configuration.track_processes.iter();
        let interfaces = router.interfaces();
        Self {
            now,
            viewer: Viewer {
                kind: Some(Kind::Vrrp),
                real_time: origin.real_time,
            },
            settings: origin.settings.clone(),
            globals: Arc::clone(origin.globals),
            configuration: Arc::clone(configuration),
            instances: router
                .instances()
                .map(|instance| InstanceView::of(instance, origin))
                .collect(),
            groups: router
                .groups()
                .iter()
                .map(|group| GroupView {
                    config: Arc::clone(group.config()),
                    state: group.state(),
                })
                .collect(),
            sockets: sockets(origin, &interfaces),
            scripts: router
                .scripts()
                .map(|script| ScriptView {
                    config: Arc::clone(script.config()),
                    result: script.result(),
                    is_good: script.is_good(),
                    last: script.last_result(),
                    output: script.output().cloned(),
                    init_state: script.init_state(),
                    run_state: script.run_state(),
                })
                .collect(),
            files: files
                .map(|file| router.file_value(&file.name).unwrap_or_default())
                .collect(),
            processes: processes
                .map(|process| router.process_status(&process.name).unwrap_or_default())
                .collect(),
            bfds: bfds(router),
            interfaces,
        }
    }

    /// The instances that a tracker changes, each with its weight, in the order of the configuration. Those of a group come
    /// through the group.
    pub(super) fn users<'a>(
        &'a self,
        list: fn(&model::Tracking) -> &[TrackEntry<String>],
        name: &'a str,
    ) -> Vec<(&'a str, Weight, Sense)> {
        let entry =
            move |tracking: &'a model::Tracking| list(tracking).iter().find(|entry| entry.target == name);
        let instances = self.instances.iter().filter_map(|instance| {
            let own = entry(&instance.config.tracking);
            let of_group = || {
                let group = instance.group.as_deref()?;
                let mut groups = self.groups.iter();
                entry(&groups.find(|other| other.config.name == group)?.config.tracking)
            };
            let entry = own.or_else(of_group)?;
            Some((instance.config.name.as_str(), entry.weight, entry.sense))
        });
        instances.collect()
    }
}

impl InstanceView {
    fn of(instance: &Instance, origin: &Origin<'_>) -> Self {
        let router = origin.router;
        let config = instance.config();
        let addresses = || config.virtual_addresses.iter().chain(&config.excluded_addresses);
        let is_simple = config.virtual_link.is_none() && addresses().all(|address| !address.use_vmac);
        let place = |address| instance.interface_of(address).cloned();
        Self {
            config: Arc::clone(config),
            group: instance
                .group()
                .and_then(|id| router.group(id))
                .map(|group| Arc::clone(group.name())),
            state: instance.state(),
            wanted: instance.wanted_state(),
            entered: instance.last_transition(),
            deadline: router.instance_deadline(instance.id()),
            master_down: instance.master_down_interval(),
            interface: instance.interface().cloned(),
            places: (!is_simple).then(|| addresses().map(place).collect()),
            source: instance.source(),
            effective_priority: instance.effective_priority(),
            total_priority: instance.total_priority(),
            sent_at: instance.last_advert_sent(),
            master: instance.master(),
            last_master_priority: instance.last_master_priority(),
            master_advert_int: instance.master_advert_int(),
            heard_at: instance.last_heard(),
            peers: instance.peers().to_vec(),
            preempts_at: instance.preempts_at(),
            adjustments: router.adjustments(instance.id()).collect(),
            faults: instance.faults().to_vec(),
            waits_for_scripts: instance.waits_for_scripts(),
            uses_old_checksum: instance.uses_old_checksum(),
            has_addresses: instance.has_addresses(),
            descriptors: instance
                .socket()
                .map_or(Opened::NOT, |id| (origin.socket)(id))
                .descriptors,
            stats: *instance.stats(),
            history: instance.history().clone(),
        }
    }

    /// The interface of one of its addresses, by its place among all of them, virtual ones before excluded ones.
    pub(super) fn interface_of<'a>(
        &'a self,
        position: usize,
        address: &'a VirtualAddress,
    ) -> Option<&'a IfName> {
        let dev = address.dev.as_ref().or(self.config.interface.as_ref());
        match &self.places {
            Some(places) => places.get(position).and_then(Option::as_ref).or(dev),
            None => dev,
        }
    }

    /// Whether it has a VMAC or an ipvlan.
    pub(super) fn virtual_link(&self) -> Option<(&VirtualLink, &IfName)> {
        Some((self.config.virtual_link.as_ref()?, self.interface.as_ref()?))
    }
}

fn sockets(origin: &Origin<'_>, interfaces: &Interfaces) -> Vec<SocketView> {
    let router = origin.router;
    let views = router.sockets().map(|(id, key, members)| SocketView {
        key,
        interface: key
            .interface
            .and_then(|index| interfaces.by_index(index))
            .map(|interface| interface.name.clone()),
        opened: (origin.socket)(id),
        members: members
            .filter_map(|member| router.instance(member))
            .map(|instance| (Arc::clone(instance.name()), instance.config().vrid.value()))
            .collect(),
    });
    views.collect()
}

fn bfds(router: &Router) -> Vec<(String, bool)> {
    let configuration = router.configuration();
    let instances = configuration.instances.iter().map(|instance| &instance.tracking);
    let groups = configuration.sync_groups.iter().map(|group| &group.tracking);
    let mut names: Vec<_> = instances
        .chain(groups)
        .flat_map(|tracking| &tracking.bfd)
        .map(|entry| entry.target.clone())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let up = router.bfd_is_up(&name).unwrap_or_default();
            (name, up)
        })
        .collect()
}
