//! Addresses with every option, as `ip` shows them.

use crate::lab::{addresses_of, apply, cable, interface, isolated, json, named, prefix, run};
use kernel::operation::{Address, Object, Operation, Outcome};
use kernel::{Linux, snapshot};
use model::{Broadcast, PreferredLifetime, VirtualAddress};

fn line(text: &str) -> VirtualAddress {
    VirtualAddress::new(prefix(text))
}

fn on(name: &str, line: &VirtualAddress) -> Object {
    let interfaces = snapshot().unwrap();
    Object::from(Address::new(
        interface(&interfaces, name).index,
        named(name),
        line,
    ))
}

fn add(linux: &mut Linux, name: &str, line: &VirtualAddress) -> Object {
    let object = on(name, line);
    let verdicts = apply(linux, &[Operation::Add(object.clone())]);
    assert_eq!(verdicts, [Ok(Outcome::Done)], "{line:?}");
    object
}

#[test]
fn ipv4_options_arrive_in_the_kernel() {
    isolated("addresses::ipv4_options_arrive_in_the_kernel", || {
        cable("v0", "v1");
        let mut linux = Linux::open().unwrap();
        let plain = add(&mut linux, "v0", &line("10.1.0.1/32"));
        let mut full = line("10.2.0.1/24");
        full.label = Some("v0:vip".to_owned());
        full.scope = 253;
        full.broadcast = Some(Broadcast::HostBitsSet);
        full.flags.noprefixroute = true;
        let full = add(&mut linux, "v0", &full);
        let mut peer = line("10.3.0.1/32");
        peer.peer = Some(prefix("10.3.0.2/32"));
        let peer = add(&mut linux, "v0", &peer);

        let seen = addresses_of("v0");
        assert_eq!(seen.len(), 3);
        let of = |address: &str| seen.iter().find(|seen| seen["local"] == address).unwrap();
        let plain_seen = of("10.1.0.1");
        assert_eq!(plain_seen["prefixlen"], 32);
        assert_eq!(plain_seen["scope"], "global");
        assert_eq!(plain_seen["label"], "v0");
        assert_eq!(plain_seen.get("broadcast"), None);
        let full_seen = of("10.2.0.1");
        assert_eq!(full_seen["label"], "v0:vip");
        assert_eq!(full_seen["scope"], "link");
        assert_eq!(full_seen["broadcast"], "10.2.0.255");
        assert_eq!(full_seen["noprefixroute"], true);
        let peer_seen = of("10.3.0.1");
        assert_eq!(peer_seen["address"], "10.3.0.2");

        let again = apply(&mut linux, &[Operation::Add(full.clone())]);
        assert_eq!(again, [Ok(Outcome::WasSo)]);
        let removals = [plain, full, peer].map(Operation::Remove);
        assert_eq!(apply(&mut linux, &removals), [const { Ok(Outcome::Done) }; 3]);
        assert_eq!(apply(&mut linux, &removals), [const { Ok(Outcome::WasSo) }; 3]);
        assert_eq!(addresses_of("v0"), Vec::<serde_json::Value>::new());
    });
}

#[test]
fn ipv6_options_arrive_in_the_kernel() {
    isolated("addresses::ipv6_options_arrive_in_the_kernel", || {
        cable("v0", "v1");
        let mut linux = Linux::open().unwrap();
        let host = add(&mut linux, "v0", &line("2001:db8::1/128"));
        let mut flagged = line("2001:db8:1::1/64");
        flagged.flags.home = true;
        flagged.flags.mngtmpaddr = true;
        flagged.flags.noprefixroute = true;
        add(&mut linux, "v0", &flagged);
        let mut timed = line("2001:db8:2::1/128");
        timed.preferred_lft = Some(PreferredLifetime::Seconds(3000));
        timed.flags.leave_dad = true;
        add(&mut linux, "v0", &timed);
        let mut peer = line("2001:db8:3::1/128");
        peer.peer = Some(prefix("2001:db8:3::2/128"));
        let peer = add(&mut linux, "v0", &peer);

        let seen = addresses_of("v0");
        let of = |address: &str| seen.iter().find(|seen| seen["local"] == address).unwrap();
        let host_seen = of("2001:db8::1");
        assert_eq!(host_seen["nodad"], true);
        assert_eq!(host_seen["deprecated"], true);
        assert_eq!(host_seen["preferred_life_time"], 0);
        assert_eq!(host_seen["valid_life_time"], u32::MAX);
        let flagged_seen = of("2001:db8:1::1");
        assert_eq!(flagged_seen["preferred_life_time"], u32::MAX);
        for flag in ["nodad", "home", "mngtmpaddr", "noprefixroute"] {
            assert_eq!(flagged_seen[flag], true, "{flag}");
        }
        let timed_seen = of("2001:db8:2::1");
        assert_eq!(timed_seen.get("nodad"), None);
        assert!((2900..=3000).contains(&timed_seen["preferred_life_time"].as_u64().unwrap()));
        assert_eq!(of("2001:db8:3::1")["address"], "2001:db8:3::2");

        assert_eq!(
            apply(&mut linux, &[Operation::Remove(host), Operation::Remove(peer)]),
            [Ok(Outcome::Done), Ok(Outcome::Done)]
        );
        assert_eq!(addresses_of("v0").len(), 2);
    });
}

