//! The supervisor with children that do as they are told.
//!
//! This program is its own daemon: with `KEEPALIVED_TEST_DAEMON` set, and in the children that such a daemon starts, it
//! is keepalived with a VRRP child whose behaviour the configuration says (see `acted`). Otherwise it runs the tests,
//! each against daemons that it starts in namespaces of their own.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is tests, which only have a harness of their own"
)]

mod acted;
mod cases;
mod lab;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    if lab::is_daemon() {
        return keepalived::main(acted::PROGRAM);
    }
    let trials = cases::ALL.iter().map(|(name, case)| {
        Trial::test(*name, move || {
            case();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
