//! `vrrp_instance` (`spec/config-vrrp.md` sections 1 and 4), checked and completed.

use crate::{
    Authentication, Command, ExtraInterfaceGarp, Family, Garp, IfName, MacAddr, Micros, Prefix, Priority,
    Route, Rule, Tracking, VirtualAddress, Vrid,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// Version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// RFC 3768.
    V2,
    /// RFC 5798 and RFC 9568.
    V3,
}

impl Version {
    /// 2 or 3, as in the packet.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

/// `state`: how the instance starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InitialState {
    /// As a backup.
    #[default]
    Backup,
    /// As the master; takes effect at once only with priority 255.
    Master,
}

/// `old_unicast_checksum`: pseudo-header of version 3 unicast adverts over IPv4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UnicastChecksum {
    /// The real destination, until a peer is found to use the multicast group.
    #[default]
    Detect,
    /// The real destination, always.
    Never,
    /// The multicast group, from the start.
    Old,
}

/// One entry of `unicast_peer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Peer {
    /// Where adverts go and from where they are accepted.
    pub address: IpAddr,
    /// Smallest TTL or hop limit that is accepted.
    pub min_ttl: u8,
    /// Largest TTL or hop limit that is accepted.
    pub max_ttl: u8,
}

/// How adverts travel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Transport {
    /// To a group on the link.
    Multicast {
        /// `mcast_dst_ip`, or the default group of the family.
        group: IpAddr,
    },
    /// To each peer.
    Unicast {
        /// The peers; never empty.
        peers: Vec<Peer>,
        /// Accept adverts of these peers only, and check their TTL.
        check_source: bool,
        /// `unicast_ttl`; nothing is 255 for IPv4 and the kernel's default for IPv6.
        ttl: Option<u8>,
        /// Checksum form of IPv4 version 3.
        checksum: UnicastChecksum,
        /// Group that the old checksum form uses in place of the destination.
        old_checksum_group: IpAddr,
    },
}

impl Transport {
    /// Whether adverts go to peers.
    #[must_use]
    pub const fn is_unicast(&self) -> bool {
        matches!(self, Self::Unicast { .. })
    }
}

/// Name of a VMAC or ipvlan interface.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VmacName {
    /// The name that the configuration gives.
    Configured(IfName),
    /// A name made of this prefix and the VRID when the interface is created.
    Generated(String),
}

/// The interface that keepalived creates for an instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VirtualLink {
    /// `use_vmac`.
    Vmac {
        /// Its name.
        name: VmacName,
        /// A MAC address other than the virtual router's own; the last octet is filled in.
        mac: Option<MacAddr>,
        /// `vmac_xmit_base`: adverts leave by the base interface.
        xmit_base: bool,
        /// `netlink_notify_msg`: announce link changes of the VMAC to others.
        netlink_notify: bool,
        /// Link group; nothing copies that of the base interface.
        group: Option<u32>,
    },
    /// `use_ipvlan`.
    Ipvlan {
        /// Its name.
        name: VmacName,
        /// Its address, also the source of adverts if none is configured.
        address: Option<Prefix>,
        /// Kernel mode flag: 0 bridge, 1 private, 2 vepa.
        mode: u16,
        /// Link group; nothing copies that of the base interface.
        group: Option<u32>,
    },
}

/// A mistake that keeps an instance in FAULT until the configuration changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConfigFault {
    /// Unicast was asked for with `unicast_fault_no_peer` and no peer is named.
    NoUnicastPeer,
    /// The interface cannot multicast and there is no unicast peer.
    NoMulticast,
    /// A VMAC on an interface that is not Ethernet.
    VmacNeedsEthernet,
    /// An IPv4 ipvlan without address.
    IpvlanNeedsAddress,
    /// Two instances that are not in one sync group would share this VMAC.
    SharedVmac(String),
    /// Same VRID on the same interface as another instance (interfaces may change, so this may go away).
    DuplicateVrid(String),
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUnicastPeer => f.write_str("unicast without any peers"),
            Self::NoMulticast => f.write_str("interface cannot multicast and no unicast peer is configured"),
            Self::VmacNeedsEthernet => f.write_str("a VMAC needs an Ethernet interface"),
            Self::IpvlanNeedsAddress => f.write_str("an IPv4 ipvlan needs an address"),
            Self::SharedVmac(other) => write!(f, "VMAC is shared with instance {other}"),
            Self::DuplicateVrid(other) => write!(f, "VRID is used by instance {other} on the same interface"),
        }
    }
}

/// The notification keywords of an instance or a sync group (`spec/config-vrrp.md` section 1.6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifications {
    /// `notify_master`.
    pub master: Option<Command>,
    /// `notify_backup`.
    pub backup: Option<Command>,
    /// `notify_fault`.
    pub fault: Option<Command>,
    /// `notify_stop`.
    pub stop: Option<Command>,
    /// `notify_deleted` with its command; instances only.
    pub deleted: Option<Command>,
    /// `notify`.
    pub any: Option<Command>,
    /// `notify_master_rx_lower_pri`; instances only.
    pub master_rx_lower_pri: Option<Command>,
    /// `notify_deleted` was given: a removed instance is reported as DELETED rather than FAULT.
    pub report_deleted: bool,
    /// `notify_priority_changes`, resolved over group and global default.
    pub priority_changes: bool,
    /// `smtp_alert`, resolved over the global defaults.
    pub smtp_alert: bool,
    /// `notify_ordered`, resolved over the global default: scripts run one after another, in the order of the events.
    pub ordered: bool,
    /// `notify_timeout`: a script is ended after this; nothing is never.
    pub timeout: Option<Micros>,
}

