//! Namespaces, veth pairs and what `ip` says of them.

use kernel::operation::{Backend, Operation, Verdict};
use model::interface::{Interface, Interfaces};
use model::{Family, IfName, Prefix};
use serde_json::Value;
use std::process::Command;

const INSIDE: &str = "KERNEL_TEST_INSIDE";

/// Runs `body` in new namespaces. `test` is the path of the calling test.
pub(crate) fn isolated(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        // Link-local addresses are there at once.
        kernel::sysctl::write("net/ipv6/conf/default/accept_dad", "0").unwrap();
        body();
        return;
    }
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .unwrap();
    assert!(status.success(), "{test} failed in its namespace");
}

/// Runs a command line that has to succeed and returns what it prints.
pub(crate) fn run(line: &str) -> String {
    let mut words = line.split_whitespace();
    let output = Command::new(words.next().unwrap()).args(words).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Makes the two ends of a cable, both up, and waits until they have carrier and their link-local addresses.
pub(crate) fn cable(one: &str, other: &str) {
    run(&format!("ip link add {one} type veth peer name {other}"));
    run(&format!("ip link set {one} up"));
    run(&format!("ip link set {other} up"));
    let ready = |interfaces: &Interfaces, name| {
        let interface = interface(interfaces, name);
        interface.is_up() && interface.source_candidates(Family::Ipv6).next().is_some()
    };
    loop {
        let interfaces = kernel::snapshot().unwrap();
        if ready(&interfaces, one) && ready(&interfaces, other) {
            return;
        }
    }
}

pub(crate) fn json(line: &str) -> Value {
    serde_json::from_str(&run(line)).unwrap()
}

/// The entries of `addr_info` of an interface that the kernel did not make itself.
pub(crate) fn addresses_of(interface: &str) -> Vec<Value> {
    json(&format!("ip -j addr show dev {interface}"))[0]["addr_info"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|address| !address["local"].as_str().unwrap().starts_with("fe80"))
        .cloned()
        .collect()
}

pub(crate) fn named(name: &str) -> IfName {
    IfName::new(name).unwrap()
}

pub(crate) fn prefix(text: &str) -> Prefix {
    let (address, len) = text.split_once('/').unwrap();
    Prefix {
        address: address.parse().unwrap(),
        len: len.parse().unwrap(),
    }
}

pub(crate) fn interface<'a>(interfaces: &'a Interfaces, name: &str) -> &'a Interface {
    interfaces.by_name(name).unwrap()
}

/// Applies operations and returns their verdicts.
pub(crate) fn apply(backend: &mut impl Backend, operations: &[Operation]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    backend.apply(operations, &mut verdicts);
    verdicts
}
