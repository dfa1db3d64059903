//! The rule set of VRRP, as `nft list ruleset` shows it.

use super::FirewallSettings;
use super::expression::Expression::{Count, Duplicate, End, Equals, In, Load, LoadMeta, Map, Mask};
use super::expression::{Expression, Field, Meta, Verdict};
use super::message::{
    self, Element, Family, Hook, HostOrder, Place, Set, add_chain, add_element, add_rule, add_set,
    delete_element,
};
use crate::netlink::Batch;
use crate::operation::FirewallEntry;
use model::{IfIndex, IfName};
use std::net::{IpAddr, Ipv6Addr};

// Types of keys, as `nft` numbers them; a concatenation has six bits for each part.
const IPV4_ADDR: u32 = 7;
const IPV6_ADDR: u32 = 8;
const IFACE_INDEX: u32 = 20;
const ICMPV6_TYPE: u32 = 29;
const IFNAME: u32 = 41;
const fn concatenated(first: u32, second: u32) -> u32 {
    first << 6 | second
}

/// `IFNAMSIZ`
const NAME_LEN: usize = 16;

const VIPS_V4: Set = set("vips", IPV4_ADDR, 4);
const VIPS_V6: Set = set("vips", IPV6_ADDR, 16);
const VIPS_BY_INDEX: Set = set("vips_link_local", concatenated(IPV6_ADDR, IFACE_INDEX), 20);
const VIPS_BY_NAME: Set = set("vips_link_local_name", concatenated(IPV6_ADDR, IFNAME), 32);
const PARENT_LINK_LOCAL: Set = set("parent_link_local", concatenated(IPV6_ADDR, IFNAME), 32);
const VMAC_SET: Set = Set {
    host_order: HostOrder::All,
    ..set("vmac_set", IFACE_INDEX, 4)
};
const VMAC_MAP: Set = Set {
    data: Some((IFACE_INDEX, 4)),
    host_order: HostOrder::All,
    ..set("vmac_map", IFACE_INDEX, 4)
};
const NEIGHBOR_DISCOVERY: Set = Set {
    constant: true,
    ..set("neighbor-discovery", ICMPV6_TYPE, 1)
};
const MLD_REPORT: Set = Set {
    constant: true,
    ..set("mld-report", ICMPV6_TYPE, 1)
};

const fn set(name: &'static str, key_type: u32, key_len: u32) -> Set {
    Set {
        name,
        key_type,
        key_len,
        data: None,
        constant: false,
        host_order: HostOrder::Nothing,
        ranges: &[],
        counters: false,
    }
}

const OUT: &str = "out";
const IN: &str = "in";
const OUT_LINK_LOCAL: &str = "out_link_local";
const IN_LINK_LOCAL: &str = "in_link_local";

const IGMP: u8 = 2;
const ICMPV6: u8 = 58;
const ROUTER_SOLICIT: u8 = 133;
const NEIGHBOR_SOLICIT: u8 = 135;
const NEIGHBOR_ADVERT: u8 = 136;
const MLD_REPORT_V1: u8 = 131;
const MLD_REPORT_V2: u8 = 143;

/// Parts of a table that are made when they are first needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Parts {
    table: bool,
    vips: bool,
    vmacs: bool,
}

/// One of our tables.
#[derive(Clone, Debug)]
pub(super) struct Table {
    family: Family,
    made: Parts,
    /// Sets made so far, which numbers the next one.
    sets: u32,
}

impl Table {
    pub(super) const fn new(family: Family) -> Self {
        Self {
            family,
            made: Parts {
                table: false,
                vips: false,
                vmacs: false,
            },
            sets: 0,
        }
    }

    /// Appends what adds an entry.
    pub(super) fn add(&mut self, settings: &FirewallSettings, entry: &FirewallEntry, batch: &mut Batch) {
        self.make_table(settings, batch);
        match entry {
            FirewallEntry::Vip(_) | FirewallEntry::LinkLocalVip { .. } => self.make_vips(settings, batch),
            FirewallEntry::Vmac { .. } | FirewallEntry::ParentLinkLocal { .. } => {
                self.make_vmacs(settings, batch);
            }
        }
        for element in elements(settings, entry) {
            add_element(batch, self.family, &settings.table, &element);
        }
    }

    /// Appends what removes an entry.
    pub(super) fn remove(&mut self, settings: &FirewallSettings, entry: &FirewallEntry, batch: &mut Batch) {
        // Without a table of ours there is no entry of ours, whatever others may have.
        if !self.made.table {
            return;
        }
        for element in elements(settings, entry) {
            delete_element(batch, self.family, &settings.table, &element);
        }
    }

    /// Whether there is a table of ours.
    pub(super) const fn is_made(&self) -> bool {
        self.made.table
    }

    /// Appends what deletes a table of ours.
    pub(super) fn delete(&mut self, settings: &FirewallSettings, batch: &mut Batch) {
        if self.made.table {
            message::delete_table(batch, self.family, &settings.table);
            *self = Self::new(self.family);
        }
    }

