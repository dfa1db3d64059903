//! Marks for the packets of a group, so that one service of the mark serves all its addresses
//! (`nftables_ipvs`, `spec/config-virtual-server.md` section 12).

use super::Failure;
use super::expression::Expression::{Count, End, Equals, Load, LoadMeta, Map, SetMeta};
use super::expression::{Field, Meta, Verdict};
use super::message::{
    self, Element, Family, Hook, HostOrder, Place, Set, add_chain, add_element, add_rule, add_set,
    delete_element,
};
use crate::netlink::{Batch, Connection};
use model::Protocol;
use model::ipvs::{MapChange, MapElement};
use nix::errno::Errno;
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::IpAddr;

// Types of keys and values, as `nft` numbers them.
const IPV4_ADDR: u32 = 7;
const IPV6_ADDR: u32 = 8;
const INET_SERVICE: u32 = 13;
const MARK: u32 = 19;

const CHAIN: &str = "in";

/// How the tables are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkSettings {
    /// `nftables_ipvs`: name of the tables, one for each family.
    pub table: String,
    /// `nftables_ipvs_priority` of the chain.
    pub priority: i32,
    /// `nftables_counters`: rules and elements count packets.
    pub counters: bool,
}

/// A change of the maps that the kernel refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkError {
    /// What was tried.
    pub change: MapChange,
    /// The error number.
    pub errno: Errno,
    /// The kernel's extended acknowledgement.
    pub detail: Option<Box<str>>,
}

impl fmt::Display for MarkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (doing, element) = match &self.change {
            MapChange::Add(element) => ("adding", element),
            MapChange::Remove(element) => ("removing", element),
        };
        let MapElement {
            protocol,
            range,
            port,
            mark,
        } = element;
        write!(
            f,
            "{doing} the mark {mark} of {protocol} packets to {range} port {port}: {}",
            self.errno.desc()
        )?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for MarkError {}

/// The tables of the network namespace of the thread that changes them first.
#[derive(Debug)]
pub struct Marks {
    settings: MarkSettings,
    connection: Option<Connection>,
    tables: [Table; 2],
}

/// What there is of one of our tables.
#[derive(Clone, Debug, Default)]
struct Table {
    is_made: bool,
    maps: BTreeSet<Protocol>,
}

impl Marks {
    /// Nothing yet. A predecessor's table of the same name is replaced with the first element of its family.
    #[must_use]
    pub fn new(settings: MarkSettings) -> Self {
        Self {
            settings,
            connection: None,
            tables: [Table::default(), Table::default()],
        }
    }

    /// Carries the changes out in one transaction, and returns those that are refused. If the transaction is refused,
    /// they are tried one by one, so that a bad one does not take the others along.
    pub fn apply(&mut self, changes: &[MapChange]) -> Vec<MarkError> {
        match self.transact(changes) {
            Ok(()) => Vec::new(),
            Err(failure) if changes.len() == 1 => refusal(changes[0], failure).into_iter().collect(),
            Err(_) => changes
                .iter()
                .flat_map(|change| self.apply(std::slice::from_ref(change)))
                .collect(),
        }
    }

    /// Deletes the tables that we have made.
    pub fn finish(&mut self) -> io::Result<()> {
        let mut batch = Batch::default();
        message::begin(&mut batch);
        for (family, table) in [Family::Ip, Family::Ip6].into_iter().zip(&mut self.tables) {
            if std::mem::take(table).is_made {
                message::delete_table(&mut batch, family, &self.settings.table);
            }
        }
        super::commit(&mut self.connection, batch).map_err(io::Error::from)
    }

