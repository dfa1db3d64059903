//! The director against a model that looks at everything again after each event.

use super::world::{World, configuration, refused, server, tcp_check, virtual_server};
use crate::difference::tests::FakeKernel;
use crate::failure::Outcome;
use crate::{Input, Settings};
use model::{
    CheckKind, Forwarding, LvsConfiguration, Micros, Quorum, ServerWeight, SorryServer, VirtualServer,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

/// A check is known by the virtual server's port, the server's host and its own port.
type CheckKey = (u16, u8, u16);

fn destination(host: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, host], port))
}

#[derive(Clone, Debug)]
struct Shape {
    servers: BTreeMap<u8, ServerShape>,
    quorum: u32,
    hysteresis: u32,
    sorry: Option<(u8, bool)>,
}

#[derive(Clone, Debug)]
struct ServerShape {
    weight: i64,
    inhibit: bool,
    /// Port, retries, alpha.
    checks: BTreeMap<u16, (u32, bool)>,
}

fn server_shape() -> impl Strategy<Value = ServerShape> {
    let checks = prop::collection::btree_map(80..83u16, (0..3u32, any::<bool>()), 0..3);
    (0..4i64, any::<bool>(), checks).prop_map(|(weight, inhibit, checks)| ServerShape {
        weight,
        inhibit,
        checks,
    })
}

fn shape() -> impl Strategy<Value = Shape> {
    let servers = prop::collection::btree_map(2..6u8, server_shape(), 1..4);
    let sorry = prop::option::of((2..8u8, any::<bool>()));
    (servers, 1..5u32, 0..3u32, sorry).prop_map(|(servers, quorum, hysteresis, sorry)| Shape {
        servers,
        quorum,
        hysteresis: hysteresis.min(quorum - 1),
        sorry,
    })
}

fn shapes() -> impl Strategy<Value = BTreeMap<u16, Shape>> {
    prop::collection::btree_map(80..83u16, shape(), 1..3)
}

fn configured(shapes: &BTreeMap<u16, Shape>) -> LvsConfiguration {
    let servers = shapes.iter().map(|(port, shape)| {
        let servers = shape.servers.iter().map(|(host, shape)| {
            let mut server = server(*host, shape.weight);
            server.inhibit_on_failure = shape.inhibit;
            server.checkers = shape
                .checks
                .iter()
                .map(|(port, (retry, alpha))| {
                    let mut checker = tcp_check(destination(*host, *port));
                    checker.schedule.retry = *retry;
                    checker.alpha = *alpha;
                    checker
                })
                .collect();
            server
        });
        let mut virtual_server = virtual_server(*port, servers.collect());
        virtual_server.quorum = Quorum {
            quorum: shape.quorum,
            hysteresis: shape.hysteresis,
        };
        virtual_server.sorry_server = shape.sorry.map(|(host, inhibit)| {
            Box::new(SorryServer {
                address: destination(host, 80),
                forwarding: Forwarding::Nat,
                // The configuration gives both the same setting (`spec/config-virtual-server.md` section 6).
                inhibit_on_failure: shape.servers.get(&host).map_or(inhibit, |server| server.inhibit),
            })
        });
        virtual_server
    });
    configuration(servers.collect())
}

#[derive(Clone, Copy, Debug)]
struct CheckModel {
    up: bool,
    has_run: bool,
    failures: u32,
}

#[derive(Debug, Default)]
struct Model {
    config: LvsConfiguration,
    checks: HashMap<CheckKey, CheckModel>,
    alive: HashMap<(u16, u8), bool>,
    quorum_up: HashMap<u16, bool>,
}

fn host(address: SocketAddr) -> u8 {
    match address {
        SocketAddr::V4(address) => address.ip().octets()[3],
        SocketAddr::V6(_) => unreachable!("the test is about IPv4"),
    }
}

fn port_of(server: &VirtualServer) -> u16 {
    match server.frontend {
        model::Frontend::Address(address) => address.port(),
        _ => unreachable!("the test is about addresses"),
    }
}

fn check_port(checker: &model::Checker) -> u16 {
    match &checker.kind {
        CheckKind::Tcp(check) => check.connection.destination.port(),
        _ => unreachable!("the test is about TCP_CHECK"),
    }
}

