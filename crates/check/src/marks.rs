//! Firewall marks for groups (`nftables_ipvs`, `spec/config-virtual-server.md` section 12).
//!
//! A group of addresses becomes one service of a mark; nftables puts the mark on the packets.

use model::Protocol;
use std::collections::HashMap;
use std::num::NonZeroU32;

/// The marks that have been given out; they are kept over reloads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    given: HashMap<(String, Option<Protocol>), NonZeroU32>,
    next: Option<NonZeroU32>,
}

impl Marks {
    /// Says where to start. Of effect only before the first mark.
    pub(crate) fn start_at(&mut self, first: Option<NonZeroU32>) {
        if self.given.is_empty() {
            self.next = first;
        }
    }

    /// The mark of a group and protocol, a new one if it has none; nothing when all marks are used up.
    pub(crate) fn of(&mut self, group: &str, protocol: Option<Protocol>) -> Option<NonZeroU32> {
        if let Some(mark) = self.given.get(&(group.to_owned(), protocol)) {
            return Some(*mark);
        }
        let mark = self.next?;
        self.next = mark.checked_add(1);
        self.given.insert((group.to_owned(), protocol), mark);
        Some(mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_up_and_stay() {
        let mut marks = Marks::default();
        marks.start_at(NonZeroU32::new(1000));
        let value = |mark: Option<NonZeroU32>| mark.map(NonZeroU32::get);
        assert_eq!(value(marks.of("G", Some(Protocol::Tcp))), Some(1000));
        assert_eq!(value(marks.of("G", Some(Protocol::Udp))), Some(1001));
        marks.start_at(NonZeroU32::new(5));
        assert_eq!(value(marks.of("H", Some(Protocol::Tcp))), Some(1002));
        assert_eq!(value(marks.of("G", Some(Protocol::Tcp))), Some(1000));
    }

    #[test]
    fn marks_run_out() {
        let mut marks = Marks::default();
        marks.start_at(Some(NonZeroU32::MAX));
        assert!(marks.of("G", None).is_some());
        assert_eq!(marks.of("H", None), None);
    }
}
