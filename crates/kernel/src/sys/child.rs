//! What a child process does between fork and exec.

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{Gid, Pid, Uid, getgid, getpid, getppid, getuid, setgid, setgroups, setpgid, setuid};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The last real-time signal.
const LAST_SIGNAL: i32 = 64;

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

/// How a script differs from the process that starts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChildSetup {
    /// As whom it runs; nothing keeps ours.
    pub identity: Option<Identity>,
    /// Limits that differ from ours. One that cannot be set stays as it is: only raising the hard limit needs a right.
    pub limits: Vec<Limit>,
    /// The signal that it gets when the *thread* that starts it ends.
    pub parent_death_signal: Option<Signal>,
}

/// Has the command run in a process group of its own, with every signal at its default and none blocked, with no descriptor
/// but the standard ones, and as `setup` says.
///
/// The standard library resets `SIGPIPE` and the mask only; a signal that is ignored stays ignored across exec.
pub fn set_up_child(command: &mut Command, setup: ChildSetup) {
    let parent = getpid();
    // SAFETY: the closure runs in the child of a process with possibly many threads, so it may only make system calls:
    // it allocates nothing, takes no lock and cannot panic. What it captures was allocated before the fork.
    unsafe {
        command.pre_exec(move || become_child(&setup, parent).map_err(io::Error::from));
    }
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
fn become_child(setup: &ChildSetup, parent: Pid) -> nix::Result<()> {
    setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    for signal in 1..=LAST_SIGNAL {
        // SAFETY: the default action runs no code of ours. SIGKILL, SIGSTOP and the two of the C library are refused, and
        // have their default anyway.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    SigSet::empty().thread_set_mask()?;
    close_on_exec();
    for limit in &setup.limits {
        let _ = setrlimit(limit.resource, limit.soft, limit.hard);
    }
    if let Some(identity) = &setup.identity {
        match setgroups(&identity.groups) {
            // A user namespace may forbid it. Whoever stays who we are may keep the groups that we have.
            Err(Errno::EPERM) if identity.uid == getuid() && identity.gid == getgid() => {}
            other => other?,
        }
        setgid(identity.gid)?;
        setuid(identity.uid)?;
    }
    if let Some(signal) = setup.parent_death_signal {
        // A change of the user clears it, so it comes last.
        prctl::set_pdeathsig(signal)?;
        if getppid() != parent {
            // The parent was gone before; nobody will tell us any more.
            return Err(Errno::ESRCH);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::process::Stdio;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdout(Stdio::piped());
        command
    }

    #[test]
    fn a_child_has_default_signals_and_a_group_of_its_own() {
        for signal in [libc::SIGUSR1, 50] {
            // SAFETY: ignoring runs no code of ours.
            unsafe { libc::signal(signal, libc::SIG_IGN) };
        }
        let mut blocked = SigSet::empty();
        blocked.add(Signal::SIGUSR2);
        blocked.thread_block().unwrap();
        let mut command = shell(
            "grep -E 'Sig(Blk|Ign)' /proc/self/status; ps -o pgid= -p $$; echo $$; ulimit -Sn; ulimit -Hn",
        );
        set_up_child(
            &mut command,
            ChildSetup {
                limits: vec![Limit {
                    resource: Resource::RLIMIT_NOFILE,
                    soft: 77,
                    hard: 78,
                }],
                ..ChildSetup::default()
            },
        );
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(words[..3], ["SigBlk:", "0000000000000000", "SigIgn:"]);
        // The C library keeps 32 and 33 to itself, so they cannot be reset where our own parent had them ignored.
        let ignored = u64::from_str_radix(words[3], 16).unwrap();
        assert_eq!(ignored & !(0b11 << 31), 0, "{ignored:x}");
        assert_eq!(words[4], words[5], "it leads its group");
        assert_eq!(words[6..], ["77", "78"]);
    }

    #[test]
    fn a_child_dies_with_the_thread_that_started_it() {
        let mut child = std::thread::spawn(|| {
            let mut command = shell("echo ready; exec sleep 1000");
            set_up_child(
                &mut command,
                ChildSetup {
                    parent_death_signal: Some(Signal::SIGTERM),
                    ..ChildSetup::default()
                },
            );
            let mut child = command.spawn().unwrap();
            let mut ready = [0; 6];
            child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
            child
        })
        .join()
        .unwrap();
        let status = child.wait().unwrap();
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&status),
            Some(libc::SIGTERM)
        );
    }

    #[test]
    fn another_identity_needs_the_right_to_it() {
        let nobody = Identity {
            uid: Uid::from_raw(65534),
            gid: Gid::from_raw(65534),
            groups: vec![Gid::from_raw(65534)],
        };
        let mut command = shell("id -u; id -g; id -G");
        set_up_child(
            &mut command,
            ChildSetup {
                identity: Some(nobody),
                parent_death_signal: Some(Signal::SIGTERM),
                ..ChildSetup::default()
            },
        );
        match command.output() {
            Ok(output) => {
                assert_eq!(String::from_utf8(output.stdout).unwrap(), "65534\n65534\n65534\n");
                assert!(Uid::effective().is_root());
            }
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
                assert!(!Uid::effective().is_root());
            }
        }
    }
}
