//! The typed configuration of keepalived as plain data.
//!
//! `config` lowers the text of `keepalived.conf` into a [`Configuration`]; every other crate only reads it.
//! Nothing here does input or output, reads a clock or depends on another crate of the workspace. What is in a
//! `Configuration` has been checked and completed: ranges hold, defaults are filled in, references resolve, so
//! the cores need no second validation. What only the kernel knows (an interface's index, its addresses) is in
//! [`interface::Interfaces`], a snapshot that is handed in beside it.
//!
//! Units are newtypes: [`Micros`] for durations, [`Time`] for points on the monotonic clock, [`Vrid`],
//! [`Priority`], [`IfName`], [`IfIndex`]. The whole model is serialisable, because the supervisor hands it to its
//! children in a sealed memory file.

mod address;
mod authentication;
mod checker;
mod checker_http;
mod checker_kinds;
mod command;
mod configuration;
mod forwarding;
mod garp;
mod globals;
mod instance;
pub mod interface;
pub mod ipvs;
mod real_server;
mod route;
mod rule;
mod secret;
mod server_name;
mod static_objects;
mod sync_group;
mod time;
mod tracking;
mod unit;
mod virtual_server;
mod virtual_server_group;

pub use address::{AddressFlags, Broadcast, PreferredLifetime, Prefix, VirtualAddress};
pub use authentication::{AntiReplay, AuthHmac, AuthHmacMode, Authentication, HmacKey, PASSWORD_LEN};
pub use checker::{CheckDefaults, CheckKind, CheckSchedule, Checker, Connection};
pub use checker_http::{
    BodyDigest, HttpCheck, HttpProtocol, PeerName, RegexCheck, RegexOptions, StatusRange, TlsSettings,
    TlsVerification, Url,
};
pub use checker_kinds::{
    BfdCheck, DnsCheck, DnsName, DnsNameError, DnsType, FileCheck, MiscCheck, PingCheck, ReplyContent,
    ReplyPattern, SmtpCheck, TcpCheck, UdpCheck,
};
pub use command::{Command, Credentials};
pub use configuration::{Configuration, VrrpConfiguration};
pub use forwarding::{Forwarding, Protocol, Scheduler, ServerWeight, ServiceFlags, Tunnel, TunnelChecksum};
pub use garp::{ExtraInterfaceGarp, Garp, GarpGroup};
pub use globals::{
    CpuId, Dump, FifoSettings, Files, Firewall, Globals, Identity, IncludeChecks, LvsFlushOnStop, LvsGlobals,
    LvsSyncDaemon, LvsTimeouts, Mail, MailAccount, MailEncryption, MetricsSettings, NetlinkBuffers,
    Operation, ProcessSettings, RxBufferPolicy, Snmp, SocketBuffer, VrrpGlobals,
};
pub use instance::{
    ConfigFault, InitialState, Instance, Notifications, Peer, Transport, UnicastChecksum, Version,
    VirtualLink, VmacName,
};
pub use real_server::{ConnectionLimits, RealServer};
pub use route::{Encap, Gateway, LockableMetric, NextHop, Route, RouteMetrics, RouteMode};
pub use rule::{PortRange, Rule, RuleAction, UidRange};
pub use secret::Secret;
pub use server_name::{ServerName, VirtualServerName};
pub use static_objects::{InterfaceDelays, LinkMethod, LinkPolling, StaticObjects, TrackGroup};
pub use sync_group::SyncGroup;
pub use time::{Micros, Time};
pub use tracking::{
    ParameterMatch, ScriptKind, Sense, TrackEntry, TrackFile, TrackInit, TrackProcess, Tracking, VrrpScript,
};
pub use unit::{
    Family, IfIndex, IfName, IfNameError, MacAddr, Priority, PriorityError, Vrid, VridError, Weight,
};
pub use virtual_server::{
    Frontend, Granularity, LvsConfiguration, Persistence, Quorum, SorryServer, SslIdentity, VirtualServer,
};
pub use virtual_server_group::{AddressRange, AddressRangeError, GroupEntry, VirtualServerGroup};
