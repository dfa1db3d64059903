//! The start of a program.

use libc::{c_char, c_int, c_void};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::waitpid;
use nix::unistd::{Gid, Pid, Uid, getegid, geteuid, getgid, getpid, getppid, getuid, setpgid};
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

/// The last real-time signal.
const LAST_SIGNAL: i32 = 64;

/// Signals that the C library keeps to itself. It has them ignored in a process that another one with several threads starts.
const OF_THE_C_LIBRARY: [i32; 2] = [32, 33];

/// The kernel's `struct sigaction` of a signal with its default action.
const DEFAULT_ACTION: [u64; 4] = [0; 4];

/// User, group and supplementary groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User.
    pub uid: Uid,
    /// Group.
    pub gid: Gid,
    /// Supplementary groups.
    pub groups: Vec<Gid>,
}

/// Soft and hard limit of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The resource.
    pub resource: Resource,
    /// The limit that is enforced.
    pub soft: u64,
    /// How far the process may raise it.
    pub hard: u64,
}

/// How a program differs from the process that starts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChildSetup {
    /// As whom it runs; nothing keeps ours.
    pub identity: Option<Identity>,
    /// Limits that differ from ours. One that cannot be set stays as it is: only raising the hard limit needs a right.
    pub limits: Vec<Limit>,
    /// The signal that it gets when the *thread* that starts it ends.
    pub parent_death_signal: Option<Signal>,
}

/// What is executed.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The file.
    pub path: &'a CStr,
    /// The words that it sees, its own name first.
    pub arguments: &'a [CString],
    /// Its environment, `NAME=VALUE` each.
    pub environment: &'a [CString],
    /// Its standard input.
    pub input: BorrowedFd<'a>,
    /// Its standard output and error.
    pub output: BorrowedFd<'a>,
    /// As whom, and how.
    pub setup: &'a ChildSetup,
}

/// Starts a program in a process group of its own, with every signal at its default and none blocked, with no descriptor but
/// the standard ones, and as its setup says. Returns when it is executed.
///
/// The child borrows the memory of the calling process until then (`CLONE_VM`): copying the tables of the memory, and each
/// page that is written to, costs more than the exec of a small program. It gets a copy all the same where it becomes another
/// user: nobody but root may be near the memory of root.
///
/// # Errors
/// What the kernel says about the setup or the exec: `ENOEXEC` of a file that is no program.
pub fn start(program: &Start<'_>) -> nix::Result<Pid> {
    let (arguments, environment) = (pointers(program.arguments), pointers(program.environment));
    let scratch = Scratch::new()?;
    let child = Child {
        program,
        arguments: &arguments,
        environment: &environment,
        parent: getpid(),
        failure: scratch.failure(),
    };
    let memory = match &program.setup.identity {
        Some(identity) if !identity.is_ours() => 0,
        _ => libc::CLONE_VM,
    };
    // SAFETY: the stack is large enough for what `live` calls, and nobody else's: this thread sleeps until the child has
    // executed its program or is gone (`CLONE_VFORK`), so `child` and all that it borrows outlive its use. `live` makes
    // system calls only, and writes to nothing of ours but `failure`, which is shared in either case.
    let pid = unsafe {
        libc::clone(
            live,
            scratch.stack(),
            memory | libc::CLONE_VFORK | libc::SIGCHLD,
            ptr::from_ref(&child).cast_mut().cast(),
        )
    };
    let pid = Pid::from_raw(Errno::result(pid)?);
    match scratch.failure().load(Ordering::Relaxed) {
        0 => Ok(pid),
        errno => {
            waitpid(pid, None)?;
            Err(Errno::from_raw(errno))
        }
    }
}

impl Identity {
    fn is_ours(&self) -> bool {
        [getuid(), geteuid()] == [self.uid; 2] && [getgid(), getegid()] == [self.gid; 2]
    }
}

/// The array of pointers that the kernel takes.
fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    let strings = strings.iter().map(|string| string.as_ptr());
    strings.chain([ptr::null()]).collect()
}

/// Memory that parent and child share in either case: a stack, and below it the number of an error.
struct Scratch(ptr::NonNull<c_void>);

impl Scratch {
    /// Bytes; what `live` calls needs a few hundred.
    const LENGTH: usize = 64 * 1024;

