use super::*;
use kernel::fake::Fake;
use kernel::operation::{Address, AddressKey};
use model::interface::{Interface, InterfaceAddress};
use model::{
    Configuration, Family, IfName, InitialState, Instance, MacAddr, Micros, Prefix, Priority, Route, Time,
    VirtualAddress, Vrid,
};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use vrrp::{Input, Now, Outbox, Release, Router, Setup};

fn prefix(address: &str, len: u8) -> Prefix {
    Prefix {
        address: address.parse().unwrap(),
        len,
    }
}

fn eth0() -> Interface {
    let address = InterfaceAddress {
        prefix: prefix("192.0.2.1", 24),
        peer: None,
        secondary: false,
        tentative: false,
        protocol: 0,
    };
    let name = IfName::new("eth0").unwrap();
    let index = IfIndex::new(2).unwrap();
    Interface {
        addresses: vec![address],
        ..Interface::ethernet(index, name, MacAddr([2, 0, 0, 0, 0, 1]))
    }
}

fn owner(addresses: &[&str]) -> Instance {
    let mut instance = Instance::new("V", Family::Ipv4, Vrid::try_from(51).unwrap());
    instance.interface = Some(eth0().name);
    instance.priority = Priority::OWNER;
    instance.initial_state = InitialState::Master;
    let address = |address: &&str| VirtualAddress::new(prefix(address, 32));
    instance.virtual_addresses = addresses.iter().map(address).collect();
    instance
}

fn route(destination: &str) -> Route {
    Route::new(Family::Ipv4, Some(prefix(destination, 24)))
}

/// A router with one instance, a kernel in memory, and the time.
struct Rig {
    router: Router,
    outbox: Outbox,
    requests: Requests,
    now: Now,
}

impl Rig {
    /// The instance is master, and what it wants has been asked for.
    fn master(instance: Instance, fake: Fake) -> Self {
        let mut configuration = Configuration::default();
        configuration.vrrp.instances.push(instance);
        let now = Now {
            time: Time(1_000_000),
            ..Now::default()
        };
        let setup = Setup {
            configuration: configuration.vrrp,
            globals: configuration.globals.vrrp,
            interfaces: Interfaces(vec![eth0()]),
            startup_delay: Micros::ZERO,
            readings: &[],
        };
        let mut outbox = Outbox::default();
        let router = Router::new(now, setup, &mut outbox);
        let mut rig = Self {
            router,
            outbox,
            requests: Requests::new(Writer::start(fake).unwrap(), Firewall::on()),
            now: now.after(Micros::SECOND),
        };
        rig.pass_on();
        rig.handle(Input::DeadlineReached);
        rig
    }

    fn handle(&mut self, input: Input<'_>) {
        self.router.handle(self.now, input, &mut self.outbox);
        self.pass_on();
    }

    fn pass_on(&mut self) {
        let interfaces = LazyCell::new(|| Interfaces(vec![eth0()]));
        for want in &self.outbox.wants {
            self.requests.want(want, &interfaces);
        }
        self.outbox.clear();
    }

    /// What the requests come to, when all are finished.
    fn outcomes(&mut self) -> Vec<Outcome> {
        let mut receipts = Vec::new();
        while !self.requests.open.is_empty() {
            let mut descriptors = [PollFd::new(self.requests.as_fd(), PollFlags::POLLIN)];
            poll(&mut descriptors, PollTimeout::NONE).unwrap();
            self.requests.collect(&mut receipts);
        }
        let mut outcomes = Vec::new();
        for receipt in receipts {
            match receipt {
                Receipt::Progressed(ticket, addresses) => {
                    let addresses = &addresses;
                    self.handle(Input::Progressed { ticket, addresses });
                }
                Receipt::Confirmed(ticket, outcome) => {
                    self.handle(Input::Confirmed(ticket, outcome));
                    outcomes.push(outcome);
                }
                Receipt::Prepared => panic!("nothing was asked for in advance"),
            }
        }
        outcomes
    }
}

