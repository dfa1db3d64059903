//! Requests that create and delete virtual interfaces.

use crate::operation::{IpvlanMode, Link, LinkShape};
use model::IfName;
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoIpVlan, InfoKind, InfoMacVlan, IpVlanFlags,
    IpVlanMode, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, MacVlanMode,
};

/// The request body that creates a link, which is down at first.
pub(crate) fn creation(link: &Link) -> LinkMessage {
    let mut message = named(&link.name);
    let list = &mut message.attributes;
    list.push(LinkAttribute::Link(link.base.value()));
    list.push(LinkAttribute::Group(link.group));
    if let Some(vrf) = link.vrf {
        list.push(LinkAttribute::Controller(vrf.value()));
    }
    match link.shape {
        LinkShape::Vmac(mac) => {
            list.push(LinkAttribute::Address(mac.0.to_vec()));
            list.push(LinkAttribute::LinkInfo(vec![
                LinkInfo::Kind(InfoKind::MacVlan),
                LinkInfo::Data(InfoData::MacVlan(vec![InfoMacVlan::Mode(MacVlanMode::Private)])),
            ]));
        }
        LinkShape::Ipvlan(mode) => {
            let flags = match mode {
                IpvlanMode::Bridge => IpVlanFlags::empty(),
                IpvlanMode::Private => IpVlanFlags::Private,
                IpvlanMode::Vepa => IpVlanFlags::Vepa,
            };
            list.push(LinkAttribute::LinkInfo(vec![
                LinkInfo::Kind(InfoKind::IpVlan),
                LinkInfo::Data(InfoData::IpVlan(vec![
                    InfoIpVlan::Mode(IpVlanMode::L2),
                    InfoIpVlan::Flags(flags),
                ])),
            ]));
        }
    }
    message
}

/// The request body after which the kernel makes no link-local address for a link: that of a VMAC is shared with the
/// interface below and comes from the caller. It is refused in the request that creates the link, and too late in the
/// one that takes it up.
pub(crate) fn without_own_address(link: &Link) -> LinkMessage {
    let mut message = named(&link.name);
    let mode = AfSpecInet6::AddrGenMode(In6AddrGenMode::None);
    message
        .attributes
        .push(LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![mode])]));
    message
}

/// The request body that takes a link up.
pub(crate) fn activation(link: &Link) -> LinkMessage {
    let mut message = named(&link.name);
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    message
}

/// The request body that names a link: to delete it or to ask for it.
pub(crate) fn named(name: &IfName) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.attributes = vec![LinkAttribute::IfName(name.to_string())];
    message
}
