//! Reload is a difference (`spec/runtime.md` section 9).

use crate::build::{config, group, instance, interfaces, name, vip};
use crate::lab::{Kernel, Lab};
use model::{
    Authentication, Instance, Micros, ScriptKind, Secret, Sense, TrackEntry, Version, VrrpConfiguration,
    VrrpScript, Weight,
};
use proptest::prelude::*;
use vrrp::{Event, InstanceEvent, ScriptCommand, State};

fn timer(lab: &Lab, name: &str) -> Option<u64> {
    let deadline = lab.router.instance_deadline(lab.id(name))?;
    Some(deadline.since(lab.now.time).as_millis())
}

#[test]
fn a_master_stays_master_and_its_adverts_never_pause() {
    let v = instance("V", 51, 100);
    let mut lab = Lab::new(config(vec![v.clone()]));
    lab.run_ms(4_000);
    lab.adverts();
    let (history, stats) = (lab.get("V").history().iter().len(), *lab.get("V").stats());
    for _ in 0..200 {
        lab.run_ms(100);
        lab.apply(config(vec![v.clone()]));
    }
    let times: Vec<_> = lab.adverts().iter().map(|(time, _)| *time).collect();
    assert_eq!(
        times,
        (0..20).map(|second| 4_609 + 1_000 * second).collect::<Vec<_>>()
    );
    assert_eq!(lab.get("V").history().iter().len(), history);
    assert_eq!(lab.get("V").stats().become_master, stats.become_master);
    assert!(lab.get("V").stats().advert_sent > stats.advert_sent);
}

/// `spec/runtime.md` appendix B: new address and priority: announcements for all, an advert with the new values at once,
/// a second block after 5 s; no notification.
#[test]
fn new_values_are_told_at_once() {
    let mut v = instance("V", 51, 100);
    let mut lab = Lab::new(config(vec![v.clone()]));
    lab.run_ms(10_000);
    let _ = (lab.adverts(), lab.announcements(), lab.take_fifo());
    v.priority = crate::build::priority(150);
    v.virtual_addresses.push(vip("10.0.0.101/32"));
    lab.apply(config(vec![v]));
    assert_eq!(lab.adverts(), [(10_000, 150)]);
    assert_eq!(lab.addresses().len(), 2);
    lab.run_ms(6_000);
    let announced = lab.announcements();
    assert_eq!(announced.iter().filter(|(time, _)| *time == 10_000).count(), 10);
    assert_eq!(announced.iter().filter(|(time, _)| *time == 15_000).count(), 10);
    assert_eq!(lab.take_fifo(), [""; 0]);
    assert_eq!(lab.state("V"), State::Master);
}

#[test]
fn a_backup_keeps_its_master_its_interval_and_its_timer() {
    let v = Instance {
        version: Version::V3,
        ..instance("V", 51, 100)
    };
    let mut lab = Lab::new(config(vec![v.clone()]));
    lab.hear_from(&v, "10.0.0.9", 150, Micros::from_millis(500));
    lab.run_ms(1_000);
    let before = timer(&lab, "V");
    lab.apply(config(vec![v.clone()]));
    assert_eq!(timer(&lab, "V"), before);
    assert_eq!(lab.get("V").master().unwrap().priority, 150);
    assert_eq!(lab.get("V").master_advert_int(), Micros::from_millis(500));
    // A higher priority would have had a shorter skew time.
    lab.apply(config(vec![Instance {
        priority: crate::build::priority(228),
        ..v
    }]));
    assert_eq!(timer(&lab, "V"), before.map(|ms| ms - 250));
}

#[test]
fn an_instance_is_the_same_under_another_name() {
    let v = instance("V", 51, 100);
    let mut lab = Lab::new(config(vec![v.clone()]));
    lab.run_ms(4_000);
    let id = lab.id("V");
    lab.take_fifo();
    lab.apply(config(vec![Instance {
        name: "W".to_owned(),
        ..v
    }]));
    assert_eq!((lab.state("W"), lab.id("W")), (State::Master, id));
    assert_eq!(lab.take_fifo(), [""; 0]);
}

#[test]
fn a_removed_instance_says_so_and_is_gone_when_the_kernel_is_done() {
    let (v, mut w) = (instance("V", 51, 100), instance("W", 52, 100));
    w.notifications.report_deleted = true;
    let mut lab = Lab::new(config(vec![v, w]));
    lab.run_ms(4_000);
    let (v, w) = (lab.id("V"), lab.id("W"));
    let _ = (lab.adverts(), lab.take_fifo());
    lab.kernel = Kernel::Held;
    lab.apply(config(vec![instance("X", 53, 100)]));
    assert_eq!(lab.adverts(), [(4_000, 0), (4_000, 0)]);
    let x = lab.id("X");
    assert!(
        x != v && x != w,
        "numbers are not used again before the kernel is done"
    );
    while !lab.held.is_empty() {
        lab.confirm();
    }
    let mut told = lab.take_fifo();
    told.sort();
    assert_eq!(
        told,
        [
            "INSTANCE V FAULT 100",
            "INSTANCE W DELETED 100",
            "INSTANCE X BACKUP 100"
        ]
    );
    assert!(lab.router.instance(v).is_none());
    assert_eq!(lab.addresses(), Vec::<String>::new());
    assert_eq!(lab.sockets.len(), 1);
    lab.apply(config(vec![instance("X", 53, 100), instance("Y", 54, 100)]));
    assert!([v, w].contains(&lab.id("Y")));
}

