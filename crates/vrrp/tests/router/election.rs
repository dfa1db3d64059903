//! Who is master (`spec/vrrp-protocol.md` sections 4, 6.2 and 6.3).

use crate::build::{config, instance};
use crate::lab::Lab;
use model::{Micros, Priority, Version};
use vrrp::{Cause, Input, Sender, State};

fn lab(change: impl FnOnce(&mut model::Instance)) -> Lab {
    let mut v = instance("V", 51, 100);
    change(&mut v);
    Lab::new(config(vec![v]))
}

fn master(change: impl FnOnce(&mut model::Instance)) -> Lab {
    let mut lab = lab(change);
    lab.run_ms(10_000);
    assert_eq!(lab.state("V"), State::Master);
    lab.adverts();
    lab.take_log();
    lab.take_fifo();
    lab.announcements();
    lab
}

fn timer(lab: &Lab) -> u64 {
    let deadline = lab.router.instance_deadline(lab.id("V")).unwrap();
    deadline.since(lab.now.time).as_millis()
}

#[test]
fn the_cause_names_the_master_that_fell_silent() {
    let mut lab = lab(|_| {});
    lab.run_ms(1_000);
    lab.hear("V", "10.0.0.9", 150);
    lab.run_ms(4_000);
    let instance = lab.get("V");
    assert_eq!(instance.state(), State::Master);
    let address = "10.0.0.9".parse().unwrap();
    assert_eq!(
        instance.history().last().unwrap().cause,
        Cause::AdvertTimeout {
            master: Some(Sender {
                address,
                priority: 150
            }),
            silence: Micros(3_609_375),
            late: Micros::ZERO,
        }
    );
    assert_eq!(instance.master(), None);
    assert!(lab.logged("(V) master set to 10.0.0.9"));
}

#[test]
fn a_takeover_that_comes_next_is_announced() {
    let mut lab = lab(|_| {});
    lab.run_ms(1_000);
    lab.hear("V", "10.0.0.9", 150);
    // With the first advert the deadline is in its place; every further one moves it without taking it out.
    lab.run_ms(500);
    lab.hear("V", "10.0.0.9", 0);
    let due = lab.router.instance_deadline(lab.id("V"));
    assert_eq!(lab.router.next_takeover(), due);
    lab.hear("V", "10.0.0.9", 150);
    assert_eq!(lab.router.next_takeover(), None, "put off");
    lab.run_ms(10_000);
    assert_eq!(lab.state("V"), State::Master);
    assert_eq!(lab.router.next_takeover(), None, "an advert is next");
}

#[test]
fn a_master_that_stops_is_followed_after_the_skew_time() {
    let mut lab = lab(|_| {});
    lab.hear("V", "10.0.0.9", 150);
    lab.run_ms(500);
    lab.hear("V", "10.0.0.9", 0);
    assert!(lab.logged("(V) Backup received priority 0 advertisement"));
    lab.run(Micros(609_374));
    assert_eq!(lab.state("V"), State::Backup);
    lab.run(Micros(1));
    assert_eq!(lab.state("V"), State::Master);
    // `master_priority` of the JSON.
    assert_eq!(lab.get("V").last_master_priority(), 150);
    let cause = &lab.get("V").history().last().unwrap().cause;
    assert!(
        matches!(
            cause,
            Cause::MasterStopped {
                master: Sender { priority: 150, .. },
                ..
            }
        ),
        "{cause:?}"
    );
}

#[test]
fn a_lower_master_is_ignored_until_the_deadline_passes() {
    let mut lab = lab(|_| {});
    for _ in 0..3 {
        lab.run_ms(1_000);
        lab.hear("V", "10.0.0.9", 50);
    }
    let line = "(V) received lower priority (50) advert from 10.0.0.9 - discarding";
    assert_eq!(lab.log.iter().filter(|logged| *logged == line).count(), 1);
    lab.run_ms(610);
    assert_eq!(lab.state("V"), State::Master);
}

