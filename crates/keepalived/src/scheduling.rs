//! How the processes are scheduled (`spec/runtime.md` section 10): nice value, processors, locked memory, real-time
//! priority.
//!
//! What counts for a process as a whole is set before its first thread is started, which the threads inherit
//! ([`begin`]); a reload sets it for each thread ([`change`]). Real-time priority is that of the loop's thread alone
//! ([`RealTime`]): a log, a mail or a disk is in no hurry. The thread that changes the kernel's tables gets the best nice
//! value meanwhile ([`favour`]) and no real-time priority, because the kernel ends a process whose real-time thread works
//! for longer than `…_rlimit_rttime` without waiting, and a thousand addresses take as long as they take.

mod real_time;

pub(crate) use real_time::RealTime;

use crate::handover::Kind;
use kernel::sys;
use model::{Globals, Micros, ProcessSettings};
use nix::errno::Errno;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::mman::{MlockAllFlags, mlockall, munlockall};
use nix::unistd::{Pid, SysconfVar, sysconf};
use std::fs;
use std::hint::black_box;

/// `…_rlimit_rttime` where it is not configured.
pub(crate) const RLIMIT_RTTIME: Micros = Micros::from_millis(10);

/// `min_auto_priority_delay` where it is not configured.
pub(crate) const MIN_AUTO_PRIORITY_DELAY: Micros = Micros::SECOND;

/// The line about `max_auto_priority` at the start of the daemon, where nothing is said about it.
pub(crate) const NOTICE: &str =
    "NOTICE: setting config option max_auto_priority should result in better keepalived performance";

/// Bytes of stack that locked memory is to have from the start.
const STACK: usize = 32 * 1024;

/// Bytes of it that are touched at once.
const FRAME: usize = 4 * 1024;

/// The settings of a kind of process.
pub(crate) const fn settings_of(kind: Kind, globals: &Globals) -> &ProcessSettings {
    match kind {
        Kind::Checker => &globals.checker_process,
        Kind::Vrrp => &globals.vrrp_process,
        Kind::Bfd => &globals.bfd_process,
    }
}

/// Schedules the calling process, which has one thread, as it is configured. Returns what did not work, to be logged when
/// there is a log.
pub(crate) fn begin(settings: &ProcessSettings) -> Vec<String> {
    let ourselves = [Pid::from_raw(0)];
    let mut complaints = Vec::new();
    if let Some(nice) = settings.nice {
        set_nice(&ourselves, nice, &mut complaints);
    }
    if !settings.cpu_affinity.is_empty() {
        set_processors(&ourselves, settings, &mut complaints);
    }
    if settings.no_swap {
        lock_memory(&mut complaints);
    }
    complaints
}

/// Schedules all threads of the calling process as a reload wants it, and logs what does not work.
pub(crate) fn change(before: &ProcessSettings, settings: &ProcessSettings) {
    let mut complaints = Vec::new();
    if before.nice != settings.nice {
        set_nice(&threads(), settings.nice.unwrap_or(0), &mut complaints);
    }
    if before.cpu_affinity != settings.cpu_affinity {
        set_processors(&threads(), settings, &mut complaints);
    }
    match (before.no_swap, settings.no_swap) {
        (false, true) => lock_memory(&mut complaints),
        (true, false) => {
            if let Err(errno) = munlockall() {
                complaints.push(format!("unlocking memory: {}", errno.desc()));
            }
        }
        (false, false) | (true, true) => {}
    }
    for complaint in complaints {
        tracing::warn!("{complaint}");
    }
}

/// Starts threads with the best nice value, where the loop is going to be real-time.
pub(crate) fn favour<R>(settings: &ProcessSettings, start: impl FnOnce() -> R) -> R {
    const BEST: i8 = -20;
    let ours = settings.rt_priority.and_then(|_| sys::nice().ok());
    let is_favoured = ours.is_some() && sys::set_nice(BEST).is_ok();
    let started = start();
    if let (Some(nice), true) = (ours, is_favoured)
        && let Err(errno) = sys::set_nice(nice)
    {
        tracing::warn!("setting the nice value {nice} again: {}", errno.desc());
    }
    started
}

fn set_nice(threads: &[Pid], nice: i8, complaints: &mut Vec<String>) {
    let set = |thread: &Pid| sys::set_nice_of(*thread, nice);
    // One that has just ended needs none.
    if let Some(errno) = threads.iter().map(set).find_map(failure) {
        complaints.push(format!("setting the nice value {nice}: {}", errno.desc()));
    }
}

/// No configured processors are all of them.
fn set_processors(threads: &[Pid], settings: &ProcessSettings, complaints: &mut Vec<String>) {
    let all = || {
        let count = sysconf(SysconfVar::_NPROCESSORS_CONF).ok().flatten().unwrap_or(1);
        (0..usize::try_from(count).unwrap_or(1)).collect()
    };
    let numbers: Vec<usize> = if settings.cpu_affinity.is_empty() {
        all()
    } else {
        settings
            .cpu_affinity
            .iter()
            .map(|cpu| usize::from(*cpu))
            .collect()
    };
    let mut set = CpuSet::new();
    for number in numbers {
        // Beyond the set's size there is no processor.
        let _ = set.set(number);
    }
    let assign = |thread: &Pid| sched_setaffinity(*thread, &set);
    if let Some(errno) = threads.iter().map(assign).find_map(failure) {
        complaints.push(format!("choosing processors: {}", errno.desc()));
    }
}

fn failure(result: nix::Result<()>) -> Option<Errno> {
    result.err().filter(|errno| *errno != Errno::ESRCH)
}

/// Locks what is in memory and what comes into it. Pages that are never used take none.
fn lock_memory(complaints: &mut Vec<String>) {
    let on_fault = MlockAllFlags::from_bits_retain(nix::libc::MCL_ONFAULT);
    let flags = MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE | on_fault;
    match mlockall(flags) {
        Ok(()) => touch_stack(STACK),
        Err(errno) => complaints.push(format!("locking memory: {}", errno.desc())),
    }
}

/// Has stack that will be needed brought into memory, and so locked.
#[inline(never)]
fn touch_stack(bytes: usize) {
    let frame = black_box([0_u8; FRAME]);
    if bytes > FRAME {
        touch_stack(bytes - FRAME);
    }
    black_box(&frame);
}

/// The threads of this process.
fn threads() -> Vec<Pid> {
    let entries = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .map(Pid::from_raw)
        .collect()
}
