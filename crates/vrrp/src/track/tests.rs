use super::script::Script;
use super::*;
use crate::{RunId, ScriptEvent, ScriptResult};
use model::{Micros, ScriptKind, VrrpScript};

fn track(weight: i16, sense: Sense) -> Track {
    Track {
        target: TrackerId::File(0),
        weight: Weight(weight),
        sense,
    }
}

/// `spec/vrrp-protocol.md` section 9: weight, sense, and what comes of up, down and unknown.
#[test]
fn effects_follow_the_table() {
    use Effect::{Fault, Priority, Unknown};
    let rows = [
        (10, Sense::Normal, Priority(10), Priority(0), Priority(0)),
        (-10, Sense::Normal, Priority(0), Priority(-10), Priority(0)),
        (0, Sense::Normal, Priority(0), Fault, Unknown),
        (10, Sense::Reverse, Priority(-10), Priority(0), Priority(0)),
        (-10, Sense::Reverse, Priority(0), Priority(10), Priority(0)),
        (0, Sense::Reverse, Fault, Priority(0), Unknown),
    ];
    for (weight, sense, up, down, unknown) in rows {
        let track = track(weight, sense);
        assert_eq!(track.effect(Status::Up), up, "{weight} {sense:?} up");
        assert_eq!(track.effect(Status::Down), down, "{weight} {sense:?} down");
        assert_eq!(
            track.effect(Status::Unknown),
            unknown,
            "{weight} {sense:?} unknown"
        );
    }
}

#[test]
fn files_multiply_and_are_limited() {
    let rows = [
        (7, 2, Sense::Normal, Effect::Priority(14)),
        (7, 2, Sense::Reverse, Effect::Priority(-14)),
        (-260, 2, Sense::Normal, Effect::Fault),
        (-254, 1, Sense::Normal, Effect::Fault),
        (-253, 1, Sense::Normal, Effect::Priority(-253)),
        (1000, 1, Sense::Normal, Effect::Priority(253)),
        (i32::MIN, 254, Sense::Reverse, Effect::Priority(253)),
        (5, 0, Sense::Normal, Effect::Fault),
        (0, 0, Sense::Normal, Effect::Priority(0)),
        (0, 0, Sense::Reverse, Effect::Fault),
        (5, 0, Sense::Reverse, Effect::Priority(0)),
    ];
    for (value, weight, sense, effect) in rows {
        assert_eq!(
            track(weight, sense).effect(Status::Value(value)),
            effect,
            "{value} x {weight} {sense:?}"
        );
    }
}

fn script(rise: u32, fall: u32, init_fail: bool) -> Script {
    Script::new(&VrrpScript {
        name: "chk".to_owned(),
        kind: ScriptKind::OpenTest("/run/up".to_owned()),
        interval: Micros::SECOND,
        timeout: Micros::SECOND,
        weight: Weight(0),
        sense: Sense::Normal,
        rise,
        fall,
        init_fail,
        insecure: false,
    })
}

/// Runs the script with these results and tells GOOD, BAD or unknown after each.
fn run(script: &mut Script, results: &[bool]) -> String {
    let mut statuses = String::new();
    for (number, success) in (0..).zip(results) {
        script.start(RunId(number)).unwrap();
        let result = ScriptResult::Exited(i32::from(!success));
        script.finished(RunId(number), result).unwrap();
        statuses.push(match script.status() {
            Status::Up => 'G',
            Status::Down => 'B',
            _ => '?',
        });
    }
    statuses
}

#[test]
fn one_success_is_enough_at_start_and_rise_later() {
    let (ok, bad) = (true, false);
    let mut chk = script(2, 3, false);
    assert_eq!(chk.status(), Status::Unknown);
    assert_eq!(
        run(&mut chk, &[ok, bad, bad, ok, bad, bad, bad, ok, ok]),
        "GGGGGGBBG"
    );
    assert_eq!(ScriptView::new(&chk).result(), 4);
    assert_eq!(run(&mut script(2, 3, false), &[bad, ok, ok]), "BBG");
    assert_eq!(run(&mut script(1, 1, false), &[ok, bad, ok]), "GBG");
}

#[test]
fn init_fail_assumes_a_failure() {
    let mut chk = script(2, 1, true);
    assert_eq!(chk.status(), Status::Down);
    assert_eq!(run(&mut chk, &[true, true]), "BG");
}

#[test]
fn a_run_that_takes_too_long_is_ended_and_fails() {
    let mut chk = script(1, 1, false);
    chk.start(RunId(1)).unwrap();
    assert_eq!(chk.start(RunId(2)), Err(ScriptEvent::StillRunning));
    assert_eq!(
        chk.overdue(),
        ScriptAlarm::Terminate(RunId(1), Micros::from_secs(2))
    );
    assert_eq!(chk.start(RunId(2)), Err(ScriptEvent::StillEnding));
    assert_eq!(chk.overdue(), ScriptAlarm::Kill(RunId(1), Micros::from_secs(2)));
    assert_eq!(
        chk.overdue(),
        ScriptAlarm::KillAgain(RunId(1), Micros::from_secs(10))
    );
    assert_eq!(chk.finished(RunId(7), ScriptResult::Exited(0)), None);
    let change = chk.finished(RunId(1), ScriptResult::Exited(0)).unwrap();
    assert_eq!(change.events, [ScriptEvent::TimedOut]);
    assert!(change.changed);
    assert_eq!(chk.overdue(), ScriptAlarm::Nothing);
}

#[test]
fn second_runs_are_spread_over_the_interval() {
    let times: Vec<_> = (0..4)
        .map(|position| script::second_run(model::Time(100), Micros(1000), position, 4).0)
        .collect();
    assert_eq!(times, [350, 600, 850, 1100]);
}
