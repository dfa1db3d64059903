//! Running cases at the same time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use anyhow::{Context as _, Result, anyhow};
use testbed::clock::{Readable, Stamp};

use super::{Case, Kind, World};
use crate::say;

/// How a case ended.
pub(super) struct Verdict {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) failure: Option<anyhow::Error>,
}

/// Runs the cases in their order, `jobs` at the same time, and prints each verdict as it comes.
pub(super) fn run(world: &World, cases: &[Case], jobs: usize) -> Result<Vec<Verdict>> {
    let next = AtomicUsize::new(0);
    let (sender, verdicts) = channel();
    thread::scope(|scope| {
        for number in 0..jobs.min(cases.len()) {
            let (sender, next) = (sender.clone(), &next);
            thread::Builder::new()
                .name(format!("cases {number}"))
                .spawn_scoped(scope, move || {
                    while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let began = Stamp::now();
                        // A failed assertion of the harness is a failure of this case, not of the others.
                        let outcome = catch_unwind(AssertUnwindSafe(|| (case.run)(world)))
                            .unwrap_or_else(|_| Err(anyhow!("the case panicked; the message is above")));
                        if sender.send((case, began, outcome.err())).is_err() {
                            return;
                        }
                    }
                })
                .context("starting a thread")?;
        }
        drop(sender);
        let mut all = Vec::new();
        for (case, began, failure) in verdicts {
            let took = Readable(Stamp::now().since(began)).to_string();
            match &failure {
                None => say(&format!("pass  {:<52} {took:>9}", case.name)),
                Some(reason) => say(&format!("FAIL  {:<52} {took:>9}\n      {reason:#}", case.name)),
            }
            all.push(Verdict {
                name: case.name.clone(),
                kind: case.kind,
                failure,
            });
        }
        Ok(all)
    })
}
