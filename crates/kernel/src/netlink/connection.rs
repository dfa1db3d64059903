//! A netlink socket for requests and dumps.

use super::batch::Batch;
use super::message::{Message, messages, refusal, u32_at};
use netlink_packet_core::Emitable;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLM_F_DUMP: u16 = 0x300;
const NLM_F_DUMP_INTR: u16 = 0x10;

/// Largest datagram that the kernel fills for a dump.
const DATAGRAM_LEN: usize = 64 * 1024;

/// A request of a batch that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Position in the batch.
    pub(crate) position: usize,
    pub(crate) errno: Errno,
    /// The kernel's extended acknowledgement.
    pub(crate) detail: Option<Box<str>>,
}

/// A blocking netlink socket. The kernel carries requests out within the call that sends them, so the replies are
/// there when that call returns.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: Socket,
    sequence: u32,
    received: Vec<u8>,
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Connection {
    /// A connection to one of the kernel's netlink protocols (`NETLINK_*`).
    pub(crate) fn open(protocol: i32) -> io::Result<Self> {
        let mut socket = Socket::new(protocol as isize)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        socket.set_cap_ack(true)?;
        socket.set_ext_ack(true)?;
        Ok(Self {
            socket,
            sequence: 1,
            received: Vec::with_capacity(DATAGRAM_LEN),
        })
    }

    /// Has dumps that are asked for with filters answered by the kernel with what the filters select.
    pub(crate) fn filter_dumps(&self) -> io::Result<()> {
        self.socket.set_netlink_get_strict_chk(true)
    }

    /// Sends a batch in one datagram and reports the requests that failed. All others succeeded.
    ///
    /// An error of the exchange itself leaves open which of the requests were carried out.
    pub(crate) fn exchange(&mut self, batch: &mut Batch, refusals: &mut Vec<Refusal>) -> io::Result<()> {
        self.send_and_hear(batch, refusals, |_| false)
    }

    /// Sends a batch that is one transaction and reports the requests for which it was refused as a whole.
    #[cfg(feature = "nftables")]
    pub(crate) fn transact(&mut self, batch: &mut Batch, refusals: &mut Vec<Refusal>) -> io::Result<()> {
        // An error of the first message, which begins the transaction, is the only answer.
        self.send_and_hear(batch, refusals, |refusal| refusal.position == 0)
    }

    fn send_and_hear(
        &mut self,
        batch: &mut Batch,
        refusals: &mut Vec<Refusal>,
        ends_it: impl Fn(&Refusal) -> bool,
    ) -> io::Result<()> {
        let count = batch.count();
        if count == 0 {
            return Ok(());
        }
        let first = self.send(batch)?;
        loop {
            self.receive()?;
            for message in messages(&self.received) {
                let position = message.sequence.wrapping_sub(first);
                if message.kind != NLMSG_ERROR || position >= count {
                    continue;
                }
                if let Some((errno, detail)) = refusal(&message) {
                    let refusal = Refusal {
                        position: position as usize,
                        errno,
                        detail: detail.map(Into::into),
                    };
                    let last_word = ends_it(&refusal);
                    refusals.push(refusal);
                    if last_word {
                        return Ok(());
                    }
                }
                if position == batch.last_position() {
                    return Ok(());
                }
            }
        }
    }

    /// Sends one request and returns what `decode` makes of its reply.
    pub(crate) fn ask<T>(
        &mut self,
        kind: u16,
        body: &impl Emitable,
        decode: impl Fn(&[u8]) -> Option<T>,
    ) -> io::Result<Option<T>> {
        let mut batch = Batch::default();
        batch.push(kind, 0, body);
        let sequence = self.send(&mut batch)?;
        let mut answer = None;
        loop {
            self.receive()?;
            for message in messages(&self.received) {
                if message.sequence != sequence {
                    continue;
                }
                if message.kind == NLMSG_ERROR {
                    return match refusal(&message) {
                        Some((errno, _)) => Err(errno.into()),
                        None => Ok(answer),
                    };
                }
                answer = decode(message.payload);
            }
        }
    }

    /// Dumps what `body` selects; `each` sees every message. Starts again, telling `restart`, when the kernel says that
    /// the dump is not of one moment.
    pub(crate) fn dump<S>(
        &mut self,
        kind: u16,
        body: &impl Emitable,
        state: &mut S,
        restart: impl Fn(&mut S),
        each: impl Fn(&mut S, &Message<'_>),
    ) -> io::Result<()> {
        /// A table that changes all the time cannot be dumped at one moment; then the last attempt has to do.
        const ATTEMPTS: u32 = 5;
        let mut batch = Batch::default();
        for _ in 0..ATTEMPTS {
            restart(state);
            batch.clear();
            batch.push(kind, NLM_F_DUMP, body);
            let sequence = self.send(&mut batch)?;
            if self.receive_dump(sequence, state, &each)? {
                break;
            }
        }
        Ok(())
    }

    /// Receives one dump; whether it is of one moment.
    fn receive_dump<S>(
        &mut self,
        sequence: u32,
        state: &mut S,
        each: &impl Fn(&mut S, &Message<'_>),
    ) -> io::Result<bool> {
        let mut consistent = true;
        loop {
            self.receive()?;
            for message in messages(&self.received) {
                if message.sequence != sequence {
                    continue;
                }
                consistent &= message.flags & NLM_F_DUMP_INTR == 0;
                match message.kind {
                    NLMSG_DONE | NLMSG_ERROR => {
                        let code = u32_at(message.payload, 0).unwrap_or(0).cast_signed();
                        return match code {
                            0 => Ok(consistent),
                            code => Err(io::Error::from_raw_os_error(code.wrapping_neg())),
                        };
                    }
                    _ => each(state, &message),
                }
            }
        }
    }

    /// Sends a batch; the sequence number of its first message.
    fn send(&mut self, batch: &mut Batch) -> io::Result<u32> {
        let first = self.sequence;
        self.sequence = self.sequence.wrapping_add(batch.count());
        let datagram = batch.finish(first);
        retry(|| self.socket.send(datagram, 0))?;
        Ok(first)
    }

    fn receive(&mut self) -> io::Result<()> {
        self.received.clear();
        retry(|| self.socket.recv(&mut self.received, 0))?;
        Ok(())
    }
}

/// Repeats a call that a signal has interrupted.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
