use super::*;
use crate::{Cause, DropReason, FaultReason, Now, State, Transition};
use model::{ConfigFault, Vrid};

fn line(event: InstanceEvent) -> String {
    Event::Instance {
        id: InstanceId(0),
        name: Arc::from("I"),
        event,
    }
    .to_string()
}

fn transition(from: State, to: State, cause: Cause) -> InstanceEvent {
    InstanceEvent::Transition(Transition {
        at: Now::default(),
        from,
        to,
        cause,
    })
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn sender(text: &str, priority: u8) -> Sender {
    Sender {
        address: address(text),
        priority,
    }
}

fn eth0() -> IfName {
    IfName::new("eth0").unwrap()
}

fn dropped(reason: DropReason) -> String {
    line(InstanceEvent::Dropped {
        from: address("10.3.0.1"),
        reason,
    })
}

#[test]
fn transitions_have_the_classic_lines() {
    let init = |to, cause| line(transition(State::Init, to, cause));
    assert_eq!(
        init(State::Backup, Cause::Startup),
        "(I) Entering BACKUP STATE (init)"
    );
    assert_eq!(
        init(State::Fault, Cause::Startup),
        "(I) Entering FAULT STATE (init)"
    );
    assert_eq!(
        init(State::Backup, Cause::ScriptsReported),
        "(I) Entering BACKUP STATE"
    );
    assert_eq!(
        init(State::Master, Cause::AddressOwner),
        "(I) Entering MASTER STATE"
    );
    assert_eq!(
        line(transition(State::Backup, State::Fault, Cause::Reload)),
        "(I) Entering FAULT STATE"
    );
}

#[test]
fn faults_have_the_classic_lines() {
    let fault = |reason| line(InstanceEvent::Faulted(reason));
    assert_eq!(
        fault(FaultReason::InterfaceDown(eth0())),
        "(I): entering FAULT state (interface eth0 down)"
    );
    assert_eq!(
        fault(FaultReason::NoAddress {
            family: Family::Ipv4,
            interface: eth0()
        }),
        "(I) entering FAULT state (no IPv4 address for interface)"
    );
    assert_eq!(
        fault(FaultReason::File {
            file: Arc::from("F"),
            status: -260
        }),
        "(I): entering FAULT state (tracked file F has status -260)"
    );
    assert_eq!(
        fault(FaultReason::Script {
            script: Arc::from("S"),
            result: Some(ScriptResult::Exited(3))
        }),
        "(I): entering FAULT state due to script S"
    );
    assert_eq!(
        fault(FaultReason::Process {
            process: Arc::from("P")
        }),
        "(I) entering FAULT state (tracked process P quorum not achieved)"
    );
    assert_eq!(
        fault(FaultReason::SourceAddressAbsent(address("10.0.0.1"))),
        "(I): entering FAULT state (src address not configured)"
    );
    assert_eq!(
        fault(FaultReason::Config(ConfigFault::NoUnicastPeer)),
        "(I) Cannot use unicast without any peers - going to fault state"
    );
}

#[test]
fn elections_have_the_classic_lines() {
    let from = sender("10.3.0.2", 90);
    let lower = |election| {
        line(InstanceEvent::MasterReceivedLower {
            from,
            ours: 100,
            election,
        })
    };
    assert_eq!(
        lower(true),
        "(I) Received advert from 10.3.0.2 with lower priority 90, ours 100, forcing new election"
    );
    assert_eq!(
        lower(false),
        "(I) Received advert from 10.3.0.2 with lower priority 90, ours 100"
    );
    assert_eq!(
        line(InstanceEvent::MasterReceivedHigher {
            from: sender("10.3.0.2", 150),
            ours: 100
        }),
        "(I) Master received advert from 10.3.0.2 with higher priority 150, ours 100"
    );
    assert_eq!(
        line(InstanceEvent::MasterReceivedHigherAddress(sender(
            "10.3.0.2", 100
        ))),
        "(I) Master received advert from 10.3.0.2 with same priority 100 but higher IP address than ours"
    );
    assert_eq!(
        line(InstanceEvent::LowerPriorityDiscarded(from)),
        "(I) received lower priority (90) advert from 10.3.0.2 - discarding"
    );
    assert_eq!(
        line(InstanceEvent::PreemptDelayStarted(Micros::from_secs(4))),
        "(I) start preempt delay (4.000000)"
    );
    assert_eq!(
        line(InstanceEvent::IntervalLearned {
            from: Micros::SECOND,
            to: Micros::from_millis(500)
        }),
        "(I) advertisement interval updated from 1000ms to 500ms by master"
    );
    assert_eq!(
        line(InstanceEvent::MasterIs {
            before: Some(address("10.3.0.1")),
            now: address("10.3.0.2")
        }),
        "(I) master changed from 10.3.0.1 to 10.3.0.2"
    );
}

#[test]
fn drop_reasons_have_the_classic_lines() {
    assert_eq!(
        dropped(DropReason::HopLimit { received: 254 }),
        "(I) invalid TTL/HL from 10.3.0.1. Received 254 and expect 255"
    );
    assert_eq!(
        dropped(DropReason::PeerHopLimit {
            received: 9,
            min: 250,
            max: 255
        }),
        "(I) TTL/HL 9 from 10.3.0.1 not in range [250, 255]"
    );
    assert_eq!(
        dropped(DropReason::TooShort {
            length: 36,
            expected: 44
        }),
        "(I) vrrp packet from 10.3.0.1 too short, length 36 and expect 44"
    );
    assert_eq!(
        dropped(DropReason::TooLong {
            length: 36,
            expected: 32
        }),
        "(I) vrrp packet from 10.3.0.1 too long, length 36 and expect 32"
    );
    assert_eq!(
        dropped(DropReason::Version {
            received: 2,
            expected: 3
        }),
        "(I) wrong VRRP version from 10.3.0.1. Received 2 and expect 3"
    );
    assert_eq!(
        dropped(DropReason::AuthType {
            received: 0,
            expected: 1
        }),
        "(I) received a 0 auth from 10.3.0.1, expecting 1!"
    );
    assert_eq!(
        dropped(DropReason::Password),
        "(I) received an invalid passwd from 10.3.0.1!"
    );
    assert_eq!(
        dropped(DropReason::AhSpi {
            source: 150_995_722,
            spi: 67_305_985
        }),
        "(I) IPSEC AH : invalid IPSEC SPI value. 150995722 and expect 67305985"
    );
    assert_eq!(
        dropped(DropReason::AhSequence {
            received: 1000,
            local: 1002
        }),
        "(I) IPSEC-AH : sequence number 1000 already processed. Packet dropped. Local(1002)"
    );
    assert_eq!(
        dropped(DropReason::Interval {
            received: 2,
            expected: 1
        }),
        "(I) advertisement interval mismatch with 10.3.0.1 mine=1 sec rcv'd=2 sec"
    );
    assert_eq!(
        dropped(DropReason::Checksum { version: 2 }),
        "(I) Invalid VRRPv2 checksum from 10.3.0.1"
    );
    assert_eq!(
        dropped(DropReason::HmacStale { skew: 60, window: 5 }),
        "(I) stale authentication trailer from 10.3.0.1, clock skew 60 sec exceeds window 5 sec"
    );
    assert_eq!(
        dropped(DropReason::UnknownPeer),
        "(I) unicast source address 10.3.0.1 not a unicast peer"
    );
}

#[test]
fn complaints_have_the_classic_lines() {
    assert_eq!(
        line(InstanceEvent::IntervalDiffers {
            received: Micros::from_millis(500),
            ours: Micros::SECOND
        }),
        "(I) advertisement interval mismatch ours = 100 centi-sec rcv'd=50 centi-sec"
    );
    assert_eq!(
        line(InstanceEvent::AddressCountDiffers { received: 1, ours: 2 }),
        "(I) expected 2 VIPs but received 1"
    );
    assert_eq!(
        line(InstanceEvent::AddressMissing {
            from: address("10.3.0.1"),
            vrid: Vrid::try_from(51).unwrap(),
            address: address("10.3.0.100"),
        }),
        "(I) ip address associated with VRID 51 not present in advert from 10.3.0.1: 10.3.0.100"
    );
}

#[test]
fn others_have_the_classic_lines() {
    let group = |event| {
        Event::Group {
            name: Arc::from("G"),
            event,
        }
        .to_string()
    };
    assert_eq!(
        group(GroupEvent::Syncing(State::Master)),
        "VRRP_Group(G) Syncing instances to MASTER state"
    );
    assert_eq!(
        group(GroupEvent::SyncingMemberAtStart(Arc::from("I"))),
        "VRRP_Group(G): Syncing I to FAULT state"
    );
    let script = |event| {
        Event::Script {
            name: Arc::from("S"),
            event,
        }
        .to_string()
    };
    assert_eq!(script(ScriptEvent::NowReturning(1)), "Script `S` now returning 1");
    assert_eq!(
        script(ScriptEvent::Failed(ScriptResult::Exited(1))),
        "VRRP_Script(S) failed (exited with status 1)"
    );
    assert_eq!(
        script(ScriptEvent::StillRunning),
        "Track script S is already running, expect idle - skipping run"
    );
    let interface = |event| Event::Interface { name: eth0(), event }.to_string();
    assert_eq!(interface(InterfaceEvent::Down), "Netlink reports eth0 down");
    assert_eq!(
        interface(InterfaceEvent::AddressRemoved(address("10.0.0.1"))),
        "Netlink reflector reports IP 10.0.0.1 removed from eth0"
    );
    assert_eq!(
        Event::Router(RouterEvent::UnknownVrid {
            vrid: 9,
            interface: Some(eth0())
        })
        .to_string(),
        "Unknown VRID(9) received on interface(eth0). ignoring..."
    );
    assert_eq!(
        Event::Router(RouterEvent::StartupDelayed(Micros::from_millis(2500))).to_string(),
        "Delaying startup for 2.5 seconds"
    );
    assert_eq!(
        Event::Process {
            name: Arc::from("P"),
            quorum: true
        }
        .to_string(),
        "Quorum gained for tracked process P"
    );
    assert_eq!(
        line(InstanceEvent::BfdChanged {
            session: Arc::from("B"),
            up: false
        }),
        "VRRP_Instance(I) Tracked BFD instance B is DOWN"
    );
    assert_eq!(
        line(InstanceEvent::Announcing {
            address: address("10.3.0.9"),
            interface: eth0()
        }),
        "(I) Sending/queueing gratuitous ARPs on eth0 for 10.3.0.9"
    );
    assert_eq!(
        line(InstanceEvent::Announcing {
            address: address("fe80::1"),
            interface: eth0()
        }),
        "(I) Sending/queueing Unsolicited Neighbour Adverts on eth0 for fe80::1"
    );
}
