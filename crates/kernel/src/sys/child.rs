//! What a child process does between fork and exec.

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{Gid, Pid, Uid, getpid, getppid, setgid, setgroups, setpgid, setuid};
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

/// How a script differs from the process that starts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildSetup {
    /// As whom it runs; nothing keeps ours.
    pub identity: Option<Identity>,
    /// The signal that it gets when the *thread* that starts it ends.
    pub parent_death_signal: Option<Signal>,
}

/// Has the command run in a process group of its own, with every signal at its default and none blocked, as `setup` says.
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

/// Makes system calls only.
fn become_child(setup: &ChildSetup, parent: Pid) -> nix::Result<()> {
    setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    for signal in 1..=LAST_SIGNAL {
        // SAFETY: the default action runs no code of ours. SIGKILL, SIGSTOP and the two of the C library are refused, and
        // have their default anyway.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    SigSet::empty().thread_set_mask()?;
    if let Some(identity) = &setup.identity {
        setgroups(&identity.groups)?;
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
        let mut command = shell("grep -E 'Sig(Blk|Ign)' /proc/self/status; ps -o pgid= -p $$; echo $$");
        set_up_child(
            &mut command,
            ChildSetup {
                identity: None,
                parent_death_signal: None,
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
    }

    #[test]
    fn a_child_dies_with_the_thread_that_started_it() {
        let mut child = std::thread::spawn(|| {
            let mut command = shell("echo ready; exec sleep 1000");
            set_up_child(
                &mut command,
                ChildSetup {
                    identity: None,
                    parent_death_signal: Some(Signal::SIGTERM),
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
