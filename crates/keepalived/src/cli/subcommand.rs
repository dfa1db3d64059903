//! Subcommands: `keepalived reload`, `keepalived status`.

use crate::messages::MessageFormat;
use crate::orders::{self, Target};
use clap::{CommandFactory, Parser};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What a first word can ask for.
#[derive(Debug, PartialEq, Eq, clap::Subcommand)]
pub enum Subcommand {
    /// Reload the configuration of the running daemon and wait for the verdict
    Reload(Reload),
    /// Show what the running daemon does, or judge it for a probe
    Status(Status),
    /// Show the last changes of state with their causes
    History(History),
    /// Have a master give up once, with its sync group
    Failover(Failover),
    /// Keep all instances down until it is switched off
    Maintenance(Maintenance),
    /// Keep new connections away from a real server
    Drain(Drain),
    /// Put a drained real server into service again
    Undrain(Drain),
    /// Explain a keyword of the configuration or a diagnostic code
    Explain(Explain),
    /// Say what on this host, its links or in its configuration is in the way
    Doctor(Doctor),
}

/// Arguments of `reload`.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub struct Reload {
    /// Pid file of the daemon, where it is not the only one
    #[arg(short, long, value_name = "FILE")]
    pub pid: Option<PathBuf>,
    /// How reports on the configuration are written
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human")]
    pub message_format: MessageFormat,
}

/// Arguments of `status`.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub struct Status {
    /// Pid file of the daemon, where it is not the only one
    #[arg(short, long, value_name = "FILE")]
    pub pid: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Show it again and again, with this many seconds in between
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "1")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=3600), conflicts_with_all = ["live", "ready"])]
    pub watch: Option<u16>,
    /// Print nothing; exit with 2 if a process does not run or does not answer
    #[arg(long)]
    pub live: bool,
    /// Print nothing; exit with 3 if an instance is in FAULT, a virtual server without quorum, or in maintenance
    #[arg(long)]
    pub ready: bool,
}

/// Arguments of `history`.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub struct History {
    /// Only this instance
    pub instance: Option<String>,
    /// Pid file of the daemon, where it is not the only one
    #[arg(short, long, value_name = "FILE")]
    pub pid: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `failover`.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub struct Failover {
    /// The instance or sync group
    #[arg(value_name = "INSTANCE")]
    pub name: String,
    /// For so many seconds it does not take over from a router of lower priority
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=86_400))]
    pub hold: u32,
    /// Pid file of the daemon, where it is not the only one
    #[arg(short, long, value_name = "FILE")]
    pub pid: Option<PathBuf>,
}

/// Arguments of `maintenance`.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub struct Maintenance {
    /// Whether to begin or to end it
    #[arg(value_enum)]
    pub switch: Switch,
    /// Pid file of the daemon, where it is not the only one
    #[arg(short, long, value_name = "FILE")]
    pub pid: Option<PathBuf>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    /// Begin
    On,
    /// End
    Off,
}

/// Arguments of `drain` and `undrain`.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub struct Drain {
    /// The real server: ADDRESS:PORT, or as the log writes it
    #[arg(value_parser = orders::server)]
    pub server: SocketAddr,
    /// Only in this virtual server, named as in the log: [ADDRESS]:tcp:PORT
    #[arg(long, value_name = "NAME")]
    pub virtual_server: Option<String>,
    /// Pid file of the daemon, where it is not the only one
    #[arg(short, long, value_name = "FILE")]
    pub pid: Option<PathBuf>,
}

impl Drain {
    /// What it is about.
    pub(crate) fn target(&self) -> Target {
        Target {
            server: self.server,
            virtual_server: self.virtual_server.clone(),
        }
    }
}

/// Arguments of `explain`.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub struct Explain {
    /// The keyword, or the code of a diagnostic
    #[arg(required_unless_present = "list")]
    pub keyword: Option<String>,
    /// List all keywords, one a line
    #[arg(long, conflicts_with = "keyword")]
    pub list: bool,
}

/// Arguments of `doctor`.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub struct Doctor {
    /// Configuration file
    #[arg(short = 'f', long, value_name = "FILE")]
    pub use_file: Option<PathBuf>,
    /// Network namespace to examine
    #[arg(short = 's', long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Pid file of the daemon, where it is not the default
    #[arg(short, long, value_name = "FILE")]
    pub pid: Option<PathBuf>,
    /// Seconds to listen on the links; by default three adverts of the slowest instance
    #[arg(short, long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600))]
    pub listen: Option<u16>,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Parser)]
#[command(name = "keepalived", disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    subcommand: Subcommand,
}

/// Reads a command line whose first word names a subcommand; nothing for any other. The words include the name of the
/// program. An error has its own text and exit status (`--help` is one with status 0).
#[must_use]
pub fn subcommand(words: &[OsString]) -> Option<Result<Subcommand, clap::Error>> {
    let first = words.get(1)?;
    let is_known = subcommands()
        .get_subcommands()
        .any(|command| first == command.get_name());
    is_known.then(|| Line::try_parse_from(words).map(|line| line.subcommand))
}

/// The subcommands with everything that is known of them, for manual pages and completions.
#[must_use]
pub fn subcommands() -> clap::Command {
    Line::command()
}

/// Names and one-line descriptions for the help.
pub(super) fn summaries() -> Vec<(String, String)> {
    subcommands()
        .get_subcommands()
        .map(|command| {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            (command.get_name().to_owned(), about)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Option<Result<Subcommand, clap::Error>> {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        subcommand(&words)
    }

    #[test]
    fn only_the_first_word_can_be_a_subcommand() {
        assert!(read(&["keepalived"]).is_none());
        assert!(read(&["keepalived", "-n", "reload"]).is_none());
        assert!(read(&["keepalived", "reloa"]).is_none());
        let reload = read(&["keepalived", "reload", "-p", "/run/x.pid"])
            .unwrap()
            .unwrap();
        assert_eq!(
            reload,
            Subcommand::Reload(Reload {
                pid: Some("/run/x.pid".into()),
                message_format: MessageFormat::Human,
            })
        );
    }

    #[test]
    fn explain_wants_a_keyword_or_the_list() {
        assert!(read(&["keepalived", "explain"]).unwrap().is_err());
        assert!(
            read(&["keepalived", "explain", "--list", "priority"])
                .unwrap()
                .is_err()
        );
        let explain = read(&["keepalived", "explain", "priority"]).unwrap().unwrap();
        assert_eq!(
            explain,
            Subcommand::Explain(Explain {
                keyword: Some("priority".to_owned()),
                list: false
            })
        );
    }
}
