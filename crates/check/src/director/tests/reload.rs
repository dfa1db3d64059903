//! Reloads (`spec/checkers.md` section 12, `spec/ipvs.md` section 5).

use super::world::{World, address, configuration, refused, server, tcp_check, virtual_server};
use crate::failure::Outcome;
use crate::{Director, Input, Outbox, Output, Settings};
use model::ipvs::MapChange;
use model::{AddressRange, Frontend, GroupEntry, LvsConfiguration, Micros, Quorum, Time, VirtualServerGroup};
use std::num::NonZeroU32;

fn one(hosts: &[u8]) -> LvsConfiguration {
    configuration(vec![virtual_server(
        80,
        hosts.iter().map(|host| server(*host, 1)).collect(),
    )])
}

fn changes(world: &mut World, config: LvsConfiguration) -> Vec<Output> {
    let mut out = Outbox::default();
    world
        .director
        .apply(world.now, config, Settings::default(), &mut out);
    out.drain().collect()
}

#[test]
fn the_same_again_does_nothing() {
    let mut world = World::new(one(&[2, 3]));
    world.set(3, refused());
    world.pass_second();
    let due = world.director.deadline();
    assert_eq!(changes(&mut world, one(&[2, 3])), []);
    assert_eq!(world.director.deadline(), due);
}

#[test]
fn a_run_under_way_goes_on() {
    let mut world = World::new(one(&[2, 3]));
    world.now = world.director.deadline().unwrap();
    world.input(Input::DeadlineReached);
    // Server 2 goes, so that server 3 gets another number.
    world.apply(one(&[3]), Settings::default());
    assert_eq!(world.cancelled.len(), 1);
    world.set(3, refused());
    world.answer();
    assert_eq!(world.kernel.destinations(80), [""; 0]);
    let late = world.cancelled[0];
    world.input(Input::Finished {
        run: late,
        outcome: Outcome::Succeeded,
    });
}

#[test]
fn health_stays_with_the_server() {
    let mut world = World::new(one(&[2, 3]));
    world.set(3, refused());
    world.pass_second();
    let mut changed = one(&[4, 3, 2]);
    let servers = &mut changed.virtual_servers[0].real_servers;
    servers[1].checkers[0].schedule.delay_loop = Micros::from_secs(2);
    servers[2].weight = model::ServerWeight::clamp(7);
    world.take_log();
    world.take_fifo();
    world.apply(changed, Settings::default());
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=7", "10.0.0.4:80=1"]);
    assert_eq!(
        world.take_log(),
        [
            "Changing weight from 1 to 7 for active service [10.0.0.2]:tcp:80 of VS [10.1.0.1]:tcp:80",
            "Activating healthchecker for service [10.0.0.4]:tcp:80 for VS [10.1.0.1]:tcp:80",
        ]
    );
    assert_eq!(world.take_fifo(), [""; 0]);
}

#[test]
fn what_goes_is_told() {
    let mut world = World::new(configuration(vec![
        virtual_server(80, vec![server(2, 1), server(3, 1)]),
        virtual_server(81, vec![server(4, 1)]),
    ]));
    world.pass_second();
    world.take_log();
    world.take_fifo();
    world.apply(one(&[3]), Settings::default());
    assert_eq!(
        world.take_log(),
        [
            "service [10.0.0.2]:tcp:80 no longer exist",
            "Removing service [10.0.0.2]:tcp:80 from VS [10.1.0.1]:tcp:80",
            "Removing Virtual Server [10.1.0.1]:tcp:81",
            "Removing service [10.0.0.4]:tcp:80 from VS [10.1.0.1]:tcp:81",
        ]
    );
    assert_eq!(
        world.take_fifo(),
        [
            "RS [10.0.0.2]:tcp:80 [10.1.0.1]:tcp:80 DOWN",
            "RS [10.0.0.4]:tcp:80 [10.1.0.1]:tcp:81 DOWN",
            "VS [10.1.0.1]:tcp:81 DOWN",
        ]
    );
    assert_eq!(
        world.mails[0],
        "Realserver [10.0.0.2]:tcp:80 of virtual server [10.1.0.1]:tcp:80 - DOWN: => Removing <="
    );
}

