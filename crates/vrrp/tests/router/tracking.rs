//! Trackers (`spec/vrrp-protocol.md` section 9, `spec/runtime.md` section 7.6).

use crate::build::{config, ethernet, group, instance, name, priority};
use crate::lab::Lab;
use model::{
    Instance, Micros, ParameterMatch, ScriptKind, Sense, TrackEntry, TrackFile, TrackProcess, Tracking,
    VrrpConfiguration, VrrpScript, Weight,
};
use vrrp::{Input, Reading, RunId, ScriptCommand, ScriptResult, State};

fn entry<T>(target: T, weight: i16) -> TrackEntry<T> {
    TrackEntry {
        target,
        weight: Weight(weight),
        sense: Sense::Normal,
    }
}

fn script(script_name: &str, interval_ms: u64) -> VrrpScript {
    VrrpScript {
        name: script_name.to_owned(),
        kind: ScriptKind::OpenTest("/run/up".to_owned()),
        interval: Micros::from_millis(interval_ms),
        timeout: Micros::from_millis(interval_ms),
        weight: Weight(0),
        sense: Sense::Normal,
        rise: 1,
        fall: 1,
        init_fail: false,
        insecure: false,
    }
}

fn file(file_name: &str) -> TrackFile {
    TrackFile {
        name: file_name.to_owned(),
        file: format!("/run/{file_name}"),
        weight: Weight(1),
        sense: Sense::Normal,
        init: None,
    }
}

fn process(delay: Micros) -> TrackProcess {
    TrackProcess {
        name: "p".to_owned(),
        command: "daemon".to_owned(),
        parameters: Vec::new(),
        parameter_match: ParameterMatch::Ignored,
        full_command: false,
        weight: Weight(0),
        sense: Sense::Normal,
        quorum: 2,
        quorum_max: Some(3),
        terminate_delay: delay,
        fork_delay: delay,
    }
}

fn lab(tracking: Tracking) -> Lab {
    let v = Instance {
        tracking,
        ..instance("V", 51, 100)
    };
    Lab::new(VrrpConfiguration {
        scripts: vec![script("s", 1_000)],
        track_files: vec![file("f")],
        track_processes: vec![process(Micros::from_secs(2))],
        ..config(vec![v])
    })
}

/// The run that was started last.
fn run(lab: &mut Lab) -> RunId {
    match lab.scripts.pop() {
        Some(ScriptCommand::Start { run, .. }) => run,
        other => panic!("a run was started, not {other:?}"),
    }
}

fn ends(lab: &mut Lab, status: i32) {
    let run = run(lab);
    lab.input(Input::ScriptFinished {
        run,
        result: ScriptResult::Exited(status),
    });
}

fn link(lab: &mut Lab, running: bool) {
    let mut eth1 = ethernet(3, "eth1", &[]);
    eth1.running = running;
    lab.input(Input::InterfaceChanged(&eth1));
}

#[test]
fn an_instance_waits_for_the_first_results() {
    let mut lab = lab(Tracking {
        scripts: vec![entry("s".to_owned(), 0)],
        ..Tracking::default()
    });
    assert_eq!(
        (lab.state("V"), lab.take_fifo().len(), lab.take_log().len()),
        (State::Init, 0, 0)
    );
    assert!(lab.get("V").waits_for_scripts());
    ends(&mut lab, 0);
    assert_eq!(lab.state("V"), State::Backup);
    assert_eq!(lab.take_fifo(), ["INSTANCE V BACKUP 100"]);
    assert_eq!(
        lab.take_log(),
        ["VRRP_Script(s) succeeded", "(V) Entering BACKUP STATE"]
    );
    lab.run_ms(1_000);
    ends(&mut lab, 3);
    assert_eq!(lab.state("V"), State::Fault);
    assert_eq!(
        lab.take_log(),
        [
            "Script `s` now returning 3",
            "VRRP_Script(s) failed (exited with status 3)",
            "(V): entering FAULT state due to script s",
            "(V) Entering FAULT STATE",
        ]
    );
    assert_eq!(
        lab.get("V").history().last().unwrap().cause.to_string(),
        "script s exited with status 3"
    );
}

