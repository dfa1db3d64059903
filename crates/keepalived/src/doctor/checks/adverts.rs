//! Who else speaks for the virtual routers of this host.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::listen::{Heard, Key, Talker};
use super::heard_as;
use model::{Authentication, Configuration, Family, Instance, Transport};
use std::collections::BTreeSet;
use std::net::IpAddr;

const CHECK: &str = "peers";

/// Strangers, split brain, and peers that are configured otherwise.
pub(super) fn peers(configuration: &Configuration, facts: &Facts, heard: &Heard) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (instance, key) in heard_as(configuration, facts) {
        let talkers = heard.others.get(&key);
        let own = heard.own.get(&key).copied().unwrap_or_default();
        for (source, talker) in talkers.into_iter().flatten() {
            findings.extend(examine(instance, *source, talker, own, || free_vrid(heard, key)));
        }
        if talkers.is_none_or(std::collections::BTreeMap::is_empty) {
            findings.push(nobody(instance, own));
        }
    }
    findings
}

fn nobody(instance: &Instance, own: usize) -> Finding {
    let where_from = match &instance.transport {
        Transport::Multicast { group } => format!("to {group}"),
        Transport::Unicast { .. } => "from a peer".to_owned(),
    };
    let here = if own > 0 {
        "this host is master, and "
    } else {
        "this host is not master, and "
    };
    Finding::note(
        CHECK,
        &instance.name,
        format!("{here}no other router sent an advert {where_from} while listening"),
        "a backup is silent, so on the master this is as it should be; on a backup the master's adverts do not arrive: look for a \
         switch with IGMP snooping and no querier, a cloud without multicast (use `unicast_peer`), another VRID or interface \
         at the peer, a firewall on the way",
    )
}

