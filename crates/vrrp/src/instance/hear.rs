//! A datagram for this virtual router: checked, counted, and handed to the state.

use super::Instance;
use crate::advert_buffer::{AdvertBuffer, ChecksumForm};
use crate::auth::{Auth, ClockSkew};
use crate::context::Context;
use crate::log_once::Complaint;
use crate::receive::{AddressCheck, Listener, Parsed, Proof};
use crate::{Cause, DropReason, InstanceEvent, Sender, State};
use model::{Family, Micros, Transport, Version};
use std::net::IpAddr;

/// An advert that passed all checks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) sender: Sender,
    pub(super) interval: Micros,
    /// AH: its sequence number.
    pub(super) ah_sequence: Option<u32>,
}

/// What an advert asks of more than this instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// Nothing.
    #[default]
    None,
    /// We are not the best router: to BACKUP, with the whole sync group.
    Yield(Cause),
    /// Somebody else believed to be master: the neighbours are to be reminded whose the addresses are, by the whole
    /// sync group.
    Reassert,
}

impl Instance {
    /// Whether adverts of this sender are for this instance rather than another one with the same VRID and source:
    /// first choice, those of the master that it knows.
    pub(crate) fn knows(&self, sender: IpAddr) -> bool {
        self.master.is_some_and(|master| master.address == sender)
    }

    /// Whether the sender is one of its unicast peers.
    pub(crate) fn has_peer(&self, sender: IpAddr) -> bool {
        match &self.config.transport {
            Transport::Unicast { peers, .. } => peers.iter().any(|peer| peer.address == sender),
            Transport::Multicast { .. } => false,
        }
    }

    /// Takes a datagram with our VRID. One that fails a check changes nothing but a counter.
    pub(crate) fn hear(&mut self, cx: &mut Context<'_>, packet: &Parsed<'_>) -> Reaction {
        if !matches!(self.state, State::Backup | State::Master) {
            return Reaction::None;
        }
        let wrong_kind = packet.destination.is_multicast() == self.config.transport.is_unicast();
        if self.config.family == Family::Ipv6 && wrong_kind {
            return Reaction::None;
        }
        let listener = Listener {
            config: &self.config,
            auth: &self.auth,
            checksum: self.checksum,
            priority: self.effective_priority(),
            wall: cx.now.wall,
        };
        let proof = match listener.check(packet) {
            Ok(proof) => proof,
            Err(reason) => {
                if let DropReason::AhSequence { .. } = reason {
                    self.break_step(packet);
                }
                return self.drop_packet(cx, packet.source, reason);
            }
        };
        self.stats.advert_rcvd += 1;
        let interval = listener.interval(packet);
        let is_master = self.knows(packet.source);
        let own = self.buffer.as_ref().map_or(&[][..], |buffer| {
            buffer.encoded_addresses(self.config.virtual_addresses.len())
        });
        let skip_list = self.config.skip_check_adv_addr && is_master;
        let addresses = listener.check_addresses(packet, own, skip_list);
        let peer = listener.check_peer(packet);
        let skew = proof.hmac.and_then(|authentic| authentic.skew);
        self.complain(cx, packet, addresses, interval, skew);
        if let Err(reason) = peer {
            return self.drop_packet(cx, packet.source, reason);
        }
        self.remember(cx, packet.source, &proof);

        let sender = Sender {
            address: packet.source,
            priority: packet.advert.priority(),
        };
        self.peers.heard(sender, cx.now.time);
        if sender.priority == 0 {
            self.stats.pri_zero_rcvd += 1;
        }
        let heard = Heard {
            sender,
            interval,
            ah_sequence: proof.ah_sequence,
        };
        if self.state == State::Master {
            self.master_heard(cx, heard)
        } else {
            self.backup_heard(cx, heard);
            Reaction::None
        }
    }

    fn drop_packet(&mut self, cx: &mut Context<'_>, from: IpAddr, reason: DropReason) -> Reaction {
        *reason.counter(&mut self.stats) += 1;
        if self.logged.drop(reason) {
            self.event(cx, InstanceEvent::Dropped { from, reason });
        }
        Reaction::None
    }

    /// AH has one counter for both directions. Two masters that are in step take each other's adverts for replays, and
    /// stay masters for ever (the reference does); the better one leaves a number out.
    fn break_step(&mut self, packet: &Parsed<'_>) {
        let theirs = (packet.advert.priority(), Some(packet.source));
        let ours = (self.effective_priority(), self.source);
        if let (Auth::Ah(ah), State::Master) = (&mut self.auth, self.state)
            && theirs < ours
        {
            ah.break_step();
        }
    }

    /// What is wrong with an advert that is accepted all the same.
    fn complain(
        &mut self,
        cx: &mut Context<'_>,
        packet: &Parsed<'_>,
        addresses: AddressCheck,
        interval: Micros,
        skew: Option<ClockSkew>,
    ) {
        let from = packet.source;
        if self.config.version == Version::V3
            && interval != self.config.advert_int
            && self.logged.complaint(Complaint::Interval)
        {
            let ours = self.config.advert_int;
            self.event(
                cx,
                InstanceEvent::IntervalDiffers {
                    received: interval,
                    ours,
                },
            );
        }
        match addresses {
            AddressCheck::Same => {}
            AddressCheck::CountDiffers => {
                self.stats.addr_list_err += 1;
                if self.logged.complaint(Complaint::AddressCount) {
                    let (received, ours) =
                        (packet.advert.address_count(), self.config.virtual_addresses.len());
                    self.event(cx, InstanceEvent::AddressCountDiffers { received, ours });
                }
            }
            AddressCheck::Missing(address) => {
                self.stats.addr_list_err += 1;
                if self.logged.complaint(Complaint::AddressMissing) {
                    let vrid = self.config.vrid;
                    self.event(cx, InstanceEvent::AddressMissing { from, vrid, address });
                }
            }
        }
        if let Some(ClockSkew { skew, window }) = skew
            && self.logged.complaint(Complaint::ClockSkew)
        {
            self.event(cx, InstanceEvent::ClockSkew { from, skew, window });
        }
    }

    /// Takes over what an accepted advert proves about its sender.
    fn remember(&mut self, cx: &mut Context<'_>, from: IpAddr, proof: &Proof) {
        match (&mut self.auth, proof) {
            (
                Auth::Ah(ah),
                Proof {
                    ah_sequence: Some(sequence),
                    ..
                },
            ) => ah.accepted(*sequence),
            (
                Auth::Hmac(hmac),
                Proof {
                    hmac: Some(authentic),
                    ..
                },
            ) => {
                hmac.accepted(from, authentic.sequence);
            }
            _ => {}
        }
        if proof.old_checksum {
            self.event(cx, InstanceEvent::OldChecksumDetected);
            self.checksum = ChecksumForm::Old;
            self.encode();
        }
    }

    /// Encodes our adverts anew; their identification goes on.
    pub(super) fn encode(&mut self) {
        let priority = self.effective_priority();
        let buffer = AdvertBuffer::new(&self.config, self.source, priority, self.checksum, &self.auth);
        self.buffer = match (buffer, self.buffer.take()) {
            (Some(mut new), Some(old)) => {
                new.inherit(&old);
                Some(new)
            }
            (new, _) => new,
        };
    }
}
