//! The sections of the trackers: scripts, files, processes, BFD sessions.

use super::instance::reverse;
use super::snapshot::Snapshot;
use crate::dump::{Significant, Text, put, quoted, user};
use model::{Micros, ParameterMatch, ScriptKind, Sense, TrackProcess, Weight};

/// Adds the sections.
pub(super) fn sections(text: &mut Text, snapshot: &Snapshot) {
    scripts(text, snapshot);
    files(text, snapshot);
    processes(text, snapshot);
    bfds(text, snapshot);
}

fn scripts(text: &mut Text, snapshot: &Snapshot) {
    if !snapshot.scripts.is_empty() {
        text.section("VRRP Scripts");
    }
    for script in &snapshot.scripts {
        let config = &script.config;
        put!(text, " VRRP Script = {}", config.name);
        let credentials = match &config.kind {
            ScriptKind::OpenTest(path) => {
                put!(text, "   Command = <{path}");
                None
            }
            ScriptKind::Command(command) => {
                put!(text, "   Command = {}", quoted(command));
                if let Some(path) = &command.path {
                    put!(text, "   Path = {path}");
                }
                command.credentials.as_ref()
            }
        };
        put!(text, "   Interval = {} sec", Significant(config.interval));
        put!(text, "   Timeout = {} sec", Significant(config.timeout));
        put!(text, "   Weight = {}{}", config.weight, reverse(config.sense));
        put!(text, "   Rise = {}", config.rise);
        put!(text, "   Fall = {}", config.fall);
        put!(text, "   Result = {}", script.result);
        put!(
            text,
            "   Insecure = {}",
            if config.insecure { "yes" } else { "no" }
        );
        put!(text, "   Init state = {}", script.init_state);
        put!(
            text,
            "   Status = {}",
            if script.is_good { "GOOD" } else { "BAD" }
        );
        put!(text, "   Script uid:gid = {}", user(credentials));
        put!(text, "   VRRP instances :");
        users(text, snapshot.users(|tracking| &tracking.scripts, &config.name));
        put!(text, "   State = {}", script.run_state);
    }
}

fn files(text: &mut Text, snapshot: &Snapshot) {
    let files = &snapshot.configuration.track_files;
    if !files.is_empty() {
        text.section("VRRP Track files");
    }
    for (file, value) in files.iter().zip(&snapshot.files) {
        put!(text, " Track file = {}", file.name);
        put!(text, "   File = {}", file.file);
        put!(text, "   Status = {value}");
        put!(text, "   Weight = {}{}", file.weight, reverse(file.sense));
        users(text, snapshot.users(|tracking| &tracking.files, &file.name));
    }
}

fn processes(text: &mut Text, snapshot: &Snapshot) {
    let processes = &snapshot.configuration.track_processes;
    if !processes.is_empty() {
        text.section("VRRP Track processes");
    }
    for (process, (count, quorum)) in processes.iter().zip(&snapshot.processes) {
        put!(text, " VRRP Track process = {}", process.name);
        put!(text, "   Process = {}", process.command);
        if !process.parameters.is_empty() {
            put!(text, "   Parameters = {}", process.parameters.join(" "));
        }
        if process.parameter_match != ParameterMatch::Ignored {
            put!(text, "   Param match = {}", match_name(process.parameter_match));
        }
        put!(text, "   Min processes = {}", process.quorum);
        if let Some(max) = process.quorum_max {
            put!(text, "   Max processes = {max}");
        }
        put!(text, "   Current processes = {count}");
        put!(text, "   Have quorum = {quorum}");
        put!(text, "   Weight = {}{}", process.weight, reverse(process.sense));
        put!(text, "   Terminate delay = {}s", Fixed(process.terminate_delay));
        put!(text, "   Fork delay = {}s", Fixed(process.fork_delay));
        let timers = Timers::of(process, *count, *quorum);
        put!(text, "   Fork delay timer {}", running(timers.fork));
        put!(text, "   Terminate delay timer {}", running(timers.terminate));
        put!(text, "   Full command = {}", process.full_command);
        users(
            text,
            snapshot.users(|tracking| &tracking.processes, &process.name),
        );
    }
}

fn bfds(text: &mut Text, snapshot: &Snapshot) {
    if !snapshot.bfds.is_empty() {
        text.section("VRRP Track BFDs");
    }
    for (name, up) in &snapshot.bfds {
        put!(text, " VRRP Track BFD = {name}");
        put!(text, "   Bfd is {}", if *up { "up" } else { "down" });
        users(text, snapshot.users(|tracking| &tracking.bfd, name));
    }
}

fn users(text: &mut Text, users: Vec<(&str, Weight, Sense)>) {
    put!(text, "   Tracking instances :");
    for (name, weight, sense) in users {
        put!(text, "     {name}, weight {weight}{}", reverse(sense));
    }
}

/// `param_match` as it is written, also in JSON.
pub(super) const fn match_name(matching: ParameterMatch) -> &'static str {
    match matching {
        ParameterMatch::Ignored => "none",
        ParameterMatch::Exact => "exact",
        ParameterMatch::Partial => "partial",
        ParameterMatch::Initial => "initial",
    }
}

/// Which delay of a process is running: the number of its matches says something else than what counts.
pub(super) struct Timers {
    pub(super) fork: bool,
    pub(super) terminate: bool,
}

impl Timers {
    pub(super) fn of(process: &TrackProcess, count: u32, quorum: bool) -> Self {
        let counted = count >= process.quorum && process.quorum_max.is_none_or(|max| count <= max);
        Self {
            fork: counted && !quorum,
            terminate: !counted && quorum,
        }
    }
}

const fn running(is_running: bool) -> &'static str {
    if is_running { "running" } else { "not running" }
}

/// Seconds with all six decimals.
struct Fixed(Micros);

impl std::fmt::Display for Fixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:06}", self.0.as_secs(), self.0.0 % 1_000_000)
    }
}
