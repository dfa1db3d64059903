//! The interfaces and addresses of the network namespace at one moment.

use crate::netlink::message::Message;
use crate::netlink::{Connection, address, link};
use model::IfIndex;
use model::interface::{Interface, Interfaces};
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkMessage};
use std::collections::HashMap;
use std::io;

/// Asks the kernel for all interfaces and addresses of the calling thread's network namespace.
pub fn snapshot() -> io::Result<Interfaces> {
    dump(&mut Connection::open(libc::NETLINK_ROUTE)?)
}

/// The same over a connection that is open.
pub(crate) fn dump(connection: &mut Connection) -> io::Result<Interfaces> {
    let mut request = LinkMessage::default();
    // The statistics are most of the reply, and for some devices the kernel has to ask the hardware for them.
    request.attributes = vec![LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats])];
    let mut interfaces: Vec<Interface> = Vec::new();
    connection.dump(
        libc::RTM_GETLINK,
        &request,
        &mut interfaces,
        Vec::clear,
        |interfaces, message: &Message<'_>| interfaces.extend(link::decode(message.payload)),
    )?;
    let positions: HashMap<IfIndex, usize> = interfaces
        .iter()
        .enumerate()
        .map(|(position, interface)| (interface.index, position))
        .collect();
    connection.dump(
        libc::RTM_GETADDR,
        &AddressMessage::default(),
        &mut interfaces,
        |interfaces| {
            for interface in interfaces {
                interface.addresses.clear();
            }
        },
        |interfaces, message| {
            if let Some((index, address)) = address::decode(message.payload)
                && let Some(position) = positions.get(&index)
            {
                interfaces[*position].addresses.push(address);
            }
        },
    )?;
    Ok(Interfaces(interfaces))
}
