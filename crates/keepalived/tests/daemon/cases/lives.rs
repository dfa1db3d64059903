//! Starts, deaths and stops.

use crate::lab::{Daemon, Lab, ServiceManager, finish, kill_by_number, proc_file, wait_for_end};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::process::{Command, Stdio};

fn child_of(lab: &Lab) -> Pid {
    Pid::from_raw(lab.pid("vrrp.pid"))
}

pub(super) fn a_daemon_starts_and_stops() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&["-D"]);
    daemon.expect("Startup complete");
    let (parent, child) = (daemon.pid().as_raw(), child_of(&lab).as_raw());
    assert_eq!(lab.pid("parent.pid"), parent);
    assert_ne!(parent, child);
    // What ps and pstree show of both.
    assert_eq!(proc_file(parent, "cmdline"), proc_file(child, "cmdline"));
    assert_eq!(proc_file(child, "comm"), b"keepalived\n");
    assert!(!String::from_utf8_lossy(&proc_file(child, "status")).contains("Threads:\t0"));
    assert!(!lab.directory.join("parent.reload").exists());
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
    let wanted = [
        "Starting Keepalived v2.4.3 (",
        "Running on Linux ",
        "Command line: '",
        "Opening file '",
        "Configuration file ",
        "Starting VRRP child process, pid=",
        "child starts as First",
        "Startup complete",
        "Stopping",
        "child leaves",
        "CPU usage (self/children) user: ",
        "Stopped Keepalived v2.4.3 (",
    ];
    let mut lines = daemon.seen.iter();
    for start in wanted {
        // The child has a log thread of its own, so only the order of each process's lines is certain.
        if start.starts_with("child") || start == "Startup complete" || start == "Stopping" {
            assert_eq!(daemon.has_logged(start), 1, "{start} in {:#?}", daemon.seen);
        } else {
            assert!(
                lines.any(|line| line.starts_with(start)),
                "{start} in {:#?}",
                daemon.seen
            );
        }
    }
    let left: Vec<_> = fs::read_dir(&lab.directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["keepalived.conf"]);
}

pub(super) fn a_daemon_goes_into_the_background() {
    let lab = Lab::new();
    lab.configure("run");
    let files = lab.files();
    let options: Vec<_> = ["-g", "-G"]
        .into_iter()
        .chain(files.iter().map(String::as_str))
        .collect();
    let manager = ServiceManager::new(&lab);
    let mut command = lab.command(&options);
    let status = command
        .env("NOTIFY_SOCKET", &manager.path)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    let log = lab.path("keepalived.log");
    let pid = manager.expect_ready();
    assert_eq!(lab.pid("parent.pid"), pid);
    let link = |name: &str| fs::read_link(format!("/proc/{pid}/{name}")).unwrap();
    for descriptor in ["fd/0", "fd/1", "fd/2"] {
        assert_eq!(link(descriptor).to_str(), Some("/dev/null"));
    }
    assert_eq!(link("cwd").to_str(), Some("/"));
    let status = String::from_utf8(proc_file(pid, "stat")).unwrap();
    let session = status
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .nth(3)
        .unwrap()
        .to_owned();
    assert_eq!(session, pid.to_string());
    kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
    wait_for_end(pid.to_string());
    let lines = fs::read_to_string(log).unwrap();
    assert!(
        lines.contains("Startup complete") && lines.contains("Stopped Keepalived"),
        "{lines}"
    );
    assert!(!lab.path("parent.pid").exists());
}

pub(super) fn nothing_to_do_is_no_reason_to_end() {
    let lab = Lab::new();
    lab.configure("idle");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Warning - keepalived has no configuration to run");
    daemon.expect("Startup complete");
    assert!(!lab.path("vrrp.pid").exists());
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
    let mut all = lab.daemon(&["--all"]);
    all.expect("child starts as First");
    // With -C there is no VRRP whatever the configuration says.
    drop(all);
    lab.configure("run");
    let mut daemon = lab.daemon(&["-C"]);
    daemon.expect("Warning - keepalived has no configuration to run");
}