#[test]
fn a_first_failure_is_a_fault() {
    let mut lab = lab(Tracking {
        scripts: vec![entry("s".to_owned(), 0)],
        ..Tracking::default()
    });
    ends(&mut lab, 1);
    assert_eq!(lab.state("V"), State::Fault);
    assert_eq!(lab.take_fifo(), ["INSTANCE V FAULT 100"]);
}

#[test]
fn weights_change_the_priority_and_the_running_timer() {
    let mut lab = lab(Tracking {
        interfaces: vec![entry(name("eth1"), -20)],
        scripts: vec![entry("s".to_owned(), 10)],
        files: vec![entry("f".to_owned(), 2)],
        ..Tracking::default()
    });
    assert_eq!(lab.get("V").effective_priority(), 100);
    let timer = |lab: &Lab| {
        let due = lab.router.instance_deadline(lab.id("V")).unwrap();
        due.since(crate::lab::START.time)
    };
    assert_eq!(timer(&lab), Micros(3_609_375));
    lab.run_ms(500);
    ends(&mut lab, 0);
    assert_eq!(lab.get("V").effective_priority(), 110);
    assert!(lab.logged("(V) Changing effective priority from 100 to 110"));
    // 146/256 s of skew rather than 156/256 s.
    assert_eq!(timer(&lab), Micros(3_570_312));
    lab.input(Input::FileRead { file: "f", value: 7 });
    assert_eq!(lab.get("V").effective_priority(), 124);
    link(&mut lab, false);
    assert_eq!(
        (lab.get("V").effective_priority(), lab.state("V")),
        (104, State::Backup)
    );
    lab.input(Input::FileRead {
        file: "f",
        value: -126,
    });
    assert_eq!(
        (lab.get("V").effective_priority(), lab.get("V").total_priority()),
        (1, -162)
    );
    lab.input(Input::FileRead {
        file: "f",
        value: -127,
    });
    assert_eq!(lab.state("V"), State::Fault);
    assert!(lab.logged("(V): tracked file f now FAULT state"));
    lab.input(Input::FileRead {
        file: "f",
        value: 200,
    });
    assert!(lab.logged("(V): tracked file f leaving FAULT state"));
    assert_eq!(
        (lab.get("V").effective_priority(), lab.get("V").total_priority()),
        (254, 343)
    );
}

#[test]
fn the_next_advert_has_the_new_priority() {
    let mut lab = lab(Tracking {
        files: vec![entry("f".to_owned(), 1)],
        ..Tracking::default()
    });
    lab.run_ms(4_000);
    lab.adverts();
    lab.input(Input::FileRead { file: "f", value: 7 });
    assert_eq!(lab.adverts(), [], "none leaves early");
    lab.run_ms(1_000);
    assert_eq!(lab.adverts(), [(4_609, 107)]);
}

#[test]
fn priority_changes_are_told_when_wanted() {
    let mut v = instance("V", 51, 100);
    v.tracking.files = vec![entry("f".to_owned(), 1)];
    v.notifications.priority_changes = true;
    let mut lab = Lab::new(VrrpConfiguration {
        track_files: vec![file("f")],
        ..config(vec![v])
    });
    lab.take_fifo();
    lab.input(Input::FileRead { file: "f", value: 7 });
    assert_eq!(lab.take_fifo(), ["INSTANCE V BACKUP_PRIORITY 107"]);
    lab.run_ms(4_000);
    lab.take_fifo();
    lab.input(Input::FileRead { file: "f", value: 8 });
    assert_eq!(lab.take_fifo(), ["INSTANCE V MASTER_PRIORITY 108"]);
}

