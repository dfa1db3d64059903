//! The writer with the kernel behind it.

use crate::lab::{addresses_of, cable, interface, isolated, named, run};
use kernel::ledger::{Owner, Removal};
use kernel::monitor::{Change, Monitor, Watch};
use kernel::operation::{Address, Object, Outcome};
use kernel::writer::{Progress, Ticket, Writer};
use kernel::{Linux, ReceiveBuffer, snapshot};
use model::{IfIndex, Prefix, VirtualAddress};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::net::IpAddr;
use std::os::fd::AsFd;

fn addresses(interface: IfIndex, count: u16) -> Vec<Object> {
    (0..count)
        .map(|number| {
            let [high, low] = number.to_be_bytes();
            let prefix = Prefix {
                address: IpAddr::from([10, 1, high, low]),
                len: 32,
            };
            Object::from(Address::new(interface, named("v0"), &VirtualAddress::new(prefix)))
        })
        .collect()
}

/// Waits until `ticket` is finished and returns all progress until then.
fn wait(writer: &mut Writer, ticket: Ticket) -> Vec<Progress> {
    let mut progress = Vec::new();
    while !progress
        .iter()
        .any(|part: &Progress| part.ticket == ticket && part.finished)
    {
        let mut descriptors = [PollFd::new(writer.as_fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut descriptors, PollTimeout::from(30_000_u16)).unwrap(), 1);
        writer.collect(&mut progress);
    }
    progress
}

#[test]
fn two_thousand_addresses_take_few_requests() {
    isolated("writer::two_thousand_addresses_take_few_requests", || {
        cable("v0", "v1");
        let v0 = interface(&snapshot().unwrap(), "v0").index;
        let mut writer = Writer::start(Linux::open().unwrap()).unwrap();
        let wanted = addresses(v0, 2000);
        let ticket = writer.want(Owner(1), &wanted);
        let progress = wait(&mut writer, ticket);
        // Each part of the progress is one request with one answer.
        assert!(progress.len() <= 32, "{} requests", progress.len());
        let confirmed: Vec<Object> = progress
            .iter()
            .flat_map(|part| &part.ended)
            .map(|(operation, verdict)| {
                assert_eq!(*verdict, Ok(Outcome::Done));
                operation.object().clone()
            })
            .collect();
        assert_eq!(confirmed, wanted);
        assert_eq!(addresses_of("v0").len(), 2000);

        writer.want(Owner(1), &wanted[..10]);
        writer.want(Owner(1), &[]);
        let rest = writer.finish();
        assert!(
            rest.iter()
                .flat_map(|part| &part.ended)
                .all(|(_, verdict)| *verdict == Ok(Outcome::Done))
        );
        assert_eq!(addresses_of("v0").len(), 0);
    });
}

#[test]
fn what_others_remove_is_told_from_what_we_remove() {
    isolated("writer::what_others_remove_is_told_from_what_we_remove", || {
        cable("v0", "v1");
        let v0 = interface(&snapshot().unwrap(), "v0").index;
        let mut monitor = Monitor::open(Watch::default(), ReceiveBuffer::Default).unwrap();
        let mut writer = Writer::start(Linux::open().unwrap()).unwrap();
        let wanted = addresses(v0, 50);
        let ticket = writer.want(Owner(1), &wanted);
        wait(&mut writer, ticket);
        writer.want(Owner(1), &wanted[10..]);
        let ticket = writer.want(Owner(1), &wanted);
        wait(&mut writer, ticket);
        run("ip addr del 10.1.0.5/32 dev v0");
        run("ip addr del 10.1.0.45/32 dev v0");

        let mut changes = Vec::new();
        while monitor.read(&mut changes).unwrap() {}
        let removals: Vec<Removal> = changes
            .iter()
            .filter_map(Change::removed)
            .map(|key| writer.removed(&key))
            .collect();
        let mut expected = vec![Removal::Ours; 10];
        let others = |object: &Object| Removal::Others(vec![(Owner(1), object.clone())]);
        expected.extend([others(&wanted[5]), others(&wanted[45])]);
        assert_eq!(removals, expected);

        let ticket = writer.want(Owner(1), &wanted);
        let back: Vec<Object> = wait(&mut writer, ticket)
            .iter()
            .flat_map(|part| &part.ended)
            .map(|(operation, _)| operation.object().clone())
            .collect();
        assert_eq!(back, [wanted[5].clone(), wanted[45].clone()]);
        assert_eq!(addresses_of("v0").len(), 50);
        assert_eq!(writer.finish(), []);
    });
}
