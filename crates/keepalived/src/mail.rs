//! Mail alerts (`spec/runtime.md` section 8).
//!
//! [`Mailer`] takes alerts and never waits. A thread of its own speaks to the server. While that is out of reach, alerts wait;
//! the thread tries again after one second, two, four, up to five minutes. When thousands wait, the oldest are dropped and
//! counted. What the server refuses for good is dropped and logged.
//!
//! The alerts of a burst leave over one connection. One alert alone is the classic dialogue, but for `EHLO`.

mod letter;
mod mbox;
mod relay;
mod waiting;

use crate::clock;
use letter::Envelope;
use model::{Globals, Mail};
use relay::Relay;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Builder;
use waiting::{Attempt, Waiting};

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// What happened, without the name of this router.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// What a configuration says about mail.
#[derive(Clone, Debug)]
pub struct MailSettings {
    mail: Mail,
    router_id: String,
}

impl MailSettings {
    /// What the configuration says.
    #[must_use]
    pub fn new(globals: &Globals) -> Self {
        Self {
            mail: globals.mail.clone(),
            router_id: globals.identity.router_id.clone(),
        }
    }

    /// Whether an alert would go anywhere.
    fn is_useful(&self) -> bool {
        self.relay().is_some() || self.mail.alert_file.is_some()
    }

    fn relay(&self) -> Option<Relay> {
        let server = self.mail.server?;
        (!self.mail.to.is_empty()).then(|| Relay::new(server, &self.mail))
    }

    fn route(&self) -> Route {
        Route {
            relay: self.relay(),
            file: self.mail.alert_file.as_ref().map(PathBuf::from),
        }
    }
}

/// Where letters go.
#[derive(Debug)]
struct Route {
    relay: Option<Relay>,
    file: Option<PathBuf>,
}

/// A message with its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Letter {
    envelope: Envelope,
    text: Vec<u8>,
}

/// What the thread gets.
#[derive(Debug)]
enum Entry {
    Route(Box<Route>),
    Letter(Letter),
}

/// Takes alerts. Without a configuration it drops them.
#[derive(Debug, Default)]
pub struct Mailer {
    settings: Option<MailSettings>,
    entries: Option<Sender<Entry>>,
    /// Letters that are neither sent nor dropped.
    open: Arc<AtomicUsize>,
}

impl Mailer {
    /// Goes by new settings. Letters that wait take the new way too.
    pub fn configure(&mut self, settings: MailSettings) {
        if settings.is_useful() && self.entries.is_none() {
            let (sender, receiver) = channel();
            let open = Arc::clone(&self.open);
            let started = Builder::new()
                .name("mail".to_owned())
                .spawn(move || Post::new(open).live(&receiver));
            match started {
                Ok(_) => self.entries = Some(sender),
                Err(error) => tracing::error!("no mail is sent: starting its thread: {error}"),
            }
        }
        if let Some(entries) = &self.entries {
            // The thread lives until the sender goes.
            let _ = entries.send(Entry::Route(Box::new(settings.route())));
        }
        self.settings = Some(settings).filter(MailSettings::is_useful);
    }

    /// Whether alerts go anywhere.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        self.settings.is_some()
    }

    /// `no_email_faults`.
    #[must_use]
    pub fn leaves_faults_out(&self) -> bool {
        self.settings
            .as_ref()
            .is_some_and(|settings| settings.mail.no_faults)
    }

    /// Has an alert sent.
    pub fn send(&self, alert: &Alert) {
        let (Some(settings), Some(entries)) = (&self.settings, &self.entries) else {
            return;
        };
        let letter = Letter {
            envelope: Envelope::new(&settings.mail),
            text: letter::text(&settings.mail, &settings.router_id, alert, clock::wall()),
        };
        self.open.fetch_add(1, Ordering::Relaxed);
        let _ = entries.send(Entry::Letter(letter));
    }

    /// Whether no alert waits.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.open.load(Ordering::Relaxed) == 0
    }

    /// Sends no more. Says what is lost by that.
    pub fn finish(self) {
        let open = self.open.load(Ordering::Relaxed);
        if open > 0 {
            tracing::warn!("{open} mails could not be sent before the end");
        }
    }
}

/// The thread.
#[derive(Debug)]
struct Post {
    route: Route,
    waiting: Waiting,
    open: Arc<AtomicUsize>,
}

impl Post {
    const fn new(open: Arc<AtomicUsize>) -> Self {
        Self {
            route: Route {
                relay: None,
                file: None,
            },
            waiting: Waiting::new(),
            open,
        }
    }

    fn live(mut self, entries: &Receiver<Entry>) {
        loop {
            let received = match self.waiting.until_attempt(clock::monotonic()) {
                Attempt::None => entries.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Attempt::In(time) => entries.recv_timeout(time.into()),
                Attempt::Now => Err(RecvTimeoutError::Timeout),
            };
            match received {
                Ok(entry) => self.take(entry),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // All there is leaves over one connection.
            while let Ok(entry) = entries.try_recv() {
                self.take(entry);
            }
            if self.waiting.until_attempt(clock::monotonic()) == Attempt::Now {
                self.deliver();
            }
            self.open.store(self.waiting.len(), Ordering::Relaxed);
        }
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Route(route) => {
                self.route = *route;
                self.waiting.try_again();
            }
            Entry::Letter(letter) => {
                if let Some(path) = &self.route.file
                    && let Err(error) = mbox::append(path, &letter, clock::wall())
                {
                    tracing::error!("smtp_alert_file {}: {error}", path.display());
                }
                if self.route.relay.is_some() {
                    self.waiting.push(letter);
                }
            }
        }
    }

    fn deliver(&mut self) {
        let Some(relay) = &self.route.relay else {
            self.waiting.clear();
            return;
        };
        let delivered = relay.deliver(&mut self.waiting);
        let now = clock::monotonic();
        match delivered {
            Ok(()) => self.waiting.succeeded(),
            Err(error) => {
                let pause = self.waiting.failed(now);
                tracing::warn!(
                    "{error}; {} mails wait, next attempt in {pause}",
                    self.waiting.len()
                );
            }
        }
    }
}
