//! One router with version 3 and `advert_int 0.1`, and a neighbour that watches it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testbed::capture::{Advert, Capture};
use testbed::daemon::{Daemon, Implementation, Presence, State};
use testbed::netns::{Node, PATIENCE, Segment};

use super::router::{INSTANCE, INTERFACE, Place, VRID, router};

/// Its virtual address.
pub(super) const VIRTUAL_ADDRESS: &str = "10.0.0.200";
/// Its `advert_int`.
pub(super) const ADVERT_INT: Duration = Duration::from_millis(100);

/// The router and its neighbour.
#[derive(Debug)]
pub(super) struct Lone {
    pub(super) segment: Segment,
    pub(super) router: Node,
    pub(super) neighbour: Node,
    pub(super) capture: Capture,
}

impl Lone {
    pub(super) fn new() -> Result<Self> {
        let segment = Segment::new("segment")?;
        let router = router(&segment, Place::One)?;
        let neighbour = Node::new("neighbour")?;
        segment.plug(&neighbour, INTERFACE, &["10.0.0.9/24"])?;
        let capture = Capture::start(&neighbour)?;
        Ok(Self {
            segment,
            router,
            neighbour,
            capture,
        })
    }

    /// Starts a daemon and waits until it is master and has the address.
    pub(super) fn master(&self, implementation: &Implementation, configuration: &str) -> Result<Daemon> {
        let mut daemon = Daemon::start(&self.router, implementation, configuration)?;
        daemon.wait_state(INSTANCE, State::Master, PATIENCE)?;
        daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
        Ok(daemon)
    }

    /// Waits for the next advert for which `wanted` holds.
    pub(super) fn next_advert(&mut self, what: &str, wanted: impl Fn(&Advert) -> bool) -> Result<Advert> {
        let from = self.capture.mark();
        self.capture
            .wait_from(from, what, PATIENCE, |frame| frame.advert().filter(&wanted))
    }

    /// Fails when two adverts that followed each other since frame number `from` are further apart than `longest`.
    pub(super) fn ensure_no_gap(&mut self, from: usize, longest: Duration) -> Result<()> {
        self.capture.ensure_complete()?;
        let times: Vec<_> = self.capture.frames()[from..]
            .iter()
            .filter(|frame| {
                frame
                    .advert()
                    .is_some_and(|advert| advert.vrid == VRID && advert.priority > 0)
            })
            .map(|frame| frame.at)
            .collect();
        ensure!(times.len() > 2, "only {} adverts were captured", times.len());
        let gap = times
            .windows(2)
            .map(|pair| pair[1].since(pair[0]))
            .max()
            .context("no two adverts")?;
        ensure!(
            gap <= longest,
            "{gap:?} without an advert, at most {longest:?} were expected"
        );
        Ok(())
    }
}

/// A configuration with more lines in its instance.
pub(super) fn configuration(more: &str) -> String {
    with_addresses(more, &format!("{VIRTUAL_ADDRESS}/24 dev {INTERFACE}"))
}

/// A configuration with these virtual addresses.
pub(super) fn with_addresses(more: &str, addresses: &str) -> String {
    format!(
        "vrrp_instance {INSTANCE} {{\n    interface {INTERFACE}\n    virtual_router_id {VRID}\n    version 3\n    \
         priority 100\n    advert_int 0.1\n    {more}\n    virtual_ipaddress {{\n        {addresses}\n    }}\n}}\n"
    )
}
