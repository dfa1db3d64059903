//! What happened, for the log, scripts, FIFOs, traps and mails.
//!
//! An [`Event`] prints as the log line of `spec/ipvs.md` and `spec/checkers.md`, word for word; what the line does
//! not say (why a check failed) is in the value. A [`Notice`] prints as its FIFO line. A [`Mail`] has subject and
//! body.

mod check;
mod mail;
mod notice;
mod server;

#[cfg(test)]
mod tests;

pub use check::{CheckEvent, CheckLabel, CheckNews, http_reason};
pub use mail::{Mail, MailSubject};
pub use notice::{Notice, Reach};
pub use server::{
    Activation, Cause, Presence, QuorumFigures, ServerEvent, ServerNews, VirtualServerEvent,
    VirtualServerNews,
};

use model::{ServerName, VirtualServerName};
use std::fmt;

/// A real server of a virtual server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The real server.
    pub server: ServerName,
    /// The virtual server.
    pub virtual_server: VirtualServerName,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// About one check.
    Check(CheckEvent),
    /// About a real server.
    Server(ServerEvent),
    /// About a virtual server.
    VirtualServer(VirtualServerEvent),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(event) => event.fmt(f),
            Self::Server(event) => event.fmt(f),
            Self::VirtualServer(event) => event.fmt(f),
        }
    }
}

impl From<CheckEvent> for Event {
    fn from(event: CheckEvent) -> Self {
        Self::Check(event)
    }
}

impl From<ServerEvent> for Event {
    fn from(event: ServerEvent) -> Self {
        Self::Server(event)
    }
}

impl From<VirtualServerEvent> for Event {
    fn from(event: VirtualServerEvent) -> Self {
        Self::VirtualServer(event)
    }
}
