//! Where thousands of instances live: a router with many interfaces, and a node at the other end of every cable.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::net::if_::if_nametoindex;
use testbed::capture::{Capture, Frame};
use testbed::netns::{End, Node, connect};

/// So many virtual routers are put on one interface; 255 is the most that there can be.
pub(super) const PER_INTERFACE: u32 = 250;

/// The nodes and their cables.
#[derive(Debug)]
pub(super) struct Rig {
    pub(super) router: Node,
    pub(super) neighbour: Node,
    pub(super) capture: Capture,
    /// The neighbour's interfaces: kernel index to number.
    interfaces: BTreeMap<usize, u32>,
}

/// Which virtual router: number of the interface, VRID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) interface: u32,
    pub(super) vrid: u8,
}

impl Key {
    /// The address from which the neighbour speaks on this interface.
    pub(super) fn source(self) -> Result<Ipv4Addr> {
        let octet = u8::try_from(self.interface).context("too many interfaces")?;
        Ok(Ipv4Addr::new(192, 168, octet, 2))
    }
}

impl Rig {
    /// A rig with so many interfaces.
    pub(super) fn new(interfaces: u32) -> Result<Self> {
        let (router, neighbour) = (Node::new("router")?, Node::new("neighbour")?);
        let mut numbers = BTreeMap::new();
        for number in 0..interfaces {
            let names = (router_interface(number), neighbour_interface(number));
            let address = format!("192.168.{number}.1/24");
            connect(
                End {
                    node: &router,
                    ifname: &names.0,
                    addresses: &[&address],
                },
                // Without an address the kernel drops what arrives as early as it can.
                End {
                    node: &neighbour,
                    ifname: &names.1,
                    addresses: &[],
                },
            )?;
            let name = names.1.clone();
            let index = neighbour
                .run(move || if_nametoindex(name.as_str()))
                .context("asking for an interface index")?;
            numbers.insert(usize::try_from(index)?, number);
        }
        let capture = Capture::start(&neighbour)?;
        Ok(Self {
            router,
            neighbour,
            capture,
            interfaces: numbers,
        })
    }

    /// Which virtual router an advert belongs to.
    pub(super) fn key(&self, frame: &Frame, vrid: u8) -> Option<Key> {
        self.interfaces
            .get(&frame.interface)
            .map(|&interface| Key { interface, vrid })
    }
}

pub(super) fn router_interface(number: u32) -> String {
    format!("e{number}")
}

pub(super) fn neighbour_interface(number: u32) -> String {
    format!("n{number}")
}

/// How deadlines lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deadlines {
    /// All in one moment: equal priorities, started together.
    Burst,
    /// All over the interval: priorities from 1 to 250, so the skew times differ.
    Spread,
    /// At once: priority 255.
    Immediate,
}

/// What the daemon is to run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) instances: u32,
    pub(super) addresses: u32,
    pub(super) advert_int: Duration,
    pub(super) deadlines: Deadlines,
}

impl Load {
    pub(super) fn interfaces(&self) -> u32 {
        if self.instances <= 255 {
            1
        } else {
            self.instances.div_ceil(PER_INTERFACE)
        }
    }

    /// All virtual routers of it.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> + use<> {
        let per_interface = if self.instances <= 255 { 255 } else { PER_INTERFACE };
        (0..self.instances).map(move |number| Key {
            interface: number / per_interface,
            vrid: u8::try_from(number % per_interface + 1).unwrap_or(u8::MAX),
        })
    }

    pub(super) fn priority(&self, key: Key) -> u8 {
        match self.deadlines {
            Deadlines::Burst => 100,
            Deadlines::Spread => key.vrid.min(254),
            Deadlines::Immediate => 255,
        }
    }

    /// `down_timer_adverts` × `advert_int` + skew of version 3.
    pub(super) fn master_down_interval(&self, key: Key) -> Duration {
        self.advert_int * 3 + self.skew(key)
    }

    pub(super) fn skew(&self, key: Key) -> Duration {
        self.advert_int * (256 - u32::from(self.priority(key))) / 256
    }

    /// Address number `number` of a virtual router.
    pub(super) fn address(&self, key: Key, number: u32) -> Ipv4Addr {
        // 10/8: one /16 for each interface, addresses of one virtual router next to each other.
        let offset = u32::from(key.vrid - 1) * self.addresses + number;
        Ipv4Addr::from((10 << 24) + (key.interface << 16) + offset + 1)
    }

    /// All addresses of a virtual router.
    pub(super) fn addresses_of(&self, key: Key) -> impl Iterator<Item = IpAddr> + use<> {
        let load = *self;
        (0..load.addresses).map(move |number| IpAddr::V4(load.address(key, number)))
    }

    /// All addresses.
    pub(super) fn all_addresses(&self) -> impl Iterator<Item = IpAddr> + use<> {
        let load = *self;
        self.keys().flat_map(move |key| load.addresses_of(key))
    }

    /// The configuration: version 3, everything else as it is by default. What does not fit into an advert is excluded
    /// from it.
    pub(super) fn configuration(&self) -> String {
        let millis = self.advert_int.as_millis();
        let mut text = String::new();
        for key in self.keys() {
            let Key { interface, vrid } = key;
            write!(
                text,
                "vrrp_instance I{interface}_{vrid} {{\n  interface e{interface}\n  virtual_router_id {vrid}\n  version 3\n  \
                 priority {}\n  advert_int {}.{:03}\n  virtual_ipaddress {{\n",
                self.priority(key),
                millis / 1_000,
                millis % 1_000,
            )
            .expect("a String takes all text");
            for number in 0..self.addresses {
                if number == 255 {
                    text += "  }\n  virtual_ipaddress_excluded {\n";
                }
                writeln!(text, "    {}/32", self.address(key, number)).expect("a String takes all text");
            }
            text += "  }\n}\n";
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_virtual_router_and_address_is_another() {
        let load = Load {
            instances: 4_000,
            addresses: 5,
            advert_int: Duration::from_millis(100),
            deadlines: Deadlines::Spread,
        };
        assert_eq!(load.interfaces(), 16);
        assert_eq!(load.keys().collect::<BTreeSet<_>>().len(), 4_000);
        assert_eq!(load.all_addresses().collect::<BTreeSet<_>>().len(), 20_000);
        assert_eq!(load.configuration().matches("vrrp_instance").count(), 4_000);
        assert!(load.configuration().contains("advert_int 0.100"));
    }

    #[test]
    fn what_an_advert_cannot_hold_is_excluded() {
        let load = Load {
            instances: 1,
            addresses: 2_000,
            advert_int: Duration::from_secs(1),
            deadlines: Deadlines::Burst,
        };
        let text = load.configuration();
        let (advertised, excluded) = text.split_once("virtual_ipaddress_excluded").unwrap();
        assert_eq!(
            (advertised.matches("/32").count(), excluded.matches("/32").count()),
            (255, 1_745)
        );
    }
}
