//! What scripts get, and how they end.

use crate::place::{NOBODY, Place};
use keepalived::scripts::{End, Ended, ScriptSignal};
use model::Credentials;
use std::fs;
use std::path::Path;

macro_rules! cases {
    ($($case:ident)+) => {
        /// Every case by its name.
        pub(crate) static ALL: &[(&str, fn())] = &[$((stringify!($case), $case)),+];
    };
}

cases! {
    words_arrive_as_they_are
    nothing_of_the_daemon_is_passed_on
    another_user_is_only_that_user
    a_script_without_shebang_is_run_by_a_shell
    what_cannot_be_started_counts_as_success
    a_hanging_script_is_ended_with_its_group
    a_script_that_ignores_sigterm_is_killed
    children_in_the_background_live_on
    a_flood_of_output_goes_nowhere
    the_last_of_what_is_printed_is_kept
    what_a_script_leaves_running_may_print
    a_script_may_be_replaced_while_it_runs
    a_thousand_runs_leave_nothing_behind
    a_dead_launcher_is_replaced
    scripts_end_with_the_launcher
}

/// Writes each of its words on a line of the file that is its first one.
const WORDS: &str = "#!/bin/sh\nfile=$1; shift\nfor word; do echo \"<$word>\"; done > \"$file\"\n";

fn words_arrive_as_they_are() {
    let mut place = Place::new();
    let (script, file) = (place.script("words", WORDS), place.path("out"));
    assert_eq!(
        place.run(&[&script, &file, "a b", "", "$HOME", "it's", "\"q\""]),
        End::Exited(0)
    );
    assert_eq!(place.read("out"), "<a b>\n<>\n<$HOME>\n<it's>\n<\"q\">\n");
    let failing = place.script("failing", "#!/bin/sh\nexit 7\n");
    assert_eq!(place.run(&[&failing]), End::Exited(7));
}

fn nothing_of_the_daemon_is_passed_on() {
    let mut place = Place::new();
    // As if whoever started the daemon had left it open.
    let open = fs::File::open("/dev/null").unwrap();
    nix::fcntl::fcntl(&open, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty())).unwrap();
    let script = place.script(
        "look",
        "#!/bin/sh\nls -l /proc/self/fd > \"$1.fd\"\nexec > \"$1\"\ngrep -E 'Sig(Blk|Ign)' /proc/self/status\n\
         ps -o pgid= -p $$ | tr -d ' '; echo $$\n\
         echo \"${IFS+set} ${LD_LIBRARY_PATH+set} ${KEEPALIVED_LAUNCHER+set} ${NOTIFY_SOCKET+set}\"\n",
    );
    let file = place.path("out");
    assert_eq!(place.run(&[&script, &file]), End::Exited(0));
    let text = place.read("out");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "SigBlk:\t0000000000000000");
    assert_eq!(lines[1], "SigIgn:\t0000000000000000");
    assert_eq!(lines[2], lines[3], "it leads its group");
    // A shell sets IFS for itself.
    assert_eq!(lines[4], "set   ");
    let listing = place.read("out.fd");
    let targets: Vec<&str> = listing
        .lines()
        .filter_map(|line| line.split_once(" -> "))
        .map(|(_, to)| to)
        .collect();
    // `ls` holds what it lists open itself.
    let redirected = format!("{file}.fd");
    assert_eq!(targets[..3], ["/dev/null", &redirected, "/dev/null"], "{listing}");
    assert!(targets.len() == 4 && targets[3].ends_with("/fd"), "{listing}");
}

fn another_user_is_only_that_user() {
    let mut place = Place::new();
    let (script, file) = (
        place.script("who", "#!/bin/sh\n(id -u; id -g; id -G) > \"$1\"\n"),
        place.path("out"),
    );
    let with_groups = |groups: &[u32]| {
        Some(Credentials {
            uid: NOBODY,
            gid: NOBODY,
            supplementary_groups: groups.to_vec(),
        })
    };
    for (groups, shown) in [(&[][..], "65534"), (&[12, 34], "65534 12 34")] {
        let job = place.start_as(&[&script, &file], with_groups(groups));
        assert_eq!(place.end(job), End::Exited(0));
        assert_eq!(place.read("out"), format!("65534\n65534\n{shown}\n"));
        fs::remove_file(place.path("out")).unwrap();
    }
}

fn a_script_without_shebang_is_run_by_a_shell() {
    let mut place = Place::new();
    let script = place.script("bare", "echo \"$1|$2\" > \"$0.out\"\n");
    assert_eq!(place.run(&[&script, "it's", "a  b"]), End::Exited(0));
    assert_eq!(place.read("bare.out"), "it's|a  b\n");
    // 126 and 127 of the shell mean that it could not be started.
    for status in [126, 127] {
        let script = place.script("absent", &format!("exit {status}\n"));
        assert_eq!(place.run(&[&script]), End::Exited(0));
    }
    let script = place.script("failing", "exit 3\n");
    assert_eq!(place.run(&[&script]), End::Exited(3));
}

