//! The addresses of this machine, which `ha_suspend` goes by.

use super::serve::token;
use super::{CheckerProcess, ProcessError};
use check::Input;
use kernel::ReceiveBuffer;
use kernel::monitor::{Change, Monitor, Watch};
use kernel::poll::{Interest, Poller};
use model::{Globals, LvsConfiguration, Time};
use std::io;
use std::net::IpAddr;

/// Receive buffer of the monitor without a setting: a few thousand notifications, as a takeover makes at once.
const BUFFER: usize = 4 << 20;

/// Rounds of notifications of one turn.
const ROUNDS: usize = 4;

/// The kernel's notifications.
pub(super) struct Addresses {
    monitor: Monitor,
    changes: Vec<Change>,
}

impl Addresses {
    /// Begins to listen, if the configuration needs it.
    pub(super) fn open(lvs: &LvsConfiguration, globals: &Globals) -> io::Result<Option<Self>> {
        if !lvs.virtual_servers.iter().any(|server| server.ha_suspend) {
            return Ok(None);
        }
        let setting = globals.netlink_buffers.lvs_monitor;
        let bytes = usize::try_from(setting.bytes).unwrap_or(usize::MAX);
        let buffer = match (bytes, setting.force) {
            (0, _) => ReceiveBuffer::Forced(BUFFER),
            (_, true) => ReceiveBuffer::Forced(bytes),
            (_, false) => ReceiveBuffer::Limited(bytes),
        };
        Ok(Some(Self {
            monitor: Monitor::open(Watch::default(), buffer)?,
            changes: Vec::new(),
        }))
    }

    pub(super) fn listen(&self, poller: &Poller) -> io::Result<()> {
        poller.add(&self.monitor, token::ADDRESSES, Interest::Readable)
    }

    /// Every address of every interface.
    pub(super) fn all(&self) -> impl Iterator<Item = IpAddr> {
        self.monitor
            .interfaces()
            .flat_map(|interface| interface.addresses.iter().map(|address| address.prefix.address))
    }
}

impl CheckerProcess {
    /// Takes in what the kernel says about addresses.
    pub(super) fn observe(&mut self, now: Time) -> Result<(), ProcessError> {
        let Some(addresses) = &mut self.addresses else {
            return Ok(());
        };
        let Addresses { monitor, changes } = addresses;
        for _ in 0..ROUNDS {
            let more = monitor
                .read(changes)
                .map_err(ProcessError::of("reading the kernel's notifications"))?;
            for change in changes.drain(..) {
                let input = match change {
                    Change::AddressAdded(_, address) => Input::AddressAdded(address.prefix.address),
                    Change::AddressRemoved(_, address) => Input::AddressRemoved(address.prefix.address),
                    _ => continue,
                };
                self.director.handle(now, input, &mut self.outbox);
            }
            if !more {
                break;
            }
        }
        Ok(())
    }
}
