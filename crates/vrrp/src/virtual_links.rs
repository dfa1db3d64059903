//! Which macvlans and ipvlans the instances need, and what they are called (`spec/vrrp-protocol.md` section 12).

use model::interface::{Interface, Interfaces, LinkKind};
use model::{
    Family, IfName, Instance, MacAddr, Prefix, VirtualAddress, VirtualLink, VmacName, Vrid, VrrpGlobals,
};
use std::collections::{HashMap, HashSet};

/// Prefix of generated names where none is configured.
const PREFIX: &str = "vrrp";

/// What a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WantedLinkKind {
    /// A macvlan in mode private.
    Vmac {
        /// Its MAC address.
        mac: MacAddr,
        /// `netlink_notify_msg`.
        netlink_notify: bool,
    },
    /// An ipvlan in mode L2.
    Ipvlan {
        /// Mode flag of the kernel: 0 bridge, 1 private, 2 vepa.
        mode: u16,
        /// Its address.
        address: Option<Prefix>,
    },
}

/// A link that has to exist as long as its instance does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WantedLink {
    /// Its name.
    pub name: IfName,
    /// The interface below it.
    pub base: IfName,
    /// What it is.
    pub kind: WantedLinkKind,
    /// Family of the addresses that it is made for; decides about its sysctls.
    pub family: Family,
    /// An IPv6 address of its instance names it, although it is made for IPv4.
    pub carries_ipv6: bool,
    /// Link group; nothing copies that of the base.
    pub group: Option<u32>,
}

/// The links of one instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InstanceLinks {
    /// `interface`.
    pub(crate) base: Option<IfName>,
    /// Where addresses without `dev` go: the VMAC, or `interface`.
    pub(crate) own: Option<IfName>,
    /// Where adverts leave and arrive.
    pub(crate) transmit: Option<IfName>,
    /// VMACs for addresses on other interfaces or of the other family.
    extra: Vec<(IfName, Family, IfName)>,
    /// Everything that has to exist, in order of creation.
    pub(crate) wanted: Vec<WantedLink>,
}

impl InstanceLinks {
    /// The interface of an address.
    pub(crate) fn of<'a>(&'a self, config: &Instance, address: &'a VirtualAddress) -> Option<&'a IfName> {
        let family = address.family();
        if let Some((base, family)) = extra_vmac(config, address) {
            return self
                .extra
                .iter()
                .find(|(on, of, _)| on == base && *of == family)
                .map(|(_, _, name)| name);
        }
        match &address.dev {
            Some(dev) if Some(dev) != self.base.as_ref() => Some(dev),
            // A VMAC carries the addresses of its own family only; those that name the interface below are among them.
            _ if family != config.family => self.base.as_ref(),
            _ => self.own.as_ref(),
        }
    }
}

/// The links of all instances.
#[derive(Clone, Debug, Default)]
pub struct LinkPlan {
    pub(crate) instances: Vec<InstanceLinks>,
}

impl LinkPlan {
    /// Plans the links of the instances of a configuration. Links that exist already are found again, by the interface below them and
    /// their MAC address, and keep their name.
    ///
    /// The caller makes what [`links`](Self::links) names before the router starts or takes a new configuration in, so
    /// that no instance has to wait for its own interface.
    #[must_use]
    pub fn new(configs: &[Instance], globals: &VrrpGlobals, interfaces: &Interfaces) -> Self {
        let mut namer = Namer::new(interfaces);
        // Configured names first, so that a generated one does not take them.
        for instance in configs {
            if let Some(
                VirtualLink::Vmac {
                    name: VmacName::Configured(name),
                    ..
                }
                | VirtualLink::Ipvlan {
                    name: VmacName::Configured(name),
                    ..
                },
            ) = &instance.virtual_link
            {
                namer.taken.insert(name.as_str().to_owned());
            }
        }
        let instances = configs
            .iter()
            .map(|instance| plan(instance, globals, &mut namer))
            .collect();
        Self { instances }
    }

    /// Everything that has to exist, each link once.
    pub fn links(&self) -> impl Iterator<Item = &WantedLink> {
        let mut seen = HashSet::new();
        let all = self.instances.iter().flat_map(|instance| &instance.wanted);
        all.filter(move |link| seen.insert(&link.name))
    }