fn examine(
    instance: &Instance,
    source: IpAddr,
    talker: &Talker,
    own: usize,
    free: impl Fn() -> Option<u8>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let advert = &talker.last;
    let name = instance.name.as_str();
    let vrid = instance.vrid;
    let ours: BTreeSet<IpAddr> = instance
        .virtual_addresses
        .iter()
        .map(|address| address.prefix.address)
        .collect();
    if let Transport::Unicast {
        peers,
        check_source: true,
        ..
    } = &instance.transport
        && !peers.iter().any(|peer| peer.address == source)
    {
        findings.push(Finding::problem(
            CHECK,
            name,
            format!("{source} sends adverts for VRID {vrid} and is no `unicast_peer`: they are ignored"),
            format!("add {source} to `unicast_peer`, or give that router another VRID"),
        ));
        return findings;
    }
    if !advert.addresses.is_empty() && !ours.is_empty() && advert.addresses.is_disjoint(&ours) {
        let free = free().map_or_else(String::new, |vrid| format!("; {vrid} was not heard"));
        findings.push(Finding::problem(
            CHECK,
            name,
            format!(
                "a stranger, {source}, uses VRID {vrid} on this link for {}",
                list(&advert.addresses)
            ),
            format!("use another `virtual_router_id` on all your routers{free}"),
        ));
        return findings;
    }
    if own > 1 && talker.seen > 1 {
        findings.push(Finding::problem(
            CHECK,
            name,
            format!("split brain: this host and {source} both send adverts for VRID {vrid}"),
            "one of both does not hear the other: see the findings about firewalls, here and on the other router; versions, \
             passwords and address lists that differ have the same effect",
        ));
    }
    let differences = differences(instance, talker, &ours);
    for (what, theirs, mine) in &differences {
        findings.push(Finding::problem(
            CHECK,
            name,
            format!("{what} of {source} is {theirs}, ours is {mine}"),
            "configure both routers alike",
        ));
    }
    if advert.priority == instance.priority.value() && own == 0 {
        findings.push(Finding::note(
            CHECK,
            name,
            format!(
                "{source} has the same priority, {}: the higher address decides",
                advert.priority
            ),
            "give the routers different priorities",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::good(
            CHECK,
            name,
            format!(
                "{source} is master with priority {} and the same settings",
                advert.priority
            ),
        ));
    }
    findings
}

/// What makes an advert invalid for us: its name, theirs, ours.
fn differences(
    instance: &Instance,
    talker: &Talker,
    ours: &BTreeSet<IpAddr>,
) -> Vec<(&'static str, String, String)> {
    let advert = &talker.last;
    let mut differences = Vec::new();
    let version = instance.version.number();
    if advert.version != version {
        differences.push((
            "the VRRP version",
            advert.version.to_string(),
            version.to_string(),
        ));
        return differences;
    }
    if advert.addresses != *ours && !instance.skip_check_adv_addr {
        differences.push((
            "the list of virtual addresses",
            list(&advert.addresses),
            list(ours),
        ));
    }
    if version == 2 && advert.interval != instance.advert_int {
        differences.push((
            "`advert_int`",
            advert.interval.to_string(),
            instance.advert_int.to_string(),
        ));
    }
    let kinds = ["none", "PASS", "AH"];
    let kind = match instance.authentication {
        Authentication::None | Authentication::Hmac(_) => 0,
        Authentication::Password(_) => 1,
        Authentication::Ah(_) => 2,
    };
    if version == 2 && advert.auth_type != kind {
        let word = |kind: u8| {
            kinds
                .get(usize::from(kind))
                .map_or_else(|| kind.to_string(), ToString::to_string)
        };
        differences.push(("`auth_type`", word(advert.auth_type), word(kind)));
    }
    if advert.ttl != 255 && !instance.transport.is_unicast() {
        let what = match instance.family {
            Family::Ipv4 => "the TTL",
            Family::Ipv6 => "the hop limit",
        };
        differences.push((
            what,
            format!("{} (it came through a router)", advert.ttl),
            "255".to_owned(),
        ));
    }
    differences
}

/// The first VRID above ours that nobody on the interface uses.
fn free_vrid(heard: &Heard, key: Key) -> Option<u8> {
    let used: BTreeSet<u8> = heard
        .others
        .keys()
        .chain(heard.own.keys())
        .filter(|other| other.interface == key.interface)
        .map(|other| other.vrid)
        .collect();
    (key.vrid..=u8::MAX)
        .chain(1..key.vrid)
        .find(|vrid| !used.contains(vrid))
}

fn list(addresses: &BTreeSet<IpAddr>) -> String {
    if addresses.is_empty() {
        return "empty".to_owned();
    }
    let shown: Vec<_> = addresses.iter().take(8).map(ToString::to_string).collect();
    let more = addresses.len() - shown.len();
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{rest}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Verdict;
    use super::super::testing::{configuration, facts, hear};
    use super::*;
    use model::Micros;

    fn findings(change: impl FnOnce(&mut Talker), own: usize) -> Vec<Finding> {
        let (configuration, facts) = (configuration(), facts());
        let mut heard = hear(&configuration, &facts, "192.0.2.2", change);
        let key = *heard.others.keys().next().unwrap();
        if own > 0 {
            heard.own.insert(key, own);
        }
        peers(&configuration, &facts, &heard)
    }

    #[test]
    fn a_master_that_is_configured_alike_is_good() {
        let found = findings(|_| {}, 0);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].verdict, Verdict::Good);
    }

    #[test]
    fn two_masters_are_a_split_brain() {
        let found = findings(|_| {}, 5);
        assert!(found[0].reason.starts_with("split brain"), "{}", found[0].reason);
    }

    #[test]
    fn a_stranger_is_named_with_its_addresses_and_a_free_number() {
        let found = findings(
            |talker| talker.last.addresses = ["203.0.113.9".parse().unwrap()].into(),
            3,
        );
        assert_eq!(found.len(), 1);
        assert!(found[0].reason.contains("stranger, 192.0.2.2") && found[0].reason.contains("203.0.113.9"));
        assert!(found[0].remedy.as_ref().unwrap().contains("52 was not heard"));
    }

    #[test]
    fn each_difference_is_named() {
        let reasons = |change: fn(&mut Talker)| -> String {
            let found = findings(change, 0);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].verdict, Verdict::Problem);
            found[0].reason.clone()
        };
        assert!(
            reasons(|talker| talker.last.version = 3)
                .contains("the VRRP version of 192.0.2.2 is 3, ours is 2")
        );
        assert!(reasons(|talker| talker.last.interval = Micros::from_secs(3)).contains("`advert_int`"));
        assert!(
            reasons(|talker| talker.last.auth_type = 1)
                .contains("`auth_type` of 192.0.2.2 is PASS, ours is none")
        );
        assert!(reasons(|talker| talker.last.ttl = 254).contains("TTL"));
        assert!(
            reasons(|talker| {
                talker.last.addresses.insert("192.0.2.101".parse().unwrap());
            })
            .contains("192.0.2.100, 192.0.2.101")
        );
    }

    #[test]
    fn equal_priorities_are_worth_knowing() {
        let found = findings(|talker| talker.last.priority = 100, 0);
        assert_eq!(found[0].verdict, Verdict::Note);
    }

    #[test]
    fn silence_is_worth_knowing() {
        let found = peers(&configuration(), &facts(), &Heard::default());
        assert_eq!(found[0].verdict, Verdict::Note);
        assert!(found[0].reason.contains("224.0.0.18"));
    }
}