impl Model {
    fn apply(&mut self, config: LvsConfiguration) {
        let mut checks = HashMap::new();
        let mut alive = HashMap::new();
        let mut quorums = HashMap::new();
        for virtual_server in &config.virtual_servers {
            let port = port_of(virtual_server);
            for server in &virtual_server.real_servers {
                let host = host(server.address);
                let was_alive = self.alive.get(&(port, host)).copied();
                let old: HashMap<u16, Option<CheckModel>> = server
                    .checkers
                    .iter()
                    .map(|checker| {
                        (
                            check_port(checker),
                            self.checks.get(&(port, host, check_port(checker))).copied(),
                        )
                    })
                    .collect();
                let failed = old.values().flatten().any(|check| !check.up);
                let none_has_run = !old.values().flatten().any(|check| check.has_run);
                let doubtful = was_alive != Some(true) && (was_alive.is_none() || none_has_run) || failed;
                for checker in &server.checkers {
                    let new = CheckModel {
                        up: !(checker.alpha && doubtful),
                        has_run: false,
                        failures: 0,
                    };
                    let mut check = old[&check_port(checker)].unwrap_or(new);
                    check.failures = check.failures.min(checker.schedule.retry);
                    checks.insert((port, host, check_port(checker)), check);
                }
                alive.insert((port, host), was_alive.unwrap_or(false));
            }
            quorums.insert(port, self.quorum_up.get(&port).copied().unwrap_or(false));
        }
        (self.config, self.checks, self.alive, self.quorum_up) = (config, checks, alive, quorums);
        self.settle();
    }

    /// Everything that follows from the checks.
    fn settle(&mut self) {
        for virtual_server in &self.config.virtual_servers {
            let port = port_of(virtual_server);
            let mut total = 0;
            for server in &virtual_server.real_servers {
                let host = host(server.address);
                let up = server
                    .checkers
                    .iter()
                    .all(|checker| self.checks[&(port, host, check_port(checker))].up);
                self.alive.insert((port, host), up);
                total += if up { u64::from(server.weight.value()) } else { 0 };
            }
            let Quorum { quorum, hysteresis } = virtual_server.quorum;
            let up = self.quorum_up.get_mut(&port).unwrap();
            if *up && (total == 0 || total < u64::from(quorum - hysteresis)) {
                *up = false;
            } else if !*up && total >= u64::from(quorum + hysteresis) {
                *up = true;
            }
        }
    }

    fn result(&mut self, key: CheckKey, passed: bool) {
        let retry = self
            .config
            .virtual_servers
            .iter()
            .find(|server| port_of(server) == key.0)
            .unwrap();
        let server = retry
            .real_servers
            .iter()
            .find(|server| host(server.address) == key.1)
            .unwrap();
        let checker = server
            .checkers
            .iter()
            .find(|checker| check_port(checker) == key.2)
            .unwrap();
        let check = self.checks.get_mut(&key).unwrap();
        if passed {
            *check = CheckModel {
                up: true,
                has_run: true,
                failures: 0,
            };
        } else if check.up && check.has_run && check.failures < checker.schedule.retry {
            check.failures += 1;
        } else {
            *check = CheckModel {
                up: false,
                has_run: true,
                failures: 0,
            };
        }
        self.settle();
    }

    /// The destinations of a virtual server with their weights.
    fn destinations(&self, virtual_server: &VirtualServer) -> BTreeMap<SocketAddr, u32> {
        let port = port_of(virtual_server);
        let sorry = virtual_server.sorry_server.as_ref();
        let replaced = sorry.is_some() && !self.quorum_up[&port];
        let mut wanted = BTreeMap::new();
        let mut want = |address, serves: bool, weight: u32, inhibit: bool| {
            if serves || inhibit {
                let entry = wanted.entry(address).or_insert(0);
                *entry = (*entry).max(if serves { weight } else { 0 });
            }
        };
        for server in &virtual_server.real_servers {
            let serves = self.alive[&(port, host(server.address))] && !replaced;
            want(
                server.address,
                serves,
                server.weight.value(),
                server.inhibit_on_failure,
            );
        }
        if let Some(sorry) = sorry {
            want(
                sorry.address,
                replaced,
                ServerWeight::ONE.value(),
                sorry.inhibit_on_failure,
            );
        }
        wanted
    }

