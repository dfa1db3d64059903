//! The processes of keepalived around the pure cores.
//!
//! One process, the supervisor, reads the configuration, starts up to three children ([`handover::Kind`]), restarts
//! those that die or hang, and stops them. It is a small synchronous loop without a runtime. A child is the same
//! program executed again: [`child`] says what it gets and owes, [`protocol`] what the two say to each other,
//! [`link`] how the messages travel.
//!
//! [`main`] is the whole program, given its [`Program`]: the children that it has and its way to read a configuration.
//! The binary gives it the real ones, tests give it others.

pub mod checker_process;
pub mod child;
pub mod cli;
mod client;
pub mod clock;
mod config_test;
pub mod configuration;
mod control;
mod core_dump;
mod daemon;
mod doctor;
mod dump;
pub mod exit;
mod explain;
pub mod findings;
pub mod genhash;
pub mod handover;
mod helper;
mod ipvs_table;
pub mod link;
pub mod link_polling;
pub mod log;
pub mod mail;
pub mod memory;
pub mod messages;
mod metrics;
mod namespace;
pub mod notify;
mod operate;
pub mod orders;
mod pid_file;
mod privileges;
pub mod protocol;
pub mod reading;
mod reload;
mod reload_time;
mod runtime;
mod scheduling;
pub mod scripts;
pub mod settings;
pub mod signals;
mod status;
mod supervisor;
mod systemd;
pub mod track_file;
pub mod track_process;
pub mod vrrp_process;

pub use daemon::Program;

use cli::{Outcome, Parsed, Subcommand, Switch};
use control::Request;
use exit::Exit;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// The whole program, from its command line to its exit status.
#[must_use]
pub fn main(program: Program) -> ExitCode {
    if let Some(exit) = scripts::launcher::run() {
        return exit;
    }
    if let Some(exit) = metrics::process::run() {
        return exit;
    }
    if let Some(exit) = child::run(&program.bodies) {
        return exit;
    }
    let words: Vec<OsString> = std::env::args_os().collect();
    let name = words
        .first()
        .map_or(OsStr::new("keepalived"), OsString::as_os_str);
    if Path::new(name).file_name() == Some(OsStr::new("genhash")) {
        return be_genhash("genhash", words.into_iter().skip(1)).into();
    }
    match cli::subcommand(&words) {
        Some(Ok(Subcommand::Reload(arguments))) => return reload::run(&arguments).into(),
        Some(Ok(Subcommand::Status(arguments))) => return status::show(&arguments).into(),
        Some(Ok(Subcommand::History(arguments))) => return status::history(&arguments).into(),
        Some(Ok(Subcommand::Failover(arguments))) => {
            let request = Request::Failover {
                name: arguments.name,
                hold_seconds: arguments.hold,
            };
            return operate::run("failover", arguments.pid.as_deref(), &request).into();
        }
        Some(Ok(Subcommand::Maintenance(arguments))) => {
            let on = arguments.switch == Switch::On;
            let request = Request::Maintenance { on };
            return operate::run("maintenance", arguments.pid.as_deref(), &request).into();
        }
        Some(Ok(Subcommand::Drain(arguments))) => {
            let request = Request::Drain(arguments.target());
            return operate::run("drain", arguments.pid.as_deref(), &request).into();
        }
        Some(Ok(Subcommand::Undrain(arguments))) => {
            let request = Request::Undrain(arguments.target());
            return operate::run("undrain", arguments.pid.as_deref(), &request).into();
        }
        Some(Ok(Subcommand::Explain(arguments))) => return explain::run(&arguments).into(),
        Some(Ok(Subcommand::Doctor(arguments))) => return doctor::run(&program, &arguments).into(),
        Some(Err(error)) => {
            let _ = error.print();
            return if error.exit_code() == 0 {
                Exit::Normal
            } else {
                Exit::Fatal
            }
            .into();
        }
        None => {}
    }
    let Parsed {
        outcome,
        options,
        complaints,
        unexpected,
        words_of_genhash,
    } = cli::parse(words.iter().skip(1).cloned());
    for complaint in complaints {
        say(&complaint);
    }
    match outcome {
        Outcome::Run => {}
        Outcome::Refuse => return Exit::Fatal.into(),
        Outcome::Genhash => {
            let program = format!("{} --genhash", name.to_string_lossy());
            return be_genhash(&program, words_of_genhash).into();
        }
        Outcome::Help => {
            say(cli::help(&name.to_string_lossy()).trim_end());
            return Exit::Normal.into();
        }
        Outcome::Version => {
            say(cli::version(&fs::read_to_string("/etc/os-release").unwrap_or_default()).trim_end());
            return Exit::Normal.into();
        }
        Outcome::SignalNumber(number) => {
            let _ = writeln!(io::stdout(), "{}", number.0);
            return Exit::Normal.into();
        }
    }
    if !unexpected.is_empty() {
        let words: Vec<_> = unexpected.iter().map(|word| word.to_string_lossy()).collect();
        let _ = writeln!(io::stdout(), "Unexpected argument(s): {} ", words.join(" "));
    }
    match options.config_test.clone() {
        Some(file) => config_test::run(program, options, file.as_deref()),
        None => daemon::run(program, options, &words),
    }
    .into()
}

fn be_genhash(program: &str, words: impl IntoIterator<Item = OsString>) -> Exit {
    genhash::run(program, words, &mut io::stdout(), &mut io::stderr())
}

/// A line on standard error, which may be closed.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
