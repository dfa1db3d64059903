//! What the core alone costs: `cargo bench -p vrrp`. Nothing is sent anywhere; the time is that of `handle` and of
//! working the outbox off.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]
#![expect(clippy::disallowed_methods, reason = "a program that measures time")]

use model::interface::{Interface, InterfaceAddress, Interfaces};
use model::{
    AntiReplay, AuthHmac, AuthHmacMode, Authentication, Family, HmacKey, IfIndex, IfName, InitialState,
    Instance, MacAddr, Micros, Prefix, Priority, Secret, Time, Version, VirtualAddress, Vrid,
    VrrpConfiguration, VrrpGlobals,
};
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use vrrp::{
    Datagram, Detail, Input, Now, Outbox, Outcome, Received, Router, Setup, SocketId, State, WallTime,
};

const START: Now = Now {
    time: Time(1_000_000_000),
    wall: WallTime(1_795_533_458_000_000),
};
const PER_INTERFACE: usize = 250;

fn interface(number: usize, host: u8) -> Interface {
    let number = u8::try_from(number).expect("few interfaces");
    let index = IfIndex::new(u32::from(number) + 2).expect("it is at least 2");
    let name = IfName::new(&format!("eth{number}")).expect("a short name");
    let mut interface = Interface::ethernet(index, name, MacAddr([2, 0, 0, 0, number, host]));
    let address = Ipv4Addr::new(10, 0, number, host).into();
    interface.addresses = vec![InterfaceAddress::new(Prefix { address, len: 24 })];
    interface
}

/// Version 3, 0.1 s, on interfaces with 250 instances each.
fn configuration(
    instances: usize,
    addresses: usize,
    priority: u8,
    authentication: &Authentication,
) -> VrrpConfiguration {
    let one = |number: usize| {
        let (interface, vrid) = (number / PER_INTERFACE, number % PER_INTERFACE + 1);
        let vrid = Vrid::try_from(u8::try_from(vrid).expect("at most 250")).expect("at least 1");
        let mut instance = Instance::new(&format!("V{number}"), Family::Ipv4, vrid);
        instance.interface = IfName::new(&format!("eth{interface}")).ok();
        instance.version = Version::V3;
        instance.advert_int = Micros::from_millis(100);
        instance.priority = Priority::try_from(priority).expect("at least 1");
        if instance.priority.is_owner() {
            instance.initial_state = InitialState::Master;
        }
        instance.authentication = authentication.clone();
        let [_, b, c, d] = u32::try_from(number).expect("few instances").to_be_bytes();
        for address in 0..addresses {
            let low = u8::try_from(address % 256).expect("less than 256");
            let high = u8::try_from(address / 256).expect("few addresses");
            let address = Ipv4Addr::new(20 + b + high, c, d, low).into();
            instance
                .virtual_addresses
                .push(VirtualAddress::new(Prefix { address, len: 32 }));
        }
        if addresses > 255 {
            instance.excluded_addresses = instance.virtual_addresses.split_off(255);
        }
        instance
    };
    VrrpConfiguration {
        instances: (0..instances).map(one).collect(),
        ..VrrpConfiguration::default()
    }
}

struct Bench {
    router: Router,
    now: Now,
    out: Outbox,
}

impl Bench {
    fn new(configuration: VrrpConfiguration, host: u8) -> Self {
        let count = configuration.instances.len().div_ceil(PER_INTERFACE);
        let interfaces = Interfaces((0..count).map(|number| interface(number, host)).collect());
        let mut out = Outbox::new(Detail::Off);
        let globals = VrrpGlobals::default();
        let setup = Setup {
            configuration,
            globals,
            interfaces,
            startup_delay: Micros::ZERO,
            readings: &[],
        };
        let router = Router::new(START, setup, &mut out);
        let mut bench = Self {
            router,
            now: START,
            out,
        };
        bench.confirm();
        bench
    }

    fn confirm(&mut self) {
        while !self.out.wants.is_empty() {
            let wants = std::mem::take(&mut self.out.wants);
            self.out.clear();
            for want in &wants {
                self.router.handle(
                    self.now,
                    Input::Confirmed(want.ticket, Outcome::Applied),
                    &mut self.out,
                );
            }
        }
        self.out.clear();
    }

    /// Meets the next deadline. Gives the number of adverts that left.
    fn deadline(&mut self) -> usize {
        let deadline = self.router.deadline().expect("there is always something to do");
        self.now = self.now.after(deadline.since(self.now.time));
        self.router
            .handle(self.now, Input::DeadlineReached, &mut self.out);
        for advert in &self.out.adverts {
            black_box(self.out.packet(advert));
        }
        let sent = self.out.adverts.len();
        if self.out.wants.is_empty() {
            self.out.clear();
        }
        sent
    }

    fn run_until(&mut self, time: Time) {
        while self.router.deadline().is_some_and(|deadline| deadline <= time) {
            self.deadline();
            self.confirm();
        }
    }
}

fn per(duration: Duration, count: usize) -> String {
    format!("{:>8} ns each", duration.as_nanos() / count.max(1) as u128)
}

fn sending(name: &str, instances: usize, authentication: &Authentication) {
    let mut bench = Bench::new(configuration(instances, 1, 255, authentication), 1);
    bench.run_until(START.time + Micros::from_secs(10));
    let (mut sent, began) = (0, Instant::now());
    while sent < 400_000 {
        sent += bench.deadline();
    }
    println!(
        "send, {instances} masters, {name:<10} {}",
        per(began.elapsed(), sent)
    );
}

