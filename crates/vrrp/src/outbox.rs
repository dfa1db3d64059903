//! What the router wants done, in buffers that are used again and again.

use crate::{Event, InstanceId, RunId, SocketId, SocketKey, Want};
use model::{IfIndex, IfName, MacAddr};
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

/// One advert to one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advert {
    /// Whose advert it is.
    pub instance: InstanceId,
    /// The socket pair whose sender takes it.
    pub socket: SocketId,
    /// Our address; IPv6 passes it as `IPV6_PKTINFO`, in IPv4 it is in the header already.
    pub source: IpAddr,
    /// Where it goes.
    pub destination: IpAddr,
    /// Hop limit of an IPv6 packet (`IPV6_HOPLIMIT`); nothing is the socket's own. IPv4 has it in the header.
    pub hop_limit: Option<u8>,
    pub(crate) bytes: Range<u32>,
}

/// One gratuitous ARP (IPv4) or unsolicited neighbour advertisement (IPv6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Whose address it is.
    pub instance: InstanceId,
    /// The interface that it leaves by.
    pub index: IfIndex,
    /// Its name, for the line `Sending gratuitous ARP on IF for A` of detail logging.
    pub interface: IfName,
    /// The MAC address that is announced: the interface's own.
    pub mac: MacAddr,
    /// The address that is announced.
    pub address: IpAddr,
    /// Whether the address was announced just before this: the first announcements of others are more urgent. What is sent under
    /// a limit of the rate is none.
    pub is_repeat: bool,
}

/// Sockets to open or close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketChange {
    /// Open a pair, before anything is sent.
    Open(SocketId, SocketKey),
    /// Close a pair, after everything has been sent.
    Close(SocketId),
}

/// What is to be done about a track script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptCommand {
    /// Start a run; it ends with [`Input::ScriptFinished`](crate::Input::ScriptFinished).
    Start {
        /// The run.
        run: RunId,
        /// `vrrp_script`.
        script: Arc<model::VrrpScript>,
    },
    /// Send SIGTERM to the run's process group.
    Terminate(RunId),
    /// Send SIGKILL to the run's process group.
    Kill(RunId),
}

/// Whether events of detail (`-D`) are made at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// They are left out.
    #[default]
    Off,
    /// They are made.
    On,
}

/// Everything that one or more calls of the router asked for.
///
/// The caller works it off in this order: open sockets, send adverts, pass wants to the kernel writer, log the events, send
/// announcements, start scripts, notify of the events, close sockets; then [`clear`](Self::clear)s it and uses it again.
/// Nothing is allocated in the steady state.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Sockets to open or close.
    pub sockets: Vec<SocketChange>,
    /// Adverts, in order. Their bytes are had from [`packet`](Self::packet).
    pub adverts: Vec<Advert>,
    /// Gratuitous ARPs and neighbour advertisements, in order.
    pub announcements: Vec<Announcement>,
    /// Changes for the kernel writer, in order.
    pub wants: Vec<Want>,
    /// Track scripts to start or end.
    pub scripts: Vec<ScriptCommand>,
    /// What happened, in order: log lines and notifications.
    pub events: Vec<Event>,
    pub(crate) packets: Vec<u8>,
    /// Counts the times that the outbox was worked off: numbers of closed sockets are free again after the next time.
    pub(crate) epoch: u64,
    detail: Detail,
}

impl Outbox {
    /// An empty outbox.
    #[must_use]
    pub fn new(detail: Detail) -> Self {
        Self {
            detail,
            ..Self::default()
        }
    }

    /// Changes whether events of detail are made (`-D`).
    pub const fn set_detail(&mut self, detail: Detail) {
        self.detail = detail;
    }

    /// Whether events of detail are made.
    #[must_use]
    pub const fn detail(&self) -> Detail {
        self.detail
    }

    /// The bytes of an advert of this outbox: with the IP header for IPv4, from the VRRP header on for IPv6.
    ///
    /// # Panics
    /// If the advert is not of this outbox, or the outbox has been cleared since.
    #[must_use]
    pub fn packet(&self, advert: &Advert) -> &[u8] {
        &self.packets[advert.bytes.start as usize..advert.bytes.end as usize]
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sockets.is_empty()
            && self.adverts.is_empty()
            && self.announcements.is_empty()
            && self.wants.is_empty()
            && self.scripts.is_empty()
            && self.events.is_empty()
    }

    /// Empties all buffers and keeps their memory.
    pub fn clear(&mut self) {
        self.sockets.clear();
        self.adverts.clear();
        self.announcements.clear();
        self.wants.clear();
        self.scripts.clear();
        self.events.clear();
        self.packets.clear();
        self.epoch += 1;
    }

    /// Empties the adverts, which have been sent before the rest is worked off.
    pub fn clear_adverts(&mut self) {
        self.adverts.clear();
        self.packets.clear();
    }

    /// Adds an event, unless it is of detail and those are left out.
    pub fn event(&mut self, event: Event) {
        if !event.is_detail() || self.detail == Detail::On {
            self.events.push(event);
        }
    }
}
