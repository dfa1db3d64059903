//! The process that listens for those who want metrics.
//!
//! This very program, executed anew and shown as `keepalived_prom`: not `keepalived`, so that those who look for or count the
//! daemon's processes by that name find what they know. Standard input is its connection to the supervisor, over which the
//! listening socket comes first: the supervisor binds it, in the network namespace and with the rights that it has. Before it
//! looks at anything from the network the process gives up every right for good ([`privileges::surrender`]).
//!
//! It keeps nothing, so it is ended without being asked, and replaced when it dies.

use super::server::Server;
use crate::exit::Exit;
use crate::privileges;
use crate::signals::Signals;
use kernel::sys::{receive_with_descriptors, remove_variable};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::{Pid, dup2_stdin};
use socket2::{Domain, Protocol, Socket, Type};
use std::fs::File;
use std::io::{self, IoSlice};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

/// The variable that makes this program the process; its value is the descriptor of the connection.
const VARIABLE: &str = "KEEPALIVED_METRICS";

/// Standard input: the standard library can place it without a window in which another child would inherit it.
const DESCRIPTOR: &str = "0";

/// What `ps` calls the process.
const NAME: &str = "keepalived_prom";

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
    let child = Command::new("/proc/self/exe")
        .arg0(NAME)
        .env_clear()
        .env(VARIABLE, DESCRIPTOR)
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .spawn()?;
    Ok((Pid::from_raw(child.id().cast_signed()), ours))
}

/// Serves metrics if this process was started for that.
///
/// Call it first in `main`, before any thread is started.
pub(crate) fn run() -> Option<ExitCode> {
    let value = std::env::var_os(VARIABLE)?;
    let outcome = if value == DESCRIPTOR {
        live()
    } else {
        Err(Errno::EBADF.into())
    };
    Some(match outcome {
        Ok(()) => Exit::Normal.into(),
        Err(error) => {
            complain(&error);
            Exit::Software.into()
        }
    })
}

fn live() -> io::Result<()> {
    remove_variable(VARIABLE)?;
    prctl::set_name(c"keepalived_prom")?;
    // Blocked, as in the other processes: a reload by `pkill -HUP keepalived` is not meant for this one.
    let _signals = Signals::new()?;
    let daemon = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    dup2_stdin(File::open("/dev/null")?)?;
    let (_, descriptors) = receive_with_descriptors(&daemon, &mut [0])?;
    let listener = descriptors.into_iter().next().ok_or(Errno::EBADF)?;
    if let Err(error) = privileges::surrender()? {
        complain(&error);
    }
    // Becoming another user clears it.
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    Server::new(listener.into(), daemon)?.serve()
}

fn complain(error: &io::Error) {
    let _ = nix::unistd::write(io::stderr(), format!("{NAME}: {error}\n").as_bytes());
}