    fn transact(&mut self, changes: &[MapChange]) -> Result<(), Failure> {
        let mut batch = Batch::default();
        message::begin(&mut batch);
        let mut tables = self.tables.clone();
        for change in changes {
            match change {
                MapChange::Add(element) => {
                    let (family, table) = table_of(element, &mut tables);
                    table.make(&self.settings, family, element.protocol, &mut batch);
                    add_element(&mut batch, family, &self.settings.table, &encoded(element));
                }
                MapChange::Remove(element) => {
                    let (family, table) = table_of(element, &mut tables);
                    // Without a map of ours there is no element of ours.
                    if table.maps.contains(&element.protocol) {
                        delete_element(&mut batch, family, &self.settings.table, &encoded(element));
                    }
                }
            }
        }
        super::commit(&mut self.connection, batch)?;
        self.tables = tables;
        Ok(())
    }
}

fn table_of<'a>(element: &MapElement, [ip, ip6]: &'a mut [Table; 2]) -> (Family, &'a mut Table) {
    match element.family() {
        model::Family::Ipv4 => (Family::Ip, ip),
        model::Family::Ipv6 => (Family::Ip6, ip6),
    }
}

impl Table {
    /// Appends what makes the table, and in it the map and the rule of a protocol, if they are not there.
    fn make(&mut self, settings: &MarkSettings, family: Family, protocol: Protocol, batch: &mut Batch) {
        let name = settings.table.as_str();
        if !self.is_made {
            self.is_made = true;
            // A table that does not exist cannot be deleted, one that exists can be added.
            message::add_table(batch, family, name);
            message::delete_table(batch, family, name);
            message::add_table(batch, family, name);
            add_chain(batch, family, name, CHAIN, Some((Hook::Input, settings.priority)));
        }
        if !self.maps.insert(protocol) {
            return;
        }
        let map = map(settings, family, protocol);
        let number = u32::try_from(self.maps.len()).expect("one for each protocol");
        add_set(batch, family, name, &map, number);
        // The port goes behind the address. Of the first register only a quarter is full with an IPv4 address, and the
        // quarters have numbers of their own, from 8.
        let (address, port_register) = match family {
            Family::Ip => (Field::IpDestination, 9),
            Family::Ip6 => (Field::Ip6Destination, 2),
        };
        let mut steps = vec![
            LoadMeta(Meta::TransportProtocol, 1),
            Equals(1, vec![protocol.number()]),
            Load(address, 1),
            Load(Field::DestinationPort, port_register),
            Map(map.name, 1),
            SetMeta(Meta::Mark, 1),
        ];
        if settings.counters {
            steps.push(Count);
        }
        steps.push(End(Verdict::Return));
        add_rule(batch, family, name, CHAIN, Place::Last, &steps);
    }
}

fn map(settings: &MarkSettings, family: Family, protocol: Protocol) -> Set {
    let (address, len, ranges): (_, _, &[u32]) = match family {
        Family::Ip => (IPV4_ADDR, 4, &[4, 2]),
        Family::Ip6 => (IPV6_ADDR, 16, &[16, 2]),
    };
    Set {
        name: map_name(protocol),
        key_type: address << 6 | INET_SERVICE,
        // The port takes as much as a number of 32 bits.
        key_len: len + 4,
        data: Some((MARK, 4)),
        constant: false,
        host_order: HostOrder::Values,
        ranges,
        counters: settings.counters,
    }
}

const fn map_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "tcp_map",
        Protocol::Udp => "udp_map",
        Protocol::Sctp => "sctp_map",
    }
}

fn encoded(element: &MapElement) -> Element {
    let key = |address: IpAddr| {
        let mut key = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        key.extend(element.port.to_be_bytes());
        key.extend([0; 2]);
        key
    };
    Element {
        set: map_name(element.protocol),
        key: key(element.range.first()),
        end: Some(key(element.range.last())),
        value: Some(element.mark.get().to_ne_bytes().to_vec()),
    }
}

/// Whether a failure is one: an element that is to be removed and is not there is none. One that is there may be added
/// again; what exists (`EEXIST`) is another one with a part of the range.
fn refusal(change: MapChange, failure: Failure) -> Option<MarkError> {
    let (errno, detail) = failure.into_parts();
    match (change, errno) {
        (MapChange::Remove(_), Errno::ENOENT) => None,
        _ => Some(MarkError {
            change,
            errno,
            detail,
        }),
    }
}
