//! What has been logged since the last change: a set of one bit for each kind of complaint.

use crate::DropReason;

/// A complaint about an advert that is accepted all the same, or an advert that is not worth a second line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Complaint {
    Interval,
    AddressCount,
    AddressMissing,
    LowerPriority,
    ClockSkew,
    OwnAddress,
}

/// The set. It is emptied by each change to or from MASTER and by each new master.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LogOnce(u32);

impl LogOnce {
    /// Whether this reason was not in the set; it is now.
    pub(crate) const fn drop(&mut self, reason: DropReason) -> bool {
        self.first(reason.kind())
    }

    /// Whether this complaint was not in the set; it is now.
    pub(crate) const fn complaint(&mut self, complaint: Complaint) -> bool {
        self.first(DropReason::KINDS + complaint as u8)
    }

    /// Takes a complaint out of the set.
    pub(crate) const fn forget(&mut self, complaint: Complaint) {
        self.0 &= !(1 << (DropReason::KINDS + complaint as u8));
    }

    const fn first(&mut self, kind: u8) -> bool {
        let bit = 1 << kind;
        let first = self.0 & bit == 0;
        self.0 |= bit;
        first
    }
}
