//! The whole configuration.

use crate::{
    GarpGroup, Globals, Instance, InterfaceDelays, LinkPolling, LvsConfiguration, StaticObjects, SyncGroup,
    TrackFile, TrackGroup, TrackProcess, VrrpGlobals, VrrpScript,
};
use serde::{Deserialize, Serialize};

/// Everything that `keepalived.conf` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// `global_defs` and the root-level globals.
    pub globals: Globals,
    /// What the VRRP process needs.
    pub vrrp: VrrpConfiguration,
    /// What the checker process needs.
    pub lvs: LvsConfiguration,
    /// Whether there is a `virtual_server`, be it one that cannot be used.
    pub has_virtual_servers: bool,
    /// Whether there is a `bfd_instance`.
    pub has_bfd_instances: bool,
}

/// What the VRRP process needs beside the globals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VrrpConfiguration {
    /// `vrrp_instance`, in file order.
    pub instances: Vec<Instance>,
    /// `vrrp_sync_group`, in file order.
    pub sync_groups: Vec<SyncGroup>,
    /// `vrrp_script`, those that are used.
    pub scripts: Vec<VrrpScript>,
    /// `track_file`.
    pub track_files: Vec<TrackFile>,
    /// `vrrp_track_process`.
    pub track_processes: Vec<TrackProcess>,
    /// `static_ipaddress`, `static_routes`, `static_rules`.
    pub static_objects: StaticObjects,
    /// `track_group`.
    pub track_groups: Vec<TrackGroup>,
    /// `garp_group`, and a group for each other interface of an instance where `vrrp_garp_interval` or
    /// `vrrp_gna_interval` is set. Members are interfaces below macvlans and ipvlans.
    pub garp_groups: Vec<GarpGroup>,
    /// `interface_up_down_delays`.
    pub interface_delays: Vec<InterfaceDelays>,
    /// `linkbeat_interfaces`.
    pub link_polling: Vec<LinkPolling>,
}

impl VrrpConfiguration {
    /// Whether there is nothing that would make a VRRP process useful.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.instances.is_empty() && self.static_objects.is_empty()
    }

    /// The interfaces whose links are asked for their state, each once: those of `linkbeat_interfaces`, and those of
    /// instances with `linkbeat_use_polling`, their own or the global one.
    #[must_use]
    pub fn polled_links(&self, globals: &VrrpGlobals) -> Vec<LinkPolling> {
        let instances = self
            .instances
            .iter()
            .filter(|instance| globals.linkbeat_use_polling || instance.linkbeat_use_polling)
            .filter_map(|instance| instance.interface.clone());
        let of_instances = instances.map(|interface| LinkPolling {
            interface,
            method: None,
        });
        let mut links: Vec<LinkPolling> = Vec::new();
        for link in self.link_polling.iter().cloned().chain(of_instances) {
            if !links.iter().any(|other| other.interface == link.interface) {
                links.push(link);
            }
        }
        links
    }
}
