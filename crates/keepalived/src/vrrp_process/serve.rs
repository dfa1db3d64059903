//! What has become readable: the parent, signals, the writer, the monitor, a configuration, adverts.

use super::observe::Reading;
use super::requests::Receipt;
use super::{ProcessError, VrrpProcess};
use crate::link::{LinkError, Request};
use crate::protocol::Dump;
use crate::signals::SignalNumber;
use kernel::advert_socket::Arrivals;
use kernel::poll::Token;
use model::IfIndex;
use vrrp::{Datagram, Input, Now, SocketId};

/// Batches of datagrams that one socket may hand in in one turn.
const BATCHES: usize = 4;

/// Datagrams that all sockets together may hand in in one turn: about half a millisecond.
const DATAGRAMS: usize = 512;

/// What the poller calls the descriptors.
pub(super) mod token {
    use super::{IfIndex, SocketId, Token};

    pub(in crate::vrrp_process) const PARENT: Token = Token(0);
    pub(in crate::vrrp_process) const SIGNALS: Token = Token(1);
    pub(in crate::vrrp_process) const WRITER: Token = Token(2);
    pub(in crate::vrrp_process) const MONITOR: Token = Token(3);
    pub(in crate::vrrp_process) const RELOAD: Token = Token(4);
    pub(in crate::vrrp_process) const OUTSIDE: Token = Token(5);
    const SOCKETS: u64 = 1 << 32;
    const INTERFACES: u64 = 1 << 33;

    pub(in crate::vrrp_process) fn of_socket(id: SocketId) -> Token {
        Token(SOCKETS + id.index() as u64)
    }

    /// The place of the socket in the table, if the token is one of a socket.
    pub(in crate::vrrp_process) fn socket(token: Token) -> Option<usize> {
        let place = token.0.checked_sub(SOCKETS).filter(|_| token.0 < INTERFACES)?;
        usize::try_from(place).ok()
    }

    /// Room for announcements on an interface.
    pub(in crate::vrrp_process) fn of_interface(index: IfIndex) -> Token {
        Token(INTERFACES + u64::from(index.value()))
    }

    /// The interface, if the token is one of room for announcements.
    pub(in crate::vrrp_process) fn interface(token: Token) -> Option<IfIndex> {
        let index = u32::try_from(token.0.checked_sub(INTERFACES)?).ok()?;
        IfIndex::new(index)
    }
}

impl VrrpProcess {
    /// Takes in the adverts that have arrived. Before the deadlines: whoever was held up must hear that its master is alive
    /// before it believes it dead.
    pub(super) fn hear_adverts(&mut self, now: Now, ready: &[Token]) {
        let mut left = DATAGRAMS;
        for id in ready.iter().filter_map(|token| token::socket(*token)) {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(self.receive(now, id));
        }
        // With nothing left there is more to be taken, at once.
        if (1..DATAGRAMS).contains(&left) {
            self.hearing.heard(now.time, self.pace.floor);
        }
    }

    /// Takes in what else the poller found readable.
    pub(super) fn serve(&mut self, now: Now, ready: &[Token]) -> Result<(), ProcessError> {
        let is_ready = |token| ready.contains(&token);
        if is_ready(token::SIGNALS) {
            self.take_signals(now)?;
        }
        if is_ready(token::PARENT) {
            self.hear_parent(now)?;
        }
        if is_ready(token::RELOAD) {
            self.take_configuration(now)?;
        }
        if is_ready(token::OUTSIDE) {
            self.take_findings(now)?;
        }
        if is_ready(token::WRITER) {
            self.requests.collect(&mut self.receipts);
        }
        if is_ready(token::MONITOR) || !self.receipts.is_empty() {
            self.hear_kernel(now)?;
        }
        for index in ready.iter().filter_map(|token| token::interface(*token)) {
            self.unblock(index)?;
        }
        Ok(())
    }

    /// Reads the monitor, and then uses the receipts that were collected before.
    pub(super) fn hear_kernel(&mut self, now: Now) -> Result<(), ProcessError> {
        let reading = self
            .observe(now)
            .map_err(ProcessError::of("reading the kernel's notifications"))?;
        if reading == Reading::Complete {
            self.confirm(now)?;
        }
        Ok(())
    }

    fn confirm(&mut self, now: Now) -> Result<(), ProcessError> {
        let mut receipts = std::mem::take(&mut self.receipts);
        for receipt in receipts.drain(..) {
            match receipt {
                Receipt::Progressed(ticket, addresses) => {
                    let addresses = &addresses;
                    self.handle(now, Input::Progressed { ticket, addresses });
                }
                Receipt::Confirmed(ticket, outcome) => self.handle(now, Input::Confirmed(ticket, outcome)),
                Receipt::Prepared => self.links_are_made(now)?,
            }
        }
        self.receipts = receipts;
        Ok(())
    }

    /// Receives adverts of the socket in this place of the table; returns how many.
    fn receive(&mut self, now: Now, place: usize) -> usize {
        let Some(socket) = self.sockets.id_at(place) else {
            return 0;
        };
        let (router, outbox) = (&mut self.router, &mut self.outbox);
        let mut total = 0;
        for _ in 0..BATCHES {
            let count = self.sockets.receive(socket, |packet| {
                router.handle(now, Input::AdvertReceived(Datagram { socket, packet }), outbox);
            });
            total += count;
            if count < Arrivals::BATCH {
                break;
            }
        }
        total
    }

    fn take_signals(&mut self, now: Now) -> Result<(), ProcessError> {
        while let Some(signal) = self
            .signals
            .next()
            .map_err(ProcessError::of("reading a signal"))?
        {
            match signal {
                SignalNumber::STOP | SignalNumber::INTERRUPT => self.stop(now),
                SignalNumber::RELOAD => {
                    // Only the parent reads files. One that has just gone is noticed by its link.
                    if let Err(error) = self.parent.request_reload() {
                        tracing::warn!("asking for a reload: {error}");
                    }
                }
                SignalNumber::DATA => self.dump(now, Dump::Data),
                SignalNumber::STATS => self.dump(now, Dump::Stats),
                SignalNumber::STATS_CLEAR => self.dump(now, Dump::StatsClear),
                SignalNumber::JSON => self.dump(now, Dump::Json),
                SignalNumber::PROCESSOR_TIME => tracing::info!(
                    "VRRP process has used too much CPU time, vrrp_rlimit_rttime may need to be increased"
                ),
                _ => {}
            }
        }
        Ok(())
    }

    fn hear_parent(&mut self, now: Now) -> Result<(), ProcessError> {
        loop {
            match self.parent.receive() {
                Ok(None) => return Ok(()),
                Ok(Some(Request::Reload(configuration))) => self.open_configuration(configuration)?,
                Ok(Some(Request::Launcher(connection))) => self.outside.adopt_launcher(connection),
                Ok(Some(Request::Dump(dump))) => self.dump(now, dump),
                Ok(Some(Request::Act(number, action))) => self.act(now, number, &action),
                Ok(Some(Request::Status(detail, pipe))) => self.tell_status(now, detail, pipe),
                Err(LinkError::Closed) => {
                    self.stop(now);
                    // It stays readable for ever.
                    return self
                        .poller
                        .remove(&self.parent)
                        .map_err(ProcessError::of("forgetting the parent"));
                }
                Err(error) => tracing::warn!("{error}"),
            }
        }
    }
}