#[test]
fn an_address_that_moves_between_instances_stays() {
    let (mut v, mut w) = (instance("V", 51, 100), instance("W", 52, 100));
    w.virtual_addresses = vec![vip("10.0.0.200/32")];
    let moving = vip("10.0.0.150/32");
    v.virtual_addresses.push(moving.clone());
    let mut lab = Lab::new(config(vec![w.clone(), v.clone()]));
    lab.run_ms(4_000);
    v.virtual_addresses.pop();
    w.virtual_addresses.push(moving);
    lab.apply(config(vec![w, v]));
    let mut addresses = lab.addresses();
    addresses.sort();
    assert_eq!(
        addresses,
        ["eth0 10.0.0.100/32", "eth0 10.0.0.150/32", "eth0 10.0.0.200/32"]
    );
}

#[test]
fn another_password_is_used_from_the_next_advert_on() {
    let with = |password: &str| Instance {
        authentication: Authentication::Ah(Secret::new(password.as_bytes().to_vec())),
        ..instance("V", 51, 100)
    };
    let mut lab = Lab::new(config(vec![with("one")]));
    lab.run_ms(8_000);
    let sequence = |lab: &Lab| {
        let packet = &lab.sent.last().unwrap().packet;
        u32::from_be_bytes(packet[28..32].try_into().unwrap())
    };
    let before = sequence(&lab);
    lab.apply(config(vec![with("two")]));
    lab.run_ms(1_000);
    assert_eq!(sequence(&lab), before + 1, "the sequence goes on");
}

#[test]
fn a_new_member_joins_a_group_that_is_master() {
    let (v, mut w) = (instance("V", 51, 100), instance("W", 52, 100));
    (w.interface, w.virtual_addresses) = (Some(name("eth1")), vec![vip("10.0.1.100/32")]);
    let one = VrrpConfiguration {
        sync_groups: vec![group("G", &["V"])],
        ..config(vec![v.clone()])
    };
    let both = VrrpConfiguration {
        sync_groups: vec![group("G", &["V", "W"])],
        ..config(vec![v, w])
    };
    let mut lab = Lab::new(one);
    lab.run_ms(4_000);
    lab.take_fifo();
    lab.apply(both.clone());
    assert_eq!(
        (lab.state("V"), lab.state("W"), lab.group_state("G")),
        (State::Master, State::Master, State::Master)
    );
    assert!(
        !lab.take_fifo()
            .iter()
            .any(|line| line.starts_with("GROUP G MASTER"))
    );
    // A group of a master and a backup agrees on BACKUP.
    let mut apart = Lab::new(VrrpConfiguration {
        sync_groups: Vec::new(),
        ..both.clone()
    });
    apart.run_ms(4_000);
    apart.hear("W", "10.0.1.9", 200);
    apart.apply(both);
    assert_eq!(
        (apart.state("V"), apart.state("W")),
        (State::Backup, State::Backup)
    );
}

fn script(path: &str) -> VrrpScript {
    VrrpScript {
        name: "s".to_owned(),
        kind: ScriptKind::OpenTest(path.to_owned()),
        interval: Micros::SECOND,
        timeout: Micros::SECOND,
        weight: Weight(0),
        sense: Sense::Normal,
        rise: 1,
        fall: 1,
        init_fail: false,
        insecure: false,
    }
}

