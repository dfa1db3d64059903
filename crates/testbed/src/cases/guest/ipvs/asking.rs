//! A client that goes on asking while things happen, and when its requests have failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use testbed::clock::Stamp;
use testbed::netns::Node;

/// How often the client asks: 50 times a second.
const PERIOD: Duration = Duration::from_millis(20);
/// How long before its end a server may have been asked without having answered.
const IN_FLIGHT: Duration = Duration::from_millis(200);

/// A client. Each request is a thread of its own: one that hangs holds up no other.
pub(super) struct Asking {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Answers>,
}

/// What has come of the requests.
#[derive(Default)]
pub(super) struct Answers {
    requests: usize,
    failures: Vec<Failure>,
}

/// A request that was not answered.
struct Failure {
    asked: Stamp,
    reason: anyhow::Error,
}

impl Asking {
    /// Starts it on this node with this request.
    pub(super) fn start(client: &Node, ask: fn() -> Result<()>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = client.run(move || {
            thread::spawn(move || {
                let (report, ended) = channel();
                while !stopped.load(Ordering::Relaxed) {
                    request(ask, report.clone());
                    thread::park_timeout(PERIOD);
                }
                // Until the last thread has ended.
                drop(report);
                let mut answers = Answers::default();
                for failure in ended {
                    answers.requests += 1;
                    answers.failures.extend(failure);
                }
                answers
            })
        });
        Self { stop, thread }
    }

    /// Stops it and waits for the last answer.
    pub(super) fn stop(self) -> Result<Answers> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the client panicked"))
    }
}

fn request(ask: fn() -> Result<()>, report: Sender<Option<Failure>>) {
    thread::spawn(move || {
        let asked = Stamp::now();
        let failure = ask().err().map(|reason| Failure { asked, reason });
        // Who asks waits for every answer.
        report.send(failure).unwrap_or_default();
    });
}

impl Answers {
    /// How many there were, and how many failed.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.requests, self.failures.len())
    }

    /// Fails if a request has failed that was not made within one of these windows: from the death of a server until it is out
    /// of the table.
    pub(super) fn ensure_within(&self, windows: &[(Stamp, Stamp)]) -> Result<()> {
        ensure!(self.requests > 0, "nobody has asked");
        for Failure { asked, reason } in &self.failures {
            ensure!(
                windows
                    .iter()
                    .any(|(dead, removed)| (*dead - IN_FLIGHT..*removed).contains(asked)),
                "a request failed when every server in the table was well: {reason:#}"
            );
        }
        Ok(())
    }
}