#[test]
fn a_server_whose_failed_check_goes_comes_up() {
    let mut both = one(&[2]);
    both.virtual_servers[0].real_servers[0]
        .checkers
        .push(tcp_check(address("10.0.0.2:81")));
    let mut world = World::new(both);
    world.outcomes.insert(address("10.0.0.2:81"), refused());
    world.pass_second();
    assert_eq!(world.kernel.destinations(80), [""; 0]);
    world.take_fifo();
    world.apply(one(&[2]), Settings::default());
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1"]);
    assert_eq!(
        world.take_fifo(),
        [
            "RS [10.0.0.2]:tcp:80 [10.1.0.1]:tcp:80 UP",
            "VS [10.1.0.1]:tcp:80 UP",
        ]
    );
}

#[test]
fn an_alpha_check_that_is_new_does_not_take_a_well_server_down() {
    let mut world = World::new(one(&[2]));
    world.pass_second();
    let mut more = one(&[2]);
    let mut alpha = tcp_check(address("10.0.0.2:81"));
    alpha.alpha = true;
    more.virtual_servers[0].real_servers[0].checkers.push(alpha);
    world.apply(more.clone(), Settings::default());
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1"]);
    // It does keep down one that has failed.
    let mut world = World::new(one(&[2]));
    world.set(2, refused());
    world.pass_second();
    world.apply(more, Settings::default());
    world.outcomes.clear();
    let check = world.director.checker(crate::CheckId(0)).unwrap().clone();
    assert!(!check.alpha);
    world.now = world.director.deadline().unwrap();
    world.input(Input::DeadlineReached);
    assert_eq!(world.kernel.destinations(80), [""; 0]);
}

#[test]
fn limits_and_scheduler_reach_the_kernel() {
    let mut world = World::new(one(&[2]));
    let mut changed = one(&[2]);
    changed.virtual_servers[0].scheduler = model::Scheduler::RoundRobin;
    changed.virtual_servers[0].real_servers[0].limits.upper = 9;
    world.apply(changed, Settings::default());
}

#[test]
fn a_new_sorry_server_serves_while_the_quorum_is_lost() {
    let mut two = one(&[2, 3]);
    two.virtual_servers[0].quorum = Quorum {
        quorum: 2,
        hysteresis: 0,
    };
    let mut world = World::new(two.clone());
    world.set(2, refused());
    world.pass_second();
    let sorry = |host: u8| {
        let mut config = two.clone();
        config.virtual_servers[0].sorry_server = Some(Box::new(model::SorryServer {
            address: address(&format!("10.0.0.{host}:80")),
            forwarding: model::Forwarding::Nat,
            inhibit_on_failure: false,
        }));
        config
    };
    world.apply(sorry(9), Settings::default());
    assert_eq!(world.kernel.destinations(80), ["10.0.0.9:80=1"]);
    world.apply(sorry(8), Settings::default());
    assert_eq!(world.kernel.destinations(80), ["10.0.0.8:80=1"]);
    world.take_fifo();
    world.apply(two, Settings::default());
    assert_eq!(world.kernel.destinations(80), ["10.0.0.3:80=1"]);
    assert_eq!(world.take_fifo(), [""; 0]);
}

#[test]
fn entries_of_a_group_come_and_go() {
    let group = |hosts: &[u8]| {
        let mut config = one(&[2]);
        config.virtual_servers[0].frontend = Frontend::Group {
            name: "G".to_owned(),
            index: 0,
        };
        let entry = |host| GroupEntry::Addresses {
            range: AddressRange::single([10, 1, 0, host].into()),
            port: 80,
        };
        config.groups.push(VirtualServerGroup {
            name: "G".to_owned(),
            entries: hosts.iter().map(|host| entry(*host)).collect(),
        });
        config
    };
    // An entry that is there twice is one service.
    let mut world = World::new(group(&[1, 2, 1]));
    world.take_log();
    world.apply(group(&[2, 3]), Settings::default());
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1"; 2]);
    let log = world.take_log();
    assert_eq!(log[0], "VS [10.1.0.1:80] in group G no longer exists");
    assert!(log.contains(&"VS [10.1.0.3:80] added into group G".to_owned()));
    world.set(2, refused());
    world.pass_second();
    assert_eq!(world.kernel.destinations(80), [""; 0]);
}

#[test]
fn virtual_servers_with_the_same_service_share_it() {
    let config = |hosts: [&[u8]; 2]| {
        let mut config = one(hosts[0]);
        config.virtual_servers.append(&mut one(hosts[1]).virtual_servers);
        config
    };
    let mut world = World::new(config([&[2, 3], &[3, 4]]));
    assert_eq!(
        world.kernel.destinations(80),
        ["10.0.0.2:80=1", "10.0.0.3:80=1", "10.0.0.4:80=1"]
    );
    world.set(3, refused());
    world.pass_second();
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1", "10.0.0.4:80=1"]);
    world.apply(config([&[2], &[3]]), Settings::default());
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1"]);
    world.stop();
    assert!(world.kernel.is_empty());
}