#[test]
fn results_of_scripts_are_kept_if_the_script_is_the_same() {
    let mut v = instance("V", 51, 100);
    let target = "s".to_owned();
    v.tracking.scripts = vec![TrackEntry {
        target,
        weight: Weight(0),
        sense: Sense::Normal,
    }];
    let with = |path| VrrpConfiguration {
        scripts: vec![script(path)],
        ..config(vec![v.clone()])
    };
    let mut lab = Lab::new(with("/a"));
    let Some(ScriptCommand::Start { run, .. }) = lab.scripts.pop() else {
        panic!("a run was started")
    };
    lab.input(vrrp::Input::ScriptFinished {
        run,
        result: vrrp::ScriptResult::Exited(0),
    });
    assert_eq!(lab.state("V"), State::Backup);
    lab.apply(VrrpConfiguration {
        scripts: vec![VrrpScript {
            rise: 3,
            ..script("/a")
        }],
        ..with("/a")
    });
    assert!(lab.logged("VRRP_Script(s) considered successful on reload"));
    assert_eq!(lab.router.scripts().next().unwrap().result(), 3);
    assert!(lab.scripts.is_empty(), "the rhythm goes on");
    lab.run_ms(1_000);
    let Some(ScriptCommand::Start { run, .. }) = lab.scripts.pop() else {
        panic!("a run was started")
    };
    // Another script: its run is ended, nothing is known of it, and nobody leaves a state because of that.
    lab.apply(with("/b"));
    assert_eq!(lab.scripts[0], ScriptCommand::Terminate(run));
    assert!(matches!(lab.scripts[1], ScriptCommand::Start { .. }));
    lab.input(vrrp::Input::ScriptFinished {
        run,
        result: vrrp::ScriptResult::Exited(1),
    });
    assert_eq!(lab.state("V"), State::Backup);
}

#[test]
fn a_mistake_that_is_mended_ends_the_fault() {
    let v = instance("V", 51, 100);
    let broken = Instance {
        config_faults: vec![model::ConfigFault::NoUnicastPeer],
        ..v.clone()
    };
    let mut lab = Lab::new(config(vec![broken]));
    assert_eq!(lab.state("V"), State::Fault);
    assert_eq!(
        lab.take_log(),
        ["(V) Cannot use unicast without any peers - going to fault state"]
    );
    assert_eq!(lab.take_fifo(), Vec::<String>::new());
    lab.apply(config(vec![v]));
    assert_eq!(lab.state("V"), State::Backup);
}

/// A small configuration: up to four instances, in groups or not.
fn arbitrary_config() -> impl Strategy<Value = VrrpConfiguration> {
    let one = (0u8..4, 1u8..=254, 0usize..8, any::<bool>(), any::<bool>());
    prop::collection::vec(one, 0..5).prop_flat_map(|list| {
        let grouped = any::<bool>();
        (Just(list), grouped).prop_map(|(list, grouped)| {
            let mut instances: Vec<Instance> = Vec::new();
            for (number, priority, addresses, on_eth1, accept) in list {
                let vrid = 50 + number;
                if instances.iter().any(|other| other.vrid.value() == vrid) {
                    continue;
                }
                let mut v = instance(&format!("V{vrid}"), vrid, priority);
                v.interface = Some(name(if on_eth1 { "eth1" } else { "eth0" }));
                v.accept = accept;
                v.virtual_addresses = (0..=addresses)
                    .filter(|bit| bit % 2 == 0 || addresses > 3)
                    .map(|bit| vip(&format!("10.0.{number}.{}/32", 100 + bit)))
                    .collect();
                instances.push(v);
            }
            let names: Vec<_> = instances.iter().map(|v| v.name.clone()).collect();
            let mut configuration = config(instances);
            if grouped && names.len() > 1 {
                let members: Vec<_> = names.iter().map(String::as_str).collect();
                configuration.sync_groups = vec![group("G", &members)];
            }
            configuration
        })
    })
}

fn kernel_after(lab: &mut Lab) -> Vec<String> {
    lab.run_ms(10_000);
    lab.objects.keys().cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Where a reload ends up, a fresh start ends up too: in the kernel and in the states.
    #[test]
    fn applying_b_to_a_equals_starting_with_b(a in arbitrary_config(), b in arbitrary_config(), wait in 0u64..8_000) {
        let mut reloaded = Lab::new(a);
        reloaded.run_ms(wait);
        reloaded.apply(b.clone());
        let mut fresh = Lab::with(b.clone(), interfaces(), Micros::ZERO, &[]);
        prop_assert_eq!(kernel_after(&mut reloaded), kernel_after(&mut fresh));
        for v in &b.instances {
            prop_assert_eq!(reloaded.state(&v.name), fresh.state(&v.name));
        }
        let keys = |lab: &Lab| {
            let mut keys: Vec<_> = lab.sockets.values().copied().collect();
            keys.sort();
            keys
        };
        prop_assert_eq!(keys(&reloaded), keys(&fresh));
    }

    /// A reload that changes nothing does nothing.
    #[test]
    fn applying_the_same_does_nothing(a in arbitrary_config(), wait in 0u64..8_000) {
        let mut lab = Lab::new(a.clone());
        lab.run_ms(wait);
        lab.kernel = Kernel::Held;
        let _ = (lab.adverts(), lab.announcements());
        lab.events.clear();
        lab.apply(a);
        prop_assert!(lab.held.is_empty(), "{:?}", lab.held);
        prop_assert_eq!((lab.adverts().len(), lab.announcements().len()), (0, 0));
        let moved = |event: &Event| matches!(event, Event::Instance { event: InstanceEvent::Transition(_), .. });
        prop_assert!(!lab.events.iter().any(moved));
    }
}