    fn new() -> nix::Result<Self> {
        // SAFETY: a new mapping touches no memory that there is.
        let address = unsafe {
            libc::mmap(
                ptr::null_mut(),
                Self::LENGTH,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if address == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        ptr::NonNull::new(address).map(Self).ok_or(Errno::ENOMEM)
    }

    /// Where the stack begins, which grows downwards.
    fn stack(&self) -> *mut c_void {
        self.0.as_ptr().wrapping_byte_add(Self::LENGTH)
    }

    /// The number of the error; 0 at first, as all of a new mapping.
    fn failure(&self) -> &AtomicI32 {
        // SAFETY: the mapping begins at a page, is filled with zeros, and lives as long as `self`.
        unsafe { self.0.cast::<AtomicI32>().as_ref() }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: nothing that borrows from the mapping outlives `self`, and the child is gone from it.
        unsafe { libc::munmap(self.0.as_ptr(), Self::LENGTH) };
    }
}

/// What the child works with.
struct Child<'a> {
    program: &'a Start<'a>,
    arguments: &'a [*const c_char],
    environment: &'a [*const c_char],
    parent: Pid,
    failure: &'a AtomicI32,
}

/// The life of the child until its exec. What it returns is its exit status.
extern "C" fn live(child: *mut c_void) -> c_int {
    // SAFETY: `start` passes a pointer to a `Child` that outlives this call.
    let child = unsafe { &*child.cast::<Child<'_>>() };
    let errno = match become_child(child.program, child.parent) {
        Ok(()) => {
            let path = child.program.path.as_ptr();
            // SAFETY: a string and two arrays of strings, each ended as the kernel wants it.
            unsafe { libc::execve(path, child.arguments.as_ptr(), child.environment.as_ptr()) };
            Errno::last()
        }
        Err(errno) => errno,
    };
    child.failure.store(errno as i32, Ordering::Relaxed);
    1
}

/// Most descriptors of whoever started us that an old kernel is asked about one by one.
const INHERITED: i32 = 256;

/// Marks every descriptor but the standard ones to be closed by the exec: ours are so marked, those that were open when this
/// program was started need not be.
fn close_on_exec() {
    const FIRST: libc::c_uint = 3;
    // SAFETY: the arguments are numbers, and a mark takes no descriptor from its owner.
    let marked = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            FIRST,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if marked != 0 {
        // Before Linux 5.11.
        for descriptor in 3..INHERITED {
            // SAFETY: as above; one that is not open is refused.
            unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
}

/// Makes system calls only.
fn become_child(program: &Start<'_>, parent: Pid) -> nix::Result<()> {
    let setup = program.setup;
    setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    for (from, standard) in [(program.input, 0), (program.output, 1), (program.output, 2)] {
        // SAFETY: the child's descriptors are its own, and nobody in it uses them.
        Errno::result(unsafe { libc::dup2(from.as_raw_fd(), standard) })?;
    }
    close_on_exec();
    for limit in &setup.limits {
        let _ = setrlimit(limit.resource, limit.soft, limit.hard);
    }
    if let Some(identity) = &setup.identity {
        change_identity(identity)?;
    }
    if let Some(signal) = setup.parent_death_signal {
        // A change of the user clears it, so it comes behind that.
        prctl::set_pdeathsig(signal)?;
        if getppid() != parent {
            // The parent was gone before; nobody will tell us any more.
            return Err(Errno::ESRCH);
        }
    }
    for signal in 1..=LAST_SIGNAL {
        // SAFETY: the default action runs no code of ours, and the table of the actions is the child's own. SIGKILL and
        // SIGSTOP are refused, and have their default anyway; those of the C library are refused by its own call.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    for signal in OF_THE_C_LIBRARY {
        // SAFETY: the kernel reads an action of four words at most, and all zero is the default action, which runs no code
        // of ours. The table of the actions is the child's own, and nobody sends it these signals before the exec.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                DEFAULT_ACTION.as_ptr(),
                ptr::null_mut::<u64>(),
                size_of::<u64>(),
            )
        };
    }
    // Last: what arrives from here on ends the child, and nobody else.
    SigSet::empty().thread_set_mask()
}

/// Changes the calling process alone. The C library's functions for that would look for other threads, of which the child has
/// none, in memory that may be its parent's.
fn change_identity(Identity { uid, gid, groups }: &Identity) -> nix::Result<()> {
    // SAFETY: the kernel reads as many numbers as the slice has, each of the type that it takes.
    let changed = Errno::result(unsafe { libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()) });
    match changed {
        // A user namespace may forbid it. Whoever stays who we are may keep the groups that we have.
        Err(Errno::EPERM) if *uid == getuid() && *gid == getgid() => {}
        other => drop(other?),
    }
    // SAFETY: the arguments are numbers.
    Errno::result(unsafe { libc::syscall(libc::SYS_setgid, gid.as_raw()) })?;
    // SAFETY: as above.
    Errno::result(unsafe { libc::syscall(libc::SYS_setuid, uid.as_raw()) })?;
    Ok(())
}

#[cfg(test)]
mod tests;
