//! Route and rule lines: what the kernel has afterwards is what it has after `ip route add` and `ip rule add` with the same
//! words.

use crate::lab::{INTERFACE, Lab, VIP, configuration};
use anyhow::{Result, ensure};
use std::process::Command;
use testbed::daemon::{Daemon, Presence};
use testbed::netns::{Changes, Node, PATIENCE};

/// A line of the configuration, and what `ip` is told where that is something else.
struct Line(&'static str, Option<&'static str>);

const fn line(text: &'static str) -> Line {
    Line(text, None)
}

const fn other(text: &'static str, ip: &'static str) -> Line {
    Line(text, Some(ip))
}

const ROUTES: &[Line] = &[
    line("198.51.100.0/24 via 192.0.2.2 dev eth0"),
    other(
        "to 198.51.101.0/24 oif eth0 scope link src 192.0.2.1 preference 100",
        "198.51.101.0/24 dev eth0 scope link src 192.0.2.1 metric 100",
    ),
    line("198.51.102.0/24 via 192.0.2.2 dev eth0 table 100 tos 0x10"),
    line("blackhole 198.51.103.0/24"),
    line("unreachable 198.51.104.0/24 metric 7"),
    line("prohibit 198.51.105.0/24"),
    line("throw 198.51.106.0/24 table 101"),
    line("198.51.107.0/24 via 203.0.113.1 dev eth0 onlink"),
    other(
        "198.51.108.0/24 via 192.0.2.2 dev eth0 mtu lock 1400 advmss 1360 reordering 5 cwnd 10 ssthresh 20 window 1000 \
         initcwnd 11 initrwnd 12 hoplimit 33 rtt 300ms rttvar 250ms rto_min lock 500ms congctl reno features ecn \
         quickack 1 fastopen_no_cookie 1",
        "198.51.108.0/24 via 192.0.2.2 dev eth0 mtu lock 1400 advmss 1360 reordering 5 cwnd 10 ssthresh 20 window 1000 \
         initcwnd 11 initrwnd 12 hoplimit 33 rtt 300ms rttvar 250ms rto_min 500ms congctl reno features ecn quickack 1 \
         fastopen_no_cookie 1",
    ),
    line("198.51.109.0/24 via 192.0.2.2 dev eth0 realms 3/4"),
    line("198.51.110.0/24 nexthop via 192.0.2.2 weight 3 nexthop via 192.0.2.3 dev eth0 weight 256 onlink"),
    line("198.51.111.0/24 via inet6 fe80::1 dev eth0"),
    line("198.51.112.0/24 dev eth0 encap ip id 7 dst 203.0.113.7 src 192.0.2.1 ttl 9 tos 4"),
    line("local 198.51.114.1 dev eth0 table 103"),
    line("broadcast 198.51.115.255 dev eth0 table 104"),
    line("198.51.116.0/24 via 192.0.2.2 dev eth0 ttl-propagate enabled"),
    line("anycast 198.51.117.1 dev eth0 table 103"),
    line("multicast 233.252.0.0/24 dev eth0"),
    line("default via 192.0.2.2 dev eth0 table 102"),
    line("198.51.118.0/24 nexthop via inet6 fe80::1 dev eth0 nexthop via 192.0.2.2 dev eth0 realms 5"),
    line("2001:db8:1::/64 via 2001:db8::2 dev eth0 mtu 1400"),
    line("2001:db8:2::/64 via fe80::2 dev eth0 metric 77 pref high"),
    line("2001:db8:3::/64 via fe80::2 dev eth0 expires 600"),
    line("2001:db8:4::/64 from 2001:db8:9::/64 via fe80::2 dev eth0"),
    line("unreachable 2001:db8:5::/64"),
    line("2001:db8:6::/64 nexthop via fe80::2 dev eth0 weight 2 nexthop via fe80::3 dev eth0"),
    line("2001:db8:7::/64 dev eth0 encap ip6 id 7 dst 2001:db8::7 src 2001:db8::1 hoplimit 9 tc 4"),
    other(
        "inet6 default via fe80::2 dev eth0 table 105",
        "default via fe80::2 dev eth0 table 105",
    ),
    other(
        "::/0 via inet6 fe80::2 dev eth0 table 106",
        "default via fe80::2 dev eth0 table 106",
    ),
];

const RULES: &[Line] = &[
    line("from 198.51.100.0/24 to 203.0.113.0/24 table 100 priority 1001"),
    line("not from 198.51.100.0/24 fwmark 0x1/0xff lookup 101 priority 1002"),
    line("iif eth0 oif lo tos 0x10 table 100 preference 1003"),
    line("goto 1010 order 1004"),
    other(
        "from 198.51.101.0/24 blackhole priority 1005",
        "blackhole from 198.51.101.0/24 priority 1005",
    ),
    line("l3mdev priority 1006"),
    line("table 100 suppress_prefixlength 0 priority 1007"),
    line("table 100 suppress_ifgroup default priority 1008"),
    line("realms 3/4 table 100 priority 1009"),
    line("nop priority 1010"),
    line("uidrange 100-200 table 100 priority 1011"),
    line("ipproto tcp sport 100-200 dport 300-400 table 100 priority 1012"),
    other(
        "tunnel-id 77 table 100 priority 1013",
        "tun_id 77 table 100 priority 1013",
    ),
    other(
        "type prohibit from 198.51.102.0/24 priority 1014",
        "prohibit from 198.51.102.0/24 priority 1014",
    ),
    line("to 2001:db8::/32 unreachable priority 2002"),
    other(
        "inet6 fwmark 9 table 100 priority 2003",
        "fwmark 9 table 100 priority 2003",
    ),
];

