//! Signals, service manager, log and namespaces.

use crate::lab::{Daemon, Lab, ServiceManager, kill_by_number, proc_file};
use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

pub(super) fn signals_are_forwarded() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    for (number, dump) in [(10, "Data"), (12, "Stats"), (63, "StatsClear"), (36, "Json")] {
        kill_by_number(number, daemon.pid().as_raw());
        daemon.expect(&format!("child dumps {dump}"));
        // The child takes them too.
        kill_by_number(number, lab.pid("vrrp.pid"));
        daemon.expect(&format!("child got signal {number}"));
    }
    // What has no meaning has no effect.
    for number in [13, 14, 20, 28, 35, 40, 64] {
        kill_by_number(number, daemon.pid().as_raw());
    }
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
}

pub(super) fn the_service_manager_is_told() {
    let lab = Lab::new();
    lab.configure("run");
    let manager = ServiceManager::new(&lab);
    let told = || manager.told();
    let path = &manager.path;
    let mut daemon = Daemon::start(lab.daemon_command(&[]).env("NOTIFY_SOCKET", path));
    let ready = format!("READY=1\nMAINPID={}\nSTATUS=running\n", daemon.pid());
    assert_eq!(told(), ready);
    daemon.expect("Startup complete");
    let environment = proc_file(lab.pid("vrrp.pid"), "environ");
    assert!(!String::from_utf8_lossy(&environment).contains("NOTIFY_SOCKET"));
    daemon.signal(Signal::SIGHUP);
    assert!(told().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert_eq!(told(), ready);
    lab.configure("broken");
    daemon.signal(Signal::SIGHUP);
    assert_eq!(
        told(),
        "STATUS=reload refused, the running configuration stays in force\n"
    );
    daemon.signal(Signal::SIGTERM);
    assert_eq!(told(), "STOPPING=1\nSTATUS=stopping\n");
    assert_eq!(daemon.wait(), 0);
    lab.configure("exit 4");
    let mut daemon = Daemon::start(lab.daemon_command(&[]).env("NOTIFY_SOCKET", path));
    assert_eq!(told(), "ERRNO=1\n");
    assert_eq!(daemon.wait(), 4);
}

pub(super) fn a_full_pipe_stops_nothing() {
    let lab = Lab::new();
    // Each reload logs its file: some hundred kilobytes into a pipe of 64.
    let long = "x".repeat(10_000);
    lab.configure(&format!("run {long}"));
    let manager = ServiceManager::new(&lab);
    let mut stuck = lab
        .daemon_command(&[])
        .env("NOTIFY_SOCKET", &manager.path)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    manager.expect_ready();
    for _ in 0..30 {
        assert_eq!(lab.reload().0, 0);
    }
    let reader = stuck.stderr.take().unwrap();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(stuck.id().cast_signed()),
        Signal::SIGTERM,
    )
    .unwrap();
    // Nobody has read a line, and it ends all the same.
    assert!(stuck.wait().unwrap().success());
    drop(reader);
}

pub(super) fn logs_go_to_files_by_process() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&["-gka.log"]);
    daemon.expect("Startup complete");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
    let parent = fs::read_to_string(lab.path("ka.log")).unwrap();
    let child = fs::read_to_string(lab.path("ka_vrrp.log")).unwrap();
    assert!(
        parent.contains(": Startup complete\n") && !parent.contains("child leaves"),
        "{parent}"
    );
    assert!(child.contains(": child leaves\n"), "{child}");
}

/// The content of a directory as the daemon sees it.
fn seen_by(daemon: &Daemon, directory: &str) -> Vec<String> {
    let path = format!("/proc/{}/root{directory}", daemon.pid());
    let mut names: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub(super) fn default_files_are_in_run() {
    let lab = Lab::new();
    lab.configure("run");
    let file = lab.path("keepalived.conf");
    let mut command = lab.command(&["-n", "-l", "-G", "-f", file.to_str().unwrap()]);
    let mut daemon = Daemon::start(&mut command);
    daemon.expect("Startup complete");
    assert_eq!(
        seen_by(&daemon, "/run"),
        ["keepalived.pid", "keepalived.sock", "vrrp.pid"]
    );
    // `keepalived reload` finds the only daemon of its file system.
    let reload = |main_pid: &str| {
        Command::new("nsenter")
            .args([
                "--user",
                "--mount",
                "--preserve-credentials",
                "--target",
                &daemon.pid().to_string(),
            ])
            .arg(std::env::current_exe().unwrap())
            .arg("reload")
            .envs([("KEEPALIVED_TEST_DAEMON", "1"), ("MAINPID", main_pid)])
            .output()
            .unwrap()
    };
    let output = reload(&daemon.pid().to_string());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(reload("").status.success());
    assert!(!reload("1").status.success());
}

pub(super) fn a_namespace_has_its_own_run_directory() {
    let lab = Lab::new();
    lab.configure("run");
    let file = lab.path("keepalived.conf");
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c"])
        .arg(
            "mount -t tmpfs none /run && mkdir /run/netns && touch /run/netns/blue && \
             unshare --net=/run/netns/blue true && { \"$0\" \"$@\"; ls -A /run; }",
        )
        .arg(std::env::current_exe().unwrap())
        .args(["-n", "-l", "-G", "-s", "blue", "-f", file.to_str().unwrap()])
        .env("KEEPALIVED_TEST_DAEMON", "1")
        .stdin(Stdio::null());
    let mut output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = output.stderr.take().unwrap();
    let mut seen = Vec::new();
    for line in std::io::BufRead::lines(std::io::BufReader::new(stderr)) {
        let line = line.unwrap();
        if let Some((_, pid)) = line.split_once("Starting VRRP child process, pid=") {
            let pid: i32 = pid.parse().unwrap();
            let parent =
                fs::read_to_string(format!("/proc/{pid}/root/run/keepalived/keepalived.pid")).unwrap();
            let outside = fs::read_dir(format!("/proc/{}/root/run/keepalived/blue", output.id())).unwrap();
            let mut names: Vec<_> = outside
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            assert_eq!(names, ["keepalived.pid", "keepalived.sock", "vrrp.pid"]);
            for directory in ["keepalived", "keepalived/blue"] {
                let path = format!("/proc/{}/root/run/{directory}", output.id());
                // Other programs look for the pid files, as any user.
                assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o755);
            }
            let parent = parent.trim().parse().unwrap();
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(parent), Signal::SIGTERM).unwrap();
        }
        seen.push(line);
    }
    let output = output.wait_with_output().unwrap();
    assert!(
        seen.iter()
            .any(|line| line.contains("Changing syslog ident to Keepalived_blue")),
        "{seen:#?}"
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "netns\n", "{seen:#?}");
}

pub(super) fn processes_have_their_configured_name() {
    let lab = Lab::new();
    lab.configure("run\nname a_name_that_is_too_long");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    for pid in [daemon.pid().as_raw(), lab.pid("vrrp.pid")] {
        assert_eq!(proc_file(pid, "comm"), b"a_name_that_is_\n");
    }
}
