//! Doing what the router wants done, in the order that the outbox names.

use super::serve::token;
use super::{ProcessError, VrrpProcess, report};
use crate::runtime::stopping::{LAST_WORDS, Stopping};
use kernel::poll::Interest;
use model::interface::Interfaces;
use model::{IfIndex, Micros};
use std::cell::LazyCell;
use std::collections::HashSet;
use std::net::IpAddr;
use vrrp::{Event, Now, Object, Presence, RouterEvent, SocketChange, SocketId, SocketKey, Want};

/// What a gratuitous ARP takes of the time of this thread. A portion of them takes as long as deadlines may be late.
const FRAME: Micros = Micros(3);

impl VrrpProcess {
    /// Works the outbox off and empties it.
    pub(super) fn work_off(&mut self, now: Now) -> Result<(), ProcessError> {
        if !self.outbox.is_empty() {
            self.open_sockets()?;
            self.sockets.send(&self.outbox);
            self.queue_announcements(now);
            self.pass_wants();
            self.log_events();
            // After the lines that say why they leave, and before anybody else is woken.
            self.announce()?;
            for command in self.outbox.scripts.drain(..) {
                self.outside.script(command);
            }
            self.notify(now);
            self.close_sockets()?;
            self.outbox.clear();
        }
        self.retry_sockets()
    }

    /// Sends the adverts that are there so far. Those of sockets that are yet to be opened wait for
    /// [`work_off`](Self::work_off).
    pub(super) fn send_adverts(&mut self) {
        if self.outbox.sockets.is_empty() {
            self.sockets.send(&self.outbox);
            self.outbox.clear_adverts();
        }
    }

    fn open_sockets(&mut self) -> Result<(), ProcessError> {
        for position in 0..self.outbox.sockets.len() {
            if let SocketChange::Open(id, key) = self.outbox.sockets[position] {
                self.open_socket(id, key)?;
            }
        }
        Ok(())
    }

    fn open_socket(&mut self, id: SocketId, key: SocketKey) -> Result<(), ProcessError> {
        let interface = key.interface.and_then(|index| self.monitor.interface(index));
        let name = interface.map(|interface| interface.name.clone());
        let mtu = interface.map(|interface| interface.mtu);
        let buffer = self.sizes.of(&self.router, id, mtu);
        match self.sockets.open(id, key, name, buffer) {
            Ok(()) => self.listen(id),
            Err(error) if error.is_permission() => Err(ProcessError::Permission(error.to_string())),
            Err(error) => {
                tracing::warn!("{error}; it is tried again when the interface changes");
                Ok(())
            }
        }
    }

    fn listen(&mut self, id: SocketId) -> Result<(), ProcessError> {
        match self.sockets.receiver(id) {
            Some(receiver) => self
                .poller
                .add(receiver, token::of_socket(id), Interest::Readable)
                .map_err(ProcessError::of("waiting for adverts")),
            None => Ok(()),
        }
    }

    /// Opens what could not be opened before, where an interface has changed since.
    fn retry_sockets(&mut self) -> Result<(), ProcessError> {
        if self.to_retry.is_empty() {
            return Ok(());
        }
        let mut opened = Vec::new();
        for index in std::mem::take(&mut self.to_retry) {
            self.sockets.retry(index, &mut opened);
        }
        opened.into_iter().try_for_each(|id| self.listen(id))
    }

    fn close_sockets(&mut self) -> Result<(), ProcessError> {
        for change in &self.outbox.sockets {
            if let SocketChange::Close(id) = change {
                if let Some(receiver) = self.sockets.receiver(*id) {
                    self.poller
                        .remove(receiver)
                        .map_err(ProcessError::of("closing a socket"))?;
                }
                self.sockets.close(*id);
            }
        }
        Ok(())
    }

    fn queue_announcements(&mut self, now: Now) {
        for announcement in self.outbox.announcements.drain(..) {
            self.announcements.push(now.time, announcement);
        }
        if self.announcements.is_ready() || !self.blocked.is_empty() {
            let withdrawn = withdrawn_addresses(&self.outbox.wants);
            if !withdrawn.is_empty() {
                self.announcements.retract(&withdrawn);
            }
        }
    }

    /// Sends a portion of the announcements that wait.
    pub(super) fn announce(&mut self) -> Result<(), ProcessError> {
        if !self.announcements.is_ready() {
            return Ok(());
        }
        let portion = usize::try_from(self.pace.floor.0 / FRAME.0).unwrap_or(usize::MAX);
        let mut blocked = Vec::new();
        self.announcements.send(portion, &mut blocked);
        for index in blocked {
            if self.blocked.insert(index)
                && let Some(descriptor) = self.announcements.descriptor(index)
            {
                self.poller
                    .add(descriptor, token::of_interface(index), Interest::Writable)
                    .map_err(ProcessError::of("waiting for room for gratuitous ARPs"))?;
            }
        }
        Ok(())
    }

    /// An interface takes announcements again.
    pub(super) fn unblock(&mut self, index: IfIndex) -> Result<(), ProcessError> {
        self.announcements.unblock(index);
        match self.announcements.descriptor(index) {
            Some(descriptor) if self.blocked.remove(&index) => self
                .poller
                .remove(descriptor)
                .map_err(ProcessError::of("sending gratuitous ARPs again")),
            _ => Ok(()),
        }
    }

    fn pass_wants(&mut self) {
        let monitor = &self.monitor;
        let interfaces = LazyCell::new(|| -> Interfaces { monitor.snapshot() });
        for want in &self.outbox.wants {
            self.requests.want(want, &interfaces);
            if want
                .changes
                .iter()
                .any(|change| change.presence == Presence::Present)
            {
                self.linger.asked();
            }
        }
    }

    fn log_events(&self) {
        for event in &self.outbox.events {
            report::log_event(event, self.address_lines);
        }
    }

    fn notify(&mut self, now: Now) {
        for event in &self.outbox.events {
            match event {
                Event::Notification(notification) => {
                    self.outside.notify(now.time, notification);
                    self.sync_daemon.hear(notification);
                }
                Event::Router(RouterEvent::Stopped) => {
                    self.stopping = Stopping::Telling(now.time + LAST_WORDS);
                    self.outside.stop();
                }
                _ => {}
            }
        }
    }
}

/// The addresses that are not to be announced any more.
fn withdrawn_addresses(wants: &[Want]) -> HashSet<(IfIndex, IpAddr)> {
    wants
        .iter()
        .flat_map(|want| &want.changes)
        .filter(|change| change.presence == Presence::Absent)
        .filter_map(|change| match &*change.object {
            Object::Address(placed) => Some((placed.index, placed.ip())),
            _ => None,
        })
        .collect()
}