    /// The links whose names belong to other macvlans or ipvlans now: configured names that were used otherwise before.
    /// Those have to go first.
    pub fn misshapen<'a>(&'a self, interfaces: &'a Interfaces) -> impl Iterator<Item = &'a WantedLink> {
        self.links().filter(|link| {
            let Some(present) = interfaces.by_name(link.name.as_str()) else {
                return false;
            };
            let base = interfaces.by_name(link.base.as_str());
            let below = base.map(|base| interfaces.base_of(base).index);
            let is_on_base = below.is_none() || present.base == below;
            match (&present.kind, link.kind) {
                (LinkKind::PrivateMacvlan, WantedLinkKind::Vmac { mac, .. }) => {
                    !is_on_base || present.mac != Some(mac)
                }
                (LinkKind::Ipvlan, WantedLinkKind::Ipvlan { .. }) => !is_on_base,
                (LinkKind::PrivateMacvlan | LinkKind::Macvlan | LinkKind::Ipvlan, _) => true,
                (LinkKind::Other | LinkKind::Vrf { .. }, _) => false,
            }
        })
    }

    /// The interface of an address of the instance at this position of the configuration.
    #[must_use]
    pub fn interface_of<'a>(
        &'a self,
        position: usize,
        config: &Instance,
        address: &'a VirtualAddress,
    ) -> Option<&'a IfName> {
        self.instances.get(position)?.of(config, address)
    }
}

fn plan(instance: &Instance, globals: &VrrpGlobals, namer: &mut Namer<'_>) -> InstanceLinks {
    let base = instance.interface.clone().or_else(|| instance.vrf.clone());
    let mut links = InstanceLinks {
        own: base.clone(),
        transmit: base.clone(),
        base,
        ..InstanceLinks::default()
    };
    if let (Some(link), Some(base)) = (&instance.virtual_link, &instance.interface) {
        let wanted = own_link(instance, link, base, namer);
        let through_base = matches!(link, VirtualLink::Vmac { xmit_base: true, .. });
        if !through_base {
            links.transmit = Some(wanted.name.clone());
        }
        links.own = Some(wanted.name.clone());
        links.wanted.push(wanted);
    }
    let prefix = globals
        .vmac_addr_prefix
        .as_deref()
        .or(globals.vmac_prefix.as_deref())
        .unwrap_or(PREFIX);
    for address in instance
        .virtual_addresses
        .iter()
        .chain(&instance.excluded_addresses)
    {
        let Some((base, family)) = extra_vmac(instance, address) else {
            continue;
        };
        if links.extra.iter().any(|(on, of, _)| on == base && *of == family) {
            continue;
        }
        let mac = MacAddr::virtual_router(family, instance.vrid);
        let name = namer.name_vmac(base, mac, |namer| namer.generate(prefix, instance.vrid, family));
        links.extra.push((base.clone(), family, name.clone()));
        links.wanted.push(WantedLink {
            name,
            base: base.clone(),
            kind: WantedLinkKind::Vmac {
                mac,
                netlink_notify: false,
            },
            family,
            carries_ipv6: false,
            group: None,
        });
    }
    for link in &mut links.wanted {
        link.carries_ipv6 = instance
            .virtual_addresses
            .iter()
            .chain(&instance.excluded_addresses)
            .any(|address| address.family() == Family::Ipv6 && address.dev.as_ref() == Some(&link.name));
    }
    links
}

fn own_link(instance: &Instance, link: &VirtualLink, base: &IfName, namer: &mut Namer<'_>) -> WantedLink {
    let family = instance.family;
    match link {
        VirtualLink::Vmac {
            name,
            mac,
            netlink_notify,
            group,
            ..
        } => {
            let mac = mac.unwrap_or_else(|| MacAddr::virtual_router(family, instance.vrid));
            let name = match name {
                VmacName::Configured(name) => namer.name_vmac(base, mac, |_| name.clone()),
                VmacName::Generated(prefix) => {
                    namer.name_vmac(base, mac, |namer| namer.generate(prefix, instance.vrid, family))
                }
            };
            WantedLink {
                name,
                base: base.clone(),
                kind: WantedLinkKind::Vmac {
                    mac,
                    netlink_notify: *netlink_notify,
                },
                family,
                carries_ipv6: false,
                group: *group,
            }
        }
        VirtualLink::Ipvlan {
            name,
            address,
            mode,
            group,
        } => {
            let name = match name {
                VmacName::Configured(name) => name.clone(),
                VmacName::Generated(prefix) => namer
                    .existing_ipvlan(prefix, instance.vrid, family, base)
                    .unwrap_or_else(|| namer.generate(prefix, instance.vrid, family)),
            };
            WantedLink {
                name,
                base: base.clone(),
                kind: WantedLinkKind::Ipvlan {
                    mode: *mode,
                    address: *address,
                },
                family,
                carries_ipv6: false,
                group: *group,
            }
        }
    }
}

