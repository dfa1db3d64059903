//! The process that listens for those who want metrics.
//!
//! It is a [`Helper`]. Over its connection to the supervisor the listening socket comes first: the supervisor binds it, in the
//! network namespace and with the rights that it has. Before it looks at anything from the network the process gives up every
//! right for good ([`privileges::surrender`]).
//!
//! It keeps nothing, so it is ended without being asked, and replaced when it dies.

use super::server::Server;
use crate::exit::Exit;
use crate::helper::{Helper, Surroundings};
use crate::privileges;
use kernel::sys::receive_with_descriptors;
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::Pid;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, IoSlice};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

const HELPER: Helper = Helper {
    name: c"keepalived_prom",
    variable: "KEEPALIVED_METRICS",
};

/// Clients that wait for their turn.
const WAITING: i32 = 16;

/// A listener, also where a daemon before had clients until just now.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(WAITING)?;
    Ok(socket.into())
}

/// Starts the process. Returns the supervisor's end of the connection, where the requests arrive.
pub(crate) fn start(listener: &TcpListener) -> io::Result<(Pid, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    sendmsg::<()>(
        ours.as_raw_fd(),
        &[IoSlice::new(b"\n")],
        &[ControlMessage::ScmRights(&[listener.as_raw_fd()])],
        MsgFlags::MSG_NOSIGNAL,
        None,
    )?;
    let child = HELPER.command(theirs.into(), Surroundings::Cleared).spawn()?;
    Ok((Pid::from_raw(child.id().cast_signed()), ours))
}

/// Serves metrics if this process was started for that.
///
/// Call it first in `main`, before any thread is started.
pub(crate) fn run() -> Option<ExitCode> {
    // Signals stay blocked, as in the other processes: a reload by `pkill -HUP keepalived` is not meant for this one.
    HELPER.run(Exit::Software, |_signals, connection| live(connection.into()))
}

fn live(daemon: UnixStream) -> io::Result<()> {
    let (_, descriptors) = receive_with_descriptors(&daemon, &mut [0])?;
    let listener = descriptors.into_iter().next().ok_or(Errno::EBADF)?;
    if let Err(error) = privileges::surrender()? {
        HELPER.complain(&error);
    }
    // Becoming another user clears it.
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    Server::new(listener.into(), daemon)?.serve()
}
