//! The table of options.

use super::options::Options;
use super::parse::Outcome;
use crate::log::{Detail, Facility};
use crate::messages::MessageFormat;
use crate::signals::SignalNumber;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// One option: everything that the parser and the help know of it.
#[derive(Debug)]
pub struct OptionSpec {
    /// The letter, if it has one.
    pub short: Option<char>,
    /// The long name.
    pub long: &'static str,
    /// What follows it and what it does.
    pub argument: Argument,
    /// What it is for, in one sentence without a full stop. Empty for an option that only programs use.
    pub help: &'static str,
}

/// What follows an option and what it does.
///
/// The first field of those with an argument is the name of the argument. An action that returns a text refuses
/// the value: the text goes to standard error, and the command line goes on as if the option had not been there.
#[derive(Debug)]
pub enum Argument {
    /// No argument.
    None(fn(&mut Options)),
    /// An argument that must be there.
    Required(&'static str, fn(&mut Options, &OsStr) -> Result<(), String>),
    /// An argument that, if it is there, is attached.
    Optional(&'static str, fn(&mut Options, Option<OsString>)),
    /// No argument, and the rest of the line does not count.
    Ends(Outcome),
    /// A required argument that decides how the line ends.
    EndsWith(&'static str, fn(&OsStr) -> Result<Outcome, String>),
}

const fn option(short: char, long: &'static str, argument: Argument, help: &'static str) -> OptionSpec {
    OptionSpec {
        short: Some(short),
        long,
        argument,
        help,
    }
}

const fn long_option(long: &'static str, argument: Argument, help: &'static str) -> OptionSpec {
    OptionSpec {
        short: None,
        long,
        argument,
        help,
    }
}

use Argument::{Ends, EndsWith, None as Flag, Optional, Required};

/// All options, in the order of the help.
pub static OPTIONS: &[OptionSpec] = &[
    option(
        'f',
        "use-file",
        Required("FILE", |o, value| {
            o.config_file = Some(PathBuf::from(value));
            Ok(())
        }),
        "Configuration to read, default /etc/keepalived/keepalived.conf",
    ),
    option(
        'P',
        "vrrp",
        Flag(|o| o.subsystems.checker = false),
        "Run no health checkers",
    ),
    option('C', "check", Flag(|o| o.subsystems.vrrp = false), "Run no VRRP"),
    option('B', "no_bfd", Flag(|o| o.subsystems.bfd = false), "Run no BFD"),
    long_option(
        "all",
        Flag(|o| {
            o.subsystems.checker = true;
            o.subsystems.vrrp = true;
            o.subsystems.bfd = true;
            o.subsystems.unconfigured = true;
        }),
        "Run every process, also without configuration for it",
    ),
    option(
        'l',
        "log-console",
        Flag(|o| o.log_console = true),
        "Log to standard error too (with -n)",
    ),
    option(
        'D',
        "log-detail",
        Flag(|o| {
            o.detail = if o.detail == Detail::Normal {
                Detail::Detail
            } else {
                Detail::Extra
            }
        }),
        "Log more; given twice, still more",
    ),
    option(
        'S',
        "log-facility",
        Required("0-7|local0-7|user|daemon", log_facility),
        "Syslog facility, a digit N for localN; default daemon",
    ),
    option(
        'g',
        "log-file",
        Optional("FILE", |o, value| o.log_file = Some(value.map(PathBuf::from))),
        "Log to a file too, default keepalived.log in the directory for temporary files",
    ),
    long_option(
        "flush-log-file",
        Flag(|o| o.flush_log_file = true),
        "Write each line of the -g file at once",
    ),
    option(
        'G',
        "no-syslog",
        Flag(|o| o.no_syslog = true),
        "Do not log to syslog",
    ),
    option(
        'u',
        "umask",
        Required("MASK", umask),
        "Permission bits that files do not get, default 0177",
    ),
    option(
        'X',
        "release-vips",
        Flag(|o| o.release_vips = true),
        "When leaving MASTER, remove addresses also where none is known to be set",
    ),
    option(
        'V',
        "dont-release-vrrp",
        Flag(|o| o.keep_vrrp = true),
        "Leave addresses, routes and rules in place at a stop",
    ),
    option(
        'I',
        "dont-release-ipvs",
        Flag(|o| o.keep_ipvs = true),
        "Leave the IPVS tables in place at a stop",
    ),
    long_option(
        "no-firewall",
        Flag(|o| o.without_firewall = true),
        "Make no nftables entries, whatever the configuration needs",
    ),
    option(
        'R',
        "dont-respawn",
        Flag(|o| o.dont_respawn = true),
        "End the daemon when a child process dies",
    ),
    option(
        'n',
        "dont-fork",
        Flag(|o| o.foreground = true),
        "Stay in the foreground",
    ),
    option(
        'd',
        "dump-conf",
        Flag(|o| o.dump_configuration = true),
        "Log the whole configuration at start",
    ),
    option(
        'p',
        "pid",
        Required("FILE", |o, value| {
            o.pid_file = Some(PathBuf::from(value));
            Ok(())
        }),
        "Pid file of the parent process",
    ),
    option(
        'r',
        "vrrp_pid",
        Required("FILE", |o, value| {
            o.vrrp_pid_file = Some(PathBuf::from(value));
            Ok(())
        }),
        "Pid file of the VRRP process",
    ),
    option(
        'c',
        "checkers_pid",
        Required("FILE", |o, value| {
            o.checkers_pid_file = Some(PathBuf::from(value));
            Ok(())
        }),
        "Pid file of the checker process",
    ),
    option(
        'b',
        "bfd_pid",
        Required("FILE", |o, value| {
            o.bfd_pid_file = Some(PathBuf::from(value));
            Ok(())
        }),
        "Pid file of the BFD process",
    ),
    option(
        'T',
        "genhash",
        Ends(Outcome::Genhash),
        "Be genhash, with the remaining options; to be given first",
    ),
    option(
        'a',
        "address-monitoring",
        Flag(|o| o.address_monitoring = true),
        "Log every address that comes or goes",
    ),
    option(
        's',
        "namespace",
        Required("NAME", |o, value| {
            o.namespace = Some(text(value)?);
            Ok(())
        }),
        "Run in this network namespace, whatever the configuration says",
    ),
    option(
        'e',
        "all-config",
        Flag(|o| o.all_config = true),
        "Take a missing or unreadable included file for a mistake",
    ),
    option(
        'i',
        "config-id",
        Required("ID", |o, value| {
            o.config_id = Some(text(value)?);
            Ok(())
        }),
        "Identity for lines that begin with @, default the node name up to its first dot",
    ),
    option('x', "snmp", Flag(|o| o.snmp = true), "Serve all MIBs"),
    option(
        'A',
        "snmp-agent-socket",
        Required("ADDRESS", |o, value| {
            o.snmp_agent_socket = Some(text(value)?);
            Ok(())
        }),
        "Socket of the AgentX master",
    ),
    option(
        'm',
        "core-dump",
        Flag(|o| o.core_dump = true),
        "Leave a core file after a crash",
    ),
    option(
        'M',
        "core-dump-pattern",
        Optional("PATTERN", |o, value| {
            o.core_dump = true;
            o.core_pattern = Some(value.unwrap_or_else(|| "core".into()));
        }),
        "The same, and set the kernel's core_pattern, default core",
    ),
    long_option(
        "signum",
        EndsWith("FUNCTION", signal_number),
        "Print the number of a signal: STOP, RELOAD, DATA, STATS, STATS_CLEAR or JSON",
    ),
    option(
        't',
        "config-test",
        Optional("FILE", |o, value| o.config_test = Some(value.map(PathBuf::from))),
        "Check the configuration and report to standard error or to a file",
    ),
    long_option(
        "message-format",
        Required("human|json", message_format),
        "With -t, write reports for people, or as one JSON object a line to standard output",
    ),
    // The original hands itself a copy of the configuration this way; here a child gets it as a value, so the number
    // is taken and has no use.
    long_option("config-fd", Required("NUMBER", |_, _| Ok(())), ""),
    long_option(
        "ignore-sigint",
        Flag(|o| o.ignore_sigint = true),
        "Do not stop on an interrupt (Ctrl-C)",
    ),
    option(
        'v',
        "version",
        Ends(Outcome::Version),
        "Print version and features",
    ),
    option('h', "help", Ends(Outcome::Help), "Print this help"),
];

fn text(value: &OsStr) -> Result<String, String> {
    let text = value.to_str().map(str::to_owned);
    text.ok_or_else(|| format!("Invalid characters in {}", value.display()))
}

fn log_facility(options: &mut Options, value: &OsStr) -> Result<(), String> {
    let name = value.to_string_lossy();
    if let Some(facility) = Facility::named(&name) {
        options.facility = facility;
        return Ok(());
    }
    options.has_bad_value = true;
    Err(format!("Invalid log facility '{name}'"))
}

fn message_format(options: &mut Options, value: &OsStr) -> Result<(), String> {
    let name = value.to_string_lossy();
    let format = MessageFormat::named(&name);
    options.message_format = format.ok_or_else(|| format!("Invalid --message-format '{name}'"))?;
    Ok(())
}

fn umask(options: &mut Options, value: &OsStr) -> Result<(), String> {
    let text = value.to_string_lossy();
    let mask = number(&text).filter(|mask| *mask <= 0o777);
    options.umask = Some(mask.ok_or_else(|| format!("Invalid --umask option {text}"))?);
    Ok(())
}

/// A number as C writes it: `0x` for hexadecimal, `0` for octal, decimal otherwise.
fn number(text: &str) -> Option<u32> {
    let (digits, base) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    let starts_with_digit = digits.starts_with(|c: char| c.is_digit(base));
    starts_with_digit
        .then(|| u32::from_str_radix(digits, base).ok())
        .flatten()
}

fn signal_number(function: &OsStr) -> Result<Outcome, String> {
    SignalNumber::FUNCTIONS
        .iter()
        .find(|(name, _)| function == *name)
        .map(|(_, number)| Outcome::SignalNumber(*number))
        .ok_or_else(|| format!("Unknown sigfunc {}", function.display()))
}
