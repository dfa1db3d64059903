//! What happened, in the order in which it happened, while it happens.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Result, bail};
use testbed::capture::{Advert, Announcement, Capture, Message};
use testbed::clock::Stamp;
use testbed::ping::{Echo, Ping};

use super::Router;
use super::outage::{Answers, Outage, Step};
use super::picture::{Picture, Record, Seen};
use super::terminal::{bad, faint, good, strong};

/// How often the sources are asked for news. The stamps are the sources' own, so this only delays the printing.
const BEAT: Duration = Duration::from_millis(20);

/// What the demonstration looks at.
#[derive(Debug)]
pub(super) enum Event {
    /// The client captured an advert.
    Advert(Advert),
    /// The client captured a gratuitous ARP.
    Announcement(Announcement),
    /// A router logged a line.
    Logged {
        /// Its name.
        router: String,
        /// The line without the date.
        text: String,
    },
    /// A router's daemon ended.
    Ended {
        /// The name of the router.
        router: String,
        /// How.
        status: ExitStatus,
    },
    /// The client got an answer after a silence.
    FirstAnswer,
    /// The client has had no answer for a while.
    Silence,
}

/// Merges capture, logs and pings.
#[derive(Debug)]
pub(super) struct Timeline {
    began: Stamp,
    capture: Capture,
    frames_read: usize,
    client: Option<Ping>,
    answers: Answers,
    /// Addresses announced since the last change of master: five announcements in a row are one event to a reader.
    announced: BTreeSet<IpAddr>,
    last_source: Option<(IpAddr, u8)>,
    last_advert: Stamp,
    last_announced: Stamp,
    last_answered: Stamp,
    record: Record,
}

/// The moments of a crash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    pub(super) killed: Stamp,
    pub(super) announced: Stamp,
    pub(super) answered: Stamp,
    pub(super) minimum: Duration,
}

impl Timeline {
    pub(super) fn new(capture: Capture) -> Self {
        let now = Stamp::now();
        Self {
            began: now,
            capture,
            frames_read: 0,
            client: None,
            answers: Answers::default(),
            announced: BTreeSet::new(),
            last_source: None,
            last_advert: now,
            last_announced: now,
            last_answered: now,
            record: Record::new(),
        }
    }

    pub(super) fn set_client(&mut self, client: Ping) {
        self.client = Some(client);
    }

    /// A place in the client's history, for [`Timeline::outage`].
    pub(super) fn mark(&self) -> usize {
        self.answers.len()
    }

    /// What the client missed since `from`.
    pub(super) fn outage(&self, from: usize, step: Step) -> Outage {
        self.answers.outage(from, step)
    }

    /// When the address was announced last, by the first of a row of announcements.
    pub(super) fn last_announced(&self) -> Stamp {
        self.last_announced
    }

    /// Draws a crash.
    pub(super) fn picture(&self, moments: Moments) -> String {
        let Moments {
            killed,
            announced,
            answered,
            minimum,
        } = moments;
        Picture {
            record: &self.record,
            killed,
            announced,
            answered,
            minimum,
            bands: &self.answers.bands(),
        }
        .svg()
    }

    /// Prints that a router was killed.
    pub(super) fn killed(&mut self, at: Stamp, who: &str) {
        self.note(at, who, &strong("killed"));
        self.record.push((at, who.to_owned(), Seen::Killed));
    }

    /// Prints a line of our own.
    pub(super) fn note(&self, at: Stamp, who: &str, text: &str) {
        let since = at.since(self.began);
        println!(
            "{:>4}.{:03} s  {who:<10}  {text}",
            since.as_secs(),
            since.subsec_millis()
        );
    }

    /// Prints what happens until `done` says so of an event.
    pub(super) fn pump(
        &mut self,
        routers: &mut [&mut Router],
        patience: Duration,
        what: &str,
        mut done: impl FnMut(&Event) -> bool,
    ) -> Result<()> {
        let deadline = Stamp::now() + patience;
        loop {
            // Whatever came in this beat is printed, also what came after the event that was waited for.
            let mut found = false;
            for (at, event) in self.news(routers) {
                self.show(at, &event);
                found |= done(&event);
            }
            if found {
                return Ok(());
            }
            if deadline.remaining().is_zero() {
                let logs: String = routers
                    .iter_mut()
                    .filter_map(|router| router.daemon.as_mut())
                    .map(|daemon| daemon.process().last_words())
                    .collect();
                bail!("the demonstration waited in vain for {what}; the routers' last words:\n{logs}");
            }
        }
    }

