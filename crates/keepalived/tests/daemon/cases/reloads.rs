//! Reloads.

use crate::lab::Lab;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::Command;

pub(super) fn a_reload_reaches_the_child() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    let child = lab.pid("vrrp.pid");
    lab.configure("first");
    daemon.signal(Signal::SIGHUP);
    daemon.expect("Reloading ...");
    daemon.expect("child reloads first");
    daemon.expect("Reload complete");
    lab.configure("second");
    assert_eq!(lab.reload(), (0, String::new()));
    daemon.expect("child reloads second");
    assert_eq!(lab.pid("vrrp.pid"), child);
    // A child that is started later gets the newest one.
    lab.configure("never read");
    kill(Pid::from_raw(child), Signal::SIGKILL).unwrap();
    daemon.expect("child starts as Respawn second");
}

pub(super) fn a_broken_file_changes_nothing() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    let child = lab.pid("vrrp.pid");
    lab.configure("broken");
    let report =
        "keepalived.conf: this file is broken\nreload refused, the running configuration stays in force\n";
    assert_eq!(lab.reload(), (1, report.to_owned()));
    assert_eq!(
        lab.reload_for_programs(),
        (1, "{\"code\":\"KA0000\"}\n".to_owned())
    );
    daemon.expect("this file is broken");
    daemon.expect("Reload refused: the running configuration stays in force");
    daemon.signal(Signal::SIGHUP);
    daemon.expect("Reload refused: the running configuration stays in force");
    assert_eq!(lab.pid("vrrp.pid"), child);
    lab.configure("mended");
    assert_eq!(lab.reload(), (0, String::new()));
    daemon.expect("child reloads mended");
    assert_eq!(daemon.has_logged("child reloads"), 1);
}

pub(super) fn a_child_may_refuse() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    lab.configure("refuse");
    assert_eq!(
        lab.reload(),
        (
            1,
            "VRRP process kept the old configuration: told to refuse\n".to_owned()
        )
    );
    daemon.expect("VRRP process kept the old configuration: told to refuse");
    daemon.expect("Reload complete");
}

pub(super) fn a_child_is_started_when_it_is_needed() {
    let lab = Lab::new();
    lab.configure("idle");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    lab.configure("run");
    assert_eq!(lab.reload(), (0, String::new()));
    daemon.expect("child starts as Reload");
    // And stays when it is not needed any more.
    let child = lab.pid("vrrp.pid");
    lab.configure("idle");
    assert_eq!(lab.reload(), (0, String::new()));
    daemon.expect("child reloads idle");
    assert_eq!(lab.pid("vrrp.pid"), child);
}

pub(super) fn a_reload_asked_of_the_child_reloads_all() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    lab.configure("asked");
    kill(Pid::from_raw(lab.pid("vrrp.pid")), Signal::SIGHUP).unwrap();
    daemon.expect("child reloads asked");
    daemon.expect("Reload complete");
}

pub(super) fn two_hundred_in_a_row() {
    let lab = Lab::new();
    lab.configure("run");
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    let descriptors = |pid: i32| std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let (parent, child) = (daemon.pid().as_raw(), lab.pid("vrrp.pid"));
    lab.configure("before");
    assert_eq!(lab.reload().0, 0);
    let before = (descriptors(parent), descriptors(child));
    for _ in 0..200 {
        daemon.signal(Signal::SIGHUP);
    }
    lab.configure("last");
    // The verdict is about a reading that began after the request, so it is about this file.
    assert_eq!(lab.reload(), (0, String::new()));
    daemon.expect("child reloads last");
    assert_eq!(lab.pid("vrrp.pid"), child);
    assert_eq!((descriptors(parent), descriptors(child)), before);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait(), 0);
}

pub(super) fn without_a_daemon_there_is_no_verdict() {
    let lab = Lab::new();
    let (code, text) = lab.reload();
    assert_eq!(code, 1);
    assert!(
        text.starts_with("keepalived reload: no daemon answers at "),
        "{text}"
    );
    let (code, text) = crate::lab::finish(&mut lab.command(&["reload"]));
    assert_eq!(code, 1);
    assert!(
        text.starts_with("keepalived reload: no running daemon found"),
        "{text}"
    );
}

pub(super) fn files_around_a_reload() {
    let lab = Lab::new();
    let (marker, copies, report) = (lab.path("marker"), lab.path("copies"), lab.path("report"));
    std::fs::write(&marker, "left behind").unwrap();
    let text = format!(
        "run\nmarker {}\ncopies {}\nreport {}\n",
        marker.display(),
        copies.display(),
        report.display()
    );
    lab.configure(&text);
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    assert!(!marker.exists());
    let watched = Inotify::init(InitFlags::IN_CLOEXEC).unwrap();
    watched
        .add_watch(
            &lab.directory,
            AddWatchFlags::IN_CREATE | AddWatchFlags::IN_DELETE,
        )
        .unwrap();
    lab.configure(&format!("{text}# changed"));
    assert_eq!(lab.reload().0, 0);
    let events = watched.read_events().unwrap();
    let of_marker: Vec<_> = events
        .iter()
        .filter(|event| event.name.as_deref() == marker.file_name())
        .map(|event| event.mask)
        .collect();
    assert_eq!(of_marker, [AddWatchFlags::IN_CREATE, AddWatchFlags::IN_DELETE]);
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "");
    lab.configure("broken");
    assert_eq!(lab.reload().0, 1);
    assert_eq!(
        std::fs::read_to_string(&report).unwrap(),
        "keepalived.conf: this file is broken\n"
    );
    assert!(!marker.exists());
    for (number, content) in [(0, text.clone()), (1, format!("{text}# changed"))] {
        let copy = copies.join(format!("keepalived.conf.{}.{number}", daemon.pid()));
        assert_eq!(std::fs::read_to_string(copy).unwrap(), content);
    }
    assert_eq!(std::fs::read_dir(&copies).unwrap().count(), 2);
}

pub(super) fn a_time_can_be_set_for_a_reload() {
    let lab = Lab::new();
    let time = lab.path("time");
    lab.configure(&format!("run\ntime {}\n", time.display()));
    let mut daemon = lab.daemon(&[]);
    daemon.expect("Startup complete");
    std::fs::write(&time, "2999-01-01 00:00:00Z\n").unwrap();
    daemon.expect("Scheduling reload for ");
    // The next second, and the one after in case that has begun by the time the file is read.
    let date = Command::new("date")
        .args(["--date=2 seconds", "+%Y-%m-%d %H:%M:%S"])
        .output()
        .unwrap();
    std::fs::write(&time, date.stdout).unwrap();
    daemon.expect("Reload time updated from ");
    daemon.expect("Reload complete");
    assert!(!time.exists());
    std::fs::write(&time, "23:59:59\n").unwrap();
    daemon.expect("Scheduling reload for ");
    std::fs::remove_file(&time).unwrap();
    daemon.expect("Cancelling reload scheduled for ");
}
