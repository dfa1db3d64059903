//! What the global definitions say about checking.

use model::{Globals, LvsFlushOnStop};
use std::num::NonZeroU32;

/// The globals that the core needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `rs_init_notifies`: servers that are alive from the start are told of.
    pub rs_init_notifies: bool,
    /// `no_checker_emails`: mails only when the server itself changes, not for each check.
    pub no_checker_emails: bool,
    /// `lvs_flush`: the IPVS table is emptied before the start.
    pub flush: bool,
    /// `lvs_flush_on_stop`.
    pub flush_on_stop: LvsFlushOnStop,
    /// `nftables_ipvs_start_fwmark`, when `nftables_ipvs` is in use.
    pub nftables_first_mark: Option<NonZeroU32>,
}

impl Settings {
    /// The first mark where `nftables_ipvs_start_fwmark` names none.
    const FIRST_MARK: NonZeroU32 = NonZeroU32::new(1000).expect("1000 is not zero");
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rs_init_notifies: false,
            no_checker_emails: false,
            flush: false,
            flush_on_stop: LvsFlushOnStop::No,
            nftables_first_mark: None,
        }
    }
}

impl From<&Globals> for Settings {
    fn from(globals: &Globals) -> Self {
        let first = globals.firewall.ipvs_start_fwmark.and_then(NonZeroU32::new);
        Self {
            rs_init_notifies: globals.lvs.rs_init_notifies,
            no_checker_emails: globals.mail.no_checker,
            flush: globals.lvs.flush,
            flush_on_stop: globals.lvs.flush_on_stop,
            nftables_first_mark: globals
                .firewall
                .ipvs_table
                .as_ref()
                .map(|_| first.unwrap_or(Self::FIRST_MARK)),
        }
    }
}
