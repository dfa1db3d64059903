use super::*;
use model::ipvs::{DestinationSettings, ServiceSettings};
use model::{ConnectionLimits, Forwarding, Granularity, Protocol, Scheduler, ServerWeight, ServiceFlags};

/// Service `10.0.0.1:tcp:PORT`, round robin, without destinations.
pub(in crate::ipvs) fn service(port: u16) -> Service {
    Service {
        key: ServiceKey::Address {
            protocol: Protocol::Tcp,
            address: [10, 0, 0, 1].into(),
            port,
        },
        settings: ServiceSettings {
            scheduler: Scheduler::RoundRobin,
            flags: ServiceFlags::default(),
            timeout: 0,
            netmask: Granularity::Netmask(u32::MAX),
            engine: None,
        },
        destinations: Vec::new(),
    }
}

/// Destination `192.0.2.HOST:80` by NAT.
pub(in crate::ipvs) fn destination(host: u8, weight: i64) -> Destination {
    Destination {
        key: DestinationKey(([192, 0, 2, host], 80).into()),
        settings: DestinationSettings {
            forwarding: Forwarding::Nat,
            weight: ServerWeight::clamp(weight),
            limits: ConnectionLimits::default(),
        },
    }
}

/// One attribute as the kernel wants it.
pub(in crate::ipvs) fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(4 + value.len()).unwrap();
    let mut bytes = len.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn apply(fake: &mut Fake, changes: &[Change]) -> Vec<Result<Outcome, Errno>> {
    let mut verdicts = Vec::new();
    fake.apply(changes, &mut verdicts);
    verdicts
        .into_iter()
        .map(|verdict| verdict.map_err(|error| error.errno))
        .collect()
}

#[test]
fn changes_are_carried_out_as_the_kernel_does() {
    let mut fake = Fake::default();
    let one = service(80);
    let mut other = one.settings.clone();
    other.scheduler = Scheduler::WeightedRoundRobin;
    let changes = [
        (
            Change::AddDestination(one.key, destination(1, 1)),
            Err(Errno::ESRCH),
        ),
        (
            Change::SetService(one.key, one.settings.clone()),
            Err(Errno::ESRCH),
        ),
        (Change::RemoveService(one.key), Ok(Outcome::WasGone)),
        (
            Change::AddService(one.key, one.settings.clone()),
            Ok(Outcome::Done),
        ),
        (Change::AddService(one.key, other.clone()), Ok(Outcome::WasThere)),
        (
            Change::SetDestination(one.key, destination(1, 1)),
            Ok(Outcome::Done),
        ),
        (
            Change::AddDestination(one.key, destination(1, 5)),
            Ok(Outcome::WasThere),
        ),
        (
            Change::AddDestination(one.key, destination(2, 1)),
            Ok(Outcome::Done),
        ),
        (
            Change::RemoveDestination(one.key, destination(2, 1).key),
            Ok(Outcome::Done),
        ),
        (
            Change::RemoveDestination(one.key, destination(2, 1).key),
            Ok(Outcome::WasGone),
        ),
    ];
    for (change, expected) in changes {
        let verdicts = apply(&mut fake, std::slice::from_ref(&change));
        assert_eq!(verdicts, [expected], "{change:?}");
    }
    let expected = Service {
        settings: other,
        destinations: vec![destination(1, 5)],
        ..one
    };
    assert_eq!(fake.table().unwrap(), Table(vec![expected]));
    apply(&mut fake, &[Change::Flush]);
    assert_eq!(fake.table().unwrap(), Table::default());
}

#[test]
fn what_it_is_told_to_refuse_it_refuses() {
    let mut fake = Fake::default();
    let one = service(80);
    fake.refuse(one.key, Some(destination(1, 1).key), Some(Errno::EINVAL));
    let changes = [
        Change::AddService(one.key, one.settings),
        Change::AddDestination(one.key, destination(1, 1)),
        Change::AddDestination(one.key, destination(2, 1)),
    ];
    let ends = apply(&mut fake, &changes);
    assert_eq!(ends, [Ok(Outcome::Done), Err(Errno::EINVAL), Ok(Outcome::Done)]);
    fake.refuse(one.key, Some(destination(1, 1).key), None);
    assert_eq!(apply(&mut fake, &changes[1..2]), [Ok(Outcome::Done)]);
}

#[test]
fn a_sync_daemon_runs_once_in_each_role() {
    let mut fake = Fake::default();
    let daemon = SyncDaemon {
        interface: model::IfName::new("eth0").unwrap(),
        sync_id: 3,
        max_len: None,
        group: None,
        port: None,
        ttl: None,
    };
    let errno = |result: io::Result<()>| result.map_err(|error| error.raw_os_error().unwrap());
    for role in SyncRole::BOTH {
        assert_eq!(errno(fake.stop_sync_daemon(role, &daemon)), Err(libc::ESRCH));
        assert_eq!(errno(fake.start_sync_daemon(role, &daemon)), Ok(()));
        assert_eq!(errno(fake.start_sync_daemon(role, &daemon)), Err(libc::EEXIST));
    }
    assert_eq!(fake.sync_daemons().unwrap().len(), 2);
    assert_eq!(errno(fake.stop_sync_daemon(SyncRole::Backup, &daemon)), Ok(()));
    assert_eq!(fake.sync_daemons().unwrap(), [(SyncRole::Master, daemon)]);
}
