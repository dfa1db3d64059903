//! Draft of `vrrp_instance`.

use super::super::At;
use super::globals::GarpDraft;
use super::objects::CommandDraft;
use crate::source::Span;
use model::{
    AuthHmacMode, ConfigFault, ExtraInterfaceGarp, Family, HmacKey, IfName, InitialState, MacAddr, Micros,
    Peer, Prefix, Priority, Route, Rule, Secret, TrackEntry, UnicastChecksum, Version, VirtualAddress, Vrid,
};
use std::collections::HashMap;
use std::net::IpAddr;

/// `vrrp_instance`.
pub(crate) struct InstanceDraft {
    pub(crate) name: At<String>,
    /// What fixed the family, and to which.
    pub(crate) family: Option<At<Family>>,
    pub(crate) native_ipv6: bool,
    pub(crate) version: Option<At<Version>>,
    pub(crate) vrid: Option<At<Vrid>>,
    pub(crate) interface: Option<At<IfName>>,
    /// `interface` was absent or malformed and reported.
    pub(crate) interface_reported: bool,
    pub(crate) vrf: Option<At<IfName>>,
    pub(crate) state: Option<At<InitialState>>,
    pub(crate) priority: Option<At<Priority>>,
    pub(crate) advert_int: Option<At<Micros>>,
    pub(crate) nopreempt: Option<Span>,
    pub(crate) preempt_delay: Option<At<Micros>>,
    pub(crate) down_timer_adverts: Option<At<u8>>,
    pub(crate) timer_expired_backup: Option<At<Priority>>,
    pub(crate) strict_mode: Option<At<bool>>,
    pub(crate) accept: Option<At<bool>>,
    pub(crate) owner_ignore_adverts: Option<At<bool>>,
    pub(crate) lower_prio_no_advert: Option<At<bool>>,
    pub(crate) higher_prio_send_advert: Option<At<bool>>,
    pub(crate) skip_check_adv_addr: Option<bool>,
    pub(crate) v3_checksum_as_v2: Option<bool>,
    pub(crate) kernel_rx_buf_size: Option<u32>,
    pub(crate) linkbeat_use_polling: bool,
    pub(crate) source: Option<At<IpAddr>>,
    pub(crate) track_src_ip: bool,
    pub(crate) mcast_dst_ip: Option<At<IpAddr>>,
    /// The first keyword that asks for unicast.
    pub(crate) unicast_keyword: Option<Span>,
    pub(crate) peers: Vec<At<Peer>>,
    pub(crate) check_unicast_src: bool,
    pub(crate) unicast_fault_no_peer: bool,
    pub(crate) unicast_ttl: Option<At<u8>>,
    pub(crate) unicast_checksum: UnicastChecksum,
    pub(crate) vmac: Option<VmacDraft>,
    pub(crate) ipvlan: Option<IpvlanDraft>,
    pub(crate) use_vmac_addr: Option<Span>,
    pub(crate) vmac_xmit_base: Option<Span>,
    pub(crate) promote_secondaries: Option<Span>,
    pub(crate) dont_track_primary: bool,
    pub(crate) garp_extra_if: Option<ExtraInterfaceGarp>,
    pub(crate) addresses: Vec<At<VirtualAddress>>,
    pub(crate) excluded: Vec<At<VirtualAddress>>,
    /// Announced addresses with their `dev`.
    pub(crate) announced: HashMap<IpAddr, At<Option<IfName>>>,
    /// Places of excluded addresses by address and `dev`.
    pub(crate) excluded_on: HashMap<(IpAddr, Option<IfName>), Span>,
    pub(crate) no_virtual_ipaddress: Option<Span>,
    pub(crate) routes: Vec<At<Route>>,
    pub(crate) rules: Vec<At<Rule>>,
    pub(crate) tracking: TrackingDraft,
    pub(crate) notifications: NotificationsDraft,
    pub(crate) garp: GarpDraft,
    pub(crate) auth: Option<AuthDraft>,
    pub(crate) hmac: Option<HmacDraft>,
    pub(crate) faults: Vec<ConfigFault>,
}