#[test]
fn an_owners_priority_is_fixed() {
    let mut v = instance("V", 51, 255);
    v.tracking.files = vec![entry("f".to_owned(), 1)];
    let mut lab = Lab::new(VrrpConfiguration {
        track_files: vec![file("f")],
        ..config(vec![v])
    });
    lab.run_ms(100);
    lab.input(Input::FileRead {
        file: "f",
        value: -300,
    });
    assert_eq!(
        (lab.get("V").effective_priority(), lab.state("V")),
        (255, State::Master)
    );
}

#[test]
fn processes_have_a_quorum_and_delays() {
    let tracking = Tracking {
        processes: vec![entry("p".to_owned(), 0)],
        ..Tracking::default()
    };
    let v = Instance {
        tracking,
        ..instance("V", 51, 100)
    };
    let configuration = VrrpConfiguration {
        track_processes: vec![process(Micros::from_secs(2))],
        ..config(vec![v])
    };
    let readings = [Reading::Processes("p", 2)];
    let mut lab = Lab::with(configuration, crate::build::interfaces(), Micros::ZERO, &readings);
    assert_eq!(lab.state("V"), State::Backup);
    let count = |lab: &mut Lab, count| lab.input(Input::ProcessesCounted { process: "p", count });
    count(&mut lab, 1);
    lab.run_ms(1_900);
    assert_eq!(lab.state("V"), State::Backup);
    count(&mut lab, 2);
    lab.run_ms(200);
    count(&mut lab, 4);
    lab.run_ms(1_000);
    count(&mut lab, 5);
    lab.run_ms(1_000);
    assert_eq!(lab.state("V"), State::Fault);
    assert!(lab.logged("Quorum lost for tracked process p"));
    assert!(lab.logged("(V) entering FAULT state (tracked process p quorum not achieved)"));
    assert_eq!(lab.router.process_status("p"), Some((5, false)));
    count(&mut lab, 3);
    lab.run_ms(2_000);
    assert!(lab.logged("Quorum gained for tracked process p"));
    assert_eq!(lab.state("V"), State::Backup);
}

#[test]
fn bfd_sessions_begin_as_down() {
    let mut lab = lab(Tracking {
        bfd: vec![entry("b".to_owned(), 0)],
        ..Tracking::default()
    });
    assert_eq!(lab.state("V"), State::Fault);
    lab.input(Input::BfdChanged {
        session: "b",
        up: true,
    });
    assert_eq!(lab.state("V"), State::Backup);
    assert!(lab.logged("VRRP_Instance(V) Tracked BFD instance b is UP"));
    lab.input(Input::BfdChanged {
        session: "b",
        up: false,
    });
    assert_eq!(lab.state("V"), State::Fault);
}

#[test]
fn groups_track_for_their_members() {
    let (v, mut w) = (instance("V", 51, 100), instance("W", 52, 100));
    w.tracking.files = vec![entry("f".to_owned(), 1)];
    let mut g = group("G", &["V", "W"]);
    g.tracking_weight = true;
    g.tracking.files = vec![entry("f".to_owned(), 3)];
    g.tracking.interfaces = vec![entry(name("eth1"), 0)];
    let mut lab = Lab::new(VrrpConfiguration {
        track_files: vec![file("f")],
        sync_groups: vec![g],
        ..config(vec![v, w])
    });
    lab.input(Input::FileRead { file: "f", value: 2 });
    // The group's weight is used for a file that the member tracks too.
    assert_eq!(
        (
            lab.get("V").effective_priority(),
            lab.get("W").effective_priority()
        ),
        (106, 106)
    );
    link(&mut lab, false);
    assert_eq!((lab.state("V"), lab.state("W")), (State::Fault, State::Fault));
}

