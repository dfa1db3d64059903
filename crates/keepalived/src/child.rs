//! The first steps of a child, the same for all three kinds.
//!
//! A child is this very program, executed anew with the command line of the daemon, so that `ps` shows what users know.
//! That it is a child, and which one, arrives over a socket that it inherits; the variable
//! `KEEPALIVED_HANDOVER` holds the number of the descriptor and goes away at once, so that no script sees it.
//!
//! What each child owes its parent:
//!
//! * it keeps [`Handover::parent`](crate::handover::Handover::parent) in its main loop (a `Ping` that is not answered
//!   for three seconds gets it killed),
//! * it says [`in_force`](crate::link::ParentLink::in_force) when it works by its configuration,
//! * on `SIGTERM`, or when the link is closed, it leaves the kernel as it found it and ends with status 0. The parent
//!   being killed causes both,
//! * it removes at its start what a killed predecessor left behind,
//! * it ends with [`Exit`] statuses 1, 2 or 4 only where a new process would fail in the same way.

use crate::exit::Exit;
use crate::handover::{Handover, Kind};
use crate::link::{LinkError, ParentLink};
use crate::orders::Orders;
use crate::protocol::ToChild;
use crate::scripts::Origin;
use crate::{clock, log, memory, privileges, scheduling};
use kernel::sys::remove_variable;
use model::{Configuration, Globals, Micros};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::stat::umask;
use nix::unistd::{Pid, dup2_stdin, getppid};
use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// The variable that says which descriptor the handover comes over.
pub(crate) const VARIABLE: &str = "KEEPALIVED_HANDOVER";

/// What the processes are called where it is not configured.
pub(crate) const NAME: &CStr = c"keepalived";

/// The descriptor of the handover: standard input, which a daemon does not use and which the standard library can
/// place without a window in which another child would inherit it.
pub(crate) const DESCRIPTOR: &str = "0";

/// How long the parent may take to send the handover, which it does before it starts the child.
const PATIENCE: Micros = Micros::from_secs(5);

/// How long a child may take to leave after its parent has gone. A successor waits a little longer.
pub(crate) const LEAVING: Micros = Micros::from_secs(8);

/// How long the guard's line may take to be written, in milliseconds.
const LAST_WORDS: u16 = 500;

/// Stack of the guard in bytes.
const GUARD_STACK: usize = 64 * 1024;

/// What runs in a child: the processes that this build has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bodies {
    /// The health checkers.
    pub checker: Option<Body>,
    /// VRRP.
    pub vrrp: Option<Body>,
    /// BFD.
    pub bfd: Option<Body>,
}

/// The main function of a child.
pub type Body = fn(Handover) -> Exit;

impl Bodies {
    /// The body of a kind, if this build has it.
    #[must_use]
    pub const fn of(&self, kind: Kind) -> Option<Body> {
        match kind {
            Kind::Checker => self.checker,
            Kind::Vrrp => self.vrrp,
            Kind::Bfd => self.bfd,
        }
    }
}

