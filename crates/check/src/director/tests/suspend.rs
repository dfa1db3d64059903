//! `ha_suspend`.

use super::world::{World, configuration, refused, server, virtual_server};
use crate::Input;
use model::{AddressRange, Frontend, GroupEntry, Micros, VirtualServerGroup};

const PLACE: &str = "healthchecker for service [10.0.0.2]:tcp:80 for VS [10.1.0.1]:tcp:80";

#[test]
fn checks_run_only_while_the_address_is_here() {
    let mut suspending = virtual_server(80, vec![server(2, 1)]);
    suspending.ha_suspend = true;
    let vip = suspending.name().to_string();
    assert_eq!(vip, "[10.1.0.1]:tcp:80");
    let vip = "10.1.0.1".parse().unwrap();
    let mut world = World::new(configuration(vec![suspending]));
    assert_eq!(world.take_log()[1..], [format!("Deactivating {PLACE}")]);
    world.set(2, refused());
    world.pass(Micros::from_secs(5));
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1"]);
    world.input(Input::AddressAdded(vip));
    world.input(Input::AddressAdded(vip));
    assert_eq!(world.take_log(), [format!("Activating {PLACE}")]);
    world.pass(Micros::from_secs(2));
    assert_eq!(world.kernel.destinations(80), [""; 0]);
    world.take_log();
    world.input(Input::AddressRemoved(vip));
    assert_eq!(world.take_log(), [""; 0]);
    // A run under way when the last one goes is abandoned.
    world.now = world.director.deadline().unwrap();
    world.input(Input::DeadlineReached);
    let run = world.started[0].run;
    world.input(Input::AddressRemoved(vip));
    assert_eq!(world.take_log(), [format!("Suspending {PLACE}")]);
    assert_eq!(world.cancelled, [run]);
    world.input(Input::Finished {
        run,
        outcome: crate::failure::Outcome::Succeeded,
    });
    assert_eq!(world.kernel.destinations(80), [""; 0]);
    world.pass(Micros::from_secs(5));
    assert!(world.started.is_empty());
    world.input(Input::AddressRemoved(vip));
}

#[test]
fn any_address_of_a_group_counts() {
    let mut member = virtual_server(80, vec![server(2, 1)]);
    member.frontend = Frontend::Group {
        name: "G".to_owned(),
        index: 0,
    };
    member.family = Some(model::Family::Ipv4);
    member.ha_suspend = true;
    let range = AddressRange::new("10.1.0.1".parse().unwrap(), "10.1.0.3".parse().unwrap()).unwrap();
    let mut config = configuration(vec![member]);
    config.groups.push(VirtualServerGroup {
        name: "G".to_owned(),
        entries: vec![GroupEntry::Addresses { range, port: 80 }],
    });
    let mut world = World::empty();
    world.input(Input::AddressAdded("10.1.0.2".parse().unwrap()));
    world.apply(config, crate::Settings::default());
    assert!(!world.director.virtual_servers().next().unwrap().suspended);
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1"; 3]);
    world.input(Input::AddressRemoved("10.1.0.2".parse().unwrap()));
    assert!(world.director.virtual_servers().next().unwrap().suspended);
}
