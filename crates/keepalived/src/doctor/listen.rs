//! Listening: what is on the wire, what of it a socket of the daemon would get, and who answers for a virtual address.

mod observed;

#[cfg(test)]
pub(crate) use observed::ObservedAdvert;
pub(crate) use observed::{Heard, Key, Talker};

use crate::clock::monotonic;
use kernel::ReceiveBuffer;
use kernel::advert_socket::{AdvertReceiver, Arrivals, Endpoint, Listen};
use kernel::poll::{Interest, Poller, Token};
use kernel::sniffer::Sniffer;
use model::interface::Interfaces;
use model::{Authentication, Configuration, IfIndex, Instance, Micros, Transport};
use std::io;
use std::net::{IpAddr, Ipv4Addr};

/// Most frames that are looked at, so that a flood ends the listening instead of filling memory.
const FRAMES: usize = 200_000;
const SNIFFER: Token = Token(0);
/// When each virtual address is asked for, before the end.
const LAST_PROBE: Micros = Micros(1_000_000);

/// Listens for so long.
pub(super) fn listen(
    configuration: &Configuration,
    interfaces: &Interfaces,
    time: Micros,
) -> io::Result<Heard> {
    let instances = &configuration.vrrp.instances;
    let mut heard = Heard::default();
    if instances.is_empty() {
        return Ok(heard);
    }
    let mut sniffer = Sniffer::open()?;
    let poller = &mut Poller::new()?;
    poller.add(&sniffer, SNIFFER, Interest::Readable)?;
    let mut receivers: Vec<(IfIndex, Endpoint, AdvertReceiver)> = Vec::new();
    for (interface, endpoint) in instances
        .iter()
        .filter_map(|instance| endpoint(instance, interfaces))
    {
        if receivers.iter().any(|(_, known, _)| *known == endpoint) {
            continue;
        }
        // Without a receiver nothing is said about what a firewall lets through.
        let Ok(receiver) = AdvertReceiver::open(&endpoint) else {
            continue;
        };
        let token = Token(u64::try_from(receivers.len()).expect("few") + 1);
        poller.add(&receiver, token, Interest::Readable)?;
        heard.listened.push((interface, endpoint.family));
        receivers.push((interface, endpoint, receiver));
    }
    let end = monotonic() + time;
    let mut probes = 0;
    let (mut ready, mut arrivals, mut frames) = (Vec::new(), Arrivals::new(), 0);
    loop {
        let left = end.0.saturating_sub(monotonic().0);
        if left == 0 || frames >= FRAMES {
            return Ok(heard);
        }
        // Twice: a first question may be lost while a switch learns.
        if probes == 0 || (probes == 1 && left <= LAST_PROBE.0) {
            probes += 1;
            probe(&mut sniffer, instances, interfaces);
        }
        let until = if probes == 1 && left > LAST_PROBE.0 {
            left - LAST_PROBE.0
        } else {
            left
        };
        poller.wait(Some(Micros(until)), &mut ready)?;
        for token in ready.drain(..) {
            if token == SNIFFER {
                while let Some(seen) = sniffer.receive()? {
                    frames += 1;
                    heard.see(&seen);
                }
                continue;
            }
            let position = usize::try_from(token.0 - 1).expect("few");
            let (interface, endpoint, receiver) = &receivers[position];
            while receiver.receive(&mut arrivals)? > 0 {
                for arrival in arrivals.iter() {
                    frames += 1;
                    if let Some((source, vrid)) = observed::sender(endpoint.protocol, &arrival) {
                        heard.deliver(*interface, source, vrid);
                    }
                }
            }
        }
    }
}

/// Where the daemon would listen for this instance.
fn endpoint(instance: &Instance, interfaces: &Interfaces) -> Option<(IfIndex, Endpoint)> {
    let interface = interfaces.by_name(instance.interface.as_ref()?.as_str())?;
    let listen = match instance.transport {
        Transport::Multicast { group } => Listen::Multicast(group),
        Transport::Unicast { .. } => {
            let own = interface.source_candidates(instance.family).next();
            Listen::Unicast(instance.source.or(own)?)
        }
    };
    let endpoint = Endpoint {
        family: instance.family,
        protocol: match instance.authentication {
            Authentication::Ah(_) => wire::ah::PROTOCOL,
            Authentication::None | Authentication::Password(_) | Authentication::Hmac(_) => {
                wire::advert::PROTOCOL
            }
        },
        interface: Some((interface.index, interface.name.clone())),
        listen,
        buffer: ReceiveBuffer::Default,
    };
    Some((interface.index, endpoint))
}

fn probe(sniffer: &mut Sniffer, instances: &[Instance], interfaces: &Interfaces) {
    for (interface, address) in probed(instances, interfaces) {
        let Some(mac) = interfaces.by_index(interface).and_then(|interface| interface.mac) else {
            continue;
        };
        // An interface that is down cannot be asked on; its own check says so.
        let _ = sniffer.probe(interface, mac, address);
    }
}

/// The IPv4 addresses that are asked for, and where. At most a few hundred: more would be a storm.
fn probed(instances: &[Instance], interfaces: &Interfaces) -> Vec<(IfIndex, Ipv4Addr)> {
    const MOST: usize = 256;
    instances
        .iter()
        .flat_map(|instance| {
            let all = instance
                .virtual_addresses
                .iter()
                .chain(&instance.excluded_addresses);
            all.filter_map(|address| {
                let name = address.dev.as_ref().or(instance.interface.as_ref())?;
                let interface = interfaces.by_name(name.as_str())?;
                match address.prefix.address {
                    IpAddr::V4(v4) if interface.ethernet => Some((interface.index, v4)),
                    _ => None,
                }
            })
        })
        .take(MOST)
        .collect()
}