#[test]
fn errors_of_a_batch_are_those_of_their_operations() {
    isolated(
        "addresses::errors_of_a_batch_are_those_of_their_operations",
        || {
            cable("v0", "v1");
            let mut linux = Linux::open().unwrap();
            let mut wrong = line("10.1.0.2/32");
            wrong.scope = 0;
            let Object::Address(bad) = on("v0", &wrong) else {
                unreachable!("an address");
            };
            let mut nowhere = (*bad).clone();
            nowhere.interface = model::IfIndex::new(999).unwrap();
            let mut too_long = (*bad).clone();
            too_long.prefix.len = 33;
            let verdicts = apply(
                &mut linux,
                &[
                    Operation::Add(on("v0", &line("10.1.0.1/32"))),
                    Operation::Add(nowhere.into()),
                    Operation::Add(too_long.into()),
                    Operation::Add(on("v0", &line("10.1.0.3/32"))),
                    Operation::Add(on("v0", &line("10.1.0.1/32"))),
                ],
            );
            assert_eq!(verdicts[0], Ok(Outcome::Done));
            // The kernel's own words differ from version to version.
            let device = verdicts[1].as_ref().unwrap_err();
            assert!(
                device
                    .to_string()
                    .starts_with("adding 10.1.0.2/32 to v0: No such device (ipv4: "),
                "{device}"
            );
            let length = verdicts[2].as_ref().unwrap_err();
            assert!(
                length
                    .to_string()
                    .starts_with("adding 10.1.0.2/33 to v0: Invalid argument"),
                "{length}"
            );
            assert_eq!(verdicts[3], Ok(Outcome::Done));
            assert_eq!(verdicts[4], Ok(Outcome::WasSo));
            assert_eq!(addresses_of("v0").len(), 2);
        },
    );
}

#[test]
fn a_snapshot_shows_what_there_is() {
    isolated("addresses::a_snapshot_shows_what_there_is", || {
        cable("v0", "v1");
        run("ip link property add dev v0 altname a-much-longer-name-than-fifteen");
        run("ip link add mp link v0 type macvlan mode private");
        run("ip link add mb link v0 type macvlan mode bridge");
        run("ip link add br0 type bridge");
        run("ip link set v1 master br0");
        run("ip link set v0 mtu 1400 group 7");
        run("ip link set v0 arp off");
        run("ip addr add 10.1.0.1/24 dev v0");
        add(&mut Linux::open().unwrap(), "v0", &line("10.1.0.2/24"));
        run("ip addr add 10.2.0.1 peer 10.2.0.2/32 dev v0");
        run("ip addr add 2001:db8::1/64 dev v0 nodad");
        let interfaces = snapshot().unwrap();
        let all = json("ip -j link");
        assert_eq!(interfaces.0.len(), all.as_array().unwrap().len());

        let v0 = interface(&interfaces, "a-much-longer-name-than-fifteen");
        assert_eq!(v0.name, named("v0"));
        assert!(v0.up && v0.running && v0.noarp && v0.ethernet && v0.broadcast && v0.multicast);
        assert!(!v0.loopback);
        assert_eq!((v0.mtu, v0.group, v0.base), (1400, 7, None));
        let mac = all
            .as_array()
            .unwrap()
            .iter()
            .find(|link| link["ifname"] == "v0")
            .map(|link| link["address"].as_str().unwrap().to_owned());
        assert_eq!(v0.mac.map(|mac| mac.to_string()), mac);

        let addresses: Vec<String> = v0
            .addresses
            .iter()
            .filter(|address| !address.prefix.address.to_string().starts_with("fe80"))
            .map(|address| {
                format!(
                    "{} {:?} {} {}",
                    address.prefix, address.peer, address.secondary, address.protocol
                )
            })
            .collect();
        assert_eq!(
            addresses,
            [
                "10.1.0.1/24 None false 0",
                "10.2.0.1/32 Some(10.2.0.2) false 0",
                "10.1.0.2/24 None true 18",
                "2001:db8::1/64 None false 0",
            ]
        );
        assert_eq!(
            interface(&interfaces, "mp").kind,
            model::interface::LinkKind::PrivateMacvlan
        );
        assert_eq!(interface(&interfaces, "mp").base, Some(v0.index));
        assert_eq!(
            interface(&interfaces, "mb").kind,
            model::interface::LinkKind::Macvlan
        );
        let v1 = interface(&interfaces, "v1");
        assert_eq!(v1.master, Some(interface(&interfaces, "br0").index));
        assert!(interface(&interfaces, "lo").loopback);
    });
}
