//! `auth_type AH`: the key and the one sequence counter that sending and receiving share
//! (`spec/vrrp-protocol.md` section 2.6).

use wire::ah::Key;

/// The last number that is counted to. The counter stays there until the next transition to MASTER.
const LAST: u32 = 0xffff_fffd;

/// State of the authentication header.
#[derive(Debug)]
pub(crate) struct Ah {
    pub(crate) key: Key,
    sequence: u32,
    /// A number was left out since the last advert.
    skipped: bool,
}

impl Ah {
    pub(super) fn new(password: &[u8]) -> Self {
        Self {
            key: Key::new(&super::padded(password)),
            sequence: 0,
            skipped: false,
        }
    }

    pub(super) const fn inherit(&mut self, before: &Self) {
        self.sequence = before.sequence;
    }

    /// The counter: the number of the last advert sent or accepted.
    pub(crate) const fn sequence(&self) -> u32 {
        self.sequence
    }

    /// The number of the next advert.
    pub(crate) const fn advance(&mut self) -> u32 {
        self.skipped = false;
        if self.sequence <= LAST {
            self.sequence += 1;
        }
        self.sequence
    }

    /// Follows an advert that was accepted.
    pub(crate) const fn accepted(&mut self, sequence: u32) {
        self.sequence = sequence;
    }

    /// Moves on past a router that wrongly believed to be master.
    pub(crate) const fn overtake(&mut self, sequence: u32) {
        self.sequence = sequence.saturating_add(1);
    }

    /// Leaves a number out, once between two adverts: a worse master is in step with us, so that each takes the adverts
    /// of the other one for replays. The next one of ours is beyond its own.
    pub(crate) const fn break_step(&mut self) {
        if !self.skipped && self.sequence <= LAST {
            self.sequence += 1;
            self.skipped = true;
        }
    }

    /// A counter that is used up begins anew when the instance becomes master.
    pub(crate) const fn became_master(&mut self) {
        if self.sequence > LAST {
            self.sequence = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_stops_at_its_end_and_begins_anew_as_master() {
        let mut ah = Ah::new(b"secret");
        assert_eq!(ah.advance(), 1);
        ah.accepted(LAST);
        assert_eq!(ah.advance(), 0xffff_fffe);
        assert_eq!(ah.advance(), 0xffff_fffe);
        ah.became_master();
        assert_eq!(ah.advance(), 1);
    }
}
