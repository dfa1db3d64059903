//! What every health check has: its kind, its schedule and where it connects to (`spec/checkers.md`).

use crate::{
    BfdCheck, DnsCheck, FileCheck, HttpCheck, IfName, Micros, MiscCheck, PingCheck, SmtpCheck, TcpCheck,
    UdpCheck,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;

/// When a check runs and how often it is tried. Of no effect for `FILE_CHECK` and `BFD_CHECK`, which are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CheckSchedule {
    /// `delay_loop`: from the end of a run to the next one; more than zero.
    pub delay_loop: Micros,
    /// `warmup`: the first run is up to this much later than 1 s after the start.
    pub warmup: Micros,
    /// `retry`: attempts after a failed one before the check counts as failed.
    pub retry: u32,
    /// `delay_before_retry`: from the end of a failed attempt to the next one.
    pub delay_before_retry: Micros,
}

impl CheckSchedule {
    /// `delay_loop` where the configuration names none.
    pub const DELAY_LOOP: Micros = Micros::from_secs(60);

    /// The schedule of a kind that tries again once after a second, every `delay_loop`.
    #[must_use]
    pub const fn every(delay_loop: Micros) -> Self {
        Self {
            delay_loop,
            warmup: delay_loop,
            retry: 1,
            delay_before_retry: Micros::SECOND,
        }
    }
}

/// The defaults of checks that a virtual or real server names. What it does not name comes from the level above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CheckDefaults {
    /// `delay_loop`, resolved.
    pub delay_loop: Micros,
    /// `connect_timeout`, resolved.
    pub connect_timeout: Micros,
    /// `warmup`; nothing is the checker's own delay loop.
    pub warmup: Option<Micros>,
    /// `retry`, at least 1; nothing is the checker type's.
    pub retry: Option<u32>,
    /// `delay_before_retry`; nothing is the checker type's.
    pub delay_before_retry: Option<Micros>,
    /// `alpha`, resolved.
    pub alpha: bool,
}

impl Default for CheckDefaults {
    fn default() -> Self {
        Self {
            delay_loop: CheckSchedule::DELAY_LOOP,
            connect_timeout: Connection::TIMEOUT,
            warmup: None,
            retry: None,
            delay_before_retry: None,
            alpha: false,
        }
    }
}

/// The connection keywords of a check; equality is what decides over a reload whether its state is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Connection {
    /// `connect_ip`, `connect_port`; the port is unused by `PING_CHECK`.
    pub destination: SocketAddr,
    /// `bindto`, `bind_port`; port 0 leaves it to the kernel.
    pub bind: Option<SocketAddr>,
    /// `bind_if`.
    pub interface: Option<IfName>,
    /// `connect_timeout`, more than zero.
    pub timeout: Micros,
    /// `fwmark` of the socket; 0 is none.
    pub fwmark: u32,
}

impl Connection {
    /// `connect_timeout` where the configuration names none.
    pub const TIMEOUT: Micros = Micros::from_secs(5);

    /// A connection to `destination` with every option at its default.
    #[must_use]
    pub const fn to(destination: SocketAddr) -> Self {
        Self {
            destination,
            bind: None,
            interface: None,
            timeout: Self::TIMEOUT,
            fwmark: 0,
        }
    }
}

/// One check of a real server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Checker {
    /// What it does.
    pub kind: CheckKind,
    /// When it does it.
    pub schedule: CheckSchedule,
    /// `alpha`: down until its first success.
    pub alpha: bool,
    /// `log_all_failures`, own or global.
    pub log_all_failures: bool,
}

impl Checker {
    /// A check of that kind every `delay_loop`, everything else at the defaults of the kind.
    #[must_use]
    pub fn new(kind: CheckKind, delay_loop: Micros) -> Self {
        let mut schedule = CheckSchedule::every(delay_loop);
        let (retry, delay_before_retry) = kind.default_retry(delay_loop);
        schedule.retry = retry;
        schedule.delay_before_retry = delay_before_retry;
        Self {
            kind,
            schedule,
            alpha: false,
            log_all_failures: false,
        }
    }
}

/// What a check does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CheckKind {
    /// `TCP_CHECK`.
    Tcp(Box<TcpCheck>),
    /// `UDP_CHECK`.
    Udp(Box<UdpCheck>),
    /// `HTTP_GET` and `SSL_GET`.
    Http(Box<HttpCheck>),
    /// `SMTP_CHECK`.
    Smtp(Box<SmtpCheck>),
    /// `DNS_CHECK`.
    Dns(Box<DnsCheck>),
    /// `PING_CHECK`.
    Ping(Box<PingCheck>),
    /// `MISC_CHECK`.
    Misc(Box<MiscCheck>),
    /// `FILE_CHECK`.
    File(Box<FileCheck>),
    /// `BFD_CHECK`.
    Bfd(Box<BfdCheck>),
}

impl CheckKind {
    /// `retry` and `delay_before_retry` where no level names them.
    #[must_use]
    pub const fn default_retry(&self, delay_loop: Micros) -> (u32, Micros) {
        match self {
            Self::Http(_) => (1, Micros::from_secs(3)),
            Self::Dns(_) => (3, delay_loop),
            Self::Misc(_) => (0, Micros::SECOND),
            _ => (1, Micros::SECOND),
        }
    }

    /// The connection options, for the kinds that have some.
    #[must_use]
    pub const fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Tcp(check) => Some(&check.connection),
            Self::Udp(check) => Some(&check.connection),
            Self::Http(check) => Some(&check.connection),
            Self::Smtp(check) => Some(&check.connection),
            Self::Dns(check) => Some(&check.connection),
            Self::Ping(check) => Some(&check.connection),
            Self::Misc(_) | Self::File(_) | Self::Bfd(_) => None,
        }
    }

    /// The connection options, to complete them.
    pub fn connection_mut(&mut self) -> Option<&mut Connection> {
        match self {
            Self::Tcp(check) => Some(&mut check.connection),
            Self::Udp(check) => Some(&mut check.connection),
            Self::Http(check) => Some(&mut check.connection),
            Self::Smtp(check) => Some(&mut check.connection),
            Self::Dns(check) => Some(&mut check.connection),
            Self::Ping(check) => Some(&mut check.connection),
            Self::Misc(_) | Self::File(_) | Self::Bfd(_) => None,
        }
    }

    /// The keyword of the block.
    #[must_use]
    pub const fn keyword(&self) -> &'static str {
        match self {
            Self::Tcp(_) => "TCP_CHECK",
            Self::Udp(_) => "UDP_CHECK",
            Self::Http(check) if check.tls.is_some() => "SSL_GET",
            Self::Http(_) => "HTTP_GET",
            Self::Smtp(_) => "SMTP_CHECK",
            Self::Dns(_) => "DNS_CHECK",
            Self::Ping(_) => "PING_CHECK",
            Self::Misc(_) => "MISC_CHECK",
            Self::File(_) => "FILE_CHECK",
            Self::Bfd(_) => "BFD_CHECK",
        }
    }

    /// Whether the check runs by itself; the others are told when something changes.
    #[must_use]
    pub const fn is_scheduled(&self) -> bool {
        !matches!(self, Self::File(_) | Self::Bfd(_))
    }
}

impl fmt::Display for CheckKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())
    }
}
