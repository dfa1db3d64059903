//! The kernel's view of the time of day.

use nix::errno::Errno;

/// `adjtimex(2)`, reading only: whether the clock is synchronised with a time source.
pub fn clock_is_synchronised() -> nix::Result<bool> {
    // SAFETY: zero is a value for every field of this structure of integers; modes 0 changes nothing.
    let mut state: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the structure is valid for writes and outlives the call.
    let result = unsafe { libc::adjtimex(&raw mut state) };
    Errno::result(result)?;
    Ok(state.status & libc::STA_UNSYNC == 0)
}
