//! Values in sealed memory files.
//!
//! A configuration reaches a child as such a file: it needs no place in a file system, only its holders can read the
//! passwords in it, and after the seals nobody can change it.

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use zeroize::Zeroizing;

/// Writes a value into a new memory file and seals it. `name` shows in `/proc/PID/fd`.
pub fn seal(name: &str, value: &impl Serialize) -> io::Result<OwnedFd> {
    let bytes = Zeroizing::new(postcard::to_stdvec(value).map_err(io::Error::other)?);
    let mut file = File::from(memfd_create(
        name,
        MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING,
    )?);
    file.write_all(&bytes)?;
    let seals =
        SealFlag::F_SEAL_SEAL | SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
    Ok(file.into())
}

/// Reads the value of a memory file. The offset of the descriptor, which all its holders share, is not used.
pub fn open<T: DeserializeOwned>(descriptor: OwnedFd) -> io::Result<T> {
    let file = File::from(descriptor);
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let mut bytes = Zeroizing::new(vec![0; length]);
    file.read_exact_at(&mut bytes, 0)?;
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Configuration;

    #[test]
    fn a_configuration_comes_back_as_often_as_it_is_read() {
        let mut configuration = Configuration::default();
        configuration.globals.identity.router_id = "a".repeat(100_000);
        let sealed = seal("test", &configuration).unwrap();
        for _ in 0..2 {
            assert_eq!(
                open::<Configuration>(sealed.try_clone().unwrap()).unwrap(),
                configuration
            );
        }
    }

    #[test]
    fn nobody_can_change_it() {
        let file = File::from(seal("test", &7_u32).unwrap());
        assert!(file.write_at(b"x", 0).is_err());
        assert!(file.set_len(0).is_err());
    }
}
