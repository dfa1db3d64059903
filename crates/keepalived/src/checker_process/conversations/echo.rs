//! Sockets of `PING_CHECK`, kept from one success to the next run (`spec/checkers.md` section 9).

use check::CheckId;
use socket2::Socket;
use std::collections::HashMap;
use std::io::Read;

/// Datagrams of an earlier run that are thrown away before the next one.
const STALE: usize = 64;

/// A socket with the sequence number that was sent last.
pub(super) struct Kept {
    pub(super) socket: Socket,
    pub(super) sequence: u16,
}

/// Those that are kept.
#[derive(Default)]
pub(super) struct Echoes(HashMap<CheckId, Kept>);

impl Echoes {
    /// The socket of the check, if one is kept. What has come meanwhile, a reply that the network has doubled for one, is
    /// thrown away.
    pub(super) fn take(&mut self, check: CheckId) -> Option<Kept> {
        if self.0.is_empty() {
            return None;
        }
        let kept = self.0.remove(&check)?;
        let mut byte = [0];
        for _ in 0..STALE {
            if (&kept.socket).read(&mut byte).is_err() {
                break;
            }
        }
        Some(kept)
    }

    /// Keeps the socket of a run that succeeded.
    pub(super) fn keep(&mut self, check: CheckId, kept: Kept) {
        self.0.insert(check, kept);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
