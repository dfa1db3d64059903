//! The VRRP process of the program as it is built, in network namespaces: what it makes of interfaces that come, go and
//! change their names, of options and signals, and of what others left behind.
//!
//! What two routers say to each other is in the cases of `testbed`.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is tests, which only have a harness of their own"
)]

mod doctor;
mod dumps;
mod interfaces;
mod lab;
mod leftovers;
mod links;
mod options;
mod requests;
mod rights;
mod route_lines;
mod routes;
mod scheduling;
mod statics;
mod statistics;
mod status;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

type Test = fn() -> anyhow::Result<()>;

const TESTS: &[(&str, Test)] = &[
    ("dumps::of_the_data", dumps::of_the_data),
    ("dumps::of_json", dumps::of_json),
    ("dumps::in_other_places", dumps::in_other_places),
    ("dumps::without_a_signal", dumps::without_a_signal),
    ("rights::beside_scripts", rights::beside_scripts),
    ("rights::without_scripts", rights::without_scripts),
    ("rights::as_another_user", rights::as_another_user),
    ("rights::as_process_1", rights::as_process_1),
    ("status::of_a_master", status::of_a_master),
    ("status::of_maintenance", status::of_maintenance),
    ("status::of_the_group", status::of_the_group),
    ("status::of_a_process_that_hangs", status::of_a_process_that_hangs),
    ("scheduling::of_the_process", scheduling::of_the_process),
    ("scheduling::in_real_time", scheduling::in_real_time),
    ("scheduling::after_lateness", scheduling::after_lateness),
    ("scheduling::of_the_buffers", scheduling::of_the_buffers),
    ("scheduling::notice", scheduling::notice),
    ("scheduling::startup_delay", scheduling::startup_delay),
    (
        "doctor::finds_nothing_on_a_healthy_host",
        doctor::finds_nothing_on_a_healthy_host,
    ),
    (
        "doctor::names_a_firewall_and_the_split_brain",
        doctor::names_a_firewall_and_the_split_brain,
    ),
    (
        "doctor::tells_a_stranger_from_a_peer",
        doctor::tells_a_stranger_from_a_peer,
    ),
    ("doctor::finds_who_else_answers", doctor::finds_who_else_answers),
    (
        "doctor::knows_the_common_mistakes",
        doctor::knows_the_common_mistakes,
    ),
    ("doctor::speaks_to_people_too", doctor::speaks_to_people_too),
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
    ("links::are_polled", links::are_polled),
    ("links::flap_unnoticed", links::flap_unnoticed),
    ("links::may_not_matter", links::may_not_matter),
    ("links::have_to_have_the_source", links::have_to_have_the_source),
    ("options::dont_release_vrrp", options::dont_release_vrrp),
    ("options::address_monitoring", options::address_monitoring),
    ("options::without_capabilities", options::without_capabilities),
    (
        "routes::are_put_back_after_a_reload_that_brought_them",
        routes::are_put_back,
    ),
    ("route_lines::of_an_instance", route_lines::of_an_instance),
    ("route_lines::of_the_daemon", route_lines::of_the_daemon),
    ("statics::are_put_back", statics::are_put_back),
    (
        "statics::come_back_with_the_link",
        statics::come_back_with_the_link,
    ),
    (
        "statics::keep_instances_in_fault",
        statics::keep_instances_in_fault,
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
