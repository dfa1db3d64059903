//! The filter in the kernel: the events that `decode` would keep.

use super::decode::{DATA, EXEC, EXIT, FORK, KIND, RENAME};
use nix::libc::{BPF_ABS, BPF_JA, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_MISC, BPF_RET, BPF_TAX, BPF_W, BPF_X};
use socket2::{SockFilter, SockRef};
use std::io;
use std::os::fd::AsFd;

/// All of a message, or nothing of it.
const KEEP: u32 = u32::MAX;
const DROP: u32 = 0;

fn operation(code: u32, when_true: u8, when_false: u8, k: u32) -> SockFilter {
    let code = u16::try_from(code).expect("codes of operations have 16 bits");
    SockFilter::new(code, when_true, when_false, k)
}

/// Loads the number at an offset. A filter takes it for one in network order, as the constants are then.
fn load(at: usize) -> SockFilter {
    let at = u32::try_from(at).expect("messages are short");
    operation(BPF_LD | BPF_W | BPF_ABS, 0, 0, at)
}

fn program() -> [SockFilter; 15] {
    let is = |kind: u32, when_true, when_false| {
        operation(BPF_JMP | BPF_JEQ | BPF_K, when_true, when_false, kind.to_be())
    };
    let to_x = || operation(BPF_MISC | BPF_TAX, 0, 0, 0);
    let finish = |verdict| operation(BPF_RET | BPF_K, 0, 0, verdict);
    // Jumps count from the operation behind them.
    [
        load(KIND),
        is(EXEC, 11, 0),
        is(FORK, 6, 0),
        is(RENAME, 1, 0),
        is(EXIT, 0, 9),
        // The thread and the process that it is of.
        load(DATA),
        to_x(),
        load(DATA + 4),
        operation(BPF_JMP | BPF_JA, 0, 0, 3),
        // The same of the child.
        load(DATA + 8),
        to_x(),
        load(DATA + 12),
        operation(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0),
        finish(KEEP),
        finish(DROP),
    ]
}

/// Gives the filter to a socket.
pub(super) fn attach(socket: &impl AsFd) -> io::Result<()> {
    SockRef::from(socket).attach_filter(&program())
}