/// The interface and family of the additional VMAC that an address is put on, if it is put on one.
fn extra_vmac<'a>(instance: &'a Instance, address: &'a VirtualAddress) -> Option<(&'a IfName, Family)> {
    let has_vmac = matches!(instance.virtual_link, Some(VirtualLink::Vmac { .. }));
    let base = address.dev.as_ref().or(instance.interface.as_ref())?;
    let family = address.family();
    let on_own_vmac = has_vmac
        && family == instance.family
        && address
            .dev
            .as_ref()
            .is_none_or(|dev| Some(dev) == instance.interface.as_ref());
    let wanted = address.use_vmac || instance.use_vmac_addr;
    (wanted && !on_own_vmac).then_some((base, family))
}

/// Gives out names that nobody has.
struct Namer<'a> {
    interfaces: &'a Interfaces,
    taken: HashSet<String>,
    /// VMACs by the interface that is below them in the end, and their MAC address: those that exist, and those that are
    /// planned. There can be only one of each, which instances share.
    vmacs: HashMap<(IfName, MacAddr), IfName>,
    /// Ipvlans that have been found again.
    ipvlans: HashSet<IfName>,
}

impl<'a> Namer<'a> {
    fn new(interfaces: &'a Interfaces) -> Self {
        let taken = interfaces
            .0
            .iter()
            .map(|interface| interface.name.as_str().to_owned())
            .collect();
        let names: HashMap<_, _> = interfaces
            .0
            .iter()
            .map(|interface| (interface.index, &interface.name))
            .collect();
        let vmac = |interface: &Interface| {
            let base = (*names.get(&interface.base?)?).clone();
            let is_vmac = interface.kind == LinkKind::PrivateMacvlan;
            is_vmac.then_some(((base, interface.mac?), interface.name.clone()))
        };
        let vmacs = interfaces.0.iter().rev().filter_map(vmac).collect();
        Self {
            interfaces,
            taken,
            vmacs,
            ipvlans: HashSet::new(),
        }
    }

    /// The VMAC that exists or is planned already, or a new one.
    fn name_vmac(&mut self, base: &IfName, mac: MacAddr, name: impl FnOnce(&mut Self) -> IfName) -> IfName {
        // The kernel puts a macvlan on a macvlan beside that one.
        let below = self.interfaces.by_name(base.as_str());
        let below = below.map_or(base, |below| &self.interfaces.base_of(below).name);
        let key = (below.clone(), mac);
        if let Some(known) = self.vmacs.get(&key) {
            return known.clone();
        }
        let name = name(self);
        self.vmacs.insert(key, name.clone());
        name
    }

    /// An ipvlan has the MAC address of its base, so that only its name tells whose it is.
    fn existing_ipvlan(&mut self, prefix: &str, vrid: Vrid, family: Family, base: &IfName) -> Option<IfName> {
        let is_on_base = |interface: &&Interface| {
            let below = interface.base.and_then(|below| self.interfaces.by_index(below));
            interface.kind == LinkKind::Ipvlan && below.is_some_and(|below| below.name == *base)
        };
        let on_base = self.interfaces.0.iter().filter(is_on_base);
        let free: HashSet<_> = on_base
            .map(|interface| &interface.name)
            .filter(|name| !self.ipvlans.contains(*name))
            .collect();
        // A name with a larger number than there are interfaces was not made up here.
        let most = self.interfaces.0.len() + 2;
        let name = names(prefix, vrid, family)
            .take(most)
            .find(|name| free.contains(name))?;
        self.ipvlans.insert(name.clone());
        Some(name)
    }

    /// The first name that is free.
    fn generate(&mut self, prefix: &str, vrid: Vrid, family: Family) -> IfName {
        names(prefix, vrid, family)
            .find(|name| self.taken.insert(name.as_str().to_owned()))
            .expect("there are more numbers than interfaces")
    }
}

/// `PREFIX.VRID`, and then `PREFIXn.VRID`; IPv6 tries 6 before it counts.
fn names(prefix: &str, vrid: Vrid, family: Family) -> impl Iterator<Item = IfName> {
    let first = (family == Family::Ipv6).then_some(6);
    let numbers = first.into_iter().chain(1..).map(|number: u32| number.to_string());
    std::iter::once(String::new())
        .chain(numbers)
        .filter_map(move |number| {
            let suffix = format!("{number}.{vrid}");
            let room = IfName::MAX_LEN.saturating_sub(suffix.len());
            let prefix: String = prefix.chars().take(room).collect();
            IfName::new(&format!("{prefix}{suffix}")).ok()
        })
}
