//! The VRRP process of the program as it is built, in network namespaces: what it makes of interfaces that come, go and
//! change their names, of options and signals, and of what others left behind.
//!
//! What two routers say to each other is in the cases of `testbed`.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is tests, which only have a harness of their own"
)]

mod dumps;
mod interfaces;
mod lab;
mod leftovers;
mod options;
mod requests;
mod routes;
mod scheduling;
mod statistics;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

type Test = fn() -> anyhow::Result<()>;

const TESTS: &[(&str, Test)] = &[
    ("dumps::of_the_data", dumps::of_the_data),
    ("dumps::of_json", dumps::of_json),
    ("dumps::in_other_places", dumps::in_other_places),
    ("dumps::without_a_signal", dumps::without_a_signal),
    ("scheduling::of_the_process", scheduling::of_the_process),
    ("scheduling::in_real_time", scheduling::in_real_time),
    ("scheduling::after_lateness", scheduling::after_lateness),
    ("scheduling::of_the_buffers", scheduling::of_the_buffers),
    ("scheduling::notice", scheduling::notice),
    ("scheduling::startup_delay", scheduling::startup_delay),
    (
        "interfaces::one_that_comes_later",
        interfaces::one_that_comes_later,
    ),
    ("interfaces::one_that_is_renamed", interfaces::one_that_is_renamed),
    (
        "leftovers::are_gone_before_the_election",
        leftovers::are_gone_before_the_election,
    ),
    ("leftovers::in_the_wrong_place", leftovers::in_the_wrong_place),
    ("options::dont_release_vrrp", options::dont_release_vrrp),
    ("options::address_monitoring", options::address_monitoring),
    ("options::without_capabilities", options::without_capabilities),
    (
        "routes::are_put_back_after_a_reload_that_brought_them",
        routes::are_put_back,
    ),
    ("statistics::survive_a_reload", statistics::survive_a_reload),
    (
        "statistics::are_cleared_on_request",
        statistics::are_cleared_on_request,
    ),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if !arguments.list {
        testbed::isolate::enter().unwrap();
    }
    let trials = TESTS
        .iter()
        .map(|(name, test)| Trial::test(*name, move || test().map_err(|error| format!("{error:#}").into())));
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
