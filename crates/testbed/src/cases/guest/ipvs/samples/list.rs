//! The samples with their servers, and what is to happen to them.

use super::servers::Server;

/// A sample.
pub(super) struct Sample {
    pub(super) name: &'static str,
    text: &'static str,
    /// What is different in the laboratory: files that cannot be there, programs that are not installed.
    changes: &'static [(&'static str, &'static str)],
    /// Files in `/run`.
    pub(super) files: &'static [(&'static str, &'static str)],
    pub(super) servers: &'static [Server],
    pub(super) start: Table,
    pub(super) events: &'static [(Event, Table)],
}

impl Sample {
    /// The configuration, at a quicker pace; the way is the same at any.
    pub(super) fn text(&self) -> String {
        let quicker = [
            ("delay_loop 10", "delay_loop 1"),
            ("delay_loop 15", "delay_loop 1"),
            ("delay_loop 5", "delay_loop 1"),
            ("delay_before_retry 5", "delay_before_retry 1"),
        ];
        let changes = quicker.iter().chain(self.changes);
        changes.fold(self.text.to_owned(), |text, (from, to)| text.replace(from, to))
    }
}

/// What happens on both sides.
#[derive(Debug)]
pub(super) enum Event {
    /// A server dies.
    Down(usize),
    /// It is back.
    Up(usize),
    /// A file in `/run` gets this content.
    Write(&'static str, &'static str),
    /// The configuration has something else in place of something.
    Reload(&'static str, &'static str),
}

/// What is in a table, by the lines of `ipvsadm -Sn`.
pub(super) struct Table {
    /// Each of these is in a line.
    there: &'static [&'static str],
    /// None of these is in any.
    gone: &'static [&'static str],
}

impl Table {
    /// Nothing at all.
    pub(super) const EMPTY: Self = gone(&["-A", "-a"]);

    /// Whether a table is like that.
    pub(super) fn is(&self, lines: &[String]) -> bool {
        let has = |word: &&str| lines.iter().any(|line| line.contains(*word));
        self.there.iter().all(has) && !self.gone.iter().any(has)
    }
}

const fn there(there: &'static [&'static str]) -> Table {
    Table { there, gone: &[] }
}

const fn gone(gone: &'static [&'static str]) -> Table {
    Table { there: &[], gone }
}

const fn some(there: &'static [&'static str], gone: &'static [&'static str]) -> Table {
    Table { there, gone }
}

macro_rules! text {
    ($name:literal) => {
        include_str!(concat!("../../../../../../../samples/", $name))
    };
}

use Event::{Down, Reload, Up, Write};
use Server::{Host, Mail, Name, Page, Sealed, Stream, Time};

pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        name: "lvs.nat.conf",
        text: text!("lvs.nat.conf"),
        changes: &[],
        files: &[],
        servers: &[Stream("10.0.0.11:8080"), Stream("10.0.0.12:8081")],
        start: there(&["10.0.0.11:8080 -m -w 2", "10.0.0.12:8081 -m -w 1"]),
        events: &[
            (Down(0), some(&["10.0.0.12:8081"], &["10.0.0.11:"])),
            (Down(1), gone(&["-a"])),
            (Up(0), some(&["10.0.0.11:8080 -m -w 2"], &["10.0.0.12:"])),
            (Up(1), there(&["10.0.0.11:8080", "10.0.0.12:8081"])),
            (Reload("weight 2", "weight 5"), there(&["10.0.0.11:8080 -m -w 5"])),
        ],
    },
    Sample {
        name: "lvs.dr.conf",
        text: text!("lvs.dr.conf"),
        changes: &[],
        files: &[],
        servers: &[Stream("192.0.2.11:80"), Stream("192.0.2.12:80")],
        start: there(&["192.0.2.11:80 -g -w 1", "192.0.2.12:80 -g -w 1"]),
        events: &[
            (Down(0), some(&["192.0.2.12:80"], &["192.0.2.11:"])),
            (
                Reload("lb_algo wlc", "lb_algo sed"),
                some(&["-s sed", "192.0.2.12:80"], &["192.0.2.11:"]),
            ),
            (Up(0), there(&["192.0.2.11:80", "192.0.2.12:80"])),
        ],
    },
    Sample {
        name: "lvs.tun.conf",
        text: text!("lvs.tun.conf"),
        changes: &[],
        files: &[],
        servers: &[Stream("198.51.100.11:443"), Stream("203.0.113.12:443")],
        start: there(&["198.51.100.11:443 -i -w 1", "203.0.113.12:443 -i -w 1"]),
        events: &[
            (Down(1), some(&["198.51.100.11:443"], &["203.0.113.12:"])),
            (Up(1), there(&["198.51.100.11:443", "203.0.113.12:443"])),
            (
                Reload("mh-port", "mh-port\n    persistence_timeout 60"),
                there(&["-p 60", "203.0.113.12:443"]),
            ),
        ],
    },
    Sample {
        name: "lvs.fwmark.conf",
        text: text!("lvs.fwmark.conf"),
        changes: &[],
        files: &[],
        servers: &[Stream("192.0.2.11:443"), Stream("192.0.2.12:443")],
        start: there(&["192.0.2.11:0 -g -w 1", "192.0.2.12:0 -g -w 1"]),
        events: &[
            (Down(0), some(&["192.0.2.12:0"], &["192.0.2.11:"])),
            (Up(0), there(&["192.0.2.11:0", "192.0.2.12:0"])),
            (
                Reload("persistence_timeout 600", "persistence_timeout 300"),
                there(&["-p 300", "192.0.2.12:0"]),
            ),
        ],
    },
    Sample {
        name: "lvs.group.conf",
        text: text!("lvs.group.conf"),
        changes: &[],
        files: &[],
        servers: &[Stream("10.0.0.11:80"), Stream("10.0.0.12:80")],
        start: there(&[
            "10.0.0.11:80 -m -w 1",
            "10.0.0.12:80 -m -w 1",
            "198.51.100.16:80",
            "192.0.2.219:80",
        ]),
        events: &[
            (Down(0), some(&["10.0.0.12:80"], &["10.0.0.11:"])),
            (Up(0), there(&["10.0.0.11:80", "10.0.0.12:80"])),
        ],
    },
    Sample {
        name: "lvs.sorry-server.conf",
        text: text!("lvs.sorry-server.conf"),
        changes: &[],
        files: &[],
        servers: &[Page("10.0.0.11:80"), Page("10.0.0.12:80")],
        start: there(&["10.0.0.11:80 -m -w 1", "10.0.0.12:80 -m -w 1"]),
        events: &[
            (Down(0), there(&["10.0.0.11:80 -m -w 0", "10.0.0.12:80 -m -w 1"])),
            (Down(1), there(&["10.0.0.99:80"])),
            (
                Up(0),
                some(&["10.0.0.11:80 -m -w 1"], &["10.0.0.99:", "10.0.0.12:80 -m -w 1"]),
            ),
            (Up(1), there(&["10.0.0.11:80 -m -w 1", "10.0.0.12:80 -m -w 1"])),
        ],
    },
    Sample {
        name: "lvs.quorum.conf",
        text: text!("lvs.quorum.conf"),
        changes: &[],
        files: &[],
        servers: &[Name("10.0.0.11:53"), Name("10.0.0.12:53"), Name("10.0.0.13:53")],
        start: there(&["10.0.0.11:53", "10.0.0.12:53", "10.0.0.13:53"]),
        events: &[
            (Down(0), some(&["10.0.0.12:53", "10.0.0.13:53"], &["10.0.0.11:"])),
            (Down(1), some(&["10.0.0.13:53"], &["10.0.0.11:", "10.0.0.12:"])),
            (Down(2), gone(&["-a"])),
            (Up(0), there(&["10.0.0.11:53"])),
            (Up(1), there(&["10.0.0.12:53"])),
            (Up(2), there(&["10.0.0.13:53"])),
        ],
    },
    Sample {
        name: "check.tcp.conf",
        text: text!("check.tcp.conf"),
        changes: &[],
        files: &[],
        servers: &[Stream("10.0.0.11:5432"), Stream("10.0.0.12:5433")],
        start: there(&["10.0.0.11:5432", "10.0.0.12:5432"]),
        events: &[
            (Down(0), some(&["10.0.0.12:"], &["10.0.0.11:"])),
            (Up(0), there(&["10.0.0.11:5432", "10.0.0.12:5432"])),
        ],
    },
    Sample {
        name: "check.ssl.conf",
        text: text!("check.ssl.conf"),
        changes: &[],
        files: &[],
        servers: &[Sealed("10.0.0.11:443"), Sealed("10.0.0.12:443")],
        start: there(&["10.0.0.11:443 -m -w 1", "10.0.0.12:443 -m -w 1"]),
        events: &[
            (Down(1), some(&["10.0.0.11:443"], &["10.0.0.12:"])),
            (Up(1), there(&["10.0.0.11:443", "10.0.0.12:443"])),
        ],
    },
    Sample {
        name: "check.dns.conf",
        text: text!("check.dns.conf"),
        changes: &[],
        files: &[],
        servers: &[Name("10.0.0.11:53")],
        start: there(&["10.0.0.11:53", "-o"]),
        events: &[(Down(0), gone(&["-a"])), (Up(0), there(&["10.0.0.11:53"]))],
    },
    Sample {
        name: "check.file.conf",
        text: text!("check.file.conf"),
        changes: &[("/etc/keepalived/server1", "/run/server1")],
        files: &[],
        servers: &[Stream("10.0.0.11:80"), Stream("10.0.0.12:80")],
        start: there(&["10.0.0.11:80 -m -w 100", "10.0.0.12:80 -m -w 100"]),
        events: &[
            (Write("server1", "50"), there(&["10.0.0.11:80 -m -w 150"])),
            (Write("server1", "-150"), there(&["10.0.0.11:80 -m -w 0"])),
            (Down(0), some(&["10.0.0.12:80"], &["10.0.0.11:"])),
            (Up(0), there(&["10.0.0.11:80 -m -w 0"])),
            (Write("server1", "0"), there(&["10.0.0.11:80 -m -w 100"])),
        ],
    },
    Sample {
        name: "check.misc.conf",
        text: text!("check.misc.conf"),
        changes: &[
            (
                "/usr/bin/mysqladmin --host=10.0.0.11 --connect-timeout=3 ping",
                "/run/probe 11",
            ),
            (
                "/usr/bin/mysqladmin --host=10.0.0.12 --connect-timeout=3 ping",
                "/run/probe 12",
            ),
        ],
        files: &[("verdict11", "0"), ("verdict12", "0")],
        servers: &[],
        start: there(&["10.0.0.11:3306 -m -w 1", "10.0.0.12:3306 -m -w 1"]),
        events: &[
            (
                Write("verdict11", "1"),
                some(&["10.0.0.12:3306"], &["10.0.0.11:"]),
            ),
            (Write("verdict12", "42"), there(&["10.0.0.12:3306 -m -w 40"])),
            (Write("verdict12", "1"), gone(&["-a"])),
            (Write("verdict11", "0"), there(&["10.0.0.11:3306 -m -w 1"])),
            (Write("verdict12", "7"), there(&["10.0.0.12:3306 -m -w 5"])),
        ],
    },
    Sample {
        name: "check.ping.conf",
        text: text!("check.ping.conf"),
        changes: &[],
        files: &[],
        servers: &[Host("10.0.0.11")],
        start: there(&["10.0.0.11:5060"]),
        events: &[(Down(0), gone(&["-a"])), (Up(0), there(&["10.0.0.11:5060"]))],
    },
    Sample {
        name: "check.smtp.conf",
        text: text!("check.smtp.conf"),
        changes: &[],
        files: &[],
        servers: &[Mail("10.0.0.11:25")],
        start: there(&["10.0.0.11:25"]),
        events: &[(Down(0), gone(&["-a"])), (Up(0), there(&["10.0.0.11:25"]))],
    },
    Sample {
        name: "check.udp.conf",
        text: text!("check.udp.conf"),
        changes: &[],
        files: &[],
        servers: &[Time("10.0.0.11:123"), Time("10.0.0.12:123")],
        start: there(&["10.0.0.11:123", "10.0.0.12:123"]),
        events: &[
            (Down(0), some(&["10.0.0.12:123"], &["10.0.0.11:"])),
            (Down(1), gone(&["-a"])),
            (Up(0), there(&["10.0.0.11:123"])),
            (Up(1), there(&["10.0.0.12:123"])),
        ],
    },
];
