//! Files and BFD sessions.

use super::world::{World, configuration, server, virtual_server};
use crate::{Input, Settings, Verdict};
use model::{BfdCheck, CheckKind, Checker, FileCheck, Micros, Sense, VirtualServer};

fn file(weight: i32, sense: Sense) -> Checker {
    let check = FileCheck {
        file: "F".to_owned(),
        weight,
        sense,
    };
    Checker::new(CheckKind::File(Box::new(check)), Micros::SECOND)
}

fn following(checker: Checker) -> VirtualServer {
    let mut server = server(2, 10);
    server.checkers = vec![checker];
    virtual_server(80, vec![server])
}

fn read(world: &mut World, value: i64) -> Vec<String> {
    world.input(Input::FileRead { name: "F", value });
    world.kernel.destinations(80)
}

#[test]
fn a_number_in_a_file_is_added_to_the_weight() {
    let mut world = World::new(configuration(vec![following(file(1, Sense::Normal))]));
    assert_eq!(world.director.deadline(), None);
    assert_eq!(read(&mut world, 5), ["10.0.0.2:80=15"]);
    assert_eq!(read(&mut world, -3), ["10.0.0.2:80=7"]);
    assert_eq!(read(&mut world, -100), ["10.0.0.2:80=0"]);
    assert_eq!(read(&mut world, i64::from(i32::MIN)), [""; 0]);
    assert_eq!(read(&mut world, 0), ["10.0.0.2:80=10"]);
    let log = world.take_log();
    assert!(log.contains(&"([10.0.0.2]:tcp:80): tracked file F now FAULT state".to_owned()));
    assert!(log.contains(&"([10.0.0.2]:tcp:80): tracked file F leaving FAULT state".to_owned()));
    assert_eq!(world.mails, [""; 0]);
}

#[test]
fn a_file_that_is_in_fault_from_the_start_keeps_the_server_out() {
    let mut world = World::empty();
    world.input(Input::FileRead { name: "F", value: 3 });
    world.apply(
        configuration(vec![following(file(0, Sense::Normal))]),
        Settings::default(),
    );
    assert_eq!(world.kernel.destinations(80), [""; 0]);
    assert_eq!(world.take_fifo(), [""; 0]);
    assert_eq!(read(&mut world, 0), ["10.0.0.2:80=10"]);
}

#[test]
fn a_reload_looks_at_the_file_anew() {
    let mut world = World::new(configuration(vec![following(file(1, Sense::Normal))]));
    read(&mut world, 5);
    world.apply(
        configuration(vec![following(file(2, Sense::Reverse))]),
        Settings::default(),
    );
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=0"]);
    world.apply(
        configuration(vec![following(file(0, Sense::Normal))]),
        Settings::default(),
    );
    assert_eq!(world.kernel.destinations(80), [""; 0]);
}

#[test]
fn a_bfd_session_decides_at_once() {
    let bfd = |alpha| {
        let check = BfdCheck {
            instance: "B".to_owned(),
        };
        let mut checker = Checker::new(CheckKind::Bfd(Box::new(check)), Micros::SECOND);
        checker.alpha = alpha;
        configuration(vec![following(checker)])
    };
    let mut world = World::new(bfd(false));
    let change = |world: &mut World, verdict| {
        world.take_log();
        world.input(Input::BfdChanged {
            instance: "B",
            verdict,
        });
        world.kernel.destinations(80).len()
    };
    assert_eq!(change(&mut world, Verdict::Down), 0);
    assert_eq!(change(&mut world, Verdict::Down), 0);
    assert_eq!(world.take_log(), [""; 0]);
    assert_eq!(change(&mut world, Verdict::Up), 1);
    let mut world = World::new(bfd(true));
    assert_eq!(world.kernel.destinations(80), [""; 0]);
    assert_eq!(change(&mut world, Verdict::Down), 0);
    assert_eq!(world.take_fifo(), ["RS [10.0.0.2]:tcp:80 [10.1.0.1]:tcp:80 DOWN"]);
    assert_eq!(change(&mut world, Verdict::Up), 1);
}
