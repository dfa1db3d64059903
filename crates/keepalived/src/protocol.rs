//! The messages between the supervisor and a child.
//!
//! They travel over one `SOCK_SEQPACKET` pair per child, one message a packet, in postcard. Both ends are the same
//! executable file (a child is `/proc/self/exe`), so the encoding needs no versions. A stop is no message: it is
//! `SIGTERM`, which the kernel itself sends too when the parent is killed, and which reaches a child that has not
//! opened its link yet.

use crate::control::Detail;
use crate::handover::{Kind, Start};
use crate::orders::Action;
use crate::settings::Settings;
use serde::{Deserialize, Serialize};

/// Number of a configuration, counted from 1 at the start of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Generation(pub u64);

/// A file that a child writes on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dump {
    /// `SIGUSR1`: configuration and state.
    Data,
    /// `SIGUSR2`: statistics.
    Stats,
    /// `SIGRTMAX-1`: statistics, which are then zeroed.
    StatsClear,
    /// `SIGRTMIN+2`: JSON.
    Json,
}

/// From the supervisor to a child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToChild {
    /// The first message. With it come the descriptors of the configuration, of what operators have ordered,
    /// and, where there is one, of the pid file.
    Handover {
        /// Which process to be.
        kind: Kind,
        /// Why it is started.
        start: Start,
        /// Pid of the supervisor.
        parent: i32,
        /// The command line.
        settings: Settings,
        /// Which configuration comes with it.
        generation: Generation,
    },
    /// Run scripts by the launcher whose connection comes with it.
    Launcher,
    /// Take over the configuration whose descriptor comes with it.
    Reload {
        /// Which configuration it is.
        generation: Generation,
    },
    /// Write a file.
    Dump(Dump),
    /// Write the status, a JSON document, into the pipe whose descriptor comes with it, and close that.
    Status {
        /// How much of it.
        detail: Detail,
    },
    /// Do what an operator asks for, and answer with [`ToParent::Acted`].
    Act {
        /// To be repeated in the answer.
        number: u64,
        /// What.
        action: Action,
    },
    /// Answer with [`ToParent::Pong`] from the main loop.
    Ping {
        /// To be repeated in the answer.
        sequence: u64,
    },
}

/// From a child to the supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToParent {
    /// The configuration of this generation is in force, after the start or a reload.
    InForce {
        /// Which configuration it is.
        generation: Generation,
    },
    /// The configuration could not be taken over; the old one is still in force.
    Refused {
        /// Which configuration it is.
        generation: Generation,
        /// Why, for the log and for `keepalived reload`.
        reason: String,
    },
    /// What an operator asked for is done, or it is not.
    Acted {
        /// Of the request.
        number: u64,
        /// What was done, or why not, for people.
        outcome: Result<String, String>,
    },
    /// The main loop is alive.
    Pong {
        /// Of the ping.
        sequence: u64,
    },
    /// Somebody asked this child to reload (a `SIGHUP` to its own pid, D-Bus); only the parent reads files.
    ReloadRequested,
}
