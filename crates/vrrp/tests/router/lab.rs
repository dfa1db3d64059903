//! One router with a shell around it that confirms what is asked of the kernel, and writes everything down.

use crate::build::{self, ip};
use model::interface::Interfaces;
use model::{Family, Micros, Time, VrrpConfiguration, VrrpGlobals};
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use vrrp::{
    Advert, Announcement, Datagram, Detail, Event, Input, Instance, InstanceId, Notice, Now, Outbox, Outcome,
    Presence, Reading, Received, Router, ScriptCommand, Setup, SocketChange, SocketId, SocketKey, State,
    Subject, Ticket, WallTime, Want,
};
use wire::advert::{AdvertMut, Authentication, Fields, Parameters};
use wire::checksum::PseudoHeader;

/// Whether the kernel confirms at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kernel {
    Prompt,
    /// Confirmations wait for [`Lab::confirm`].
    Held,
}

/// An advert that left.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) time: Time,
    pub(crate) advert: Advert,
    pub(crate) packet: Vec<u8>,
}

impl Sent {
    /// The VRRP message.
    pub(crate) fn message(&self) -> &[u8] {
        match self.advert.source {
            IpAddr::V4(_) if self.packet[9] == 51 => &self.packet[44..],
            IpAddr::V4(_) => &self.packet[20..],
            IpAddr::V6(_) => &self.packet,
        }
    }

    pub(crate) fn vrid(&self) -> u8 {
        self.message()[1]
    }

    pub(crate) fn priority(&self) -> u8 {
        self.message()[2]
    }
}

pub(crate) struct Lab {
    pub(crate) router: Router,
    pub(crate) now: Now,
    pub(crate) out: Outbox,
    pub(crate) kernel: Kernel,
    /// What the kernel has, by its description.
    pub(crate) objects: BTreeMap<String, vrrp::Object>,
    pub(crate) held: VecDeque<Want>,
    pub(crate) sockets: BTreeMap<SocketId, SocketKey>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) announced: Vec<(Time, Announcement)>,
    pub(crate) scripts: Vec<ScriptCommand>,
    /// Log lines.
    pub(crate) log: Vec<String>,
    /// FIFO lines.
    pub(crate) fifo: Vec<String>,
    pub(crate) events: Vec<Event>,
}

pub(crate) const START: Now = Now {
    time: Time(1_000_000_000),
    wall: WallTime(1_795_533_458_000_000),
};

impl Lab {
    pub(crate) fn new(configuration: VrrpConfiguration) -> Self {
        Self::with(configuration, build::interfaces(), Micros::ZERO, &[])
    }

