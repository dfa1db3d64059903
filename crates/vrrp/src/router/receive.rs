//! Finding the instance that a datagram is for.

use super::Router;
use crate::receive::Parsed;
use crate::{Datagram, Event, InstanceId, Now, Outbox, RouterEvent, SocketId};
use std::net::IpAddr;

impl Router {
    pub(super) fn datagram_received(&mut self, now: Now, datagram: Datagram<'_>, out: &mut Outbox) {
        if self.quiet_until.is_some() {
            return;
        }
        let packet = match Parsed::new(datagram.packet) {
            Ok(packet) => packet,
            Err(unreadable) => {
                if self.sockets.is_first_unreadable(datagram.socket) {
                    let (family, length) = (unreadable.family, unreadable.length);
                    out.event(Event::Router(RouterEvent::PacketTooShort { family, length }));
                }
                return;
            }
        };
        let vrid = packet.advert.vrid();
        match self.recipient(datagram.socket, vrid, packet.source) {
            Some(id) => {
                let reaction = self.with(now, out, id, |instance, cx| instance.hear(cx, &packet));
                self.react(now, id, reaction.unwrap_or_default(), out);
            }
            None => self.unknown_vrid(datagram.socket, vrid, out),
        }
    }

    /// The instance with this VRID on a socket. Several unicast instances may share it: then the one that knows the
    /// sender as its master, then the one that has it as a peer.
    fn recipient(&self, socket: SocketId, vrid: u8, sender: IpAddr) -> Option<InstanceId> {
        match self.sockets.members(socket, vrid) {
            [] => None,
            [(_, id)] => Some(*id),
            several => {
                let find = |is_it: &dyn Fn(&crate::Instance) -> bool| {
                    several
                        .iter()
                        .map(|(_, id)| *id)
                        .find(|id| self.instance(*id).is_some_and(is_it))
                };
                find(&|instance| instance.has_peer(sender) && instance.knows(sender))
                    .or_else(|| find(&|instance| instance.has_peer(sender)))
            }
        }
    }

    fn unknown_vrid(&mut self, socket: SocketId, vrid: u8, out: &mut Outbox) {
        if !self.globals.log_unknown_vrids || !self.sockets.members(socket, vrid).is_empty() {
            return;
        }
        if self.sockets.is_news(socket, vrid) {
            let index = self.sockets.key(socket).and_then(|key| key.interface);
            let known = index.and_then(|index| self.links.known_by_index(index));
            let interface = known.map(|known| known.info.name.clone());
            out.event(Event::Router(RouterEvent::UnknownVrid { vrid, interface }));
        }
    }
}
