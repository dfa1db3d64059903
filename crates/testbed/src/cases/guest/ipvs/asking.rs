//! A client that goes on asking while things happen, and when its requests have failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use testbed::clock::Stamp;
use testbed::netns::Node;

/// How many ask in turns. One whose request hangs holds up no other.
const ASKERS: u32 = 10;
/// How often each of them asks: all together 50 times a second.
const PERIOD: Duration = Duration::from_millis(200);

/// A client.
pub(super) struct Asking {
    stop: Arc<AtomicBool>,
    askers: Vec<JoinHandle<Answers>>,
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
    failed: Stamp,
    reason: anyhow::Error,
}

impl Asking {
    /// Starts it on this node with this request.
    pub(super) fn start(client: &Node, ask: fn() -> Result<()>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let begin = Stamp::now();
        let askers = (0..ASKERS)
            .map(|number| {
                let (stopped, first) = (Arc::clone(&stop), begin + PERIOD / ASKERS * number);
                client.run(move || thread::spawn(move || ask_until(&stopped, first, ask)))
            })
            .collect();
        Self { stop, askers }
    }

    /// Stops it and waits for the last answer.
    pub(super) fn stop(self) -> Result<Answers> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Answers::default();
        for asker in self.askers {
            let answers = asker.join().map_err(|_| anyhow!("the client panicked"))?;
            all.requests += answers.requests;
            all.failures.extend(answers.failures);
        }
        Ok(all)
    }
}

/// Asks at `first` and every period after that. What was due while a request hung is left out.
fn ask_until(stopped: &AtomicBool, first: Stamp, ask: fn() -> Result<()>) -> Answers {
    let mut answers = Answers::default();
    let mut due = first;
    while !stopped.load(Ordering::Relaxed) {
        let left = due.remaining();
        if !left.is_zero() {
            thread::park_timeout(left);
            continue;
        }
        let asked = Stamp::now();
        answers.requests += 1;
        answers.failures.extend(ask().err().map(|reason| Failure {
            asked,
            failed: Stamp::now(),
            reason,
        }));
        while due.remaining().is_zero() {
            due = due + PERIOD;
        }
    }
    answers
}

impl Answers {
    /// How many there were, and how many failed.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.requests, self.failures.len())
    }

    /// Fails if a request has failed that was not under way within one of these windows: from the death of a server, or the
    /// order to remove it, until it is out of the table.
    pub(super) fn ensure_within(&self, windows: &[(Stamp, Stamp)]) -> Result<()> {
        ensure!(self.requests > 0, "nobody has asked");
        for Failure {
            asked,
            failed,
            reason,
        } in &self.failures
        {
            ensure!(
                windows
                    .iter()
                    .any(|(dead, removed)| asked < removed && dead < failed),
                "a request of {:.1?} failed when every server in the table was well: {reason:#}",
                failed.since(*asked)
            );
        }
        Ok(())
    }
}
