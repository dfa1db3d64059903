//! `RTM_NEWLINK`, `RTM_DELLINK`.

use super::message::{attributes, string, u16_at, u32_at};
use model::interface::{Interface, LinkKind};
use model::{IfIndex, IfName, MacAddr};

/// Bytes of `struct ifinfomsg`.
const HEADER_LEN: usize = 16;

/// The index of the link that a message is about.
///
/// Nothing for a message of another family than the links' own: bridges announce their ports in `AF_BRIDGE`, with
/// attributes missing, and a port that leaves them looks like a link that is deleted.
pub(crate) fn index(payload: &[u8]) -> Option<IfIndex> {
    let header = payload.get(..HEADER_LEN)?;
    if i32::from(header[0]) != libc::AF_UNSPEC {
        return None;
    }
    IfIndex::new(u32_at(header, 4)?)
}

/// The interface, without addresses, that a dump or a notification describes; nothing where [`index`] says nothing.
pub(crate) fn decode(payload: &[u8]) -> Option<Interface> {
    let index = index(payload)?;
    let header = payload.get(..HEADER_LEN)?;
    let flags = u32_at(header, 8)?;
    let flag = |flag: i32| flags & flag.cast_unsigned() != 0;
    let mut interface = Interface {
        index,
        name: IfName::new("?").expect("a valid name"),
        alt_names: Vec::new(),
        kind: LinkKind::Other,
        up: flag(libc::IFF_UP),
        running: flag(libc::IFF_RUNNING),
        loopback: flag(libc::IFF_LOOPBACK),
        multicast: flag(libc::IFF_MULTICAST),
        broadcast: flag(libc::IFF_BROADCAST),
        noarp: flag(libc::IFF_NOARP),
        ethernet: u16_at(header, 2)? == libc::ARPHRD_ETHER,
        mtu: 0,
        mac: None,
        base: None,
        master: None,
        group: 0,
        addresses: Vec::new(),
    };
    let mut named = false;
    let mut below = None;
    let mut elsewhere = false;
    let mut info = Info::default();
    for (kind, value) in attributes(&payload[HEADER_LEN..]) {
        match kind {
            libc::IFLA_IFNAME => {
                if let Some(name) = string(value).and_then(|name| IfName::new(name).ok()) {
                    interface.name = name;
                    named = true;
                }
            }
            libc::IFLA_ADDRESS => interface.mac = value.try_into().ok().map(MacAddr),
            libc::IFLA_MTU => interface.mtu = u32_at(value, 0).unwrap_or(0),
            libc::IFLA_LINK => below = u32_at(value, 0).and_then(IfIndex::new),
            libc::IFLA_MASTER => interface.master = u32_at(value, 0).and_then(IfIndex::new),
            libc::IFLA_GROUP => interface.group = u32_at(value, 0).unwrap_or(0),
            libc::IFLA_LINK_NETNSID => elsewhere = true,
            libc::IFLA_LINKINFO => info = Info::decode(value),
            libc::IFLA_PROP_LIST => interface.alt_names = alt_names(value),
            _ => {}
        }
    }
    interface.kind = info.kind;
    if info.stacked && !elsewhere {
        interface.base = below.filter(|base| *base != interface.index);
    }
    named.then_some(interface)
}

fn alt_names(properties: &[u8]) -> Vec<String> {
    attributes(properties)
        .filter(|(kind, _)| *kind == libc::IFLA_ALT_IFNAME)
        .filter_map(|(_, value)| string(value).map(str::to_owned))
        .collect()
}

/// What `IFLA_LINKINFO` says.
#[derive(Debug, Default)]
struct Info {
    kind: LinkKind,
    /// The link sits on another one, which `IFLA_LINK` names. (For veth that is the other end.)
    stacked: bool,
}