    pub(super) fn delete_leftover(&self, settings: &FirewallSettings, batch: &mut Batch) {
        if !self.made.table {
            // A table that does not exist cannot be deleted, one that exists can be added.
            message::add_table(batch, self.family, &settings.table);
            message::delete_table(batch, self.family, &settings.table);
        }
    }

    fn make_table(&mut self, settings: &FirewallSettings, batch: &mut Batch) {
        if self.made.table {
            return;
        }
        self.delete_leftover(settings, batch);
        self.made.table = true;
        let (family, table) = (self.family, settings.table.as_str());
        message::add_table(batch, family, table);
        add_chain(batch, family, table, OUT, Some((Hook::Output, settings.priority)));
        add_chain(batch, family, table, IN, Some((Hook::Input, settings.priority)));
    }

    fn make_set(&mut self, settings: &FirewallSettings, set: &Set, constants: &[u8], batch: &mut Batch) {
        self.sets += 1;
        add_set(batch, self.family, &settings.table, set, self.sets);
        for constant in constants {
            let element = Element {
                set: set.name,
                key: vec![*constant],
                end: None,
                value: None,
            };
            add_element(batch, self.family, &settings.table, &element);
        }
    }

    /// Adds a rule that ends in a verdict.
    fn rule(
        &self,
        settings: &FirewallSettings,
        (chain, place): (&str, Place),
        mut steps: Vec<Expression>,
        verdict: Verdict,
        batch: &mut Batch,
    ) {
        if settings.counters {
            steps.push(Count);
        }
        steps.push(End(verdict));
        add_rule(batch, self.family, &settings.table, chain, place, &steps);
    }

    fn make_vips(&mut self, settings: &FirewallSettings, batch: &mut Batch) {
        if self.made.vips {
            return;
        }
        self.made.vips = true;
        match self.family {
            Family::Ip => self.make_vips_v4(settings, batch),
            Family::Ip6 => self.make_vips_v6(settings, batch),
        }
    }

    fn make_vips_v4(&mut self, settings: &FirewallSettings, batch: &mut Batch) {
        self.make_set(settings, &VIPS_V4, &[], batch);
        for (chain, field) in [(OUT, Field::IpSource), (IN, Field::IpDestination)] {
            let steps = vec![Load(field, 1), In(VIPS_V4.name, 1)];
            self.rule(settings, (chain, Place::Last), steps, Verdict::Drop, batch);
        }
    }

    fn make_vips_v6(&mut self, settings: &FirewallSettings, batch: &mut Batch) {
        let (link_local, metas) = if settings.ifindex {
            (VIPS_BY_INDEX, [Meta::OutputIndex, Meta::InputIndex])
        } else {
            (VIPS_BY_NAME, [Meta::OutputName, Meta::InputName])
        };
        self.make_set(settings, &VIPS_V6, &[], batch);
        self.make_set(settings, &link_local, &[], batch);
        self.make_set(
            settings,
            &NEIGHBOR_DISCOVERY,
            &[NEIGHBOR_SOLICIT, NEIGHBOR_ADVERT],
            batch,
        );
        let ways = [
            (OUT, OUT_LINK_LOCAL, Field::Ip6Source, metas[0]),
            (IN, IN_LINK_LOCAL, Field::Ip6Destination, metas[1]),
        ];
        for (chain, own, field, meta) in ways {
            add_chain(batch, self.family, &settings.table, own, None);
            let of_link = vec![Load(field, 1), LoadMeta(meta, 2), In(link_local.name, 1)];
            self.rule(settings, (own, Place::Last), of_link, Verdict::Drop, batch);
            let mut discovery = icmp6(1);
            discovery.push(In(NEIGHBOR_DISCOVERY.name, 1));
            self.rule(settings, (chain, Place::Last), discovery, Verdict::Accept, batch);
            let is_link_local = vec![
                Load(field, 1),
                Mask(1, prefix(10)),
                Equals(1, LINK_LOCAL.to_vec()),
            ];
            self.rule(
                settings,
                (chain, Place::Last),
                is_link_local,
                Verdict::Goto(own),
                batch,
            );
            let steps = vec![Load(field, 1), In(VIPS_V6.name, 1)];
            self.rule(settings, (chain, Place::Last), steps, Verdict::Drop, batch);
        }
    }

    /// The rules of VMACs go before those of the addresses, whichever are made first.
    fn make_vmacs(&mut self, settings: &FirewallSettings, batch: &mut Batch) {
        if self.made.vmacs {
            return;
        }
        self.made.vmacs = true;
        self.make_set(settings, &VMAC_MAP, &[], batch);
        match self.family {
            Family::Ip => {
                let igmp = vec![Load(Field::IpProtocol, 1), Equals(1, vec![IGMP])];
                self.by_the_base(settings, igmp, Field::IpDestination, batch);
            }
            Family::Ip6 => self.make_vmacs_v6(settings, batch),
        }
    }

