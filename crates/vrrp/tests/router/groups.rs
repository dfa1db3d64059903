//! Sync groups (`spec/vrrp-protocol.md` section 8, `spec/runtime.md` section 7.5).

use crate::build::{config, ethernet, group, instance, name, vip};
use crate::lab::{Kernel, Lab};
use model::{InitialState, VrrpConfiguration};
use vrrp::{Cause, Input, State};

/// S1 on eth0 and S2 on eth1, in group G.
fn configuration() -> VrrpConfiguration {
    let (s1, mut s2) = (instance("S1", 51, 110), instance("S2", 52, 110));
    s2.interface = Some(name("eth1"));
    s2.virtual_addresses = vec![vip("10.0.1.100/32")];
    VrrpConfiguration {
        sync_groups: vec![group("G", &["S1", "S2"])],
        ..config(vec![s1, s2])
    }
}

fn states(lab: &Lab) -> [State; 3] {
    [lab.state("S1"), lab.state("S2"), lab.group_state("G")]
}

fn link(lab: &mut Lab, number: u32, running: bool) {
    let mut interface = ethernet(number, if number == 2 { "eth0" } else { "eth1" }, &[]);
    interface.running = running;
    lab.input(Input::InterfaceChanged(&interface));
}

fn master() -> Lab {
    let mut lab = Lab::new(configuration());
    lab.run_ms(10_000);
    assert_eq!(states(&lab), [State::Master; 3]);
    lab.take_fifo();
    lab.take_log();
    lab.adverts();
    lab
}

#[test]
fn at_start_the_group_is_told_first() {
    let mut lab = Lab::new(configuration());
    assert_eq!(
        lab.take_fifo(),
        [
            "GROUP G BACKUP 0",
            "INSTANCE S1 BACKUP 110",
            "INSTANCE S2 BACKUP 110"
        ]
    );
    lab.run_ms(3_571);
    assert_eq!(
        lab.take_fifo(),
        [
            "INSTANCE S2 MASTER 110",
            "INSTANCE S1 MASTER 110",
            "GROUP G MASTER 0"
        ]
    );
    assert!(lab.logged("VRRP_Group(G) Syncing instances to MASTER state"));
}

#[test]
fn a_member_waits_for_the_others() {
    let mut lab = Lab::new(configuration());
    for _ in 0..10 {
        lab.run_ms(1_000);
        lab.hear("S2", "10.0.1.9", 200);
    }
    assert_eq!(states(&lab), [State::Backup; 3]);
    assert_eq!(lab.get("S1").wanted_state(), State::Master);
    lab.run_ms(3_571);
    assert_eq!(states(&lab), [State::Master; 3]);
}

#[test]
fn an_accepted_advert_cancels_the_wish() {
    let mut lab = Lab::new(configuration());
    for _ in 0..4 {
        lab.run_ms(1_000);
        lab.hear("S2", "10.0.1.9", 200);
    }
    assert_eq!(lab.get("S1").wanted_state(), State::Master);
    lab.hear("S1", "10.0.0.9", 200);
    lab.run_ms(3_571 - 1_000);
    lab.hear("S1", "10.0.0.9", 200);
    lab.run_ms(1_000);
    assert_eq!(lab.get("S2").wanted_state(), State::Master);
    assert_eq!(states(&lab), [State::Backup; 3]);
}

#[test]
fn one_that_yields_takes_the_others_along_without_priority_zero() {
    let mut lab = master();
    lab.hear("S2", "10.0.1.9", 200);
    assert_eq!(states(&lab), [State::Backup; 3]);
    assert_eq!(lab.adverts(), []);
    assert!(lab.logged("VRRP_Group(G) Syncing instances to BACKUP state"));
    assert_eq!(
        lab.take_fifo(),
        [
            "INSTANCE S2 BACKUP 110",
            "INSTANCE S1 BACKUP 110",
            "GROUP G BACKUP 0"
        ]
    );
    let cause = &lab.get("S1").history().last().unwrap().cause;
    assert_eq!(cause.to_string(), "sync group G follows S2");
}