impl InstanceDraft {
    pub(crate) fn new(name: At<String>) -> Self {
        Self {
            name,
            family: None,
            native_ipv6: false,
            version: None,
            vrid: None,
            interface: None,
            interface_reported: false,
            vrf: None,
            state: None,
            priority: None,
            advert_int: None,
            nopreempt: None,
            preempt_delay: None,
            down_timer_adverts: None,
            timer_expired_backup: None,
            strict_mode: None,
            accept: None,
            owner_ignore_adverts: None,
            lower_prio_no_advert: None,
            higher_prio_send_advert: None,
            skip_check_adv_addr: None,
            v3_checksum_as_v2: None,
            kernel_rx_buf_size: None,
            linkbeat_use_polling: false,
            source: None,
            track_src_ip: false,
            mcast_dst_ip: None,
            unicast_keyword: None,
            peers: Vec::new(),
            check_unicast_src: false,
            unicast_fault_no_peer: false,
            unicast_ttl: None,
            unicast_checksum: UnicastChecksum::default(),
            vmac: None,
            ipvlan: None,
            use_vmac_addr: None,
            vmac_xmit_base: None,
            promote_secondaries: None,
            dont_track_primary: false,
            garp_extra_if: None,
            addresses: Vec::new(),
            excluded: Vec::new(),
            announced: HashMap::new(),
            excluded_on: HashMap::new(),
            no_virtual_ipaddress: None,
            routes: Vec::new(),
            rules: Vec::new(),
            tracking: TrackingDraft::default(),
            notifications: NotificationsDraft::default(),
            garp: GarpDraft::default(),
            auth: None,
            hmac: None,
            faults: Vec::new(),
        }
    }

    /// The family, as far as the text has fixed it by now.
    pub(crate) fn family(&self) -> Family {
        self.family.map_or(Family::Ipv4, |family| family.value)
    }
}

/// `use_vmac`.
pub(crate) struct VmacDraft {
    pub(crate) span: Span,
    pub(crate) name: Option<At<IfName>>,
    pub(crate) mac: Option<At<VmacMac>>,
    pub(crate) netlink_notify: bool,
    pub(crate) group: Option<u32>,
}

/// A MAC address of `use_vmac`: six octets, or five that the VRID completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VmacMac {
    Whole(MacAddr),
    WithoutVrid([u8; 5]),
}

impl VmacMac {
    pub(crate) fn complete(self, vrid: Vrid) -> MacAddr {
        match self {
            Self::Whole(mac) => mac,
            Self::WithoutVrid(first) => {
                let mut octets = [vrid.value(); 6];
                octets[..5].copy_from_slice(&first);
                MacAddr(octets)
            }
        }
    }
}

/// `use_ipvlan`.
pub(crate) struct IpvlanDraft {
    pub(crate) span: Span,
    pub(crate) name: Option<At<IfName>>,
    pub(crate) address: Option<At<Prefix>>,
    /// Kernel mode flag, once given.
    pub(crate) mode: Option<u16>,
    pub(crate) group: Option<u32>,
}

/// The `track_…` blocks of an instance or a sync group.
#[derive(Default)]
pub(crate) struct TrackingDraft {
    pub(crate) interfaces: Vec<At<TrackEntry<IfName>>>,
    pub(crate) scripts: Vec<At<TrackEntry<String>>>,
    pub(crate) files: Vec<At<TrackEntry<String>>>,
    pub(crate) processes: Vec<At<TrackEntry<String>>>,
    pub(crate) bfd: Vec<At<TrackEntry<String>>>,
}

/// The notification keywords.
#[derive(Default)]
pub(crate) struct NotificationsDraft {
    pub(crate) master: Option<CommandDraft>,
    pub(crate) backup: Option<CommandDraft>,
    pub(crate) fault: Option<CommandDraft>,
    pub(crate) stop: Option<CommandDraft>,
    pub(crate) deleted: Option<CommandDraft>,
    pub(crate) any: Option<CommandDraft>,
    pub(crate) master_rx_lower_pri: Option<CommandDraft>,
    pub(crate) report_deleted: bool,
    pub(crate) priority_changes: Option<bool>,
    pub(crate) smtp_alert: Option<bool>,
    pub(crate) ordered: Option<bool>,
    pub(crate) timeout: Option<Micros>,
}

/// `auth_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthKind {
    Pass,
    Ah,
}

/// `authentication`.
pub(crate) struct AuthDraft {
    pub(crate) span: Span,
    pub(crate) kind: Option<At<AuthKind>>,
    pub(crate) password: Option<Secret>,
}

/// `auth_hmac`.
pub(crate) struct HmacDraft {
    pub(crate) span: Span,
    pub(crate) keys: Vec<HmacKey>,
    pub(crate) active_key: Option<At<u8>>,
    /// `anti_replay monotonic`.
    pub(crate) monotonic: bool,
    pub(crate) time_window: Option<Micros>,
    pub(crate) mode: AuthHmacMode,
}