impl Info {
    fn decode(nested: &[u8]) -> Self {
        const MACVLAN_MODE: u16 = 1;
        const MACVLAN_MODE_PRIVATE: u32 = 1;
        const VRF_TABLE: u16 = 1;
        let mut name = "";
        let mut data: &[u8] = &[];
        for (kind, value) in attributes(nested) {
            match kind {
                libc::IFLA_INFO_KIND => name = string(value).unwrap_or(""),
                libc::IFLA_INFO_DATA => data = value,
                _ => {}
            }
        }
        let number = |wanted: u16| {
            attributes(data)
                .find(|(kind, _)| *kind == wanted)
                .and_then(|(_, value)| u32_at(value, 0))
        };
        match name {
            // A macvtap hands its packets to a process, so it is never a VMAC.
            "macvtap" => Self {
                kind: LinkKind::Macvlan,
                stacked: true,
            },
            "macvlan" => Self {
                kind: match number(MACVLAN_MODE) {
                    Some(MACVLAN_MODE_PRIVATE) => LinkKind::PrivateMacvlan,
                    _ => LinkKind::Macvlan,
                },
                stacked: true,
            },
            "ipvlan" | "ipvtap" => Self {
                kind: LinkKind::Ipvlan,
                stacked: true,
            },
            "vlan" => Self {
                kind: LinkKind::Other,
                stacked: true,
            },
            "vrf" => Self {
                kind: match number(VRF_TABLE) {
                    Some(table) => LinkKind::Vrf { table },
                    None => LinkKind::Other,
                },
                stacked: false,
            },
            _ => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let len = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = len.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn link(family: i32, attributes: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![u8::try_from(family).unwrap(), 0];
        bytes.extend(libc::ARPHRD_ETHER.to_ne_bytes());
        bytes.extend(7_u32.to_ne_bytes());
        bytes.extend((libc::IFF_UP | libc::IFF_RUNNING | libc::IFF_NOARP).to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(attributes.concat());
        bytes
    }

    fn kind(name: &[u8], number: u32) -> Vec<u8> {
        let data = attribute(1, &number.to_ne_bytes());
        let info = [
            attribute(libc::IFLA_INFO_KIND, name),
            attribute(libc::IFLA_INFO_DATA, &data),
        ];
        attribute(libc::IFLA_LINKINFO, &info.concat())
    }

    #[test]
    fn what_a_link_is_made_of() {
        let name = attribute(libc::IFLA_IFNAME, b"eth0\0");
        let below = attribute(libc::IFLA_LINK, &3_u32.to_ne_bytes());
        let elsewhere = attribute(libc::IFLA_LINK_NETNSID, &0_u32.to_ne_bytes());
        let decoded = |parts: &[&Vec<u8>]| {
            let parts: Vec<Vec<u8>> = parts.iter().map(|part| (*part).clone()).collect();
            let interface = decode(&link(0, &parts)).unwrap();
            (interface.kind, interface.base.map(IfIndex::value))
        };
        for (info, expected) in [
            (kind(b"macvlan\0", 1), (LinkKind::PrivateMacvlan, Some(3))),
            (kind(b"macvlan\0", 4), (LinkKind::Macvlan, Some(3))),
            (kind(b"macvtap\0", 1), (LinkKind::Macvlan, Some(3))),
            (kind(b"ipvlan\0", 0), (LinkKind::Ipvlan, Some(3))),
            (kind(b"vlan\0", 5), (LinkKind::Other, Some(3))),
            (kind(b"vrf\0", 10), (LinkKind::Vrf { table: 10 }, None)),
            (kind(b"veth\0", 0), (LinkKind::Other, None)),
        ] {
            assert_eq!(decoded(&[&name, &below, &info]), expected);
        }
        let vlan = kind(b"vlan\0", 5);
        assert_eq!(
            decoded(&[&name, &below, &elsewhere, &vlan]),
            (LinkKind::Other, None)
        );
    }

    #[test]
    fn an_attribute_that_makes_no_sense_does_not_cost_the_message() {
        let parts = [
            attribute(libc::IFLA_MTU, &[1]),
            attribute(libc::IFLA_ADDRESS, &[1, 2, 3, 4]),
            attribute(libc::IFLA_LINKINFO, &[9, 0, 1]),
            attribute(libc::IFLA_IFNAME, b"eth0\0"),
        ];
        let bytes = link(0, &parts);
        let interface = decode(&bytes).unwrap();
        assert_eq!(interface.name.as_str(), "eth0");
        assert!(interface.is_up() && interface.noarp && interface.ethernet && !interface.loopback);
        assert_eq!((interface.mtu, interface.mac), (0, None));
        for len in 0..bytes.len() {
            // Whatever is cut off, it does not panic.
            let _ = decode(&bytes[..len]);
        }
        assert_eq!(decode(&link(libc::AF_BRIDGE, &parts)), None);
        assert_eq!(index(&link(libc::AF_BRIDGE, &parts)), None);
    }
}
