//! `startup_script` and `shutdown_script`.

use crate::lab::{Lab, finish};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// Writes an executable file and gives its path.
fn script(lab: &Lab, name: &str, text: &str) -> PathBuf {
    let path = lab.path(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn mkfifo(lab: &Lab, name: &str) -> PathBuf {
    let path = lab.path(name);
    assert_eq!(finish(Command::new("mkfifo").arg(&path)).0, 0);
    path
}

pub(super) fn children_wait_for_the_startup_script() {
    let lab = Lab::new();
    let gate = mkfifo(&lab, "gate");
    let startup = script(
        &lab,
        "startup",
        &format!("read line < {}; exit 3", gate.display()),
    );
    lab.configure(&format!("run\nstartup {}", startup.display()));
    let mut daemon = lab.daemon(&["-D"]);
    daemon.expect(&format!("Running startup script {}", startup.display()));
    // Returns when the script has opened it.
    fs::write(gate, "go\n").unwrap();
    let failed = daemon.expect("startup script");
    assert_eq!(failed, "startup script script failed, status 3");
    daemon.expect("Startup complete");
    let position = |text: &str| {
        daemon
            .seen
            .iter()
            .position(|line| line.starts_with(text))
            .unwrap()
    };
    assert!(position("startup script script failed") < position("Starting VRRP child process"));
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
}

pub(super) fn a_startup_script_that_hangs_is_ended() {
    let lab = Lab::new();
    let startup = script(&lab, "startup", "trap 'exit 0' TERM\nsleep 1000 &\nwait");
    lab.configure(&format!("run\nstartup {}", startup.display()));
    let mut daemon = lab.daemon(&[]);
    daemon.expect("startup script timed out");
    daemon.expect("Startup complete");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
    assert_eq!(daemon.has_logged("startup script script"), 0);
}

pub(super) fn a_stop_ends_the_startup_script() {
    let lab = Lab::new();
    let startup = script(&lab, "startup", "exec sleep 1000");
    let shutdown = script(&lab, "shutdown", "exit 0");
    lab.configure(&format!(
        "run\nstartup {}\nshutdown {}",
        startup.display(),
        shutdown.display()
    ));
    let mut daemon = lab.daemon(&["-D"]);
    daemon.expect("Running startup script");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
    assert_eq!(daemon.has_logged("child process"), 0, "{:#?}", daemon.seen);
    daemon.expect("shutdown script script succeeded");
}

pub(super) fn a_reload_asked_for_during_the_startup_script_follows() {
    let lab = Lab::new();
    let gate = mkfifo(&lab, "gate");
    let startup = script(&lab, "startup", &format!("read line < {}", gate.display()));
    lab.configure(&format!("run\nstartup {}", startup.display()));
    let mut daemon = lab.daemon(&["-D"]);
    daemon.expect("Running startup script");
    daemon.signal(Signal::SIGHUP);
    fs::write(gate, "go\n").unwrap();
    daemon.expect("Reload complete");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
}

pub(super) fn the_shutdown_script_of_the_last_reload_runs_last() {
    let lab = Lab::new();
    let first = script(&lab, "first", "exit 1");
    // The child has gone by then.
    let second = script(
        &lab,
        "second",
        &format!(
            "read pid < {}; ! kill -0 \"$pid\"",
            lab.path("vrrp.pid").display()
        ),
    );
    lab.configure(&format!("run\nshutdown {}", first.display()));
    let mut daemon = lab.daemon(&["-D"]);
    daemon.expect("Startup complete");
    lab.configure(&format!("run\nshutdown {}", second.display()));
    assert_eq!(lab.reload().0, 0);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
    daemon.expect(&format!("Running shutdown script {}", second.display()));
    daemon.expect("shutdown script script succeeded");
    let position = |text: &str| {
        daemon
            .seen
            .iter()
            .position(|line| line.starts_with(text))
            .unwrap()
    };
    assert!(position("Stopping") < position("Running shutdown script"));
    assert!(position("Running shutdown script") < position("Stopped Keepalived"));
}
