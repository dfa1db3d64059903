//! What an operator asks for: a failover, maintenance.

use crate::build::{config, group, instance, name, vip};
use crate::lab::Lab;
use model::{Micros, VrrpConfiguration};
use vrrp::{Cause, FaultReason, Input, State};

const HOLD: Micros = Micros::from_secs(60);

/// S1 on eth0 and S2 on eth1 in group G, and a lone L.
fn configuration() -> VrrpConfiguration {
    let (s1, mut s2, mut lone) = (
        instance("S1", 51, 110),
        instance("S2", 52, 110),
        instance("L", 53, 110),
    );
    s2.interface = Some(name("eth1"));
    s2.virtual_addresses = vec![vip("10.0.1.100/32")];
    lone.virtual_addresses = vec![vip("10.0.0.200/32")];
    VrrpConfiguration {
        sync_groups: vec![group("G", &["S1", "S2"])],
        ..config(vec![s1, s2, lone])
    }
}

fn master() -> Lab {
    let mut lab = Lab::new(configuration());
    lab.run_ms(10_000);
    assert_eq!(states(&lab), [State::Master; 3]);
    lab.adverts();
    lab
}

fn states(lab: &Lab) -> [State; 3] {
    ["S1", "S2", "L"].map(|name| lab.state(name))
}

fn give_up(lab: &mut Lab, name: &str) {
    let instance = lab.id(name);
    lab.input(Input::GiveUp { instance, hold: HOLD });
}

fn cause(lab: &Lab, name: &str) -> Cause {
    lab.get(name).history().last().unwrap().cause.clone()
}

#[test]
fn a_group_gives_up_as_one_and_tells_the_others() {
    let mut lab = master();
    give_up(&mut lab, "S2");
    assert_eq!(states(&lab), [State::Backup, State::Backup, State::Master]);
    let zeros: Vec<_> = lab.sent.iter().filter(|sent| sent.priority() == 0).collect();
    assert_eq!(zeros.iter().map(|sent| sent.vrid()).collect::<Vec<_>>(), [51, 52]);
    assert_eq!(cause(&lab, "S2"), Cause::Operator);
    assert!(matches!(cause(&lab, "S1"), Cause::Group { .. }));
}

#[test]
fn mastership_is_not_taken_back_before_the_time_has_passed() {
    let mut lab = master();
    give_up(&mut lab, "L");
    assert_eq!(
        lab.get("L").preempts_at(),
        Some(lab.now.time + HOLD),
        "it is shown"
    );
    for _ in 0..60 {
        lab.run_ms(1_000);
        lab.hear("L", "10.0.0.9", 50);
        assert_eq!(lab.state("L"), State::Backup);
    }
    for _ in 0..4 {
        lab.run_ms(1_000);
        lab.hear("L", "10.0.0.9", 50);
    }
    assert_eq!(lab.state("L"), State::Master);
}

#[test]
fn the_death_of_the_new_master_counts_at_once() {
    let mut lab = master();
    give_up(&mut lab, "L");
    lab.run_ms(1_000);
    lab.hear("L", "10.0.0.9", 50);
    lab.run_ms(3_600);
    assert_eq!(lab.state("L"), State::Master);
    assert_eq!(lab.get("L").peers().len(), 1);
}

#[test]
fn who_is_not_master_has_nothing_to_give_up() {
    let mut lab = Lab::new(configuration());
    give_up(&mut lab, "L");
    assert_eq!(lab.get("L").history().iter().len(), 1);
    assert_eq!(lab.get("L").preempts_at(), None);
    assert!(lab.sent.is_empty());
}

#[test]
fn maintenance_keeps_everything_down_also_through_a_reload() {
    let mut lab = master();
    lab.input(Input::Maintenance(true));
    assert_eq!(states(&lab), [State::Fault; 3]);
    assert!(lab.addresses().is_empty());
    assert_eq!(cause(&lab, "L"), Cause::Fault(FaultReason::Maintenance));
    let mut more = configuration();
    let mut new = instance("N", 54, 110);
    new.virtual_addresses = vec![vip("10.0.0.201/32")];
    more.instances.push(new);
    lab.apply(more);
    lab.run_ms(10_000);
    assert_eq!(states(&lab), [State::Fault; 3]);
    assert_eq!(lab.state("N"), State::Fault);
    lab.input(Input::Maintenance(false));
    assert_eq!(states(&lab), [State::Backup; 3]);
    assert_eq!(cause(&lab, "L"), Cause::Recovered(FaultReason::Maintenance));
    lab.run_ms(10_000);
    assert_eq!(states(&lab), [State::Master; 3]);
    assert_eq!(lab.state("N"), State::Master);
}
