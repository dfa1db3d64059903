//! A program whose configuration is a script for its child.
//!
//! Words of the file, one a line:
//!
//! * `exit N`: the child ends with this status,
//! * `panic`: it panics,
//! * `deaf`: it takes no notice of `SIGTERM`,
//! * `hang`: once started with the daemon, it does nothing at all,
//! * `refuse`: it refuses to take this configuration over,
//! * `wait SECONDS`: `child_wait_time`,
//! * `name NAME`: `process_name`,
//! * `marker PATH`, `copies DIR`, `report FILE`, `time FILE`: the files of a reload,
//! * `startup PATH`, `shutdown PATH`: scripts, which may take two seconds,
//! * `idle`: nothing needs a child,
//! * `broken`: the file cannot be read as a configuration.

use keepalived::Program;
use keepalived::child::Bodies;
use keepalived::exit::Exit;
use keepalived::handover::{Handover, Start};
use keepalived::link::{LinkError, Request};
use keepalived::reading::{ReadRequest, Reading};
use keepalived::signals::{SignalNumber, Signals};
use model::{Command, Configuration, Micros, Prefix, StaticObjects, VirtualAddress};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs;
use std::os::fd::AsFd;

pub(crate) const PROGRAM: Program = Program {
    bodies: Bodies {
        checker: None,
        vrrp: Some(child),
        bfd: None,
    },
    read,
};

fn read(request: &ReadRequest<'_>) -> Reading {
    let text = request
        .options
        .config_file
        .as_ref()
        .map(fs::read_to_string)
        .unwrap()
        .unwrap_or_default();
    let report = "keepalived.conf: this file is broken\n".to_owned();
    if text.is_empty() || text.contains("broken") {
        return Reading {
            outcome: Err(Exit::NoConfiguration),
            test: Exit::Reported,
            lines: vec![report.trim_end().to_owned()],
            report,
            messages: "{\"code\":\"KA0000\"}\n".to_owned(),
            files: Vec::new(),
            copy: Vec::new(),
        };
    }
    let mut configuration = Configuration::default();
    configuration.globals.identity.router_id.clone_from(&text);
    configuration.globals.identity.child_wait_time = word(&text, "wait")
        .and_then(|seconds| seconds.parse().ok())
        .map(Micros::from_secs);
    configuration.globals.identity.process_name = word(&text, "name").map(str::to_owned);
    let files = &mut configuration.globals.files;
    files.reload_file = word(&text, "marker").map(str::to_owned);
    files.config_save_dir = word(&text, "copies").map(str::to_owned);
    files.reload_check_config = word(&text, "report").map(str::to_owned);
    files.reload_time_file = word(&text, "time").map(str::to_owned);
    let globals = &mut configuration.globals;
    globals.startup_script = word(&text, "startup").map(command);
    globals.startup_script_timeout = Some(Micros::from_secs(2));
    globals.shutdown_script = word(&text, "shutdown").map(command);
    globals.shutdown_script_timeout = Some(Micros::from_secs(2));
    if word(&text, "idle").is_none() {
        configuration.vrrp.static_objects = something();
    }
    Reading {
        outcome: Ok(configuration),
        test: Exit::Normal,
        lines: Vec::new(),
        report: String::new(),
        messages: String::new(),
        files: request.options.config_file.iter().cloned().collect(),
        copy: text.into_bytes(),
    }
}

fn command(path: &str) -> Command {
    Command {
        argv: vec![path.to_owned()],
        ..Command::default()
    }
}

/// What follows a word at the start of a line.
fn word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    text.lines()
        .find_map(|line| line.strip_prefix(word))
        .map(str::trim)
}

fn something() -> StaticObjects {
    let prefix = Prefix {
        address: [192, 0, 2, 1].into(),
        len: 32,
    };
    StaticObjects {
        addresses: vec![VirtualAddress::new(prefix)],
        ..StaticObjects::default()
    }
}

fn child(mut handover: Handover) -> Exit {
    let mut script = handover.configuration.globals.identity.router_id.clone();
    tracing::info!("child starts as {:?} {}", handover.start, script.trim());
    if let Some(code) = word(&script, "exit") {
        return Exit::Status(code.parse().unwrap());
    }
    assert!(word(&script, "panic").is_none(), "told to panic");
    let signals = Signals::new().unwrap();
    handover.parent.in_force().unwrap();
    loop {
        let mut descriptors = vec![
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(handover.parent.as_fd(), PollFlags::POLLIN),
        ];
        if word(&script, "hang").is_some() && handover.start == Start::First {
            descriptors.clear();
        }
        poll(&mut descriptors, PollTimeout::NONE).unwrap();
        while let Some(signal) = signals.next().unwrap() {
            match signal {
                SignalNumber::STOP if word(&script, "deaf").is_some() => tracing::info!("child is deaf"),
                SignalNumber::STOP => {
                    tracing::info!("child leaves");
                    return Exit::Normal;
                }
                SignalNumber::RELOAD => handover.parent.request_reload().unwrap(),
                other => tracing::info!("child got signal {}", other.0),
            }
        }
        loop {
            match handover.parent.receive() {
                Ok(Some(Request::Dump(dump))) => tracing::info!("child dumps {dump:?}"),
                Ok(Some(Request::Act(number, action))) => {
                    tracing::info!("child is asked for {action:?}");
                    handover.parent.acted(number, Ok("done".to_owned())).unwrap();
                }
                Ok(Some(Request::Status(..))) => tracing::info!("child keeps its status to itself"),
                Ok(Some(Request::Reload(configuration))) => {
                    let new = configuration.open().unwrap().globals.identity.router_id;
                    if word(&new, "refuse").is_some() {
                        handover.parent.refused("told to refuse").unwrap();
                        continue;
                    }
                    script = new;
                    tracing::info!("child reloads {}", script.trim());
                    handover.parent.in_force().unwrap();
                }
                // It has no scripts, so it has no use for a launcher.
                Ok(Some(Request::Launcher(_))) => {}
                Ok(None) => break,
                Err(LinkError::Closed) => {
                    tracing::info!("child is an orphan");
                    return Exit::Normal;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