/// Whether `ip` has to be told that it is about IPv6.
fn is_ipv6(line: &str) -> bool {
    line.starts_with("inet6") || line.starts_with("::") || line.contains("2001:db8")
}

/// Everything with the protocol of keepalived, one line each.
fn listing(node: &Node) -> Result<Vec<String>> {
    let mut list = Vec::new();
    for (family, object) in [("-4", "route"), ("-6", "route"), ("-4", "rule"), ("-6", "rule")] {
        let mut show = Command::new("ip");
        show.args(["-o", "-d", family, object, "show"]);
        if object == "route" {
            show.args(["table", "all"]);
        }
        let text = node.stdout(show)?;
        let ours = text.lines().filter(|line| line.contains("proto keepalived"));
        list.extend(ours.map(|line| format!("{object} {family} {}", without_seconds(line))));
    }
    list.sort();
    Ok(list)
}

/// The time that is left until a route expires is another one each time.
fn without_seconds(line: &str) -> String {
    let words = line.split_whitespace().scan("", |before, word| {
        let shown = if *before == "expires" { "" } else { word };
        *before = word;
        Some(shown)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A router with an IPv6 address as well.
fn lab() -> Result<Lab> {
    let lab = Lab::new()?;
    lab.router
        .ip(&[&format!("address add 2001:db8::1/64 dev {INTERFACE}")])?;
    Ok(lab)
}

/// What the kernel has after all of it was given to `ip`.
fn reference() -> Result<Vec<String>> {
    let lab = lab()?;
    for (object, lines, protocol) in [("route", ROUTES, "proto"), ("rule", RULES, "protocol")] {
        for Line(text, told) in lines {
            let told = told.unwrap_or(text);
            let mut add = Command::new("ip");
            add.arg(if is_ipv6(text) { "-6" } else { "-4" });
            // Next hops have to be last.
            let (line, hops) = match told.find("nexthop") {
                Some(place) => told.split_at(place),
                None => (told, ""),
            };
            add.args([object, "add"]).args(line.split_whitespace());
            add.args([protocol, "keepalived"]).args(hops.split_whitespace());
            lab.router.stdout(add)?;
        }
    }
    listing(&lab.router)
}

fn texts(lines: &[Line]) -> String {
    let texts: Vec<_> = lines.iter().map(|Line(text, _)| *text).collect();
    texts.join("\n") + "\n"
}

/// Waits until the kernel has this of ours, and says what is different if it does not come to that.
fn wait_listing(node: &Node, wanted: &[String]) -> Result<()> {
    let changes = Changes::watch(node)?;
    let question = || Ok((listing(node)? == wanted).then_some(()));
    changes.wait(PATIENCE, question).or_else(|error| {
        let found = listing(node)?;
        let only = |these: &[String], those: &[String]| {
            let lines = these.iter().filter(|line| !those.contains(line)).cloned();
            lines.collect::<Vec<_>>().join("\n")
        };
        let (missing, surplus) = (only(wanted, &found), only(&found, wanted));
        Err(error.context(format!("the kernel lacks\n{missing}\nand has\n{surplus}")))
    })
}

fn ensure_nothing_refused(daemon: &mut Daemon) -> Result<()> {
    let refusal = ["is dropped", "refused", "is ignored"];
    let lines = daemon.process().lines();
    let complaint = lines
        .iter()
        .find(|line| refusal.iter().any(|word| line.text.contains(word)));
    ensure!(complaint.is_none(), "{complaint:?}");
    Ok(())
}

/// In `virtual_routes` and `virtual_rules`: there with the address, and gone with it.
pub(crate) fn of_an_instance() -> Result<()> {
    let wanted = reference()?;
    ensure!(wanted.len() == ROUTES.len() + RULES.len(), "only {wanted:?}");
    let lab = lab()?;
    let more = format!(
        "virtual_routes {{\n{} }}\n virtual_rules {{\n{} }}",
        texts(ROUTES),
        texts(RULES)
    );
    let mut daemon = lab.master(&[], &configuration("", &more))?;
    wait_listing(&lab.router, &wanted)?;
    ensure_nothing_refused(&mut daemon)?;
    // A reload brings a fault, which ends.
    let mark = daemon.process().mark();
    let tracked = "priority 100\n track_file {\n drain weight 0\n }";
    let tracking = configuration("", &more).replacen("priority 100", tracked, 1);
    lab.router.write("drain", "1\n")?;
    daemon.reload(&format!("track_file drain {{\n file /run/drain\n}}\n{tracking}"))?;
    daemon.wait_state_from(mark, "V", testbed::daemon::State::Fault, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIP, Presence::Gone)?;
    wait_listing(&lab.router, &[])?;
    lab.router.write("drain", "0\n")?;
    wait_listing(&lab.router, &wanted)?;
    daemon.stop()?;
    wait_listing(&lab.router, &[])
}

/// In `static_routes` and `static_rules`: there as long as the daemon is.
pub(crate) fn of_the_daemon() -> Result<()> {
    let wanted = reference()?;
    let lab = lab()?;
    let statics = format!(
        "static_routes {{\n{}}}\nstatic_rules {{\n{}}}\n",
        texts(ROUTES),
        texts(RULES)
    );
    let mut daemon = lab.start(&[], &statics)?;
    wait_listing(&lab.router, &wanted)?;
    ensure_nothing_refused(&mut daemon)?;
    daemon.stop()?;
    wait_listing(&lab.router, &[])
}
