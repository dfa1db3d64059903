//! One keepalived in a node, ours or Debian's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;

use crate::clock::Stamp;
use crate::netns::{Changes, Node, PATIENCE};
use crate::process::{Line, Process};

/// A keepalived that can be started.
#[derive(Clone, Debug)]
pub struct Implementation {
    name: String,
    version: String,
    program: PathBuf,
    environment: Vec<(String, String)>,
}

impl Implementation {
    /// Names a program; asks it for its version, so that a wrong path fails here.
    pub fn new(name: &str, program: PathBuf, environment: Vec<(String, String)>) -> Result<Self> {
        let unknown = Self {
            name: name.to_owned(),
            version: String::new(),
            program,
            environment,
        };
        let output = unknown
            .command()
            .arg("-v")
            .output()
            .with_context(|| format!("starting {}", unknown.program.display()))?;
        let text = String::from_utf8_lossy(&output.stderr);
        let version = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("Keepalived "))
            .map(String::from);
        let version =
            version.with_context(|| format!("{} -v does not print a version", unknown.program.display()))?;
        Ok(Self { version, ..unknown })
    }

    /// What it is called in a report, such as `ours`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What `-v` prints in its first line after the program's name, such as `v2.2.7 (01/16,2022)`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The path of the program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The program with its environment, without arguments.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("LC_ALL", "C");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// The state of a VRRP instance, as the log names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// `Entering MASTER STATE`
    Master,
    /// `Entering BACKUP STATE`
    Backup,
    /// `Entering FAULT STATE`
    Fault,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
        })
    }
}

/// Parts of log lines by which a keepalived complains of a packet.
const COMPLAINTS: [&str; 14] = [
    "invalid",
    "Invalid",
    "wrong VRRP version",
    "too short",
    "too long",
    "mismatch",
    "expected",
    "expecting",
    "not present in advert",
    "already processed",
    "not in range",
    "not a unicast peer",
    "authentication",
    "Unknown VRID",
];

/// A running keepalived: in the foreground, with a detailed log on its console, which is a pipe of the harness.
///
/// Its files are in the node's `/run`, so the configuration is `/run/keepalived.conf`.
#[derive(Debug)]
pub struct Daemon {
    node: Node,
    process: Process,
    read: usize,
    end_told: bool,
}

const CONFIGURATION: &str = "keepalived.conf";

impl Daemon {
    /// Starts it with this configuration.
    pub fn start(node: &Node, implementation: &Implementation, configuration: &str) -> Result<Self> {
        Self::start_with(node, implementation, &[], configuration)
    }

    /// Starts it with more options and this configuration.
    pub fn start_with(
        node: &Node,
        implementation: &Implementation,
        options: &[&str],
        configuration: &str,
    ) -> Result<Self> {
        let path = node.write(CONFIGURATION, configuration)?;
        let mut command = implementation.command();
        command
            .args(options)
            .args([
                "--dont-fork",
                "--log-console",
                "--log-detail",
                "--no-syslog",
                "--use-file",
            ])
            .arg(path);
        let name = format!("{} keepalived of {}", implementation.name(), node.name());
        Ok(Self {
            node: node.clone(),
            process: Process::start(node, &name, command)?,
            read: 0,
            end_told: false,
        })
    }

    /// Where it runs.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The process of the parent.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// The lines of the log that this method has not returned before.
    pub fn unread(&mut self) -> Vec<Line> {
        let from = self.read;
        let lines = self.process.lines();
        let unread = lines[from..].to_vec();
        self.read = lines.len();
        unread
    }

    /// Whether [`Daemon::newly_ended`] has told.
    #[must_use]
    pub const fn is_known_to_have_ended(&self) -> bool {
        self.end_told
    }

    /// How it ended, once.
    pub fn newly_ended(&mut self) -> Option<(Stamp, ExitStatus)> {
        let ended = self.process.poll_exit().filter(|_| !self.end_told);
        self.end_told |= ended.is_some();
        ended
    }

    /// Waits until the log says that `instance` enters `state`, past lines included.
    pub fn wait_state(&mut self, instance: &str, state: State, patience: Duration) -> Result<Line> {
        self.wait_state_from(0, instance, state, patience)
    }

    /// Waits until the log says that `instance` enters `state`, beginning with line number `from`.
    pub fn wait_state_from(
        &mut self,
        from: usize,
        instance: &str,
        state: State,
        patience: Duration,
    ) -> Result<Line> {
        self.process
            .wait_line_from(from, &format!("({instance}) Entering {state} STATE"), patience)
    }

    /// Waits until the interface has the address, or has it no more.
    pub fn wait_address(&self, ifname: &str, address: &str, wanted: Presence) -> Result<()> {
        let changes = Changes::watch(&self.node)?;
        let question =
            || Ok((self.node.has_address(ifname, address)? == (wanted == Presence::There)).then_some(()));
        changes.wait(PATIENCE, question).with_context(|| {
            format!(
                "waiting for {address} on {ifname} of {} to be {wanted:?}",
                self.node.name()
            )
        })
    }

    /// Whether the log says that an instance left the state MASTER after line number `from`.
    pub fn left_master_since(&mut self, from: usize) -> bool {
        let left = ["Entering BACKUP STATE", "Entering FAULT STATE"];
        self.process.lines()[from..]
            .iter()
            .any(|line| left.iter().any(|state| line.text.contains(state)))
    }

    /// Kills parent and children at once, as a crash of the machine would, as far as the protocol is concerned.
    pub fn crash(&self) -> Result<Stamp> {
        self.process.signal_group(Signal::SIGKILL)
    }

    /// Asks it to stop and returns when it was asked.
    pub fn terminate(&mut self) -> Result<Stamp> {
        self.process.signal(Signal::SIGTERM)
    }

    /// Asks it to stop, waits for its end and demands success.
    pub fn stop(&mut self) -> Result<Stamp> {
        let asked = self.terminate()?;
        let (_, status) = self.wait_exit()?;
        ensure!(status.success(), "{} ended with {status}", self.process.name());
        Ok(asked)
    }

    /// Waits for its end.
    pub fn wait_exit(&mut self) -> Result<(Stamp, ExitStatus)> {
        self.process.wait_exit(PATIENCE)
    }

    /// Gives it another configuration and asks it to read that.
    pub fn reload(&mut self, configuration: &str) -> Result<Stamp> {
        self.node.write(CONFIGURATION, configuration)?;
        self.process.signal(Signal::SIGHUP)
    }

    /// Fails when the log complains of a packet.
    pub fn ensure_no_complaint(&mut self) -> Result<()> {
        let complaints: Vec<_> = self
            .process
            .lines()
            .iter()
            .filter(|line| COMPLAINTS.iter().any(|part| line.text.contains(part)))
            .map(|line| line.text.clone())
            .collect();
        ensure!(
            complaints.is_empty(),
            "{} complains: {}",
            self.process.name(),
            complaints.join("; ")
        );
        Ok(())
    }
}

/// Whether something should exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It should.
    There,
    /// It should not.
    Gone,
}
