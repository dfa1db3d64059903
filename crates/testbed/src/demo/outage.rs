//! What the client noticed.

use std::collections::BTreeMap;
use std::time::Duration;

use testbed::clock::{Readable, Stamp};
use testbed::ping::Echo;

use super::terminal::{faint, heading, plain};

/// So many requests in a row without an answer are a silence.
const PATIENCE: usize = 4;

/// A pause between two answers that is drawn.
const SILENCE: Duration = Duration::from_millis(50);

/// A time during which the client had answers, or had none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Band {
    pub(super) from: Stamp,
    pub(super) to: Stamp,
    pub(super) answered: bool,
}

/// The client's requests, and which of them were answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    requests: Vec<Request>,
    by_sequence: BTreeMap<u16, usize>,
    unanswered: usize,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    sent: Stamp,
    answered: Option<Stamp>,
}

impl Answers {
    pub(super) fn add(&mut self, echo: Echo) {
        match echo {
            Echo::Sent { at, sequence } => {
                self.by_sequence.insert(sequence, self.requests.len());
                self.requests.push(Request {
                    sent: at,
                    answered: None,
                });
                self.unanswered += 1;
            }
            Echo::Answered { at, sequence } => {
                if let Some(&index) = self.by_sequence.get(&sequence) {
                    self.requests[index].answered = Some(at);
                    self.unanswered = 0;
                }
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    pub(super) fn silent(&self) -> bool {
        self.requests.is_empty() || self.unanswered > PATIENCE
    }

    /// The times with and without answers, by when the requests were sent. Of a few that are lost in a row no reader needs to
    /// know.
    pub(super) fn bands(&self) -> Vec<Band> {
        let mut bands: Vec<Band> = Vec::new();
        let mut last: Option<Stamp> = None;
        for request in &self.requests {
            let Some(answered) = request.answered else {
                continue;
            };
            let silence = last.filter(|last| answered.since(*last) > SILENCE);
            match (silence, bands.last_mut()) {
                (None, Some(band)) => band.to = answered,
                (Some(from), _) => {
                    bands.extend([
                        Band {
                            from,
                            to: answered,
                            answered: false,
                        },
                        Band {
                            from: answered,
                            to: answered,
                            answered: true,
                        },
                    ]);
                }
                (None, None) => bands.push(Band {
                    from: request.sent,
                    to: answered,
                    answered: true,
                }),
            }
            last = Some(answered);
        }
        bands
    }

    /// The longest silence among the requests since number `from`.
    pub(super) fn outage(&self, from: usize, step: Step) -> Outage {
        let requests = &self.requests[from.saturating_sub(1)..];
        let answers: Vec<Stamp> = requests.iter().filter_map(|request| request.answered).collect();
        let silence = answers
            .windows(2)
            .map(|pair| pair[1].since(pair[0]))
            .max()
            .unwrap_or_default();
        // The newest requests may still be on their way.
        let newest = answers.last().copied();
        let lost = requests
            .iter()
            .filter(|request| request.answered.is_none() && Some(request.sent) < newest)
            .count();
        Outage { step, silence, lost }
    }
}

/// One step of the demonstration.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: &'static str,
    /// From the cause to the new master's gratuitous ARP.
    pub(super) took: Duration,
    /// What the protocol makes a router wait at least.
    pub(super) minimum: Duration,
    /// Where the minimum comes from.
    pub(super) why: String,
}

/// One step as the client saw it.
#[derive(Debug)]
pub(super) struct Outage {
    step: Step,
    /// The longest time between two answers.
    silence: Duration,
    /// Requests without an answer.
    lost: usize,
}

/// Prints the result, within 80 columns.
pub(super) fn report(outages: &[Outage]) {
    heading("What the client noticed");
    row("", ["silence", "pings", "new master", "protocol's", "excess"]);
    row("", ["", "lost", "after", "minimum", ""]);
    for Outage { step, silence, lost } in outages {
        let Step {
            name,
            took,
            minimum,
            why,
        } = step;
        let excess = took.saturating_sub(*minimum);
        let [silence, took, minimum, excess] =
            [*silence, *took, *minimum, excess].map(|time| Readable(time).to_string());
        row(name, [&silence, &lost.to_string(), &took, &minimum, &excess]);
        plain(&faint(&format!("            {why}")));
    }
}

fn row(name: &str, [silence, lost, took, minimum, excess]: [&str; 5]) {
    let line = format!("  {name:<10}{silence:>12}{lost:>8}{took:>14}{minimum:>14}{excess:>12}");
    plain(line.trim_end());
}