/// `spec/runtime.md` section 7.5: the measured sequence of a link that goes down and comes up.
#[test]
fn a_fault_and_its_end_are_everybodys() {
    let mut lab = master();
    link(&mut lab, 3, false);
    assert_eq!(states(&lab), [State::Fault; 3]);
    let zeros: Vec<_> = lab
        .sent
        .iter()
        .map(|sent| (sent.vrid(), sent.priority()))
        .collect();
    assert_eq!(
        zeros,
        [(52, 0), (52, 0), (51, 0)],
        "two of the faulty one, one of the other"
    );
    link(&mut lab, 3, true);
    assert_eq!(states(&lab), [State::Backup; 3]);
    lab.run_ms(3_571);
    assert_eq!(
        lab.take_fifo(),
        [
            "INSTANCE S2 FAULT 110",
            "INSTANCE S1 FAULT 110",
            "GROUP G FAULT 0",
            "INSTANCE S2 BACKUP 110",
            "INSTANCE S1 BACKUP 110",
            "GROUP G BACKUP 0",
            // Both deadlines are the same here: the last one to wish leads. (Measured, S2's was a little earlier.)
            "INSTANCE S2 MASTER 110",
            "INSTANCE S1 MASTER 110",
            "GROUP G MASTER 0",
        ]
    );
}

#[test]
fn the_last_fault_ends_it() {
    let mut lab = master();
    link(&mut lab, 3, false);
    link(&mut lab, 2, false);
    link(&mut lab, 3, true);
    assert_eq!(states(&lab), [State::Fault; 3]);
    link(&mut lab, 2, true);
    assert_eq!(states(&lab), [State::Backup; 3]);
    let cause = &lab.get("S1").history().last().unwrap().cause;
    assert!(matches!(cause, Cause::Recovered(_)), "{cause:?}");
}

#[test]
fn a_fault_at_start_is_everybodys() {
    let mut interfaces = crate::build::interfaces();
    interfaces.0[1].running = false;
    let mut lab = Lab::with(configuration(), interfaces, model::Micros::ZERO, &[]);
    assert_eq!(states(&lab), [State::Fault; 3]);
    assert!(lab.logged("VRRP_Group(G): Syncing S1 to FAULT state"));
    assert!(lab.logged("(S2): entering FAULT state (interface eth1 down)"));
    assert_eq!(
        lab.take_fifo(),
        [
            "GROUP G FAULT 0",
            "INSTANCE S1 FAULT 110",
            "INSTANCE S2 FAULT 110"
        ]
    );
}

#[test]
fn owners_become_master_together_at_once() {
    let mut configuration = configuration();
    for instance in &mut configuration.instances {
        (instance.priority, instance.initial_state) = (model::Priority::OWNER, InitialState::Master);
    }
    let mut lab = Lab::new(configuration.clone());
    assert_eq!(lab.take_fifo(), Vec::<String>::new());
    lab.run_ms(1);
    assert_eq!(states(&lab), [State::Master; 3]);
    assert_eq!(
        lab.take_fifo(),
        [
            "INSTANCE S1 MASTER 255",
            "INSTANCE S2 MASTER 255",
            "GROUP G MASTER 0"
        ]
    );
    // With one that is none the group starts as BACKUP.
    configuration.instances[1].priority = crate::build::priority(100);
    let lab = Lab::new(configuration);
    assert_eq!(states(&lab), [State::Backup; 3]);
}

#[test]
fn the_group_is_told_after_the_slowest_member() {
    let mut lab = master();
    lab.kernel = Kernel::Held;
    lab.hear("S2", "10.0.1.9", 200);
    assert_eq!(lab.take_fifo(), Vec::<String>::new());
    lab.confirm();
    assert_eq!(lab.take_fifo(), ["INSTANCE S2 BACKUP 110"]);
    lab.confirm();
    assert_eq!(lab.take_fifo(), ["INSTANCE S1 BACKUP 110", "GROUP G BACKUP 0"]);
}

#[test]
fn every_member_reminds_the_neighbours() {
    let mut lab = master();
    lab.announcements();
    lab.hear("S2", "10.0.1.9", 50);
    let announced: Vec<_> = lab
        .announcements()
        .into_iter()
        .map(|(_, address)| address)
        .collect();
    assert_eq!(announced[..5], ["10.0.0.100"; 5]);
    assert_eq!(announced[5..], ["10.0.1.100"; 5]);
}

/// `spec/runtime.md` section 3.3: STOP of every instance, then of every group.
#[test]
fn at_a_stop_groups_are_told_after_all_instances() {
    let mut configuration = configuration();
    configuration.instances.push(instance("V", 53, 110));
    let mut lab = Lab::new(configuration);
    lab.run_ms(10_000);
    lab.take_fifo();
    lab.input(Input::Stop(vrrp::Release::Everything));
    assert_eq!(
        lab.take_fifo(),
        [
            "INSTANCE S1 STOP 110",
            "INSTANCE S2 STOP 110",
            "INSTANCE V STOP 110",
            "GROUP G STOP 0"
        ]
    );
}