    pub(crate) fn with(
        configuration: VrrpConfiguration,
        interfaces: Interfaces,
        startup_delay: Micros,
        readings: &[Reading<'_>],
    ) -> Self {
        let globals = VrrpGlobals {
            log_unknown_vrids: true,
            ..VrrpGlobals::default()
        };
        let setup = Setup {
            configuration,
            globals,
            interfaces,
            startup_delay,
            readings,
        };
        let mut out = Outbox::new(Detail::On);
        let router = Router::new(START, setup, &mut out);
        let mut lab = Self {
            router,
            now: START,
            out,
            kernel: Kernel::Prompt,
            objects: BTreeMap::new(),
            held: VecDeque::new(),
            sockets: BTreeMap::new(),
            sent: Vec::new(),
            announced: Vec::new(),
            scripts: Vec::new(),
            log: Vec::new(),
            fifo: Vec::new(),
            events: Vec::new(),
        };
        lab.work_off();
        lab
    }

    pub(crate) fn input(&mut self, input: Input<'_>) {
        self.router.handle(self.now, input, &mut self.out);
        self.work_off();
    }

    pub(crate) fn apply(&mut self, configuration: VrrpConfiguration) {
        let globals = VrrpGlobals {
            log_unknown_vrids: true,
            ..VrrpGlobals::default()
        };
        self.router.apply(self.now, configuration, globals, &mut self.out);
        self.work_off();
    }

    /// Lets time pass; every deadline is met to the microsecond.
    pub(crate) fn run(&mut self, duration: Micros) {
        let end = self.now.time + duration;
        while let Some(deadline) = self.router.deadline().filter(|deadline| *deadline <= end) {
            self.sleep_until(deadline);
            self.input(Input::DeadlineReached);
        }
        self.sleep_until(end);
    }

    pub(crate) fn run_ms(&mut self, millis: u64) {
        self.run(Micros::from_millis(millis));
    }

    /// Lets time pass without anybody noticing.
    pub(crate) fn oversleep(&mut self, duration: Micros) {
        self.now = self.now.after(duration);
    }

    fn sleep_until(&mut self, time: Time) {
        self.now = self.now.after(time.since(self.now.time));
    }

    /// Since the start.
    pub(crate) fn elapsed(&self) -> Micros {
        self.now.time.since(START.time)
    }

    pub(crate) fn id(&self, name: &str) -> InstanceId {
        self.get(name).id()
    }

    pub(crate) fn get(&self, name: &str) -> &Instance {
        self.router
            .instances()
            .find(|instance| **instance.name() == *name)
            .unwrap()
    }

    pub(crate) fn state(&self, name: &str) -> State {
        self.get(name).state()
    }

    pub(crate) fn group_state(&self, name: &str) -> State {
        self.router
            .groups()
            .iter()
            .find(|group| **group.name() == *name)
            .unwrap()
            .state()
    }

    /// An advert for an instance as a router of the same configuration would send it.
    pub(crate) fn hear(&mut self, name: &str, from: &str, priority: u8) {
        let config = model::Instance::clone(self.get(name).config());
        let interval = config.advert_int;
        self.hear_from(&config, from, priority, interval);
    }

    pub(crate) fn hear_from(&mut self, config: &model::Instance, from: &str, priority: u8, interval: Micros) {
        let packet = advert(config, ip(from), self.destination(config), priority, interval);
        self.hear_packet(&config.name.clone(), ip(from), &packet);
    }

    fn destination(&self, config: &model::Instance) -> IpAddr {
        match &config.transport {
            model::Transport::Multicast { group } => *group,
            model::Transport::Unicast { .. } => self.get(&config.name).source().unwrap(),
        }
    }

    /// Raw bytes on the socket of an instance: with the IP header for IPv4, from the VRRP header on for IPv6.
    pub(crate) fn hear_packet(&mut self, name: &str, from: IpAddr, packet: &[u8]) {
        let socket = self.get(name).socket().expect("the instance has a socket");
        let config = self.get(name).config();
        let received = match (from, self.destination(config)) {
            (IpAddr::V6(source), IpAddr::V6(destination)) => Received::Ipv6 {
                source,
                destination,
                hop_limit: 255,
                payload: packet,
            },
            _ => Received::Ipv4(packet),
        };
        self.input(Input::AdvertReceived(Datagram {
            socket,
            packet: received,
        }));
    }

    /// Confirms the oldest change that waits.
    pub(crate) fn confirm(&mut self) {
        let want = self.held.pop_front().expect("something waits");
        self.carry_out(&want);
        self.input(Input::Confirmed(want.ticket, Outcome::Applied));
    }

    /// Adverts of an instance since the last call, as (milliseconds since the start, priority).
    pub(crate) fn adverts(&mut self) -> Vec<(u64, u8)> {
        let sent = std::mem::take(&mut self.sent);
        sent.iter()
            .map(|sent| (sent.time.since(START.time).as_millis(), sent.priority()))
            .collect()
    }

    pub(crate) fn take_fifo(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fifo)
    }

    pub(crate) fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    pub(crate) fn logged(&self, line: &str) -> bool {
        self.log.iter().any(|logged| logged == line)
    }

