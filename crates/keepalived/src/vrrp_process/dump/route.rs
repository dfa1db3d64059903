//! Routes in dumps: `prepend 192.168.77.0/24 via inet 10.3.0.2 dev eth0 proto 18 metric 10`.

use super::address::bare;
use model::{Encap, Family, Gateway, LockableMetric, NextHop, Route, RouteMetrics, RouteMode};
use std::fmt::{Display, Write};
use std::net::IpAddr;

/// The line of a route.
pub(super) fn describe(route: &Route) -> String {
    let mut text = Words(String::new());
    text.word(match route.mode {
        RouteMode::Prepend => "prepend",
        RouteMode::Append => "append",
        RouteMode::Add => "add",
    });
    if let Some(kind) = kind(route.kind) {
        text.word(kind);
    }
    match (route.destination, route.family) {
        (Some(destination), _) => text.word(bare(destination)),
        (None, Family::Ipv4) => text.word("0.0.0.0/0"),
        (None, Family::Ipv6) => text.word("::/0"),
    }
    text.option("from", route.source);
    if route.tos != 0 {
        text.option("tos", Some(route.tos));
    }
    encap(&mut text, route.encap.as_ref());
    text.option("src", route.preferred_source);
    via(&mut text, route.via);
    text.option("dev", route.dev.as_ref());
    text.option("table", route.table);
    text.option("proto", Some(route.protocol));
    text.option("scope", route.scope);
    text.option("metric", route.metric);
    text.flag("onlink", route.onlink);
    text.option("realms", route.realms.map(realms));
    text.option("expires", route.expires.map(|seconds| format!("{seconds}sec")));
    metrics(&mut text, &route.metrics);
    text.option("pref", route.pref.map(preference));
    text.option("ttl-propagate", route.ttl_propagate.map(enabled));
    for hop in &route.nexthops {
        next_hop(&mut text, hop);
    }
    text.flag("no_track", route.no_track);
    text.option("track_group", route.track_group.as_ref());
    text.0
}

/// Words with blanks between them.
struct Words(String);

impl Words {
    fn word(&mut self, word: impl Display) {
        let blank = if self.0.is_empty() { "" } else { " " };
        // Writing into a string cannot fail.
        let _ = write!(self.0, "{blank}{word}");
    }

    fn option(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.word(name);
            self.word(value);
        }
    }

    fn flag(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.word(name);
        }
    }
}

/// Route types (`RTN_*`) other than unicast.
fn kind(number: u8) -> Option<String> {
    Some(match number {
        Route::UNICAST => return None,
        2 => "local".into(),
        3 => "broadcast".into(),
        4 => "anycast".into(),
        5 => "multicast".into(),
        6 => "blackhole".into(),
        7 => "unreachable".into(),
        8 => "prohibit".into(),
        9 => "throw".into(),
        10 => "nat".into(),
        11 => "xresolve".into(),
        other => other.to_string(),
    })
}

fn via(text: &mut Words, gateway: Option<Gateway>) {
    if let Some(gateway) = gateway {
        text.word("via");
        text.word(match gateway {
            IpAddr::V4(_) => "inet",
            IpAddr::V6(_) => "inet6",
        });
        text.word(gateway);
    }
}

/// `FROM/TO`, or `TO` alone.
pub(super) fn realms(realms: u32) -> String {
    match (realms >> 16, realms & 0xffff) {
        (0, to) => to.to_string(),
        (from, to) => format!("{from}/{to}"),
    }
}

fn preference(pref: u8) -> String {
    match pref {
        0 => "medium".into(),
        1 => "high".into(),
        3 => "low".into(),
        other => other.to_string(),
    }
}

const fn enabled(value: bool) -> &'static str {
    if value { "enabled" } else { "disabled" }
}

fn encap(text: &mut Words, encap: Option<&Encap>) {
    let Some(encap) = encap else { return };
    text.word("encap");
    match encap {
        Encap::Ip {
            id,
            dst,
            src,
            tos,
            ttl,
            flags,
        } => {
            text.word("ip");
            text.option("id", *id);
            text.option("dst", *dst);
            text.option("src", *src);
            text.option("tos", *tos);
            text.option("ttl", *ttl);
            text.option("flags", flags.map(|flags| format!("0x{flags:x}")));
        }
        Encap::Ip6 {
            id,
            dst,
            src,
            tc,
            hoplimit,
            flags,
        } => {
            text.word("ip6");
            text.option("id", *id);
            text.option("dst", *dst);
            text.option("src", *src);
            text.option("tc", *tc);
            text.option("hoplimit", *hoplimit);
            text.option("flags", flags.map(|flags| format!("0x{flags:x}")));
        }
        Encap::Mpls(labels) => {
            text.word("mpls");
            let labels: Vec<_> = labels.iter().map(ToString::to_string).collect();
            text.word(labels.join("/"));
        }
        Encap::Ila(locator) => {
            let group = |shift: u32| locator >> shift & 0xffff;
            text.word("ila");
            text.word(format_args!(
                "{:x}:{:x}:{:x}:{:x}",
                group(48),
                group(32),
                group(16),
                group(0)
            ));
        }
    }
}

fn metrics(text: &mut Words, metrics: &RouteMetrics) {
    let lockable = |text: &mut Words, name: &str, metric: Option<LockableMetric>, show: fn(u32) -> String| {
        if let Some(metric) = metric {
            text.word(name);
            text.flag("lock", metric.locked);
            text.word(show(metric.value));
        }
    };
    let number: fn(u32) -> String = |value| value.to_string();
    if let Some((name, locked)) = &metrics.congctl {
        text.word("congctl");
        text.flag("lock", *locked);
        text.word(name);
    }
    lockable(text, "rtt", metrics.rtt, |eighths| format!("{}ms", eighths / 8));
    lockable(text, "rttvar", metrics.rttvar, |quarters| {
        format!("{}ms", quarters / 4)
    });
    lockable(text, "rto_min", metrics.rto_min, |millis| format!("{millis}ms"));
    text.flag("features ecn", metrics.ecn);
    lockable(text, "mtu", metrics.mtu, number);
    text.option("window", metrics.window);
    lockable(text, "ssthresh", metrics.ssthresh, number);
    lockable(text, "cwnd", metrics.cwnd, number);
    lockable(text, "advmss", metrics.advmss, number);
    lockable(text, "reordering", metrics.reordering, number);
    text.option("hoplimit", metrics.hoplimit);
    text.option("initcwnd", metrics.initcwnd);
    text.option("initrwnd", metrics.initrwnd);
    text.option("quickack", metrics.quickack.map(u8::from));
    text.option("fastopen_no_cookie", metrics.fastopen_no_cookie.map(u8::from));
}

fn next_hop(text: &mut Words, hop: &NextHop) {
    text.word("nexthop");
    via(text, hop.via);
    text.option("dev", hop.dev.as_ref());
    text.option("weight", hop.weight);
    text.flag("onlink", hop.onlink);
    encap(text, hop.encap.as_ref());
    text.option("realm", hop.realms.map(realms));
}