#[test]
fn a_run_is_skipped_while_the_last_one_is_under_way() {
    let mut s = script("s", 1_000);
    s.timeout = Micros::from_millis(2_500);
    let v = Instance {
        tracking: Tracking {
            scripts: vec![entry("s".to_owned(), 10)],
            ..Tracking::default()
        },
        ..instance("V", 51, 100)
    };
    let mut lab = Lab::new(VrrpConfiguration {
        scripts: vec![s],
        ..config(vec![v])
    });
    let first = run(&mut lab);
    lab.run_ms(2_400);
    assert!(lab.scripts.is_empty());
    assert!(lab.logged("Track script s is already running, expect idle - skipping run"));
    lab.run_ms(100);
    assert_eq!(lab.scripts, [ScriptCommand::Terminate(first)]);
    lab.run_ms(2_000);
    assert_eq!(lab.scripts[1..], [ScriptCommand::Kill(first)]);
    lab.run_ms(2_000);
    assert_eq!(lab.scripts[2..], [ScriptCommand::Kill(first)]);
    assert!(lab.logged("Script s failed to terminate after kill"));
    lab.input(Input::ScriptFinished {
        run: first,
        result: ScriptResult::Signalled(9),
    });
    assert!(lab.logged("VRRP_Script(s) timed_out"));
    lab.run_ms(1_000);
    assert!(run(&mut lab) > first);
}

#[test]
fn runs_of_many_scripts_are_spread() {
    let scripts: Vec<_> = (0..10)
        .map(|number| script(&format!("s{number}"), 1_000))
        .collect();
    let mut v = instance("V", 51, 100);
    v.tracking.scripts = scripts
        .iter()
        .map(|script| entry(script.name.clone(), 1))
        .collect();
    let mut lab = Lab::new(VrrpConfiguration {
        scripts,
        ..config(vec![v])
    });
    assert_eq!(lab.scripts.len(), 10, "the first runs are all at once");
    let finish = |lab: &mut Lab| {
        for command in std::mem::take(&mut lab.scripts) {
            if let ScriptCommand::Start { run, .. } = command {
                lab.input(Input::ScriptFinished {
                    run,
                    result: ScriptResult::Exited(0),
                });
            }
        }
    };
    finish(&mut lab);
    for _ in 0..30 {
        lab.run_ms(100);
        assert_eq!(lab.scripts.len(), 1);
        finish(&mut lab);
    }
    assert_eq!(lab.get("V").effective_priority(), priority(110).value());
}

#[test]
fn a_late_run_does_not_move_those_behind_it_and_missed_ones_are_left_out() {
    let mut lab = lab(Tracking {
        scripts: vec![entry("s".to_owned(), 1)],
        ..Tracking::default()
    });
    ends(&mut lab, 0);
    // Due after one second, noticed after 1.3; then nobody looks until 4.6 s have passed.
    for (asleep_ms, then_ms) in [(1_300, 700), (2_600, 400)] {
        lab.oversleep(Micros::from_millis(asleep_ms));
        lab.input(Input::DeadlineReached);
        assert_eq!(lab.scripts.len(), 1, "one run, not several");
        ends(&mut lab, 0);
        lab.run_ms(then_ms - 1);
        assert!(lab.scripts.is_empty());
        lab.run_ms(1);
        ends(&mut lab, 0);
    }
}

#[test]
fn an_interface_with_delays_is_taken_for_up_and_down_late() {
    let mut v = instance("V", 51, 100);
    v.tracking.interfaces = vec![entry(name("eth1"), 0)];
    let delays = model::InterfaceDelays {
        interface: name("eth1"),
        down: Micros::from_millis(800),
        up: Micros::from_secs(60),
    };
    let mut lab = Lab::new(VrrpConfiguration {
        interface_delays: vec![delays],
        ..config(vec![v])
    });
    lab.run_ms(4_000);
    link(&mut lab, false);
    lab.run_ms(700);
    link(&mut lab, true);
    assert!(lab.logged("Delay timer for eth1 cancelled"));
    lab.run_ms(1_000);
    assert_eq!(lab.state("V"), State::Master);
    link(&mut lab, false);
    lab.run_ms(800);
    assert_eq!(lab.state("V"), State::Fault);
    link(&mut lab, true);
    // A longer delay than two intervals would outlast the master-down timer.
    lab.run_ms(1_990);
    assert_eq!(lab.state("V"), State::Fault);
    lab.run_ms(10);
    assert_eq!(lab.state("V"), State::Backup);
}