fn kernel() -> Fake {
    Fake::with_links([(eth0().index, eth0().name)])
}

fn key(address: &str) -> Key {
    Key::Address(AddressKey::new(eth0().index, prefix(address, 32)))
}

#[test]
fn what_a_master_wants_is_confirmed_and_counts_as_ours() {
    let mut rig = Rig::master(owner(&["192.0.2.9", "192.0.2.10"]), kernel());
    assert!(rig.outcomes().iter().all(|outcome| *outcome == Outcome::Applied));
    assert!(rig.requests.writer.is_wanted(&key("192.0.2.10")));
    assert!(!rig.router.is_outstanding());
    rig.handle(Input::Stop(Release::Everything));
    assert!(rig.outcomes().iter().all(|outcome| *outcome == Outcome::Applied));
    assert!(matches!(rig.requests.lost(&key("192.0.2.10")), Loss::Ours));
    assert!(matches!(rig.requests.lost(&key("192.0.2.77")), Loss::Foreign));
}

#[test]
fn a_refusal_is_confirmed_as_one() {
    let mut fake = kernel();
    fake.refuse(key("192.0.2.10"), Some(Errno::ENOBUFS));
    let mut rig = Rig::master(owner(&["192.0.2.9", "192.0.2.10"]), fake);
    assert!(rig.outcomes().contains(&Outcome::Failed));
    assert!(!rig.router.is_outstanding());
}

#[test]
fn what_others_remove_is_named() {
    let mut instance = owner(&["192.0.2.9"]);
    instance.routes = vec![route("198.51.100.0")];
    let mut rig = Rig::master(instance, kernel());
    assert!(rig.outcomes().iter().all(|outcome| *outcome == Outcome::Applied));
    let line = kernel::operation::Route::resolve(&route("198.51.100.0"), &Interfaces(vec![eth0()])).unwrap();
    // The kernel also names the interface, for which nobody has asked.
    let seen = kernel::operation::RouteKey {
        interface: Some(eth0().index),
        ..line.key()
    };
    match rig.requests.lost(&Key::Route(Box::new(seen))) {
        Loss::Taken(Object::Route(lost)) => assert_eq!(lost.line, route("198.51.100.0")),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        rig.requests.lost(&key("192.0.2.9")),
        Loss::Taken(Object::Address(_))
    ));
}

#[test]
fn an_interface_that_is_not_there_is_a_refusal() {
    let mut instance = owner(&["192.0.2.9"]);
    let mut elsewhere = route("198.51.100.0");
    elsewhere.dev = Some(IfName::new("eth0").unwrap());
    instance.routes = vec![elsewhere];
    let mut rig = Rig::master(instance, kernel());
    rig.outcomes();
    // The route goes with its interface; the writer is asked for what can still be named.
    rig.router
        .handle(rig.now, Input::Stop(Release::Everything), &mut rig.outbox);
    let nothing = LazyCell::new(|| Interfaces(Vec::new()));
    for want in &rig.outbox.wants {
        rig.requests.want(want, &nothing);
    }
    rig.outbox.clear();
    assert!(rig.outcomes().contains(&Outcome::Failed));
}

#[test]
fn a_predecessors_leftovers_are_removed_without_receipt() {
    let mut rig = Rig::master(owner(&["192.0.2.9"]), kernel());
    rig.outcomes();
    let leftover = Address::new(
        eth0().index,
        eth0().name,
        &VirtualAddress::new(prefix("192.0.2.8", 24)),
    );
    rig.requests
        .clean_up(vec![Operation::Remove(Object::from(leftover))]);
    let mut descriptors = [PollFd::new(rig.requests.as_fd(), PollFlags::POLLIN)];
    poll(&mut descriptors, PollTimeout::NONE).unwrap();
    let mut confirmed = Vec::new();
    rig.requests.collect(&mut confirmed);
    assert_eq!(confirmed, []);
}
