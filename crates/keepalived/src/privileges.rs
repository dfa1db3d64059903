//! Least privilege: what the processes need, what they keep, and what is missing.
//!
//! A child that runs as root keeps the capabilities that it uses ([`needs`]), and loses the others before its first thread is
//! started. Scripts are not touched by that: they are started by the launcher, a program that root executes, and the kernel
//! gives such a program every capability of the bounding set.
//!
//! Where the configuration names no program for a child to run, the child is *confined*: the others leave its bounding set as
//! well, and it gets `no_new_privs`, so that nothing that it might be made to execute has more rights than it has itself. Neither
//! can be undone. A reload may bring the first script all the same: the supervisor, which has all rights, starts the launcher then
//! and hands its connection to the child.
//!
//! A daemon that does not run as root has what its unit gives it (`AmbientCapabilities=`), and its scripts have the same; so it
//! loses nothing but in confinement.

mod needs;

pub(crate) use needs::{missing, of_daemon};

use crate::handover::Kind;
use crate::notify;
use caps::{CapSet, Capability, CapsHashSet};
use model::Configuration;
use nix::sys::prctl;
use nix::unistd::{Gid, Uid, User, geteuid, setgid, setgroups, setuid};
use std::io;

/// User and group `nobody` where they have no entry: the kernel's overflow number.
const NOBODY: (Uid, Gid) = (Uid::from_raw(65_534), Gid::from_raw(65_534));

/// Whether a child of this kind is confined if it starts with this configuration.
pub(crate) fn is_confined(kind: Kind, configuration: &Configuration) -> bool {
    !notify::runs_programs(kind, configuration)
}

/// Takes the capabilities away that a child has no use for. Call it while the process has one thread. Returns what did not
/// work, to be logged when there is a log.
pub(crate) fn keep(kind: Kind, configuration: &Configuration) -> Vec<String> {
    let confined = is_confined(kind, configuration);
    let mut kept = needs::kept(kind, configuration);
    let mut complaints = Vec::new();
    if confined {
        // The program that loads modules gets its right from here.
        let of_programs: &[Capability] = if needs::has_ipvs(kind, configuration) {
            &[Capability::CAP_SYS_MODULE]
        } else {
            &[]
        };
        let bounds = kept.iter().chain(of_programs).copied().collect();
        reduce(CapSet::Bounding, &bounds, &mut complaints);
    } else if !geteuid().is_root() {
        return complaints;
    }
    // What is permitted bounds the ambient ones; what is in use is a part of what is permitted.
    kept.retain(|capability| caps::has_cap(None, CapSet::Permitted, *capability).unwrap_or(false));
    for set in [CapSet::Effective, CapSet::Permitted] {
        if let Err(error) = caps::set(None, set, &kept) {
            complaints.push(format!("giving up capabilities: {error}"));
        }
    }
    complaints
}

/// Takes what is not in `kept` out of the bounding set. Without `CAP_SETPCAP` it stays, as it does for everybody then.
fn reduce(set: CapSet, kept: &CapsHashSet, complaints: &mut Vec<String>) {
    if !caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP).unwrap_or(false) {
        return;
    }
    for capability in caps::runtime::thread_all_supported() {
        if !kept.contains(&capability)
            && let Err(error) = caps::drop(None, set, capability)
        {
            complaints.push(format!("giving up {capability}: {error}"));
        }
    }
}

/// Has no program that the calling thread, or one that it starts later, executes get more rights than the thread has. For a
/// confined child, when it has loaded what it needs.
pub(crate) fn seal(kind: Kind, configuration: &Configuration) {
    if is_confined(kind, configuration)
        && let Err(errno) = prctl::set_no_new_privs()
    {
        tracing::warn!("no_new_privs: {}", errno.desc());
    }
}

/// Whether programs that this thread executes have no more rights than it has.
pub(crate) fn is_sealed() -> bool {
    prctl::get_no_new_privs().unwrap_or(false)
}

/// Gives up every right for good, while the process has one thread: it becomes `nobody`, where it may change its user, has no
/// capability, and cannot execute anything that has one. The inner error says that it is still the user it was.
///
/// Not `keepalived_script`: its processes and files are what scripts consist of.
pub(crate) fn surrender() -> io::Result<io::Result<()>> {
    let mut complaints = Vec::new();
    reduce(CapSet::Bounding, &CapsHashSet::new(), &mut complaints);
    let changed = if geteuid().is_root() {
        become_nobody()
    } else {
        Ok(())
    };
    for set in [
        CapSet::Ambient,
        CapSet::Effective,
        CapSet::Inheritable,
        CapSet::Permitted,
    ] {
        caps::clear(None, set).map_err(io::Error::other)?;
    }
    prctl::set_no_new_privs()?;
    if let Some(complaint) = complaints.pop() {
        return Err(io::Error::other(complaint));
    }
    Ok(changed)
}

fn become_nobody() -> io::Result<()> {
    let (uid, gid) = User::from_name("nobody")?.map_or(NOBODY, |user| (user.uid, user.gid));
    setgroups(&[])?;
    setgid(gid)?;
    setuid(uid)?;
    Ok(())
}

/// The effective capabilities of the calling thread.
pub(crate) fn effective() -> CapsHashSet {
    caps::read(None, CapSet::Effective).unwrap_or_default()
}
