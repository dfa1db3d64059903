//! Socket options without a safe wrapper elsewhere.

use nix::errno::Errno;
use std::os::fd::{AsRawFd, BorrowedFd};

/// `IPV6_CHECKSUM`: the kernel computes and verifies the checksum at this offset of the payload of a raw socket.
pub(crate) fn set_ipv6_checksum(socket: BorrowedFd<'_>, offset: i32) -> nix::Result<()> {
    let size = libc::socklen_t::try_from(size_of::<i32>()).expect("a small number");
    // SAFETY: the pointer is to an integer of the size that is given, which outlives the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_IPV6,
            libc::IPV6_CHECKSUM,
            (&raw const offset).cast(),
            size,
        )
    };
    Errno::result(result).map(drop)
}