    fn make_vmacs_v6(&mut self, settings: &FirewallSettings, batch: &mut Batch) {
        self.make_set(settings, &PARENT_LINK_LOCAL, &[], batch);
        self.make_set(settings, &VMAC_SET, &[], batch);
        self.make_set(settings, &MLD_REPORT, &[MLD_REPORT_V1, MLD_REPORT_V2], batch);
        // Each goes before the others, so the last is the first of the chain.
        let mut solicit = icmp6(1);
        solicit.push(Equals(1, vec![ROUTER_SOLICIT]));
        solicit.extend(leaves_by_macvlan());
        solicit.extend([LoadMeta(Meta::OutputIndex, 1), In(VMAC_SET.name, 1)]);
        self.rule(settings, (OUT, Place::First), solicit, Verdict::Drop, batch);

        let mut reports = icmp6(1);
        reports.push(In(MLD_REPORT.name, 1));
        self.by_the_base(settings, reports, Field::Ip6Destination, batch);

        let mut advert = icmp6(1);
        advert.push(Equals(1, vec![NEIGHBOR_ADVERT]));
        advert.extend(leaves_by_macvlan());
        advert.extend([
            Load(Field::Ip6Source, 1),
            LoadMeta(Meta::OutputName, 2),
            In(PARENT_LINK_LOCAL.name, 1),
        ]);
        self.rule(settings, (OUT, Place::First), advert, Verdict::Drop, batch);
    }

    /// What matches and leaves by a VMAC leaves by the interface below it instead.
    fn by_the_base(
        &self,
        settings: &FirewallSettings,
        mut steps: Vec<Expression>,
        destination: Field,
        batch: &mut Batch,
    ) {
        steps.extend(leaves_by_macvlan());
        steps.extend([
            Load(destination, 1),
            LoadMeta(Meta::OutputIndex, 2),
            Map(VMAC_MAP.name, 2),
            Duplicate(1, 2),
        ]);
        self.rule(settings, (OUT, Place::First), steps, Verdict::Drop, batch);
    }
}

/// Goes on with the type of a packet in the register if it is one of `ICMPv6`.
fn icmp6(register: u32) -> Vec<Expression> {
    vec![
        LoadMeta(Meta::TransportProtocol, register),
        Equals(register, vec![ICMPV6]),
        Load(Field::Icmp6Type, register),
    ]
}

fn leaves_by_macvlan() -> [Expression; 2] {
    [
        LoadMeta(Meta::OutputKind, 1),
        Equals(1, padded_name("macvlan").to_vec()),
    ]
}

const LINK_LOCAL: [u8; 16] = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0).octets();

/// The mask of an IPv6 prefix.
fn prefix(len: u32) -> Vec<u8> {
    let bits = u128::MAX.checked_shl(128 - len).unwrap_or(0);
    bits.to_be_bytes().to_vec()
}

fn padded_name(name: &str) -> [u8; NAME_LEN] {
    let mut padded = [0; NAME_LEN];
    padded[..name.len()].copy_from_slice(name.as_bytes());
    padded
}

/// The elements that an entry is.
fn elements(settings: &FirewallSettings, entry: &FirewallEntry) -> Vec<Element> {
    let element = |set: &Set, key: Vec<u8>, value: Option<Vec<u8>>| Element {
        set: set.name,
        key,
        end: None,
        value,
    };
    match entry {
        FirewallEntry::Vip(IpAddr::V4(address)) => vec![element(&VIPS_V4, address.octets().to_vec(), None)],
        FirewallEntry::Vip(IpAddr::V6(address)) => vec![element(&VIPS_V6, address.octets().to_vec(), None)],
        FirewallEntry::LinkLocalVip {
            address,
            interface,
            name,
        } => vec![if settings.ifindex {
            element(&VIPS_BY_INDEX, with_index(*address, *interface), None)
        } else {
            element(&VIPS_BY_NAME, with_name(*address, name), None)
        }],
        FirewallEntry::Vmac { family, vmac, base } => {
            let mut list = vec![element(&VMAC_MAP, index(*vmac), Some(index(*base)))];
            if *family == model::Family::Ipv6 {
                list.push(element(&VMAC_SET, index(*vmac), None));
            }
            list
        }
        FirewallEntry::ParentLinkLocal { address, vmac } => {
            vec![element(&PARENT_LINK_LOCAL, with_name(*address, vmac), None)]
        }
    }
}

/// Indexes are in the machine's own order.
fn index(index: IfIndex) -> Vec<u8> {
    index.value().to_ne_bytes().to_vec()
}

fn with_index(address: Ipv6Addr, interface: IfIndex) -> Vec<u8> {
    let mut key = address.octets().to_vec();
    key.extend(interface.value().to_ne_bytes());
    key
}

fn with_name(address: Ipv6Addr, name: &IfName) -> Vec<u8> {
    let mut key = address.octets().to_vec();
    key.extend(padded_name(name.as_str()));
    key
}
