//! One router, and the wire to its neighbour.

use anyhow::{Context as _, Result, ensure};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;
use testbed::capture::Capture;
use testbed::clock::Stamp;
use testbed::daemon::{Daemon, Implementation, Presence, State};
use testbed::netns::{End, Node, PATIENCE, connect};

pub(crate) const INTERFACE: &str = "eth0";
pub(crate) const ADDRESS: &str = "192.0.2.1/24";
pub(crate) const VIP: &str = "192.0.2.10";

/// A router and what its neighbour sees.
pub(crate) struct Lab {
    pub(crate) router: Node,
    pub(crate) neighbour: Node,
    pub(crate) capture: Capture,
}

/// Between looks at a file.
const BEAT: Duration = Duration::from_millis(10);

impl Lab {
    /// A router that is plugged in.
    pub(crate) fn new() -> Result<Self> {
        let lab = Self::unplugged()?;
        lab.plug(INTERFACE)?;
        Ok(lab)
    }

    /// A router without any interface but the loopback.
    pub(crate) fn unplugged() -> Result<Self> {
        let (router, neighbour) = (Node::new("router")?, Node::new("neighbour")?);
        let capture = Capture::start(&neighbour)?;
        Ok(Self {
            router,
            neighbour,
            capture,
        })
    }

    /// What a script writes into a file below `/run` of the router, to its last line.
    pub(crate) fn written_by_script(&self, path: &str) -> Result<String> {
        let deadline = Stamp::now() + PATIENCE;
        loop {
            let text = self.router.read(path).unwrap_or_default();
            if text.ends_with('\n') {
                return Ok(text);
            }
            ensure!(!deadline.remaining().is_zero(), "no script has written {path}");
            thread::park_timeout(BEAT);
        }
    }

    /// Makes an interface of the router.
    pub(crate) fn plug(&self, interface: &str) -> Result<()> {
        let router = End {
            node: &self.router,
            ifname: interface,
            addresses: &[ADDRESS],
        };
        let neighbour = End {
            node: &self.neighbour,
            ifname: "wire",
            addresses: &["192.0.2.2/24"],
        };
        connect(router, neighbour)
    }

    /// Starts our keepalived with these options.
    pub(crate) fn start(&self, options: &[&str], configuration: &str) -> Result<Daemon> {
        Daemon::start_with(&self.router, &implementation()?, options, configuration)
    }

    /// Starts it and waits until it is master and has the address.
    pub(crate) fn master(&self, options: &[&str], configuration: &str) -> Result<Daemon> {
        let mut daemon = self.start(options, configuration)?;
        daemon.wait_state("V", State::Master, PATIENCE)?;
        daemon.wait_address(INTERFACE, VIP, Presence::There)?;
        Ok(daemon)
    }

    /// Waits for so many adverts from now on.
    pub(crate) fn expect_adverts(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            let from = self.capture.mark();
            let advert = |frame: &testbed::capture::Frame| frame.advert();
            self.capture.wait_from(from, "advert", PATIENCE, advert)?;
        }
        Ok(())
    }
}

/// The program under test.
pub(crate) fn implementation() -> Result<Implementation> {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_keepalived"));
    Implementation::new("ours", program, Vec::new()).context("asking the program for its version")
}

/// Version 3, ten adverts a second, with more lines.
pub(crate) fn configuration(globals: &str, more: &str) -> String {
    format!(
        "global_defs {{\n{globals}\n}}\nvrrp_instance V {{\n interface {INTERFACE}\n virtual_router_id 51\n version 3\n \
         priority 100\n advert_int 0.1\n {more}\n virtual_ipaddress {{\n {VIP}\n }}\n}}\n"
    )
}
