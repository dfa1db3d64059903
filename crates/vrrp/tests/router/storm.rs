//! Anything in any order: nothing panics, groups stay whole, the kernel has what the states say, and a stop leaves
//! nothing behind.

use crate::build::{config, ethernet, group, index, instance, interfaces, ip, name, prefix, unicast, vip};
use crate::lab::{Kernel, Lab};
use model::interface::{InterfaceAddress, Interfaces, LinkKind};
use model::{
    Authentication, Family, Instance, Micros, Prefix, Route, ScriptKind, Secret, Sense, StaticObjects,
    TrackEntry, TrackFile, TrackGroup, Tracking, Version, VirtualLink, VmacName, Vrid, VrrpConfiguration,
    VrrpScript, Weight,
};
use proptest::prelude::*;
use vrrp::{Input, LinkPlan, Outcome, Release, ScriptCommand, ScriptResult, State};

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(u64),
    Oversleep(u64),
    Hear { instance: usize, priority: u8, host: u8 },
    Link { number: u32, running: bool },
    Remove { number: u32 },
    Rename { number: u32 },
    AddAddress { number: u32, host: u8 },
    RemoveAddress { number: u32, host: u8 },
    TakeVip { number: u32, host: u8 },
    Script { success: bool },
    File { value: i32 },
    Reload { variant: u8 },
    Hold,
    Release,
    Confirm { failed: bool },
    Resynchronise,
}

fn step() -> impl Strategy<Value = Step> {
    let number = || prop_oneof![Just(2u32), Just(3u32)];
    let host = || 1u8..4;
    prop_oneof![
        4 => (1u64..5_000).prop_map(Step::Wait),
        1 => (1u64..20_000).prop_map(Step::Oversleep),
        4 => (0usize..4, prop_oneof![Just(0u8), Just(255u8), 1u8..=254], host())
            .prop_map(|(instance, priority, host)| Step::Hear { instance, priority, host }),
        2 => (number(), any::<bool>()).prop_map(|(number, running)| Step::Link { number, running }),
        1 => number().prop_map(|number| Step::Remove { number }),
        1 => number().prop_map(|number| Step::Rename { number }),
        1 => (number(), host()).prop_map(|(number, host)| Step::AddAddress { number, host }),
        1 => (number(), host()).prop_map(|(number, host)| Step::RemoveAddress { number, host }),
        1 => (number(), 0u8..4).prop_map(|(number, host)| Step::TakeVip { number, host }),
        2 => any::<bool>().prop_map(|success| Step::Script { success }),
        1 => prop_oneof![Just(0), Just(7), Just(-300)].prop_map(|value| Step::File { value }),
        2 => (0u8..64).prop_map(|variant| Step::Reload { variant }),
        1 => Just(Step::Hold),
        2 => Just(Step::Release),
        2 => prop::bool::weighted(0.1).prop_map(|failed| Step::Confirm { failed }),
        1 => Just(Step::Resynchronise),
    ]
}