/// Why a child could not start.
#[derive(Debug, thiserror::Error)]
enum HandoverError {
    #[error("{VARIABLE}={0:?} is no descriptor of a parent")]
    Variable(std::ffi::OsString),
    #[error("the parent has gone")]
    Orphan,
    #[error("no handover from the parent")]
    Silence,
    #[error("handover: {0}")]
    Link(#[from] LinkError),
    #[error("handover: {0}")]
    Io(#[from] io::Error),
    #[error("handover: {0}")]
    System(#[from] Errno),
    #[error("this build has no {0} process")]
    Kind(Kind),
}

/// Runs the body of a child if this process was started as one, and says how it ended.
///
/// Call it first in `main`, before any thread is started.
#[must_use]
pub fn run(bodies: &Bodies) -> Option<ExitCode> {
    let variable = std::env::var_os(VARIABLE)?;
    Some(match begin(&variable, bodies) {
        Ok((body, handover)) => live(body, handover),
        Err(HandoverError::Orphan) => Exit::Normal.into(),
        Err(error) => {
            let _ = nix::unistd::write(io::stderr(), format!("keepalived: {error}\n").as_bytes());
            Exit::Fatal.into()
        }
    })
}

fn begin(variable: &OsStr, bodies: &Bodies) -> Result<(Body, Handover), HandoverError> {
    remove_variable(VARIABLE)?;
    if variable != DESCRIPTOR {
        return Err(HandoverError::Variable(variable.to_owned()));
    }
    // An exec of /proc/self/exe leaves the name "exe"; pgrep, pstree and killall go by it.
    prctl::set_name(NAME)?;
    prctl::set_pdeathsig(Signal::SIGTERM)?;
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    dup2_stdin(File::open("/dev/null")?)?;
    let mut parent = ParentLink::new(socket);
    let (first, descriptors) = receive_first(&mut parent)?;
    let ToChild::Handover {
        kind,
        start,
        parent: parent_pid,
        settings,
        ..
    } = first
    else {
        return Err(HandoverError::Silence);
    };
    // The death signal was set after the parent started this process: it may have died in between.
    if getppid() != Pid::from_raw(parent_pid) {
        return Err(HandoverError::Orphan);
    }
    let mut descriptors = descriptors.into_iter();
    let configuration: Configuration = memory::open(descriptors.next().ok_or(LinkError::Descriptor)?)?;
    let orders: Orders = memory::open(descriptors.next().ok_or(LinkError::Descriptor)?)?;
    let pid_file: Option<OwnedFd> = descriptors.next();
    // Before anything is changed that scripts are to get back.
    let origin = Origin::of_this_process(settings.core_limit);
    take_name(kind, &configuration.globals)?;
    umask(settings.umask_with(&configuration.globals.files));
    let body = bodies.of(kind).ok_or(HandoverError::Kind(kind))?;
    Ok((
        body,
        Handover {
            kind,
            start,
            settings,
            configuration,
            orders,
            parent,
            origin,
            pid_file,
        },
    ))
}

fn receive_first(parent: &mut ParentLink) -> Result<(ToChild, Vec<OwnedFd>), HandoverError> {
    let deadline = clock::monotonic() + PATIENCE;
    loop {
        match parent.receive_first() {
            Ok(Some(first)) => return Ok(first),
            Ok(None) => {}
            Err(LinkError::Closed) => return Err(HandoverError::Orphan),
            Err(error) => return Err(error.into()),
        }
        let left = deadline.since(clock::monotonic());
        if left.is_zero() {
            return Err(HandoverError::Silence);
        }
        let timeout = PollTimeout::try_from(left.as_millis() + 1).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(parent.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Gives the calling process, by its main thread, the configured name.
pub(crate) fn take_name(kind: Kind, globals: &Globals) -> nix::Result<()> {
    let name = process_name(kind, globals);
    prctl::set_name(name.as_deref().unwrap_or(NAME))
}

/// The configured name of a process, cut to the 15 bytes that the kernel keeps.
pub(crate) fn process_name(kind: Kind, globals: &Globals) -> Option<CString> {
    let name = scheduling::settings_of(kind, globals)
        .name
        .as_ref()
        .or(globals.identity.process_name.as_ref())?;
    CString::new(name.as_bytes()).ok()
}

/// Runs the body with its log around it. A panic is logged and ends the process as a program error, and the
/// supervisor starts a new one.
fn live(body: Body, handover: Handover) -> ExitCode {
    let settings = scheduling::settings_of(handover.kind, &handover.configuration.globals);
    let mut complaints = scheduling::begin(settings);
    complaints.extend(privileges::keep(handover.kind, &handover.configuration));
    let log = log::Log::start(&handover.settings.log, Some(handover.kind));
    for complaint in complaints {
        tracing::warn!("{complaint}");
    }
    if let Err(error) = guard(&handover.parent) {
        tracing::warn!("no guard against a hang without a supervisor: {error}");
    }
    let exit = panic::catch_unwind(AssertUnwindSafe(|| body(handover))).unwrap_or(Exit::Software);
    log.finish();
    exit.into()
}

/// Ends this process when it does not leave by itself after its parent has gone: it hangs, and nobody else is left to
/// find that out. A successor could not start beside it.
fn guard(parent: &ParentLink) -> io::Result<()> {
    let socket = parent.as_fd().try_clone_to_owned()?;
    thread::Builder::new()
        .name("guard".to_owned())
        .stack_size(GUARD_STACK)
        .spawn(move || {
            // Nothing is asked for, and the end of the connection is reported all the same.
            let mut descriptors = [PollFd::new(socket.as_fd(), PollFlags::empty())];
            while poll(&mut descriptors, PollTimeout::NONE) != Ok(1) {}
            let leaving = PollTimeout::try_from(Duration::from(LEAVING)).unwrap_or(PollTimeout::MAX);
            let _ = poll(&mut [], leaving);
            tracing::error!(target: log::ALERT, "this process hangs and its supervisor has gone: aborting");
            // The log has threads of its own, which need a moment.
            let _ = poll(&mut [], PollTimeout::from(LAST_WORDS));
            std::process::abort()
        })?;
    Ok(())
}