#[test]
fn nopreempt_follows_any_master_but_takes_over_when_it_stops() {
    let mut lab = lab(|v| v.nopreempt = true);
    for _ in 0..20 {
        lab.run_ms(1_000);
        lab.hear("V", "10.0.0.9", 50);
    }
    assert_eq!(lab.state("V"), State::Backup);
    lab.hear("V", "10.0.0.9", 0);
    lab.run_ms(610);
    assert_eq!(lab.state("V"), State::Master);
}

/// `spec/vrrp-protocol.md` section 6.2: 4 s delay, takeover about 5.7 s after the first lower advert.
#[test]
fn preempt_delay_follows_a_lower_master_for_a_while() {
    let mut lab = lab(|v| v.preempt_delay = Micros::from_secs(4));
    lab.run_ms(1_000);
    let mut heard = Vec::new();
    while lab.state("V") == State::Backup {
        heard.push(lab.now.time);
        lab.hear("V", "10.0.0.9", 50);
        lab.run_ms(1_000);
    }
    assert!(lab.logged("(V) start preempt delay (4.000000)"));
    let taken_over = lab.get("V").last_transition().unwrap().time;
    // The advert at 3 s is the last one that is accepted; the one at 4 s is not.
    assert_eq!(taken_over.since(heard[0]), Micros(3_000_000 + 3_609_375));
}

#[test]
fn a_better_master_ends_the_preempt_delay() {
    let mut lab = lab(|v| v.preempt_delay = Micros::from_secs(4));
    lab.hear("V", "10.0.0.9", 50);
    lab.run_ms(3_500);
    lab.hear("V", "10.0.0.8", 150);
    assert!(lab.logged("(V) stop preempt delay"));
    assert!(lab.logged("(V) master changed from 10.0.0.9 to 10.0.0.8"));
    lab.run_ms(1_000);
    lab.hear("V", "10.0.0.9", 50);
    assert_eq!(timer(&lab), 3_609, "the delay begins anew");
}

#[test]
fn version_3_learns_the_interval_of_the_master_and_goes_back_to_its_own() {
    let mut lab = lab(|v| v.version = Version::V3);
    let config = model::Instance::clone(lab.get("V").config());
    lab.hear_from(&config, "10.0.0.9", 150, Micros::from_millis(500));
    assert!(lab.logged("(V) advertisement interval updated from 1000ms to 500ms by master"));
    assert!(lab.logged("(V) advertisement interval mismatch ours = 100 centi-sec rcv'd=50 centi-sec"));
    // 3 x 0.5 s and 156/256 of 0.5 s.
    assert_eq!(timer(&lab), 1_804);
    lab.run_ms(1_805);
    assert_eq!(lab.state("V"), State::Master);
    assert!(lab.logged("(V) changing advert interval from 500ms to locally configured 1000ms"));
    assert_eq!(timer(&lab), 999);
}

#[test]
fn version_2_drops_another_interval() {
    let mut lab = lab(|_| {});
    lab.run_ms(1_000);
    let config = model::Instance::clone(lab.get("V").config());
    lab.hear_from(&config, "10.0.0.9", 150, Micros::from_secs(2));
    assert!(lab.logged("(V) advertisement interval mismatch with 10.0.0.9 mine=1 sec rcv'd=2 sec"));
    assert_eq!(timer(&lab), 2_609);
}

#[test]
fn down_timer_adverts_sets_the_patience() {
    let mut lab = lab(|v| v.down_timer_adverts = 10);
    lab.run_ms(10_609);
    assert_eq!(lab.state("V"), State::Backup);
    lab.run_ms(1);
    assert_eq!(lab.state("V"), State::Master);
}

#[test]
fn the_rate_of_adverts_holds_although_each_is_late() {
    let mut lab = master(|_| {});
    let mut sent = Vec::new();
    for late in [0, 300, 700, 100, 900] {
        let due = lab.router.instance_deadline(lab.id("V")).unwrap();
        lab.oversleep(due.since(lab.now.time) + Micros::from_millis(late));
        lab.input(Input::DeadlineReached);
        sent.push(lab.elapsed().as_millis());
    }
    assert_eq!(sent, [10_609, 11_909, 13_309, 13_709, 15_509]);
    // A pause of more than an interval is not made up for by a burst.
    lab.oversleep(Micros::from_secs(10));
    lab.input(Input::DeadlineReached);
    assert_eq!(timer(&lab), 1_000);
}