#[test]
fn a_polled_link_is_what_its_driver_says() {
    let mut v = instance("V", 51, 100);
    v.tracking.interfaces = vec![entry(name("eth1"), 0)];
    let eth1 = name("eth1");
    let polling = model::LinkPolling {
        interface: eth1.clone(),
        method: None,
    };
    let mut lab = Lab::new(VrrpConfiguration {
        link_polling: vec![polling],
        ..config(vec![v])
    });
    let says = |lab: &mut Lab, up| {
        lab.input(Input::LinkPolled { interface: &eth1, up });
    };
    lab.run_ms(4_000);
    assert_eq!(lab.state("V"), State::Master);
    // Until it has said anything, the kernel is believed.
    link(&mut lab, false);
    assert_eq!(lab.state("V"), State::Fault);
    says(&mut lab, true);
    assert!(lab.logged("Link polling reports eth1 up"));
    assert_eq!(lab.state("V"), State::Backup);
    link(&mut lab, true);
    link(&mut lab, false);
    assert_eq!(lab.state("V"), State::Backup);
    says(&mut lab, false);
    assert!(lab.logged("Link polling reports eth1 down"));
    assert_eq!(lab.state("V"), State::Fault);
    link(&mut lab, true);
    assert_eq!(lab.state("V"), State::Fault);
    says(&mut lab, true);
    assert_eq!(lab.state("V"), State::Backup);
    // An administrator who sets it down is believed in any case.
    let mut down = ethernet(3, "eth1", &[]);
    down.up = false;
    lab.input(Input::InterfaceChanged(&down));
    assert_eq!(lab.state("V"), State::Fault);
    // Another interface of that name has a driver that has not been asked yet.
    lab.input(Input::InterfaceRemoved(down.index));
    lab.input(Input::InterfaceChanged(&ethernet(4, "eth1", &[])));
    assert_eq!(lab.state("V"), State::Backup);
    // Nobody asked for any other interface.
    lab.input(Input::LinkPolled {
        interface: &name("eth0"),
        up: false,
    });
    assert_eq!(lab.state("V"), State::Backup);
}

#[test]
fn what_a_failing_script_printed_is_told() {
    let mut lab = lab(Tracking {
        scripts: vec![entry("s".to_owned(), 0)],
        ..Tracking::default()
    });
    let ends_printing = |lab: &mut Lab, status, output| {
        let run = run(lab);
        lab.input(Input::ScriptPrinted { run, output });
        let result = ScriptResult::Exited(status);
        lab.input(Input::ScriptFinished { run, result });
        // It is nobody's any more.
        lab.input(Input::ScriptPrinted { run, output: "late" });
    };
    let output = |lab: &Lab| lab.router.scripts().next().unwrap().output().cloned();
    ends_printing(&mut lab, 0, "well");
    assert_eq!(output(&lab).as_deref(), Some("well"));
    assert!(!lab.take_log().iter().any(|line| line.contains("printed")));
    lab.run_ms(1_000);
    ends_printing(&mut lab, 3, "no route\nto host");
    let log = lab.take_log();
    assert_eq!(
        log[..3],
        [
            "Script `s` now returning 3",
            "VRRP_Script(s) failed (exited with status 3)",
            "VRRP_Script(s) printed: no route | to host",
        ]
    );
    // The same again is no news.
    lab.run_ms(1_000);
    ends_printing(&mut lab, 3, "no route\nto host");
    assert!(lab.take_log().is_empty());
    lab.run_ms(1_000);
    ends(&mut lab, 3);
    assert_eq!(output(&lab), None);
}