pub(super) fn an_unusable_configuration_ends_with_6() {
    let lab = Lab::new();
    lab.configure("broken");
    let (code, text) = finish(&mut lab.daemon_command(&[]));
    assert_eq!(code, 6);
    assert!(text.contains("this file is broken"), "{text}");
    assert!(
        text.ends_with("Stopped Keepalived v2.4.3 (08/13,2026)\n"),
        "{text}"
    );
    // In the background, whoever started it sees the report too.
    let files = lab.files();
    let options: Vec<_> = std::iter::once("-G")
        .chain(files.iter().map(String::as_str))
        .collect();
    let (code, text) = finish(&mut lab.command(&options));
    assert_eq!(
        (code, text.as_str()),
        (6, "keepalived.conf: this file is broken\n")
    );
    assert!(!lab.path("parent.pid").exists());
}

pub(super) fn of_two_daemons_one_runs() {
    let lab = Lab::new();
    lab.configure("run");
    // A number that happens to be that of a living process says nothing.
    fs::write(lab.path("parent.pid"), format!("{}\n", std::process::id())).unwrap();
    let mut daemons = [lab.daemon(&[]), lab.daemon(&[])];
    let ended = loop {
        let ended = daemons.iter_mut().position(|daemon| {
            let first = daemon.expect("");
            first.contains("daemon is already running")
        });
        if let Some(ended) = ended {
            break ended;
        }
    };
    assert_eq!(daemons[ended].has_logged("Another process has pid file"), 1);
    assert_eq!(daemons[ended].wait(), 0);
    assert_eq!(daemons[ended].has_logged("Stopped Keepalived"), 0);
    let winner = &mut daemons[1 - ended];
    if winner.has_logged("Startup complete") == 0 {
        winner.expect("Startup complete");
    }
    assert_eq!(lab.pid("parent.pid"), winner.pid().as_raw());
    winner.signal(Signal::SIGTERM);
    assert_eq!(winner.wait(), 0);
}

pub(super) fn a_killed_child_is_replaced() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    for delay in [0, 1] {
        let child = child_of(&lab);
        kill(child, Signal::SIGKILL).unwrap();
        daemon.expect(&format!(
            "pid {child} exited due to signal 9 (Killed) - has rlimit_rttime been exceeded?"
        ));
        daemon.expect(&format!("VRRP child process({child}) died: Respawning"));
        daemon.expect(&format!(
            "Restart of VRRP process delayed {delay} seconds to limit respawn rate"
        ));
        daemon.expect("Starting VRRP child process, pid=");
        daemon.expect("child starts as Respawn");
        assert_ne!(child_of(&lab), child);
    }
    assert_eq!(daemon.has_logged("Startup complete"), 1);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
}

fn expect_replacement(daemon: &mut Daemon, child: Pid) {
    daemon.expect(&format!(
        "VRRP child process({child}) does not answer: killing it"
    ));
    let end = daemon.expect(&format!("pid {child} exited due to signal 9 (Killed)"));
    assert!(!end.contains("rlimit_rttime"), "{end}");
    daemon.expect("child starts as Respawn");
}

pub(super) fn a_hung_child_is_replaced() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    let child = child_of(&lab);
    kill(child, Signal::SIGSTOP).unwrap();
    expect_replacement(&mut daemon, child);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
}

pub(super) fn a_child_hung_in_its_loop_is_replaced() {
    let lab = Lab::new();
    lab.configure("hang");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    let child = child_of(&lab);
    lab.configure("run");
    expect_replacement(&mut daemon, child);
}