fn what_cannot_be_started_counts_as_success() {
    let mut place = Place::new();
    let (absent, text) = (place.path("absent"), place.path("text"));
    fs::write(&text, "not executable").unwrap();
    for argv in [&[absent.as_str()][..], &[&text], &["/bin/echo", "zero\0byte"]] {
        assert_eq!(place.run(argv), End::Exited(0), "{argv:?}");
    }
}

/// Says its pid and that of a child, and hangs.
const HANGS: &str = "#!/bin/sh\nsleep 1000 &\necho $$ $! > \"$1.new\"\nmv \"$1.new\" \"$1\"\nwait\n";

/// Waits for the two pids that such a script writes.
fn pids(place: &Place, name: &str) -> Vec<i32> {
    loop {
        let pids: Vec<i32> = place
            .read(name)
            .split_whitespace()
            .map(|pid| pid.parse().unwrap())
            .collect();
        if pids.len() == 2 {
            return pids;
        }
        std::thread::yield_now();
    }
}

/// Waits until nobody has this pid, or only as a dead child of somebody who has not looked yet.
fn expect_gone(pid: i32) {
    loop {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        match state.as_deref().and_then(|stat| stat.rsplit_once(") ")) {
            Some((_, rest)) if !rest.starts_with('Z') => std::thread::yield_now(),
            _ => return,
        }
    }
}

fn a_hanging_script_is_ended_with_its_group() {
    let mut place = Place::new();
    let (script, file) = (place.script("hangs", HANGS), place.path("pids"));
    let job = place.start(&[&script, &file]);
    let pids = pids(&place, "pids");
    place.launcher.signal(job, ScriptSignal::Terminate);
    assert_eq!(place.end(job), End::Signalled(15));
    for pid in pids {
        expect_gone(pid);
    }
    // Nothing is left to be sent a signal.
    place.launcher.signal(job, ScriptSignal::Kill);
    let quick = place.script("quick", "#!/bin/sh\n");
    assert_eq!(place.run(&[&quick]), End::Exited(0));
}

fn a_script_that_ignores_sigterm_is_killed() {
    let mut place = Place::new();
    let text = format!("#!/bin/sh\ntrap '' TERM\n{}", HANGS.split_once('\n').unwrap().1);
    let (script, file) = (place.script("stubborn", &text), place.path("pids"));
    let job = place.start(&[&script, &file]);
    let pids = pids(&place, "pids");
    place.launcher.signal(job, ScriptSignal::Terminate);
    place.launcher.signal(job, ScriptSignal::Kill);
    assert_eq!(place.end(job), End::Signalled(9));
    for pid in pids {
        expect_gone(pid);
    }
}

fn children_in_the_background_live_on() {
    let mut place = Place::new();
    let text = HANGS.replace("wait\n", "exit 0\n");
    let (script, file) = (place.script("forks", &text), place.path("pids"));
    assert_eq!(place.run(&[&script, &file]), End::Exited(0));
    let child = pids(&place, "pids")[1];
    assert!(Path::new(&format!("/proc/{child}")).exists());
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(child),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
}

fn a_flood_of_output_goes_nowhere() {
    let mut place = Place::new();
    let script = place.script(
        "flood",
        "#!/bin/sh\nhead -c 100000000 /dev/zero\nhead -c 1000000 /dev/zero >&2\n",
    );
    assert_eq!(place.run(&[&script]), End::Exited(0));
    let job = place.start_kept(&[&script], None);
    assert_eq!(place.end(job), End::Exited(0));
}

/// Also of another user, who cannot open what belongs to root.
fn the_last_of_what_is_printed_is_kept() {
    let mut place = Place::new();
    let script = place.script(
        "speaks",
        "#!/bin/sh\nhead -c 100000 /dev/zero\necho first\necho second > /dev/stderr || exit 2\nexit 1\n",
    );
    let nobody = Credentials {
        uid: NOBODY,
        gid: NOBODY,
        supplementary_groups: Vec::new(),
    };
    for credentials in [None, Some(nobody)] {
        let job = place.start_kept(&[&script], credentials);
        let Ended { end, output, .. } = place.ended(job);
        assert_eq!(end, End::Exited(1));
        let output = output.unwrap();
        assert!(output.ends_with("\u{fffd}first\nsecond"), "{output}");
        assert_eq!(output.chars().count(), 1023, "the last newline is left out");
    }
    let silent = place.script("silent", "#!/bin/sh\n");
    let job = place.start_kept(&[&silent], None);
    assert_eq!(place.ended(job).output, None);
}

