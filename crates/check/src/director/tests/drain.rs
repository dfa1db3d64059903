//! Servers that an operator drains.

use super::world::{World, address, configuration, refused, server, virtual_server};
use crate::{Drain, Outbox, Settings};
use model::LvsConfiguration;

fn two_services() -> LvsConfiguration {
    configuration(vec![
        virtual_server(80, vec![server(2, 10), server(3, 10)]),
        virtual_server(443, vec![server(2, 5)]),
    ])
}

impl World {
    fn drain(&mut self, host: &str, virtual_server: Option<&str>) -> usize {
        let mut out = Outbox::default();
        let number = self.director.drain(of(host, virtual_server), &mut out);
        self.carry_out(out);
        number
    }

    fn undrain(&mut self, host: &str, virtual_server: Option<&str>) -> bool {
        let mut out = Outbox::default();
        let was_drained = self.director.undrain(&of(host, virtual_server), &mut out);
        self.carry_out(out);
        was_drained
    }
}

fn of(host: &str, virtual_server: Option<&str>) -> Drain {
    Drain {
        server: address(host),
        virtual_server: virtual_server.map(str::to_owned),
    }
}

#[test]
fn a_drained_server_stays_with_weight_0_through_checks_and_a_reload() {
    let mut world = World::new(two_services());
    world.pass_second();
    assert_eq!(world.drain("10.0.0.2:80", None), 2);
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=0", "10.0.0.3:80=10"]);
    assert_eq!(world.kernel.destinations(443), ["10.0.0.2:80=0"]);
    world.set(2, refused());
    world.pass_second();
    assert_eq!(world.kernel.destinations(80), ["10.0.0.3:80=10"]);
    world.set(2, crate::failure::Outcome::Succeeded);
    world.pass_second();
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=0", "10.0.0.3:80=10"]);
    let mut heavier = two_services();
    heavier.virtual_servers[0].real_servers[0].weight = model::ServerWeight::clamp(50);
    world.apply(heavier, Settings::default());
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=0", "10.0.0.3:80=10"]);
    assert!(world.undrain("10.0.0.2:80", None));
    assert_eq!(
        world.kernel.destinations(80),
        ["10.0.0.2:80=50", "10.0.0.3:80=10"]
    );
    assert!(!world.undrain("10.0.0.2:80", None));
}

#[test]
fn one_virtual_server_may_be_meant() {
    let mut world = World::new(two_services());
    world.pass_second();
    let name = world.director.config().virtual_servers[1].name().to_string();
    assert_eq!(world.drain("10.0.0.2:80", Some(&name)), 1);
    assert_eq!(
        world.kernel.destinations(80),
        ["10.0.0.2:80=10", "10.0.0.3:80=10"]
    );
    assert_eq!(world.kernel.destinations(443), ["10.0.0.2:80=0"]);
    assert_eq!(world.drain("10.0.0.9:80", None), 0);
}

#[test]
fn the_last_weight_takes_the_quorum_with_it() {
    let mut world = World::new(two_services());
    world.pass_second();
    world.drain("10.0.0.2:80", None);
    world.drain("10.0.0.3:80", None);
    let quorum = |world: &World| {
        let up = world.director.virtual_servers().map(|view| view.quorum_up);
        up.collect::<Vec<_>>()
    };
    assert_eq!(quorum(&world), [false, false]);
    world.undrain("10.0.0.3:80", None);
    assert_eq!(quorum(&world), [true, false]);
}
