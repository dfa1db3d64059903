//! The checker process against servers of this program, in network namespaces: each check up, down and up again with its reason,
//! servers that mean ill, reloads, and who is told.
//!
//! This program is its own daemon (see `program`): the configuration is the model itself, and the IPVS table is the log.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is tests, which only have a harness of their own"
)]

mod datagrams;
mod events;
mod hostile;
mod lab;
mod marks;
mod program;
mod reload;
mod scripts;
mod servers;
mod streams;
mod web;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

type Test = fn() -> anyhow::Result<()>;

const TESTS: &[(&str, Test)] = &[
    ("streams::tcp", streams::tcp),
    ("streams::tcp_without_answer", streams::tcp_without_answer),
    ("streams::smtp", streams::smtp),
    ("web::http", web::http),
    ("web::ssl", web::ssl),
    ("web::old_tls", web::old_tls),
    ("web::verified", web::verified),
    ("web::regex", web::regex),
    ("datagrams::dns", datagrams::dns),
    ("datagrams::udp", datagrams::udp),
    ("datagrams::ping", datagrams::ping),
    ("scripts::misc", scripts::misc),
    ("scripts::dynamic_weight", scripts::dynamic_weight),
    ("scripts::slow_ones_delay_nobody", scripts::slow_ones_delay_nobody),
    ("scripts::file", scripts::file),
    ("hostile::servers_get_the_right_verdict", hostile::servers),
    ("hostile::sealed_ones_too", hostile::sealed_servers),
    ("reload::keeps_what_stays", reload::keeps_what_stays),
    ("reload::refuses_what_it_cannot_use", reload::refuses),
    ("reload::keeps_the_data", reload::keeps_the_data),
    ("marks::of_groups", marks::of_groups),
    ("marks::elsewhere", marks::elsewhere),
    ("events::of_a_quorum", events::of_a_quorum),
    ("events::wait_for_the_kernel", events::wait_for_the_kernel),
    ("events::omega", events::omega),
    ("events::ha_suspend", events::ha_suspend),
];

fn main() -> ExitCode {
    if program::is_daemon() {
        return keepalived::main(program::PROGRAM);
    }
    let arguments = Arguments::from_args();
    if !arguments.list {
        testbed::isolate::enter().unwrap();
    }
    let trials = TESTS
        .iter()
        .map(|(name, test)| Trial::test(*name, move || test().map_err(|error| format!("{error:#}").into())));
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