/// It is neither ended by `SIGPIPE` nor held up, and the result does not wait for it.
fn what_a_script_leaves_running_may_print() {
    let mut place = Place::new();
    let script = place.script(
        "forks",
        "#!/bin/sh\n(while ! [ -e \"$1\" ]; do sleep 0.01; done; head -c 1000000 /dev/zero && : > \"$2\") &\necho started\n",
    );
    let (go, done) = (place.path("go"), place.path("done"));
    let job = place.start_kept(&[&script, &go, &done], None);
    let Ended { end, output, .. } = place.ended(job);
    assert_eq!((end, output.as_deref()), (End::Exited(0), Some("started")));
    fs::write(go, "").unwrap();
    while !Path::new(&done).exists() {
        std::thread::yield_now();
    }
}

fn a_script_may_be_replaced_while_it_runs() {
    let mut place = Place::new();
    let script = place.script("changes", HANGS);
    let file = place.path("pids");
    let job = place.start(&[&script, &file]);
    pids(&place, "pids");
    // As editors and packages do: a new file under the old name.
    let new = place.script("new", "#!/bin/sh\nexit 5\n");
    fs::rename(new, &script).unwrap();
    assert_eq!(place.run(&[&script]), End::Exited(5));
    place.launcher.signal(job, ScriptSignal::Terminate);
    assert_eq!(place.end(job), End::Signalled(15));
    // Written in place by somebody who holds it open: the kernel refuses to run it meanwhile.
    let writer = fs::OpenOptions::new().append(true).open(&script).unwrap();
    assert_eq!(place.run(&[&script]), End::Exited(0));
    drop(writer);
    assert_eq!(place.run(&[&script]), End::Exited(5));
}

/// Open descriptors and children of a process.
fn belongings(pid: u32) -> (usize, String) {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    (descriptors, children)
}

fn a_thousand_runs_leave_nothing_behind() {
    let mut place = Place::new();
    let launcher = place.launcher_pid();
    let before = (
        belongings(launcher),
        fs::read_dir("/proc/self/fd").unwrap().count(),
    );
    let hangs = place.script("hangs", HANGS);
    let flood = place.script("flood", "#!/bin/sh\nhead -c 100000 /dev/zero\nexit 1\n");
    let forks = place.script("forks", "#!/bin/sh\n(exit 3) &\n");
    let quick = place.script("quick", "#!/bin/sh\n");
    let mut jobs = Vec::new();
    for round in 0..200 {
        let file = place.path(&format!("pids{round}"));
        let hanging = place.start(&[&hangs, &file]);
        place.launcher.signal(hanging, ScriptSignal::Kill);
        jobs.push((hanging, End::Signalled(9)));
        jobs.push((place.start_kept(&[&flood], None), End::Exited(1)));
        jobs.push((place.start_kept(&[&forks], None), End::Exited(0)));
        for (script, status) in [
            (&flood, 1),
            (&forks, 0),
            (&quick, 0),
            (&"/nonexistent".to_owned(), 0),
        ] {
            jobs.push((place.start(&[script]), End::Exited(status)));
        }
    }
    for (job, end) in jobs {
        assert_eq!(place.end(job), end);
    }
    let after = (
        belongings(launcher),
        fs::read_dir("/proc/self/fd").unwrap().count(),
    );
    assert_eq!(after, before);
}

fn a_dead_launcher_is_replaced() {
    let mut place = Place::new();
    let launcher = place.launcher_pid();
    let (script, file) = (place.script("hangs", HANGS), place.path("pids"));
    let job = place.start(&[&script, &file]);
    let pids = pids(&place, "pids");
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(launcher.cast_signed()),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
    assert_eq!(place.end(job), End::Signalled(9));
    expect_gone(pids[0]);
    // Only the script itself hears of it.
    let child = nix::unistd::Pid::from_raw(pids[1]);
    nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGKILL).unwrap();
    let failing = place.script("failing", "#!/bin/sh\nexit 4\n");
    // It is not started twice within a second; until then a run fails.
    while place.run(&[&failing]) != End::Exited(4) {}
    assert_ne!(place.launcher_pid(), launcher);
}

fn scripts_end_with_the_launcher() {
    let mut place = Place::new();
    let (script, file) = (place.script("hangs", HANGS), place.path("pids"));
    place.start(&[&script, &file]);
    let pids = pids(&place, "pids");
    let Place { launcher, .. } = &mut place;
    *launcher = keepalived::scripts::Launcher::new(keepalived::scripts::Origin::of_this_process((0, 0)));
    for pid in pids {
        expect_gone(pid);
    }
}