/// One VRRP instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Name; unique.
    pub name: String,
    /// Family of the adverts and of the advertised addresses.
    pub family: Family,
    /// `native_ipv6` was given.
    pub native_ipv6: bool,
    /// Version of the protocol.
    pub version: Version,
    /// `virtual_router_id`.
    pub vrid: Vrid,
    /// `interface`; only a unicast instance with a source address can do without.
    pub interface: Option<IfName>,
    /// `vrf`, unicast without interface only.
    pub vrf: Option<IfName>,
    /// `state`.
    pub initial_state: InitialState,
    /// `priority`.
    pub priority: Priority,
    /// `advert_int`: whole seconds for version 2, a multiple of 10 ms for version 3.
    pub advert_int: Micros,
    /// `nopreempt`.
    pub nopreempt: bool,
    /// `preempt_delay`; zero for none.
    pub preempt_delay: Micros,
    /// `down_timer_adverts`, 1 to 100.
    pub down_timer_adverts: u8,
    /// `timer_expired_backup`: the highest priority that the others are assumed to have.
    pub timer_expired_backup: Option<Priority>,
    /// `strict_mode`; what it changes has been applied to the other fields.
    pub strict_mode: bool,
    /// `accept`: packets to the virtual addresses are accepted although the instance is not the owner.
    pub accept: bool,
    /// `owner_ignore_adverts`.
    pub owner_ignore_adverts: bool,
    /// `lower_prio_no_advert`.
    pub lower_prio_no_advert: bool,
    /// `higher_prio_send_advert`.
    pub higher_prio_send_advert: bool,
    /// `skip_check_adv_addr`.
    pub skip_check_adv_addr: bool,
    /// `v3_checksum_as_v2`.
    pub v3_checksum_as_v2: bool,
    /// `kernel_rx_buf_size` in bytes; nothing follows `vrrp_rx_bufs_policy`.
    pub kernel_rx_buf_size: Option<u32>,
    /// How adverts travel.
    pub transport: Transport,
    /// `mcast_src_ip` or `unicast_src_ip`; nothing is the interface's own address.
    pub source: Option<IpAddr>,
    /// `track_src_ip`.
    pub track_src_ip: bool,
    /// `use_vmac` or `use_ipvlan`.
    pub virtual_link: Option<VirtualLink>,
    /// `use_vmac_addr`.
    pub use_vmac_addr: bool,
    /// `promote_secondaries`.
    pub promote_secondaries: bool,
    /// `dont_track_primary`.
    pub dont_track_primary: bool,
    /// `linkbeat_use_polling`.
    pub linkbeat_use_polling: bool,
    /// `virtual_ipaddress`, in advert order.
    pub virtual_addresses: Vec<VirtualAddress>,
    /// `virtual_ipaddress_excluded`, and what did not fit into an advert.
    pub excluded_addresses: Vec<VirtualAddress>,
    /// `virtual_routes`.
    pub routes: Vec<Route>,
    /// `virtual_rules`.
    pub rules: Vec<Rule>,
    /// The `track_…` blocks.
    pub tracking: Tracking,
    /// Scripts, FIFO lines and mails.
    pub notifications: Notifications,
    /// When gratuitous ARPs leave.
    pub garp: Garp,
    /// `garp_extra_if`.
    pub garp_extra_if: ExtraInterfaceGarp,
    /// `authentication` or `auth_hmac`.
    pub authentication: Authentication,
    /// Mistakes that keep the instance in FAULT.
    pub config_faults: Vec<ConfigFault>,
}

impl Instance {
    /// An instance with every option at its default, multicast to the default group, without interface and addresses.
    #[must_use]
    pub fn new(name: &str, family: Family, vrid: Vrid) -> Self {
        let globals = crate::VrrpGlobals::default();
        let (version, group) = match family {
            Family::Ipv4 => (globals.version, IpAddr::V4(globals.mcast_group4)),
            Family::Ipv6 => (Version::V3, IpAddr::V6(globals.mcast_group6)),
        };
        Self {
            name: name.to_owned(),
            family,
            native_ipv6: false,
            version,
            vrid,
            interface: None,
            vrf: None,
            initial_state: InitialState::Backup,
            priority: Priority::DEFAULT,
            advert_int: Micros::SECOND,
            nopreempt: false,
            preempt_delay: Micros::ZERO,
            down_timer_adverts: globals.down_timer_adverts,
            timer_expired_backup: None,
            strict_mode: false,
            accept: true,
            owner_ignore_adverts: false,
            lower_prio_no_advert: false,
            higher_prio_send_advert: false,
            skip_check_adv_addr: false,
            v3_checksum_as_v2: false,
            kernel_rx_buf_size: None,
            transport: Transport::Multicast { group },
            source: None,
            track_src_ip: false,
            virtual_link: None,
            use_vmac_addr: false,
            promote_secondaries: false,
            dont_track_primary: false,
            linkbeat_use_polling: false,
            virtual_addresses: Vec::new(),
            excluded_addresses: Vec::new(),
            routes: Vec::new(),
            rules: Vec::new(),
            tracking: Tracking::default(),
            notifications: Notifications::default(),
            garp: Garp::default(),
            garp_extra_if: ExtraInterfaceGarp::default(),
            authentication: Authentication::None,
            config_faults: Vec::new(),
        }
    }
}
