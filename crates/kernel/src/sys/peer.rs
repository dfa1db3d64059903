//! Who is at the other end of a Unix socket.

use nix::libc::{SO_PEERGROUPS, SOL_SOCKET, getsockopt, socklen_t};
use std::io;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd};

/// Most groups that are asked for; the kernel allows 65,536, people have some.
const MOST: usize = 1_024;

/// The supplementary groups that the process at the other end of a Unix stream socket had when it connected (Linux 4.13).
///
/// An error is `ERANGE` where there are more than 1,024.
pub fn peer_groups(socket: impl AsFd) -> io::Result<Vec<u32>> {
    let mut groups = vec![0_u32; MOST];
    let room = MOST * size_of::<u32>();
    let mut length = socklen_t::try_from(room).map_err(io::Error::other)?;
    // SAFETY: the kernel writes at most `length` bytes to `groups`, which has as many, and sets `length` to what it wrote.
    let result = unsafe {
        getsockopt(
            socket.as_fd().as_raw_fd(),
            SOL_SOCKET,
            SO_PEERGROUPS,
            groups.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    groups.truncate(usize::try_from(length).map_err(io::Error::other)? / size_of::<u32>());
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::unistd::getgroups;
    use std::os::unix::net::UnixStream;

    #[test]
    fn our_own_groups_are_those_of_the_other_end() {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let mut expected: Vec<u32> = getgroups().unwrap().iter().map(|group| group.as_raw()).collect();
        let mut groups = peer_groups(&ours).unwrap();
        expected.sort_unstable();
        groups.sort_unstable();
        assert_eq!(groups, expected);
    }
}
