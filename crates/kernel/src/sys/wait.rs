//! Waiting with a timeout in nanoseconds.

use nix::errno::Errno;
use nix::sys::epoll::EpollEvent;
use nix::sys::time::TimeSpec;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// `epoll_pwait2(2)` without a signal mask: fills `events` and returns how many were filled.
///
/// The system call is made by number, since C libraries before glibc 2.35 have no function for it.
pub(crate) fn epoll_pwait2(
    epoll: BorrowedFd<'_>,
    events: &mut [EpollEvent],
    timeout: Option<TimeSpec>,
) -> nix::Result<usize> {
    let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    let room = i32::try_from(events.len()).unwrap_or(i32::MAX);
    // SAFETY: `EpollEvent` and `TimeSpec` are transparent wrappers of the structures that the kernel expects, `events` has
    // `room` of them and both outlive the call. With a null signal mask the size of the mask is not looked at.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            epoll.as_raw_fd(),
            events.as_mut_ptr(),
            room,
            timeout,
            ptr::null::<libc::sigset_t>(),
            0_usize,
        )
    };
    Errno::result(count)
        .map(|count| usize::try_from(count).expect("a count that is not an error is not negative"))
}