    /// Addresses that the kernel has for us.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let address = |object: &vrrp::Object| match object {
            vrrp::Object::Address(placed) => Some(format!("{} {}", placed.interface, placed.address.prefix)),
            _ => None,
        };
        self.objects.values().filter_map(address).collect()
    }

    /// Announced addresses since the last call, as (milliseconds since the start, address).
    pub(crate) fn announcements(&mut self) -> Vec<(u64, String)> {
        let announced = std::mem::take(&mut self.announced);
        announced
            .into_iter()
            .map(|(time, a)| (time.since(START.time).as_millis(), a.address.to_string()))
            .collect()
    }

    fn carry_out(&mut self, want: &Want) {
        for change in &want.changes {
            let key = format!("{} {:?}", change.object, change.object);
            match change.presence {
                Presence::Present => {
                    self.objects.insert(key, vrrp::Object::clone(&change.object));
                }
                Presence::Absent => {
                    self.objects.remove(&key);
                }
            }
        }
    }

    fn work_off(&mut self) {
        loop {
            let mut out = std::mem::replace(&mut self.out, Outbox::new(Detail::On));
            for change in &out.sockets {
                if let SocketChange::Open(id, key) = change {
                    assert_eq!(
                        self.sockets.insert(*id, *key),
                        None,
                        "socket {id} is open already"
                    );
                }
            }
            for advert in &out.adverts {
                assert!(
                    self.sockets.contains_key(&advert.socket),
                    "an advert on a closed socket"
                );
                let packet = out.packet(advert).to_vec();
                self.sent.push(Sent {
                    time: self.now.time,
                    advert: advert.clone(),
                    packet,
                });
            }
            self.announced.extend(
                out.announcements
                    .drain(..)
                    .map(|announcement| (self.now.time, announcement)),
            );
            self.scripts.append(&mut out.scripts);
            for event in &out.events {
                if event.is_logged() {
                    self.log.push(event.to_string());
                }
                if let Event::Notification(notification) = event {
                    self.fifo.push(fifo_line(notification));
                }
            }
            self.events.append(&mut out.events);
            for change in &out.sockets {
                if let SocketChange::Close(id) = change {
                    assert!(self.sockets.remove(id).is_some(), "socket {id} is not open");
                }
            }
            let wants = std::mem::take(&mut out.wants);
            out.clear();
            self.out = out;
            self.held.extend(wants);
            if self.kernel == Kernel::Held || self.held.is_empty() {
                return;
            }
            let tickets: Vec<Ticket> = std::mem::take(&mut self.held)
                .iter()
                .map(|want| {
                    self.carry_out(want);
                    want.ticket
                })
                .collect();
            for ticket in tickets {
                self.router.handle(
                    self.now,
                    Input::Confirmed(ticket, Outcome::Applied),
                    &mut self.out,
                );
            }
        }
    }
}

fn fifo_line(notification: &vrrp::Notification) -> String {
    let kind = match notification.subject {
        Subject::Instance(_) => "INSTANCE",
        Subject::Group(_) => "GROUP",
    };
    let what = match notification.notice {
        Notice::Entered(state) => state.to_string(),
        Notice::Kept(state) => format!("kept {state}"),
        Notice::MasterReceivedLowerPriority => "MASTER_RX_LOWER_PRI".to_owned(),
        Notice::MasterPriorityChanged => "MASTER_PRIORITY".to_owned(),
        Notice::BackupPriorityChanged => "BACKUP_PRIORITY".to_owned(),
    };
    format!("{kind} {} {what} {}", notification.name, notification.priority)
}

/// An advert of another router with the same configuration.
pub(crate) fn advert(
    config: &model::Instance,
    from: IpAddr,
    destination: IpAddr,
    priority: u8,
    interval: Micros,
) -> Vec<u8> {
    let parameters = match config.version {
        model::Version::V2 => Parameters::V2 {
            advert_int: u8::try_from(interval.as_secs()).unwrap(),
            authentication: match &config.authentication {
                model::Authentication::Password(secret) => {
                    let mut password = [0; 8];
                    password[..secret.len()].copy_from_slice(secret.expose());
                    Authentication::Password(password)
                }
                _ => Authentication::None,
            },
        },
        model::Version::V3 => Parameters::V3 {
            max_advert_int: u16::try_from(interval.as_millis() / 10).unwrap(),
        },
    };
    let fields = Fields {
        vrid: config.vrid.value(),
        priority,
        parameters,
    };
    let addresses = config
        .virtual_addresses
        .iter()
        .map(|address| address.prefix.address);
    let mut message = Vec::new();
    if config.family == Family::Ipv6 {
        let addresses: Vec<_> = addresses
            .filter_map(|a| if let IpAddr::V6(a) = a { Some(a) } else { None })
            .collect();
        fields.encode_v6(&addresses, &mut message).unwrap();
        return message;
    }
    let addresses: Vec<_> = addresses
        .filter_map(|a| if let IpAddr::V4(a) = a { Some(a) } else { None })
        .collect();
    fields.encode_v4(&addresses, &mut message).unwrap();
    let (IpAddr::V4(source), IpAddr::V4(destination)) = (from, destination) else {
        panic!("IPv4 addresses for an IPv4 instance")
    };
    let pseudo = if config.version == model::Version::V3 && !config.v3_checksum_as_v2 {
        PseudoHeader::Ipv4 { source, destination }
    } else {
        PseudoHeader::None
    };
    AdvertMut::new(&mut message).unwrap().fill_checksum(&pseudo);
    let mut packet = Vec::new();
    let header = wire::ipv4::Header {
        source,
        destination,
        protocol: 112,
        ttl: 255,
        id: 1,
    };
    header.encode(message.len(), &mut packet).unwrap();
    packet.extend_from_slice(&message);
    packet
}
