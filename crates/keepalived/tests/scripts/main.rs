//! Scripts as the daemon runs them.
//!
//! This program is its own launcher, which is why it has a harness of its own.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is tests, which only have a harness of their own"
)]

mod launched;
mod place;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(exit) = keepalived::scripts::launcher::run() {
        return exit;
    }
    let mut arguments = Arguments::from_args();
    // One counts the descriptors of this process.
    arguments.test_threads = Some(1);
    let trials = launched::ALL.iter().map(|(name, case)| {
        Trial::test(*name, move || {
            case();
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
