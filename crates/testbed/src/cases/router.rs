//! Two routers on one segment, and what they are configured to do.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::Result;
use testbed::netns::{Node, Segment};

/// The name of the instance in every configuration.
pub(super) const INSTANCE: &str = "VI";
/// Its virtual router identifier.
pub(super) const VRID: u8 = 51;
/// The interface of every router.
pub(super) const INTERFACE: &str = "eth0";

/// The name of the macvlan of that instance.
pub(super) const VIRTUAL_INTERFACE: &str = "vrrp.51";

/// How adverts travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Multicast,
    Unicast,
}

/// Where the addresses are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// On the interface.
    Interface,
    /// `use_vmac`: on a macvlan, which sends the adverts as well.
    VirtualMac,
    /// `vmac_xmit_base`: on a macvlan, while the interface sends the adverts.
    VirtualMacOnly,
}

/// What the two routers speak.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variant {
    pub(super) name: &'static str,
    pub(super) version: u8,
    /// `advert_int` as it stands in the configuration, and as a duration.
    pub(super) advert_int: (&'static str, Duration),
    /// `auth_type` and `auth_pass`; or `HMAC` and the key of `auth_hmac`.
    pub(super) authentication: Option<(&'static str, &'static str)>,
    pub(super) delivery: Delivery,
    /// Virtual addresses with prefix lengths.
    pub(super) addresses: &'static [&'static str],
    pub(super) holder: Holder,
}

impl Variant {
    /// The virtual addresses without prefix lengths.
    pub(super) fn virtual_addresses(&self) -> Vec<IpAddr> {
        let hosts = self
            .addresses
            .iter()
            .map(|text| text.split('/').next().unwrap_or(text));
        hosts
            .map(|host| host.parse().expect("the table of variants has addresses"))
            .collect()
    }

    pub(super) fn is_ipv6(&self) -> bool {
        self.virtual_addresses()[0].is_ipv6()
    }

    /// The interface that the virtual addresses are on.
    pub(super) const fn holding(&self) -> &'static str {
        match self.holder {
            Holder::Interface => INTERFACE,
            Holder::VirtualMac | Holder::VirtualMacOnly => VIRTUAL_INTERFACE,
        }
    }

    /// The MAC address of the virtual router.
    pub(super) fn virtual_mac(&self) -> [u8; 6] {
        [0, 0, 0x5e, 0, if self.is_ipv6() { 2 } else { 1 }, VRID]
    }

    /// The configuration of a router with this priority at `place`.
    pub(super) fn configuration(&self, priority: u8, place: Place) -> String {
        let mut text = format!(
            "global_defs {{\n    router_id {}\n}}\nvrrp_instance {INSTANCE} {{\n    state BACKUP\n    interface {INTERFACE}\n    \
             virtual_router_id {VRID}\n    priority {priority}\n    version {}\n    advert_int {}\n",
            place.name(),
            self.version,
            self.advert_int.0,
        );
        if let Some((kind, secret)) = self.authentication {
            let block = if kind == "HMAC" {
                format!("auth_hmac {{\n        key 1 {secret}\n        active_key 1")
            } else {
                format!("authentication {{\n        auth_type {kind}\n        auth_pass {secret}")
            };
            writeln!(text, "    {block}\n    }}").expect("a String takes all text");
        }
        if self.delivery == Delivery::Unicast {
            let (own, other) = (
                place.address(self.is_ipv6()),
                place.other().address(self.is_ipv6()),
            );
            writeln!(
                text,
                "    unicast_src_ip {own}\n    unicast_peer {{\n        {other}\n    }}"
            )
            .expect("a String takes all text");
        }
        text += match self.holder {
            Holder::Interface => "",
            Holder::VirtualMac => "    use_vmac\n",
            Holder::VirtualMacOnly => "    use_vmac\n    vmac_xmit_base\n",
        };
        text += "    virtual_ipaddress {\n";
        for address in self.addresses {
            writeln!(text, "        {address} dev {INTERFACE}").expect("a String takes all text");
        }
        text + "    }\n}\n"
    }
}

/// Which of the two routers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    One,
    Two,
}

impl Place {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two => "two",
        }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::One => Self::Two,
            Self::Two => Self::One,
        }
    }

    /// The router's own address.
    pub(super) const fn address(self, ipv6: bool) -> &'static str {
        match (self, ipv6) {
            (Self::One, false) => "10.0.0.1",
            (Self::Two, false) => "10.0.0.2",
            (Self::One, true) => "2001:db8::1",
            (Self::Two, true) => "2001:db8::2",
        }
    }
}

/// Two routers on one segment.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) segment: Segment,
    pub(super) one: Node,
    pub(super) two: Node,
}

impl Pair {
    pub(super) fn new() -> Result<Self> {
        let segment = Segment::new("segment")?;
        let (one, two) = (router(&segment, Place::One)?, router(&segment, Place::Two)?);
        Ok(Self { segment, one, two })
    }
}

/// A router at this place of the segment.
pub(super) fn router(segment: &Segment, place: Place) -> Result<Node> {
    let node = Node::new(place.name())?;
    let addresses = [
        format!("{}/24", place.address(false)),
        format!("{}/64", place.address(true)),
    ];
    segment.plug(&node, INTERFACE, &addresses.each_ref().map(String::as_str))?;
    Ok(node)
}
