//! What scripts, FIFOs and SNMP traps are told (`spec/ipvs.md` section 6).

use super::{Cause, Place};
use crate::schedule::Verdict;
use model::{Command, VirtualServerName};
use std::fmt;

/// Who hears of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Script, FIFO and trap.
    Everyone,
    /// The trap only: the daemon stops, and the virtual server has no `omega`.
    TrapOnly,
}

/// A change of state that others are told of. Prints as the FIFO line, without the bytes that end it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Of a real server: script, FIFO line, trap, in this order.
    Server {
        /// Which one.
        place: Place,
        /// Its state.
        verdict: Verdict,
        /// `notify_up` or `notify_down`.
        script: Option<Box<Command>>,
        /// Who hears of it.
        reach: Reach,
        /// Why.
        cause: Cause,
    },
    /// Of a virtual server: trap, script, FIFO line, in this order.
    VirtualServer {
        /// Which one.
        virtual_server: VirtualServerName,
        /// Its state.
        verdict: Verdict,
        /// `quorum_up` or `quorum_down`.
        script: Option<Box<Command>>,
        /// Who hears of it.
        reach: Reach,
        /// Why.
        cause: Cause,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server { place, verdict, .. } => {
                write!(f, "RS {} {} {verdict}", place.server, place.virtual_server)
            }
            Self::VirtualServer {
                virtual_server,
                verdict,
                ..
            } => write!(f, "VS {virtual_server} {verdict}"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "UP",
            Self::Down => "DOWN",
        })
    }
}