#[test]
fn a_master_answers_a_stopping_one_at_once() {
    let mut lab = master(|_| {});
    lab.hear("V", "10.0.0.9", 0);
    assert!(lab.logged("(V) Master received priority 0 message"));
    assert_eq!(lab.adverts(), [(10_000, 100)]);
    assert_eq!(timer(&lab), 1_000);
    assert_eq!(lab.get("V").stats().pri_zero_rcvd, 1);
}

#[test]
fn a_master_tells_a_worse_one_who_is_master() {
    let mut lab = master(|_| {});
    lab.hear("V", "10.0.0.9", 50);
    assert!(
        lab.logged(
            "(V) Received advert from 10.0.0.9 with lower priority 50, ours 100, forcing new election"
        )
    );
    assert_eq!(lab.adverts(), [(10_000, 100)]);
    assert_eq!(lab.take_fifo(), ["INSTANCE V MASTER_RX_LOWER_PRI 100"]);
    lab.run_ms(6_000);
    let times: Vec<_> = lab.announcements().into_iter().map(|(time, _)| time).collect();
    assert_eq!(
        times,
        [
            10_000, 10_000, 10_000, 10_000, 10_000, 15_000, 15_000, 15_000, 15_000, 15_000
        ]
    );
}

#[test]
fn lower_prio_no_advert_keeps_the_rhythm() {
    let mut lab = master(|v| v.lower_prio_no_advert = true);
    let before = timer(&lab);
    lab.hear("V", "10.0.0.9", 50);
    assert!(lab.logged("(V) Received advert from 10.0.0.9 with lower priority 50, ours 100"));
    assert_eq!((lab.adverts().len(), timer(&lab)), (0, before));
}

#[test]
fn higher_prio_send_advert_sends_one_more() {
    let mut lab = master(|v| v.higher_prio_send_advert = true);
    lab.hear("V", "10.0.0.9", 200);
    assert_eq!(lab.adverts(), [(10_000, 100)]);
    assert_eq!(lab.state("V"), State::Backup);
    assert!(lab.logged("(V) Master received advert from 10.0.0.9 with higher priority 200, ours 100"));
    assert_eq!(lab.get("V").master().unwrap().priority, 200);
    assert_eq!(lab.get("V").stats().release_master, 1);
}

#[test]
fn a_master_that_overslept_steps_down_if_told_to() {
    let step_down = |v: &mut model::Instance| {
        (v.nopreempt, v.timer_expired_backup) = (true, Some(Priority::MAX_BACKUP));
    };
    let mut lab = master(step_down);
    lab.run_ms(610);
    lab.oversleep(Micros::from_millis(3_000));
    lab.input(Input::DeadlineReached);
    assert_eq!(lab.state("V"), State::Master);
    lab.oversleep(Micros::from_millis(3_100));
    lab.input(Input::DeadlineReached);
    assert_eq!(lab.state("V"), State::Backup);
    assert!(
        lab.logged("(V) VRRP thread timer expired 3.100000 seconds ago"),
        "{:?}",
        lab.log
    );
}

#[test]
fn history_keeps_every_transition_with_its_cause() {
    let mut lab = master(|_| {});
    lab.hear("V", "10.0.0.9", 200);
    let states: Vec<_> = lab
        .get("V")
        .history()
        .iter()
        .map(|t| (t.from, t.to, t.cause.to_string()))
        .collect();
    assert_eq!(
        states,
        [
            (State::Init, State::Backup, "startup".to_owned()),
            (
                State::Backup,
                State::Master,
                "no advert heard for 3.609375s, noticed 0s after the deadline".to_owned()
            ),
            (
                State::Master,
                State::Backup,
                "advert from 10.0.0.9 with priority 200, ours 100".to_owned()
            ),
        ]
    );
}
