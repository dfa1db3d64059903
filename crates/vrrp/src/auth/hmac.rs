//! `auth_hmac`: keys, the sequence of our own adverts and what has been seen of others
//! (`spec/vrrp-protocol.md` section 3).

use crate::{DropReason, WallTime};
use model::{AntiReplay, AuthHmac, AuthHmacMode, Micros};
use std::net::IpAddr;
use wire::hmac_trailer::{Key, LEN, Sequence, Trailer};

/// Senders of one group whose sequences are remembered.
const MULTICAST_SENDERS: usize = 4;

/// State of the extension.
#[derive(Debug)]
pub(crate) struct HmacAuth {
    /// Every key with its id.
    keys: Vec<(u8, Key)>,
    /// Position of the key that signs.
    active: usize,
    anti_replay: AntiReplay,
    mode: AuthHmacMode,
    last_sent: Option<Sequence>,
    replay: Replay,
}

/// What an authentic trailer says of its sender, to be remembered once the whole advert is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authentic {
    /// Its sequence.
    pub(crate) sequence: Sequence,
    /// Set where the clocks differ by more than half the window.
    pub(crate) skew: Option<ClockSkew>,
}

/// Difference of the clocks, worth a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockSkew {
    /// Seconds.
    pub(crate) skew: u64,
    /// `time_window` in seconds.
    pub(crate) window: u64,
}

impl HmacAuth {
    pub(super) fn new(config: &AuthHmac, senders: Option<usize>) -> Self {
        let keys: Vec<_> = config
            .keys
            .iter()
            .map(|key| (key.id, Key::new(key.value.expose())))
            .collect();
        Self {
            active: keys
                .iter()
                .position(|(id, _)| *id == config.active_key)
                .unwrap_or_default(),
            keys,
            anti_replay: config.anti_replay,
            mode: config.mode,
            last_sent: None,
            replay: Replay::new(senders.unwrap_or(MULTICAST_SENDERS)),
        }
    }

    pub(super) fn inherit(&mut self, before: Self) {
        self.last_sent = before.last_sent;
        self.replay.marks = before.replay.marks;
        self.replay.marks.truncate(self.replay.capacity);
    }

    /// Whether our adverts carry a trailer.
    pub(crate) const fn signs(&self) -> bool {
        !matches!(self.mode, AuthHmacMode::ReceiveOnly)
    }

    /// The trailer of the next advert.
    pub(crate) fn sign(&mut self, wall: WallTime, source: IpAddr, message: &[u8]) -> [u8; LEN] {
        let clock = Sequence::from_unix_micros(wall.0);
        let sequence = match self.last_sent {
            Some(last) if !self.is_far_ahead(last, wall) => last.successor(clock),
            _ => clock,
        };
        self.last_sent = Some(sequence);
        let (id, key) = &self.keys[self.active];
        key.sign(*id, sequence, source, message)
    }

    /// Checks the trailer of a received advert (section 3.5, steps 2 and 4 to 8) without remembering anything.
    pub(crate) fn check(
        &self,
        trailer: Option<Trailer<'_>>,
        wall: WallTime,
        source: IpAddr,
        message: &[u8],
    ) -> Result<Option<Authentic>, DropReason> {
        let Some(trailer) = trailer else {
            return match self.mode {
                AuthHmacMode::Enforce => Err(DropReason::HmacMissing),
                AuthHmacMode::Permissive | AuthHmacMode::ReceiveOnly => Ok(None),
            };
        };
        if trailer.extension_type() != wire::hmac_trailer::EXTENSION_TYPE || trailer.reserved() != 0 {
            return Err(DropReason::HmacMalformed);
        }
        let sequence = trailer.sequence();
        let window = self.window();
        let skew = clock_difference(sequence, wall);
        if let Some(window) = window
            && skew > window
        {
            return Err(DropReason::HmacStale { skew, window });
        }
        let (_, key) =
            self.keys
                .iter()
                .find(|(id, _)| *id == trailer.key_id())
                .ok_or(DropReason::HmacUnknownKey {
                    key: trailer.key_id(),
                })?;
        if !key.verify(&trailer, source, message) {
            return Err(DropReason::HmacInvalid);
        }
        if let Some(mark) = self.replay.mark(source)
            && window.is_none_or(|window| clock_difference(mark, wall) <= window)
            && !sequence.is_after(mark)
        {
            return Err(DropReason::HmacReplay);
        }
        let skew = window
            .filter(|window| skew * 2 > *window)
            .map(|window| ClockSkew { skew, window });
        Ok(Some(Authentic { sequence, skew }))
    }

    /// Remembers the sequence of an accepted advert.
    pub(crate) fn accepted(&mut self, source: IpAddr, sequence: Sequence) {
        self.replay.touch(source, sequence);
    }

    /// `time_window` in seconds, in time mode.
    const fn window(&self) -> Option<u64> {
        match self.anti_replay {
            AntiReplay::Time { window } => Some(Micros(window.0).as_secs()),
            AntiReplay::Monotonic => None,
        }
    }

    /// Time mode: our clock was set back so far that our own adverts would be stale elsewhere.
    const fn is_far_ahead(&self, last: Sequence, wall: WallTime) -> bool {
        match self.window() {
            Some(window) => {
                let ahead = last.seconds().wrapping_sub(wall.seconds()).cast_signed();
                ahead > 0 && ahead.unsigned_abs() as u64 > window
            }
            None => false,
        }
    }
}

/// Seconds between a sequence and a clock, whichever is ahead, modulo 2^32.
const fn clock_difference(sequence: Sequence, wall: WallTime) -> u64 {
    sequence
        .seconds()
        .wrapping_sub(wall.seconds())
        .cast_signed()
        .unsigned_abs() as u64
}

/// The highest sequence of each sender, the latest sender first.
#[derive(Debug)]
struct Replay {
    marks: Vec<(IpAddr, Sequence)>,
    capacity: usize,
}

impl Replay {
    fn new(capacity: usize) -> Self {
        Self {
            marks: Vec::with_capacity(capacity),
            capacity,
        }
    }

    fn mark(&self, sender: IpAddr) -> Option<Sequence> {
        self.marks
            .iter()
            .find(|(address, _)| *address == sender)
            .map(|(_, sequence)| *sequence)
    }

    /// Sets the mark of a sender; the one that was silent longest makes room.
    fn touch(&mut self, sender: IpAddr, sequence: Sequence) {
        let known = self.marks.iter().position(|(address, _)| *address == sender);
        let position = known.unwrap_or_else(|| {
            if self.marks.len() >= self.capacity {
                self.marks.pop();
            }
            self.marks.push((sender, sequence));
            self.marks.len() - 1
        });
        self.marks[position].1 = sequence;
        self.marks[..=position].rotate_right(1);
    }
}