/// Adverts of masters reach as many backups, spread over the interval.
fn receiving(name: &str, instances: usize, authentication: &Authentication) {
    let mut master = Bench::new(configuration(instances, 1, 200, authentication), 2);
    master.run_until(START.time + Micros::from_millis(400));
    let mut packets: Vec<(SocketId, Vec<u8>)> = Vec::new();
    while packets.len() < instances {
        let deadline = master.router.deadline().expect("masters have deadlines");
        master.now = master.now.after(deadline.since(master.now.time));
        master
            .router
            .handle(master.now, Input::DeadlineReached, &mut master.out);
        let adverts = std::mem::take(&mut master.out.adverts);
        packets.extend(
            adverts
                .iter()
                .map(|advert| (advert.socket, master.out.packet(advert).to_vec())),
        );
        master.out.clear();
    }
    let mut backup = Bench::new(configuration(instances, 1, 100, authentication), 1);
    let step = Micros(100_000 / instances as u64);
    let (mut heard, mut wakes, began) = (0, 0_usize, Instant::now());
    for _ in 0..100 {
        for (socket, packet) in &packets {
            backup.now = backup.now.after(step);
            let datagram = Datagram {
                socket: *socket,
                packet: Received::Ipv4(packet),
            };
            backup
                .router
                .handle(backup.now, Input::AdvertReceived(datagram), &mut backup.out);
            heard += 1;
            if backup
                .router
                .deadline()
                .is_some_and(|deadline| deadline <= backup.now.time)
            {
                backup
                    .router
                    .handle(backup.now, Input::DeadlineReached, &mut backup.out);
                wakes += 1;
            }
            backup.out.clear();
        }
    }
    let took = began.elapsed();
    let masters = backup
        .router
        .instances()
        .filter(|instance| instance.state() == State::Master)
        .count();
    println!(
        "hear, {instances} backups, {name:<10} {} ({wakes} wake-ups for {heard} adverts, {masters} takeovers)",
        per(took, heard)
    );
}

fn takeover(instances: usize, addresses: usize) {
    let mut bench = Bench::new(configuration(instances, addresses, 100, &Authentication::None), 1);
    let began = Instant::now();
    let (mut wants, mut announced) = (0, 0);
    while bench
        .router
        .instances()
        .any(|instance| instance.state() != State::Master)
    {
        bench.deadline();
        let waiting = std::mem::take(&mut bench.out.wants);
        wants += waiting.iter().map(|want| want.changes.len()).sum::<usize>();
        bench.out.clear();
        for want in &waiting {
            let confirmed = Input::Confirmed(want.ticket, Outcome::Applied);
            bench.router.handle(bench.now, confirmed, &mut bench.out);
        }
        announced += bench.out.announcements.len();
        bench.out.clear();
    }
    let took = began.elapsed();
    println!(
        "takeover, {instances} instances x {addresses}: {took:?}, {wants} changes, {announced} announcements"
    );
}

fn reload(instances: usize) {
    let configuration = configuration(instances, 1, 255, &Authentication::None);
    let began = Instant::now();
    let mut bench = Bench::new(configuration.clone(), 1);
    println!("start, {instances} instances: {:?}", began.elapsed());
    bench.run_until(START.time + Micros::SECOND);
    let began = Instant::now();
    bench
        .router
        .apply(bench.now, configuration, VrrpGlobals::default(), &mut bench.out);
    println!(
        "reload, {instances} instances, nothing changed: {:?}",
        began.elapsed()
    );
}

/// The only interface of many masters goes down and up.
fn flap(instances: usize) {
    let mut configuration = configuration(instances, 1, 100, &Authentication::None);
    for instance in &mut configuration.instances {
        // As many masters on one interface as there cannot be; the work is the same.
        instance.tracking.interfaces = vec![model::TrackEntry {
            target: IfName::new("eth0").expect("a short name"),
            weight: model::Weight(0),
            sense: model::Sense::Normal,
        }];
    }
    let mut bench = Bench::new(configuration, 1);
    bench.run_until(START.time + Micros::SECOND);
    let mut eth0 = interface(0, 1);
    for running in [false, true] {
        eth0.running = running;
        let began = Instant::now();
        bench
            .router
            .handle(bench.now, Input::InterfaceChanged(&eth0), &mut bench.out);
        println!(
            "link {running}, {instances} instances track it: {:?}",
            began.elapsed()
        );
        bench.confirm();
    }
}

fn main() {
    let hmac = Authentication::Hmac(AuthHmac {
        keys: vec![HmacKey {
            id: 1,
            value: Secret::new(vec![7; 32]),
        }],
        active_key: 1,
        anti_replay: AntiReplay::Monotonic,
        mode: AuthHmacMode::Enforce,
    });
    for (name, authentication) in [("plain", &Authentication::None), ("auth_hmac", &hmac)] {
        for instances in [1, 250, 4_000] {
            sending(name, instances, authentication);
        }
    }
    for instances in [1, 250, 4_000] {
        receiving("plain", instances, &Authentication::None);
    }
    takeover(1_000, 1);
    takeover(4_000, 1);
    takeover(100, 10);
    takeover(1, 2_000);
    reload(4_000);
    flap(4_000);
}