    /// Prints what happens until the client has an answer again, if it lost any, and returns when it got the last first one.
    pub(super) fn settle(&mut self, routers: &mut [&mut Router]) -> Result<Stamp> {
        if self.answers.silent() {
            self.pump(routers, super::PATIENCE, "an answer", |event| {
                matches!(event, Event::FirstAnswer)
            })?;
        }
        Ok(self.last_answered)
    }

    /// Waits for the next advert with this priority and returns when it was sent.
    pub(super) fn next_advert(
        &mut self,
        routers: &mut [&mut Router],
        priority: u8,
        patience: Duration,
    ) -> Result<Stamp> {
        self.pump(
            routers,
            patience,
            "an advert",
            |event| matches!(event, Event::Advert(advert) if advert.priority == priority),
        )?;
        Ok(self.last_advert)
    }

    /// Waits one beat and sorts what came.
    fn news(&mut self, routers: &mut [&mut Router]) -> Vec<(Stamp, Event)> {
        let mut news = Vec::new();
        self.capture.listen_for(BEAT);
        for frame in &self.capture.frames()[self.frames_read..] {
            match frame.message() {
                Message::Advert(advert) => news.push((frame.at, Event::Advert(advert))),
                Message::Announcement(announcement) => {
                    news.push((frame.at, Event::Announcement(announcement)));
                }
                Message::Other => {}
            }
        }
        self.frames_read = self.capture.mark();
        for router in routers {
            let name = router.node.name().to_owned();
            let Some(daemon) = router.daemon.as_mut() else {
                continue;
            };
            if let Some((at, status)) = daemon.newly_ended() {
                news.push((
                    at,
                    Event::Ended {
                        router: name.clone(),
                        status,
                    },
                ));
            }
            for line in daemon.unread() {
                let text = line.text.split_once(": ").map_or(&*line.text, |(_, text)| text);
                if text.starts_with("(VI_1) Entering") {
                    news.push((
                        line.at,
                        Event::Logged {
                            router: name.clone(),
                            text: text.to_owned(),
                        },
                    ));
                }
            }
        }
        if let Some(client) = &self.client {
            for echo in client.take() {
                let at = match echo {
                    Echo::Sent { at, .. } | Echo::Answered { at, .. } => at,
                };
                let was_silent = self.answers.silent();
                self.answers.add(echo);
                match (was_silent, self.answers.silent()) {
                    (true, false) => news.push((at, Event::FirstAnswer)),
                    (false, true) => news.push((at, Event::Silence)),
                    _ => {}
                }
            }
        }
        news.sort_by_key(|(at, _)| *at);
        news
    }

    fn show(&mut self, at: Stamp, event: &Event) {
        match event {
            Event::Advert(advert) => {
                self.last_advert = at;
                let who = name_of(advert.source).to_owned();
                self.record.push((at, who, Seen::Advert));
                let text = format!("advert, priority {}", advert.priority);
                let seen_before = self.last_source.replace((advert.source, advert.priority))
                    == Some((advert.source, advert.priority));
                if !seen_before {
                    self.announced.clear();
                }
                self.note(
                    at,
                    name_of(advert.source),
                    &if seen_before { faint(&text) } else { text },
                );
            }
            Event::Announcement(Announcement { address, .. }) => {
                if self.announced.insert(*address) {
                    self.last_announced = at;
                    let text = format!("gratuitous ARP: {address} is here");
                    let who = self.last_source.map_or("?", |(source, _)| name_of(source));
                    self.note(at, who, &text);
                    self.record.push((at, who.to_owned(), Seen::Announcement));
                }
            }
            Event::Logged { router, text } => {
                let state = text.split(' ').nth(2).unwrap_or(text);
                self.note(at, router, &strong(state));
                self.record
                    .push((at, router.clone(), Seen::State(state.to_owned())));
            }
            Event::Ended { router, status } => self.note(at, router, &format!("has ended, {status}")),
            Event::FirstAnswer => {
                self.last_answered = at;
                self.note(at, "client", &good("has an answer"));
            }
            Event::Silence => self.note(at, "client", &bad("has no answer")),
        }
    }
}

fn name_of(address: IpAddr) -> &'static str {
    match address.to_string().as_str() {
        "10.0.0.10" => "router-one",
        "10.0.0.20" => "router-two",
        _ => "somebody",
    }
}
