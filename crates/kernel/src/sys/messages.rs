//! Many datagrams with one system call.
//!
//! `nix` has both calls, but allocates for each send and gives every message of it the same control data.

use crate::datagram::{Control, Name, Outgoing};
use nix::errno::Errno;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// Room for a batch of datagrams that arrive, used again for every batch.
///
/// The pointers in the headers are set anew for each call; between calls they are not followed.
pub(crate) struct Inbox {
    size: usize,
    buffers: Box<[u8]>,
    names: Box<[Name]>,
    controls: Box<[Control]>,
    parts: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
}

/// A datagram that has arrived.
pub(crate) struct Incoming<'a> {
    /// Its bytes, as many as there was room for.
    pub(crate) bytes: &'a [u8],
    /// Whether it was longer than the room for it.
    pub(crate) truncated: bool,
    pub(crate) name: &'a Name,
    /// Its control data.
    pub(crate) control: &'a [u8],
}

// SAFETY: the raw pointers in `parts` and `headers` are only followed within `receive`, which sets them first.
unsafe impl Send for Inbox {}

impl Inbox {
    /// Room for `count` datagrams of up to `size` bytes each.
    pub(crate) fn new(count: usize, size: usize) -> Self {
        let no_part = libc::iovec {
            iov_base: ptr::null_mut(),
            iov_len: 0,
        };
        Self {
            size,
            buffers: vec![0; count * size].into(),
            names: vec![Name::EMPTY; count].into(),
            controls: vec![Control::EMPTY; count].into(),
            parts: vec![no_part; count].into(),
            headers: vec![empty_header(); count].into(),
        }
    }

    /// How many datagrams fit.
    pub(crate) const fn len(&self) -> usize {
        self.headers.len()
    }

    /// `recvmmsg(2)`, never waiting: how many datagrams have arrived. Fewer than fit means that no more are there.
    pub(crate) fn receive(&mut self, socket: BorrowedFd<'_>) -> nix::Result<usize> {
        for (position, buffer) in self.buffers.chunks_exact_mut(self.size).enumerate() {
            let part = &mut self.parts[position];
            part.iov_base = buffer.as_mut_ptr().cast();
            part.iov_len = buffer.len();
            let header = &mut self.headers[position].msg_hdr;
            header.msg_name = self.names[position].0.as_mut_ptr().cast();
            header.msg_namelen = Name::LEN_FIELD;
            header.msg_iov = part;
            header.msg_iovlen = 1;
            header.msg_control = self.controls[position].0.as_mut_ptr().cast();
            header.msg_controllen = Control::LEN;
            header.msg_flags = 0;
        }
        let count = libc::c_uint::try_from(self.headers.len()).unwrap_or(libc::c_uint::MAX);
        // SAFETY: there are `count` headers, and everything they point to is memory of `self` of the length that stands
        // beside the pointer, has just been set and is borrowed for the call.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                count,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        Errno::result(received).map(|received| usize::try_from(received).expect("a count, not an error"))
    }

    /// One of the datagrams that the last call received.
    pub(crate) fn get(&self, position: usize) -> Incoming<'_> {
        let header = &self.headers[position];
        let len = usize::try_from(header.msg_len).unwrap_or(0).min(self.size);
        let start = position * self.size;
        let control_len = header.msg_hdr.msg_controllen.min(Control::LEN);
        Incoming {
            bytes: &self.buffers[start..start + len],
            truncated: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            name: &self.names[position],
            control: &self.controls[position].0[..control_len],
        }
    }
}

/// Headers for a batch of datagrams that leave, used again for every batch.
#[derive(Default)]
pub(crate) struct Outbox {
    names: Vec<Name>,
    controls: Vec<Control>,
    parts: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

// SAFETY: as for `Inbox`.
unsafe impl Send for Outbox {}

impl Outbox {
    /// Most datagrams that the kernel takes in one call.
    pub(crate) const MOST: usize = 1024;

    /// How many datagrams the last call tried to send.
    pub(crate) const fn len(&self) -> usize {
        self.headers.len()
    }

    /// `sendmmsg(2)`, never waiting: how many of the first [`MOST`](Self::MOST) datagrams have left.
    ///
    /// An error is that of the first datagram; an error of a later one is reported by the next call, which begins with
    /// it. Nothing to send is no call.
    pub(crate) fn send<'a>(
        &mut self,
        socket: BorrowedFd<'_>,
        datagrams: impl Iterator<Item = Outgoing<'a>>,
        flags: i32,
    ) -> nix::Result<usize> {
        self.names.clear();
        self.controls.clear();
        self.parts.clear();
        self.headers.clear();
        for datagram in datagrams.take(Self::MOST) {
            let mut header = empty_header();
            header.msg_hdr.msg_namelen = datagram.name_len();
            header.msg_hdr.msg_controllen = datagram.control_len;
            self.names.push(datagram.name);
            self.controls.push(datagram.control);
            self.parts.push(libc::iovec {
                // The kernel only reads what it sends.
                iov_base: datagram.bytes.as_ptr().cast_mut().cast(),
                iov_len: datagram.bytes.len(),
            });
            self.headers.push(header);
        }
        if self.headers.is_empty() {
            return Ok(0);
        }
        // Only now nothing moves any more.
        for (position, header) in self.headers.iter_mut().enumerate() {
            let header = &mut header.msg_hdr;
            header.msg_name = self.names[position].0.as_mut_ptr().cast();
            header.msg_iov = &raw mut self.parts[position];
            header.msg_iovlen = 1;
            if header.msg_controllen > 0 {
                header.msg_control = self.controls[position].0.as_mut_ptr().cast();
            }
        }
        let count = libc::c_uint::try_from(self.headers.len()).expect("at most 1024");
        // SAFETY: there are `count` headers, and everything they point to is memory of `self` or of the datagrams, which are
        // borrowed for longer than the call, of the length that stands beside the pointer.
        let sent = unsafe {
            libc::sendmmsg(
                socket.as_raw_fd(),
                self.headers.as_mut_ptr(),
                count,
                flags | libc::MSG_DONTWAIT,
            )
        };
        Errno::result(sent).map(|sent| usize::try_from(sent).expect("a count, not an error"))
    }
}

fn empty_header() -> libc::mmsghdr {
    // SAFETY: the structure consists of integers and raw pointers, for which zero is a value.
    unsafe { std::mem::zeroed() }
}
