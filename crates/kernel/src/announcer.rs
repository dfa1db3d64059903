//! Gratuitous ARPs and unsolicited neighbour advertisements (`spec/vrrp-protocol.md` section 10).

use crate::datagram::{Control, Name, Outgoing};
use crate::sys::Outbox;
use model::{IfIndex, MacAddr};
use nix::errno::Errno;
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use wire::ndp::Role;
use wire::{arp, ndp};

/// One address to be announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The interface that the frame leaves by.
    pub interface: IfIndex,
    /// The MAC address that the address has now.
    pub mac: MacAddr,
    /// The address: IPv4 is announced by ARP, IPv6 by a neighbour advertisement.
    pub address: IpAddr,
    /// The Router flag of a neighbour advertisement.
    pub role: Role,
}

/// A packet socket that frames leave by, on any interface. It receives nothing.
///
/// Where the queue of one interface stands still, its frames fill the send buffer, and those of other interfaces wait
/// too; with an announcer for each interface they do not.
pub struct Announcer {
    socket: Socket,
    outbox: Outbox,
    frames: Vec<u8>,
}

impl Announcer {
    /// Frames of one system call.
    pub const BATCH: usize = 256;
    const ROOM: usize = ndp::FRAME_LEN;

    /// Opens the socket.
    pub fn open() -> io::Result<Self> {
        // Protocol 0 is no protocol.
        let socket = Socket::new(Domain::PACKET, Type::RAW.nonblocking(), None)?;
        Ok(Self {
            socket,
            outbox: Outbox::default(),
            frames: vec![0; Self::BATCH * Self::ROOM],
        })
    }

    /// Sends announcements in their order and returns how many of them are done with. Fewer than given: a queue is full,
    /// try the rest again a little later. Those that can never leave, since their interface is gone or down, are put
    /// into `failures` with their position and the reason, and count as done.
    ///
    /// A frame takes the kernel 2 to 3 µs; give as many at once as the caller can do without its thread.
    pub fn send(
        &mut self,
        announcements: &(impl Iterator<Item = Announcement> + Clone),
        failures: &mut Vec<(usize, Errno)>,
    ) -> usize {
        let mut done = 0;
        loop {
            let batch = announcements.clone().skip(done).take(Self::BATCH);
            for (announcement, room) in batch.clone().zip(self.frames.chunks_exact_mut(Self::ROOM)) {
                write(announcement, room);
            }
            let frames = batch
                .zip(self.frames.chunks_exact(Self::ROOM))
                .map(|(announcement, room)| frame(announcement, room));
            match self.outbox.send(self.socket.as_fd(), frames, 0) {
                Ok(sent) => {
                    done += sent;
                    if sent < Self::BATCH && sent == self.outbox.len() {
                        return done;
                    }
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN | Errno::ENOBUFS) => return done,
                Err(errno) => {
                    failures.push((done, errno));
                    done += 1;
                }
            }
        }
    }
}

impl AsFd for Announcer {
    /// Writable when there is room for frames again.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn write(announcement: Announcement, room: &mut [u8]) {
    const ROOM: &str = "room for the longest frame";
    let mac = announcement.mac.0;
    match announcement.address {
        IpAddr::V4(address) => arp::gratuitous(room.first_chunk_mut().expect(ROOM), mac, address),
        IpAddr::V6(address) => {
            ndp::unsolicited(
                room.first_chunk_mut().expect(ROOM),
                mac,
                address,
                announcement.role,
            );
        }
    }
}

fn frame(announcement: Announcement, room: &[u8]) -> Outgoing<'_> {
    let len = match announcement.address {
        IpAddr::V4(_) => arp::FRAME_LEN,
        IpAddr::V6(_) => ndp::FRAME_LEN,
    };
    Outgoing {
        bytes: &room[..len],
        name: Name::link(announcement.interface),
        control: Control::EMPTY,
        control_len: 0,
    }
}
