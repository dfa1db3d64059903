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
            Some(dev) => Some(dev),
            // A VMAC carries the addresses of its own family only.
            None if family != config.family => self.base.as_ref(),
            None => self.own.as_ref(),
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

    /// Everything that has to exist.
    pub fn links(&self) -> impl Iterator<Item = &WantedLink> {
        self.instances.iter().flat_map(|instance| &instance.wanted)
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
        let name = namer.name_vmac(prefix, instance.vrid, family, base, mac);
        links.extra.push((base.clone(), family, name.clone()));
        links.wanted.push(WantedLink {
            name,
            base: base.clone(),
            kind: WantedLinkKind::Vmac {
                mac,
                netlink_notify: false,
            },
            family,
            group: None,
        });
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
            let name = match (namer.existing_vmac(base, mac), name) {
                (Some(name), _) => name,
                (None, VmacName::Configured(name)) => name.clone(),
                (None, VmacName::Generated(prefix)) => namer.generate(prefix, instance.vrid, family),
            };
            WantedLink {
                name,
                base: base.clone(),
                kind: WantedLinkKind::Vmac {
                    mac,
                    netlink_notify: *netlink_notify,
                },
                family,
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
                    .existing_ipvlan(prefix, instance.vrid, base)
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
    /// Existing VMACs by base and MAC address, until one is claimed.
    vmacs: HashMap<(IfName, MacAddr), IfName>,
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
        }
    }

    fn name_vmac(&mut self, prefix: &str, vrid: Vrid, family: Family, base: &IfName, mac: MacAddr) -> IfName {
        match self.existing_vmac(base, mac) {
            Some(name) => name,
            None => self.generate(prefix, vrid, family),
        }
    }

    fn existing_vmac(&mut self, base: &IfName, mac: MacAddr) -> Option<IfName> {
        self.vmacs.remove(&(base.clone(), mac))
    }

    /// An ipvlan has the MAC address of its base, so that only its name tells whose it is.
    fn existing_ipvlan(&self, prefix: &str, vrid: Vrid, base: &IfName) -> Option<IfName> {
        let name = IfName::new(&format!("{prefix}.{vrid}")).ok()?;
        let interface = self.interfaces.by_name(name.as_str())?;
        let below = self.interfaces.by_index(interface.base?)?;
        (interface.kind == LinkKind::Ipvlan && below.name == *base).then_some(name)
    }

    /// `PREFIX.VRID`, or the first of `PREFIXn.VRID` that is free; IPv6 tries 6 before it counts.
    fn generate(&mut self, prefix: &str, vrid: Vrid, family: Family) -> IfName {
        let first = (family == Family::Ipv6).then_some(6);
        let numbers = first.into_iter().chain(1..).map(|number: u32| number.to_string());
        std::iter::once(String::new())
            .chain(numbers)
            .filter_map(|number| {
                let suffix = format!("{number}.{vrid}");
                let room = IfName::MAX_LEN.saturating_sub(suffix.len());
                let prefix: String = prefix.chars().take(room).collect();
                IfName::new(&format!("{prefix}{suffix}")).ok()
            })
            .find(|name| self.taken.insert(name.as_str().to_owned()))
            .expect("there are more numbers than interfaces")
    }
}
