//! Links whose drivers do not tell of their changes and are asked instead (`linkbeat_interfaces`,
//! `linkbeat_use_polling`; `spec/config-global.md` section 3).
//!
//! A driver may take its time to answer, so it is a thread that asks.

use crate::findings::{Finding, Guard};
use crate::runtime::inbox::{Inbox, Poster, Senders};
use kernel::link_beat::LinkBeat;
use model::{IfName, LinkMethod, LinkPolling};
use nix::errno::Errno;
use nix::net::if_::if_nametoindex;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::AsFd;
use std::thread::Builder;

/// How often the drivers are asked, in milliseconds.
const INTERVAL: u16 = 1_000;

/// The watch over all such links of a configuration. Dropping it ends the thread.
#[derive(Debug)]
pub struct LinkWatch {
    links: Poster<Vec<LinkPolling>>,
}

impl LinkWatch {
    /// Begins to ask. The first answers follow at once.
    pub(crate) fn start(links: Vec<LinkPolling>, findings: Poster<Finding>) -> io::Result<Self> {
        let (sender, inbox) = Inbox::new()?;
        let beat = LinkBeat::open()?;
        Builder::new().name("link polling".to_owned()).spawn(move || {
            let _guard = Guard::new(findings.clone(), "link polling");
            Watch {
                inbox,
                findings,
                beat,
                links: Vec::new(),
            }
            .live();
        })?;
        sender.post(links);
        Ok(Self { links: sender })
    }

    /// Asks these from now on. All their answers follow.
    pub fn configure(&self, links: Vec<LinkPolling>) {
        self.links.post(links);
    }
}

#[derive(Debug)]
struct Watch {
    inbox: Inbox<Vec<LinkPolling>>,
    findings: Poster<Finding>,
    beat: LinkBeat,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    name: IfName,
    preferred: Option<LinkMethod>,
    /// The interface of that name, and how it is asked.
    found: Option<(u32, LinkMethod)>,
    /// The answer that was reported.
    reported: Option<bool>,
}

impl Watch {
    fn live(mut self) {
        let mut news = Vec::new();
        loop {
            self.wait();
            if self.inbox.collect(&mut news) == Senders::Gone {
                return;
            }
            if let Some(links) = news.drain(..).next_back() {
                self.links = links.into_iter().map(Link::new).collect();
            }
            for link in &mut self.links {
                link.ask(&self.beat, &self.findings);
            }
        }
    }

    fn wait(&self) {
        let mut descriptors = [PollFd::new(self.inbox.as_fd(), PollFlags::POLLIN)];
        // A wait that fails is a wait that ends early.
        let _ = poll(&mut descriptors, PollTimeout::from(INTERVAL));
    }
}

impl Link {
    const fn new(polling: LinkPolling) -> Self {
        Self {
            name: polling.interface,
            preferred: polling.method,
            found: None,
            reported: None,
        }
    }

    /// Asks, and says what has changed.
    fn ask(&mut self, beat: &LinkBeat, findings: &Poster<Finding>) {
        let name = self.name.as_str();
        let index = if_nametoindex(name).ok();
        if self.found.map(|(index, _)| index) != index {
            // Another interface than before, which may have another driver.
            self.reported = None;
            self.found = index.and_then(|index| Some((index, self.find(beat)?)));
        }
        let Some((_, method)) = self.found else { return };
        match beat.ask(name, method) {
            Ok(up) if self.reported != Some(up) => {
                self.reported = Some(up);
                let interface = self.name.clone();
                findings.post(Finding::LinkPolled { interface, up });
            }
            Ok(_) => {}
            Err(Errno::ENODEV) => self.found = None,
            Err(errno) => {
                tracing::warn!("asking {name} for its link: {}", errno.desc());
                self.found = None;
            }
        }
    }

    fn find(&self, beat: &LinkBeat) -> Option<LinkMethod> {
        let method = beat.find(self.name.as_str(), self.preferred).ok()?;
        if let Some(preferred) = self.preferred.filter(|preferred| *preferred != method) {
            tracing::info!(
                "the driver of {} does not know {}: its link is asked for by {}",
                self.name,
                preferred.name(),
                method.name()
            );
        }
        Some(method)
    }
}