    fn assert_agrees(&self, world: &World) {
        let table = world.director.wanted();
        assert_eq!(table.0.len(), self.config.virtual_servers.len());
        for (virtual_server, service) in self.config.virtual_servers.iter().zip(&table.0) {
            let real: BTreeMap<SocketAddr, u32> = service
                .destinations
                .iter()
                .map(|one| (one.key.0, one.settings.weight.value()))
                .collect();
            assert_eq!(real, self.destinations(virtual_server), "{virtual_server:?}");
        }
        for view in world.director.virtual_servers() {
            let port = port_of(view.config);
            assert_eq!(view.quorum_up, self.quorum_up[&port]);
            let mut total = 0;
            for server in world.director.servers(view.id) {
                assert_eq!(server.alive, self.alive[&(port, host(server.config.address))]);
                total += if server.alive {
                    u64::from(server.config.weight.value())
                } else {
                    0
                };
            }
            assert_eq!(view.weight, total);
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// The next due checks run, and pass or fail in this order.
    Run(Vec<bool>),
    Apply(BTreeMap<u16, Shape>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        9 => prop::collection::vec(any::<bool>(), 8).prop_map(Step::Run),
        1 => shapes().prop_map(Step::Apply),
    ]
}

/// The checks that are running, with the run of each.
fn running(world: &World) -> Vec<(CheckKey, crate::RunId)> {
    let mut keys = Vec::new();
    for view in world.director.virtual_servers() {
        for server in world.director.servers(view.id) {
            for check in world.director.checks(server.id).filter(|check| check.running) {
                let key = (
                    port_of(view.config),
                    host(server.config.address),
                    check_port(check.config),
                );
                let run = world.director.run_of(check.id).unwrap();
                keys.push((key, run));
            }
        }
    }
    keys
}

proptest! {
    #[test]
    fn agrees_with_the_model(start in shapes(), steps in prop::collection::vec(step(), 0..60)) {
        let mut model = Model::default();
        let mut world = World::new(configured(&start));
        model.apply(configured(&start));
        model.assert_agrees(&world);
        for step in steps {
            match step {
                Step::Run(results) => {
                    let Some(deadline) = world.director.deadline() else { continue };
                    world.now = world.now.max(deadline);
                    world.input(Input::DeadlineReached);
                    world.started.clear();
                    for ((key, run), passed) in running(&world).into_iter().zip(results) {
                        let outcome = if passed { Outcome::Succeeded } else { refused() };
                        world.input(Input::Finished { run, outcome });
                        model.result(key, passed);
                        model.assert_agrees(&world);
                    }
                }
                Step::Apply(shapes) => {
                    world.apply(configured(&shapes), Settings::default());
                    model.apply(configured(&shapes));
                    model.assert_agrees(&world);
                }
            }
        }
    }

    /// After a round of checks a reload and a start are the same.
    #[test]
    fn applying_equals_starting(
        from in shapes(),
        mut to in shapes(),
        down in prop::collection::btree_set((2..6u8, 80..83u16), 0..6),
    ) {
        // With hysteresis a quorum depends on what was before.
        for shape in to.values_mut() {
            shape.hysteresis = 0;
        }
        let with_outcomes = |mut world: World| {
            for (host, port) in &down {
                world.outcomes.insert(destination(*host, *port), refused());
            }
            world
        };
        let mut reloaded = with_outcomes(World::new(configured(&from)));
        reloaded.pass(Micros::from_secs(9));
        reloaded.apply(configured(&to), Settings::default());
        reloaded.pass(Micros::from_secs(9));
        let mut started = with_outcomes(World::new(configured(&to)));
        started.pass(Micros::from_secs(9));
        prop_assert_eq!(&reloaded.kernel, &started.kernel);
        prop_assert_eq!(FakeKernel::of(&reloaded.director.wanted()), started.kernel);
    }
}