#[test]
fn marked_groups_put_their_entries_into_maps() {
    let group = |ranges: &[(&str, &str)], users: u32| {
        let mut config = LvsConfiguration::default();
        for index in 0..users {
            let mut user = virtual_server(80, vec![server(2, 1)]);
            user.frontend = Frontend::Group {
                name: "G".to_owned(),
                index,
            };
            config.virtual_servers.push(user);
        }
        let range = |(first, last): &(&str, &str)| {
            let range = AddressRange::new(first.parse().unwrap(), last.parse().unwrap()).unwrap();
            GroupEntry::Addresses { range, port: 80 }
        };
        let entries = ranges.iter().map(range).collect();
        config.groups.push(VirtualServerGroup {
            name: "G".to_owned(),
            entries,
        });
        config
    };
    let settings = Settings {
        nftables_first_mark: NonZeroU32::new(1000),
        ..Settings::default()
    };
    let mut world = World::empty();
    let mut maps = |config| {
        let mut out = Outbox::default();
        world.director.apply(world.now, config, settings, &mut out);
        let (maps, others): (Vec<_>, Vec<_>) =
            out.drain().partition(|output| matches!(output, Output::Map(_)));
        let services = kernel_changes(&others).len();
        (maps.iter().map(map_change).collect::<Vec<_>>(), services)
    };
    let four = ("10.1.0.1", "10.1.0.9");
    let six = ("fd00::1", "fd00::9");
    let first = maps(group(&[four, six], 2));
    // One service of the mark a family, with one destination each, whoever uses the group.
    assert_eq!(
        first,
        (
            vec!["+10.1.0.1-10.1.0.9=1000".into(), "+fd00::1-fd00::9=1000".into()],
            4
        )
    );
    assert_eq!(
        maps(group(&[four, ("fd00::1", "fd00::7")], 1)),
        (
            vec!["-fd00::1-fd00::9=1000".into(), "+fd00::1-fd00::7=1000".into()],
            0
        )
    );
    let mut out = Outbox::default();
    world.director.stop(&mut out);
    assert_eq!(
        out.drain()
            .filter(|output| matches!(output, Output::Map(MapChange::Remove(_))))
            .count(),
        2
    );
}

/// The changes of the kernel's table.
fn kernel_changes(outputs: &[Output]) -> Vec<&model::ipvs::Change> {
    let changes = outputs.iter().filter_map(|output| match output {
        Output::Ipvs(changes) => Some(changes),
        _ => None,
    });
    changes.flatten().collect()
}

fn map_change(output: &Output) -> String {
    let (sign, element) = match output {
        Output::Map(MapChange::Add(element)) => ('+', element),
        Output::Map(MapChange::Remove(element)) => ('-', element),
        other => panic!("{other:?}"),
    };
    format!("{sign}{}={}", element.range, element.mark)
}

#[test]
fn many_servers_are_compared_in_one_go() {
    // 20,000 virtual servers with one change: two changes of the kernel, nothing else but the new check.
    let many = |weight| {
        let servers = (0..20_000u32).map(|number| {
            let [_, _, high, low] = number.to_be_bytes();
            let mut virtual_server = virtual_server(80, vec![server(2, 1), server(3, 1)]);
            virtual_server.frontend = Frontend::Address(([10, 2, high, low], 80).into());
            if number == 777 {
                virtual_server.real_servers[0].weight = model::ServerWeight::clamp(weight);
            }
            virtual_server
        });
        configuration(servers.collect())
    };
    let mut director = Director::new(1);
    let mut out = Outbox::default();
    director.apply(Time(0), many(1), Settings::default(), &mut out);
    assert_eq!(kernel_changes(&out.drain().collect::<Vec<_>>()).len(), 60_000);
    director.apply(Time(9), many(2), Settings::default(), &mut out);
    let outputs: Vec<_> = out.drain().collect();
    assert_eq!(outputs.len(), 2, "{outputs:?}");
    assert!(matches!(
        kernel_changes(&outputs)[..],
        [model::ipvs::Change::SetDestination(..)]
    ));
    assert!(matches!(outputs[1], Output::Event(_)));
}
