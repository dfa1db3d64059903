//! The synchronisation of connections between directors (`spec/ipvs.md` section 1.3).

use super::attributes::daemon::{GROUP, GROUP_6, INTERFACE, MAX_LEN, PORT, STATE, SYNC_ID, TTL};
use super::request::number;
use crate::netlink::Attributes;
use crate::netlink::message::{attributes, ip, string, u16_at};
use model::{IfName, LvsSyncDaemon};
use std::fmt;
use std::net::IpAddr;

/// What a sync daemon does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyncRole {
    /// Sends connections.
    Master,
    /// Receives connections.
    Backup,
}

impl SyncRole {
    /// Both, in the order in which they are started and stopped.
    pub const BOTH: [Self; 2] = [Self::Master, Self::Backup];

    const fn number(self) -> u32 {
        match self {
            Self::Master => 1,
            Self::Backup => 2,
        }
    }

    fn numbered(number: u32) -> Option<Self> {
        Self::BOTH.into_iter().find(|role| role.number() == number)
    }
}

impl fmt::Display for SyncRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Master => "master",
            Self::Backup => "backup",
        })
    }
}

/// How connections are sent or received. Nothing leaves a value to the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncDaemon {
    /// The interface.
    pub interface: IfName,
    /// Tells daemons of one segment apart; a receiver with 0 takes all.
    pub sync_id: u8,
    /// Largest message in bytes.
    pub max_len: Option<u16>,
    /// Multicast group.
    pub group: Option<IpAddr>,
    /// UDP port.
    pub port: Option<u16>,
    /// Time to live of what is sent.
    pub ttl: Option<u8>,
}

impl SyncDaemon {
    /// The daemon of a configuration, with `default_id` where that names none: 0, or the virtual router identifier of
    /// the instance that it follows.
    #[must_use]
    pub fn of(configured: &LvsSyncDaemon, default_id: u8) -> Self {
        Self {
            interface: configured.interface.clone(),
            sync_id: configured.sync_id.unwrap_or(default_id),
            max_len: configured.max_len,
            group: configured.group,
            port: configured.port,
            ttl: configured.ttl,
        }
    }
}

/// Writes what starts the daemon.
pub(super) fn encode(role: SyncRole, daemon: &SyncDaemon, body: &mut Attributes) {
    encode_key(role, daemon, body);
    body.string(INTERFACE, daemon.interface.as_str());
    if let Some(max_len) = daemon.max_len {
        body.u16(MAX_LEN, max_len);
    }
    match daemon.group {
        Some(IpAddr::V4(group)) => body.bytes(GROUP, &group.octets()),
        Some(IpAddr::V6(group)) => body.bytes(GROUP_6, &group.octets()),
        None => {}
    }
    if let Some(port) = daemon.port {
        body.u16(PORT, port);
    }
    if let Some(ttl) = daemon.ttl {
        body.u8(TTL, ttl);
    }
}

/// Writes what finds the daemon.
pub(super) fn encode_key(role: SyncRole, daemon: &SyncDaemon, body: &mut Attributes) {
    body.u32(STATE, role.number());
    body.u32(SYNC_ID, daemon.sync_id.into());
}

/// A daemon that runs.
pub(super) fn decode(bytes: &[u8]) -> Option<(SyncRole, SyncDaemon)> {
    let mut role = None;
    let mut interface = None;
    let (mut sync_id, mut max_len, mut group, mut port, mut ttl) = (0, None, None, None, None);
    for (kind, value) in attributes(bytes) {
        match kind {
            STATE => role = SyncRole::numbered(number(value)),
            INTERFACE => interface = string(value).and_then(|name| IfName::new(name).ok()),
            SYNC_ID => sync_id = u8::try_from(number(value)).ok()?,
            MAX_LEN => max_len = u16_at(value, 0),
            GROUP | GROUP_6 => group = ip(value),
            PORT => port = u16_at(value, 0),
            TTL => ttl = value.first().copied(),
            _ => {}
        }
    }
    let daemon = SyncDaemon {
        interface: interface?,
        sync_id,
        max_len,
        group,
        port,
        ttl,
    };
    Some((role?, daemon))
}

#[cfg(test)]
mod tests;