/// A configuration for each number: its bits switch things on and off.
fn configuration(variant: u8) -> VrrpConfiguration {
    let bit = |number: u8| variant & (1 << number) != 0;
    let track = |target: &str, weight| TrackEntry {
        target: target.to_owned(),
        weight: Weight(weight),
        sense: Sense::Normal,
    };
    let mut v = instance("V", 51, if bit(0) { 255 } else { 100 });
    v.tracking = Tracking {
        scripts: vec![track("s", if bit(1) { 0 } else { -10 })],
        files: vec![track("f", 1)],
        ..Tracking::default()
    };
    v.accept = bit(2);
    v.routes = vec![Route::new(Family::Ipv4, Some(prefix("192.168.0.0/24")))];
    let mut w = instance("W", 52, 100);
    w.interface = Some(name("eth1"));
    w.virtual_addresses = vec![vip("10.0.1.100/32")];
    w.version = if bit(3) { Version::V3 } else { Version::V2 };
    if w.version == Version::V2 {
        w.authentication = Authentication::Ah(Secret::new(b"secret".to_vec()));
    }
    let mut six = Instance::new("S", Family::Ipv6, Vrid::try_from(53).unwrap());
    six.interface = Some(name("eth0"));
    six.virtual_addresses = vec![vip("fe80::100/64")];
    if bit(4) {
        six.virtual_link = Some(VirtualLink::Vmac {
            name: VmacName::Generated("vrrp".to_owned()),
            mac: None,
            xmit_base: bit(5),
            netlink_notify: false,
            group: None,
        });
    }
    let mut u = instance("U", 54, 120);
    u.transport = unicast(&["10.0.0.2", "10.0.0.3"]);
    u.nopreempt = bit(2);
    u.virtual_addresses = vec![vip("10.0.0.103/32")];
    let mut instances = vec![v, w, six, u];
    if bit(3) {
        instances.swap(0, 3);
    }
    if bit(5) {
        instances.remove(1);
    }
    let members: &[&str] = if bit(5) { &["V", "S"] } else { &["V", "W"] };
    let mut address = vip("10.9.0.1/24");
    (address.dev, address.track_group) = (Some(name("eth1")), Some("T".to_owned()));
    VrrpConfiguration {
        sync_groups: if bit(1) {
            vec![group("G", members)]
        } else {
            Vec::new()
        },
        scripts: vec![VrrpScript {
            name: "s".to_owned(),
            kind: ScriptKind::OpenTest(format!("/run/{}", variant % 2)),
            interval: Micros::SECOND,
            timeout: Micros::from_millis(1_500),
            weight: Weight(0),
            sense: Sense::Normal,
            rise: 2,
            fall: 2,
            init_fail: bit(4),
            insecure: false,
        }],
        track_files: vec![TrackFile {
            name: "f".to_owned(),
            file: "/run/f".to_owned(),
            weight: Weight(1),
            sense: Sense::Normal,
            init: None,
        }],
        static_objects: StaticObjects {
            addresses: vec![address],
            ..StaticObjects::default()
        },
        track_groups: vec![TrackGroup {
            name: "T".to_owned(),
            members: vec!["U".to_owned()],
        }],
        ..config(instances)
    }
}

fn interface(number: u32, addresses: &[&str]) -> model::interface::Interface {
    ethernet(number, if number == 2 { "eth0" } else { "eth1" }, addresses)
}

/// Makes the links that a configuration needs, as the process around the router does.
fn make_links(configuration: &VrrpConfiguration, present: &Interfaces) -> Vec<model::interface::Interface> {
    let plan = LinkPlan::new(&configuration.instances, &model::VrrpGlobals::default(), present);
    plan.links()
        .filter(|link| present.by_name(link.name.as_str()).is_none())
        .filter_map(|link| {
            let base = present.by_name(link.base.as_str())?;
            let mut made = ethernet(20, link.name.as_str(), &[]);
            (made.kind, made.base) = (LinkKind::PrivateMacvlan, Some(base.index));
            if let vrrp::WantedLinkKind::Vmac { mac, .. } = link.kind {
                made.mac = Some(mac);
            }
            Some(made)
        })
        .collect()
}

fn hear(lab: &mut Lab, position: usize, priority: u8, host: u8) {
    let instances = lab.router.instances().len();
    let Some(instance) = lab.router.instances().nth(position % instances) else {
        return;
    };
    let (name, family) = (instance.name().to_string(), instance.config().family);
    if instance.socket().is_none() || instance.source().is_none() {
        return;
    }
    match family {
        Family::Ipv4 => lab.hear(&name, &format!("10.0.0.{host}"), priority),
        Family::Ipv6 => lab.hear(&name, &format!("fe80::{host}"), priority),
    }
}

