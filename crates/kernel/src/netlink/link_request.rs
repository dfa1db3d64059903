//! Requests that create and delete virtual interfaces.

use crate::operation::{IpvlanMode, Link, LinkShape};
use model::IfName;
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoIpVlan, InfoKind, InfoMacVlan, IpVlanFlags,
    IpVlanMode, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, MacVlanMode,
};

/// The request body that creates a link, up at once.
///
/// The kernel makes no link-local address for it: that of a VMAC is shared with the interface below and comes from
/// the caller.
pub(crate) fn creation(link: &Link) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    let list = &mut message.attributes;
    list.push(LinkAttribute::IfName(link.name.to_string()));
    list.push(LinkAttribute::Link(link.base.value()));
    list.push(LinkAttribute::Group(link.group));
    if let Some(vrf) = link.vrf {
        list.push(LinkAttribute::Controller(vrf.value()));
    }
    list.push(LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![
        AfSpecInet6::AddrGenMode(In6AddrGenMode::None),
    ])]));
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

/// The request body that names a link: to delete it or to ask for it.
pub(crate) fn named(name: &IfName) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.attributes = vec![LinkAttribute::IfName(name.to_string())];
    message
}