pub(super) fn a_stopped_daemon_blames_nobody() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    // As when a container is frozen: both stand still, and the supervisor is the first to run again.
    let child = child_of(&lab);
    kill(child, Signal::SIGSTOP).unwrap();
    daemon.signal(Signal::SIGSTOP);
    // Longer than a child may be silent: the passing of time is what this is about.
    assert!(Command::new("sleep").arg("4").status().unwrap().success());
    daemon.signal(Signal::SIGCONT);
    kill(child, Signal::SIGCONT).unwrap();
    kill_by_number(10, daemon.pid().as_raw());
    daemon.expect("child dumps Data");
    assert_eq!(child_of(&lab), child);
    assert_eq!(daemon.has_logged("does not answer"), 0);
}

pub(super) fn a_panic_is_logged_and_replaced() {
    let lab = Lab::new();
    lab.configure("panic");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("told to panic");
    daemon.expect("exited with status 70");
    daemon.expect("died: Respawning");
    daemon.expect("Restart of VRRP process delayed 0 seconds");
    // A reload of the mended file does not wait for the next attempt.
    lab.configure("run");
    daemon.signal(Signal::SIGHUP);
    daemon.expect("Startup complete");
}

pub(super) fn permanent_errors_end_the_daemon() {
    for (code, reason) in [(1, "FATAL"), (2, "CONFIG"), (4, "missing permission")] {
        let lab = Lab::new();
        lab.configure(&format!("exit {code}"));
        let mut daemon = lab.daemon(&[]);
        daemon.expect(&format!("exited with permanent error {reason}. Terminating"));
        assert_eq!(daemon.wait(), code);
        assert!(!lab.path("parent.pid").exists());
        assert!(!lab.path("vrrp.pid").exists());
    }
    let lab = Lab::new();
    lab.configure("exit 7");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("exited with status 7");
    daemon.expect("died: Respawning");
}

pub(super) fn without_respawn_a_death_ends_the_daemon() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&["-R"]);
    daemon.expect("Startup complete");
    let child = child_of(&lab);
    kill(child, Signal::SIGKILL).unwrap();
    daemon.expect(&format!("VRRP child process({child}) died: Exiting"));
    assert_eq!(daemon.wait(), 0);
}

pub(super) fn an_orphan_leaves() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.wait(), 128 + 9);
    assert_eq!(
        daemon.has_logged("child leaves") + daemon.has_logged("child is an orphan"),
        1
    );
}

pub(super) fn a_hung_orphan_is_aborted() {
    let lab = Lab::new();
    lab.configure("hang");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    daemon.signal(Signal::SIGKILL);
    daemon.expect("this process hangs and its supervisor has gone: aborting");
    assert_eq!(daemon.wait(), 128 + 9);
}

pub(super) fn a_successor_waits_for_the_orphan() {
    let lab = Lab::new();
    lab.configure("deaf");
    let mut first = lab.daemon(&[]);
    first.expect("Startup complete");
    let orphan = child_of(&lab);
    // An orphan that takes its time, as one with many addresses does.
    kill(orphan, Signal::SIGSTOP).unwrap();
    first.signal(Signal::SIGKILL);
    lab.configure("run");
    let mut second = lab.daemon(&[]);
    second.expect("Waiting for the process that has pid file");
    kill(orphan, Signal::SIGKILL).unwrap();
    second.expect("Startup complete");
    assert_ne!(child_of(&lab), orphan);
    second.signal(Signal::SIGTERM);
    assert_eq!(second.wait(), 0);
    first.wait();
}

pub(super) fn a_deaf_child_is_forced() {
    let lab = Lab::new();
    lab.configure("deaf\nwait 1");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    daemon.signal(Signal::SIGTERM);
    daemon.expect("vrrp process failed to die - forcing termination");
    assert_eq!(daemon.wait(), 0);
    assert_eq!(daemon.has_logged("child is deaf"), 1);
}

pub(super) fn an_interrupt_can_be_ignored() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&["--ignore-sigint"]);
    daemon.expect("Startup complete");
    daemon.signal(Signal::SIGINT);
    kill_by_number(10, daemon.pid().as_raw());
    daemon.expect("child dumps Data");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    daemon.signal(Signal::SIGINT);
    assert_eq!(daemon.wait(), 0);
}