fn perform(lab: &mut Lab, step: Step) {
    match step {
        Step::Wait(millis) => lab.run_ms(millis),
        Step::Oversleep(millis) => {
            lab.oversleep(Micros::from_millis(millis));
            lab.input(Input::DeadlineReached);
        }
        Step::Hear {
            instance,
            priority,
            host,
        } => hear(lab, instance, priority, host),
        Step::Link { number, running } => {
            let mut interface = interface(number, &[]);
            interface.running = running;
            lab.input(Input::InterfaceChanged(&interface));
        }
        Step::Remove { number } => {
            // What is stacked on it goes with it, and so do its addresses.
            for known in lab.router.interfaces().0 {
                if known.base == Some(index(number)) {
                    lab.input(Input::InterfaceRemoved(known.index));
                }
            }
            lab.input(Input::InterfaceRemoved(index(number)));
        }
        Step::Rename { number } => lab.input(Input::InterfaceChanged(&ethernet(number, "other", &[]))),
        Step::AddAddress { number, host } => {
            let address = InterfaceAddress::new(prefix(&format!("10.0.{}.{host}/24", number - 2)));
            lab.input(Input::AddressAdded {
                interface: index(number),
                address,
            });
        }
        Step::RemoveAddress { number, host } => {
            let address = ip(&format!("10.0.{}.{host}", number - 2));
            lab.input(Input::AddressRemoved {
                interface: index(number),
                address,
            });
        }
        Step::TakeVip { number, host } => {
            let address = ip(&format!("10.0.{}.{}", number - 2, 100 + host));
            if lab.kernel == Kernel::Prompt {
                lab.input(Input::AddressRemoved {
                    interface: index(number),
                    address,
                });
            }
        }
        Step::Script { success } => {
            let started = lab.scripts.iter().rev().find_map(|command| match command {
                ScriptCommand::Start { run, .. } => Some(*run),
                _ => None,
            });
            if let Some(run) = started {
                let result = ScriptResult::Exited(i32::from(!success));
                lab.input(Input::ScriptFinished { run, result });
            }
        }
        Step::File { value } => lab.input(Input::FileRead { file: "f", value }),
        Step::Reload { variant } => {
            let configuration = configuration(variant);
            for link in make_links(&configuration, &lab.router.interfaces()) {
                lab.input(Input::InterfaceChanged(&link));
            }
            lab.apply(configuration);
        }
        Step::Hold => lab.kernel = Kernel::Held,
        Step::Release => {
            lab.kernel = Kernel::Prompt;
            lab.input(Input::DeadlineReached);
        }
        Step::Confirm { failed } => {
            if let Some(want) = lab.held.front() {
                let ticket = want.ticket;
                if failed {
                    lab.held.pop_front();
                    lab.input(Input::Confirmed(ticket, Outcome::Failed));
                } else {
                    lab.confirm();
                }
            }
        }
        Step::Resynchronise => {
            let mut picture = interfaces();
            picture.0[0].addresses.push(InterfaceAddress::new(Prefix {
                address: ip("10.0.0.3"),
                len: 24,
            }));
            lab.input(Input::Resynchronised(&picture));
        }
    }
}

fn check(lab: &Lab) -> Result<(), TestCaseError> {
    for group in lab.router.groups() {
        for member in group.members() {
            let state = lab.router.instance(*member).unwrap().state();
            let waits = state == State::Init;
            prop_assert!(
                state == group.state() || waits,
                "{state} in a group that is {}",
                group.state()
            );
        }
    }
    for instance in lab.router.instances() {
        let (name, state) = (instance.name(), instance.state());
        prop_assert_eq!(
            state == State::Fault || state == State::Init,
            instance.is_kept_back(lab),
            "{} {}",
            name,
            state
        );
        if let Some(socket) = instance.socket() {
            prop_assert!(lab.sockets.contains_key(&socket));
        }
        let timer = lab.router.instance_deadline(instance.id());
        prop_assert_eq!(
            timer.is_some(),
            matches!(state, State::Backup | State::Master) || instance.wanted_state() == State::Master,
            "{} {}",
            name,
            state
        );
    }
    Ok(())
}

/// Whether something keeps an instance, or its group, from taking part.
trait KeptBack {
    fn is_kept_back(&self, lab: &Lab) -> bool;
}

impl KeptBack for vrrp::Instance {
    fn is_kept_back(&self, lab: &Lab) -> bool {
        let waits = |instance: &vrrp::Instance| {
            let waiting =
                instance.waits_for_scripts() && !matches!(instance.state(), State::Backup | State::Master);
            !instance.faults().is_empty() || waiting
        };
        let owner_at_start = self.state() == State::Init && self.wanted_state() == State::Master;
        match self.group().and_then(|group| lab.router.group(group)) {
            Some(group) => {
                group
                    .members()
                    .iter()
                    .any(|member| waits(lab.router.instance(*member).unwrap()))
                    || owner_at_start
            }
            None => waits(self) || owner_at_start,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn anything_in_any_order(first in 0u8..64, steps in prop::collection::vec(step(), 1..60)) {
        let first = configuration(first);
        let mut all = interfaces();
        all.0.extend(make_links(&first, &interfaces()));
        let mut lab = Lab::with(first, all, Micros::ZERO, &[]);
        check(&lab)?;
        for step in steps {
            perform(&mut lab, step);
            check(&lab)?;
        }
        lab.kernel = Kernel::Prompt;
        lab.input(Input::Stop(Release::Everything));
        prop_assert!(lab.router.is_stopped());
        prop_assert!(lab.sockets.is_empty());
        prop_assert_eq!(lab.router.deadline(), None);
    }
}
