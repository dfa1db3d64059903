//! Scheduling of the calling process.

use nix::errno::Errno;
use nix::unistd::Pid;

/// `sched_setscheduler(2)`: round-robin real-time scheduling with a priority of 1 to 99 for the calling thread alone.
/// Threads that it starts and processes that it forks, such as scripts, are scheduled as usual.
///
/// Fails with `EPERM` without `CAP_SYS_NICE` or a sufficient `RLIMIT_RTPRIO`, and in a user namespace.
pub fn set_round_robin(priority: u8) -> nix::Result<()> {
    set_scheduler(libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, priority)
}

/// `sched_setscheduler(2)`: the usual scheduling, by nice value, for the calling thread.
pub fn set_usual_scheduling() -> nix::Result<()> {
    // The flag stays, since only a privileged process may take it away.
    set_scheduler(libc::SCHED_OTHER | libc::SCHED_RESET_ON_FORK, 0)
}

fn set_scheduler(policy: libc::c_int, priority: u8) -> nix::Result<()> {
    const OURSELVES: libc::pid_t = 0;
    // SAFETY: zero is a value for every field of this structure of integers.
    let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
    parameters.sched_priority = i32::from(priority);
    // SAFETY: the structure is only read, and outlives the call.
    let result = unsafe { libc::sched_setscheduler(OURSELVES, policy, &raw const parameters) };
    Errno::result(result).map(drop)
}

/// `setpriority(2)`: the nice value, -20 to 19, of the calling thread and those that it starts.
///
/// Fails with `EACCES` for a lower value than before without `CAP_SYS_NICE`.
pub fn set_nice(nice: i8) -> nix::Result<()> {
    set_nice_of(Pid::from_raw(0), nice)
}

/// The same for another thread of this process, by its number; 0 is the calling one.
pub fn set_nice_of(thread: Pid, nice: i8) -> nix::Result<()> {
    let thread = libc::id_t::try_from(thread.as_raw()).map_err(|_| Errno::ESRCH)?;
    // SAFETY: the arguments are numbers.
    let result = unsafe { libc::setpriority(libc::PRIO_PROCESS, thread, i32::from(nice)) };
    Errno::result(result).map(drop)
}

/// `getpriority(2)`: the nice value of the calling thread.
pub fn nice() -> nix::Result<i8> {
    const OURSELVES: libc::id_t = 0;
    // -1 is a nice value too: only `errno` tells it from a failure.
    Errno::clear();
    // SAFETY: the arguments are numbers.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, OURSELVES) };
    match Errno::last_raw() {
        0 => i8::try_from(nice).map_err(|_| Errno::ERANGE),
        errno => Err(Errno::from_raw(errno)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_nicer_thread_says_so() {
        set_nice(5).unwrap();
        assert_eq!(nice(), Ok(5));
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        assert_eq!(fields.split(' ').nth(16), Some("5"));
    }

    #[test]
    fn real_time_needs_a_priority_in_range() {
        assert_eq!(set_round_robin(100), Err(Errno::EINVAL));
        // With the right to it the thread is real-time now, without it is told so.
        let policy = |stat: String| {
            stat.rsplit_once(") ")
                .unwrap()
                .1
                .split(' ')
                .nth(38)
                .map(str::to_owned)
        };
        match set_round_robin(1) {
            Ok(()) => {
                let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
                assert_eq!(policy(stat).as_deref(), Some("2"));
                set_usual_scheduling().unwrap();
                let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
                assert_eq!(policy(stat).as_deref(), Some("0"));
            }
            Err(errno) => assert_eq!(errno, Errno::EPERM),
        }
    }
}
