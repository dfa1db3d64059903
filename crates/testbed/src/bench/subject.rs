//! A daemon that is measured: what it costs, from `/proc` and from the kernel's trace points.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::AsFd as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testbed::clock::Stamp;
use testbed::daemon::Implementation;
use testbed::netns::Node;
use testbed::process::Process;

/// What a stop may take, however large the configuration is.
const STOP_PATIENCE: Duration = Duration::from_secs(60);
/// Where the log goes, in the node's `/run`: a syslog that nobody serves would cost the C program 0.6 ms a line.
const LOG: &str = "keepalived.log";
const CONFIGURATION: &str = "keepalived.conf";
/// The arguments, as the report shows them.
pub(super) const ARGUMENTS: &str = "-n -l -G -f /run/keepalived.conf";

/// A running daemon.
#[derive(Debug)]
pub(super) struct Subject {
    node: Node,
    process: Process,
    started: Stamp,
}

impl Subject {
    /// Starts it with this configuration, its log in a file.
    pub(super) fn start(node: &Node, implementation: &Implementation, configuration: &str) -> Result<Self> {
        let log = node.directory().join(LOG);
        let log = File::create(&log).with_context(|| format!("making {}", log.display()))?;
        let output = log.try_clone().context("sharing the log file")?;
        Self::start_with(
            node,
            implementation,
            configuration,
            ARGUMENTS,
            output.into(),
            log.into(),
        )
    }

    /// Starts it with these arguments and outputs.
    pub(super) fn start_with(
        node: &Node,
        implementation: &Implementation,
        configuration: &str,
        arguments: &str,
        stdout: Stdio,
        stderr: Stdio,
    ) -> Result<Self> {
        node.write(CONFIGURATION, configuration)?;
        let mut command = implementation.command();
        command.args(arguments.split(' ')).stdout(stdout).stderr(stderr);
        let started = Stamp::now();
        let process = Process::start_silent(node, implementation.name(), command)?;
        Ok(Self {
            node: node.clone(),
            process,
            started,
        })
    }

    /// When it was started.
    pub(super) const fn started(&self) -> Stamp {
        self.started
    }

    /// Its log so far.
    pub(super) fn log(&self) -> Result<String> {
        self.node.read(LOG)
    }

    /// The end of its log, for messages.
    pub(super) fn last_words(&self) -> Result<String> {
        let log = self.log()?;
        let lines: Vec<&str> = log.lines().collect();
        Ok(lines[lines.len().saturating_sub(25)..].join("\n"))
    }

    /// Tells when its log grows.
    pub(super) fn log_changes(&self) -> Result<LogChanges> {
        let watch =
            Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).context("starting inotify")?;
        let log = self.node.directory().join(LOG);
        watch
            .add_watch(&log, AddWatchFlags::IN_MODIFY)
            .with_context(|| format!("watching {}", log.display()))?;
        Ok(LogChanges(watch))
    }

    /// The process of the parent.
    pub(super) fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// It and its descendants.
    pub(super) fn pids(&self) -> Result<BTreeSet<i32>> {
        let mut parents = Vec::new();
        for entry in fs::read_dir("/proc").context("reading /proc")? {
            let name = entry.context("reading /proc")?.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
                continue;
            };
            // A process may end while it is looked at.
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
                continue;
            };
            let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
            let parent = after_name
                .split(' ')
                .nth(1)
                .and_then(|field| field.parse::<i32>().ok());
            parents.extend(parent.map(|parent| (pid, parent)));
        }
        let mut family = BTreeSet::from([self.process.pid().as_raw()]);
        loop {
            let before = family.len();
            family.extend(
                parents
                    .iter()
                    .filter(|(_, parent)| family.contains(parent))
                    .map(|(pid, _)| *pid)
                    .collect::<Vec<_>>(),
            );
            if family.len() == before {
                return Ok(family);
            }
        }
    }

    /// Processor time of all its living threads, to the nanosecond.
    pub(super) fn cpu(&self) -> Result<Duration> {
        let mut sum = 0;
        for pid in self.pids()? {
            let tasks = format!("/proc/{pid}/task");
            for task in fs::read_dir(&tasks).with_context(|| format!("reading {tasks}"))? {
                let path = task
                    .with_context(|| format!("reading {tasks}"))?
                    .path()
                    .join("schedstat");
                // A thread may end while it is looked at.
                let Ok(text) = fs::read_to_string(&path) else {
                    continue;
                };
                let nanos = text.split(' ').next().and_then(|field| field.parse::<u64>().ok());
                sum += nanos.with_context(|| format!("{} is not as expected: {text}", path.display()))?;
            }
        }
        Ok(Duration::from_nanos(sum))
    }

    /// Resident memory in KiB.
    pub(super) fn resident(&self) -> Result<u64> {
        let mut sum = 0;
        for pid in self.pids()? {
            let path = format!("/proc/{pid}/status");
            let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
            let resident = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
            let kib = resident.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
            sum += kib.with_context(|| format!("{path} has no VmRSS"))?;
        }
        Ok(sum)
    }

    /// How many shared libraries it has mapped.
    pub(super) fn libraries(&self) -> Result<u64> {
        let path = format!("/proc/{}/maps", self.process.pid());
        let maps = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        let names: BTreeSet<_> = maps
            .lines()
            .filter_map(|line| line.split_whitespace().nth(5))
            .filter(|name| name.contains(".so"))
            .collect();
        Ok(u64::try_from(names.len())?)
    }

    /// How many system calls it makes within `window`; `meanwhile` has to take about as long.
    ///
    /// perf counts them in the kernel, which does not slow the daemon down. Where perf may not (no root, no package),
    /// strace counts, and the daemon is slower for it.
    pub(super) fn system_calls(&self, window: Duration, meanwhile: impl FnOnce()) -> Result<u64> {
        let pids: Vec<String> = self.pids()?.iter().map(ToString::to_string).collect();
        let with_perf = perf_may(&pids);
        let mut command = if with_perf {
            perf(&pids, window)
        } else {
            strace(&pids)
        };
        let report = self.node.directory().join("system-calls");
        let file = File::create(&report).with_context(|| format!("making {}", report.display()))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let mut counter = command.spawn().with_context(|| format!("starting {command:?}"))?;
        meanwhile();
        if !with_perf {
            let pid = Pid::from_raw(i32::try_from(counter.id()).context("a pid beyond i32")?);
            kill(pid, Signal::SIGINT).context("stopping strace")?;
        }
        counter.wait().context("waiting for the counter")?;
        let text = fs::read_to_string(&report).with_context(|| format!("reading {}", report.display()))?;
        let count = if with_perf {
            perf_count(&text)
        } else {
            strace_count(&text)
        };
        count.with_context(|| format!("no count of system calls in: {text}"))
    }

    /// Asks it to stop, waits for the end and returns how long that took.
    pub(super) fn stop(mut self) -> Result<Duration> {
        let asked = self.process.signal(Signal::SIGTERM)?;
        let (ended, status) = self.process.wait_exit(STOP_PATIENCE)?;
        ensure!(
            status.success(),
            "{} ended with {status}; its log:\n{}",
            self.process.name(),
            self.log()?
        );
        Ok(ended.since(asked))
    }

    /// Fails when it has ended.
    pub(super) fn ensure_running(&mut self) -> Result<()> {
        if let Some((_, status)) = self.process.poll_exit() {
            bail!(
                "{} ended with {status}; its log:\n{}",
                self.process.name(),
                self.log()?
            );
        }
        Ok(())
    }
}

/// Tells when a log grows.
#[derive(Debug)]
pub(super) struct LogChanges(Inotify);

impl LogChanges {
    /// Waits until the log has grown since the last call, or for so long.
    pub(super) fn wait(&self, patience: Duration) -> Result<()> {
        let patience = PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX);
        poll(&mut [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)], patience)
            .context("waiting for the log")?;
        // What has changed does not matter, and nothing has after the wait was in vain.
        let _ = self.0.read_events();
        Ok(())
    }
}

const ENTRIES: &str = "raw_syscalls:sys_enter";

/// Whether perf can count for these processes.
fn perf_may(pids: &[String]) -> bool {
    let Ok(output) = perf(pids, Duration::ZERO).output() else {
        return false;
    };
    let text = String::from_utf8_lossy(&output.stderr);
    output.status.success() && text.contains(ENTRIES) && !text.contains("not supported")
}

/// It counts exactly as long as `sleep` lives.
fn perf(pids: &[String], window: Duration) -> Command {
    let mut perf = Command::new("perf");
    perf.args([
        "stat",
        "-x,",
        "-e",
        ENTRIES,
        "-p",
        &pids.join(","),
        "sleep",
        &window.as_secs().to_string(),
    ]);
    perf
}

fn strace(pids: &[String]) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-c", "-f", "-U", "calls,name"]);
    for pid in pids {
        strace.args(["-p", pid]);
    }
    strace
}

/// A line like `1234,,raw_syscalls:sys_enter,…`.
fn perf_count(text: &str) -> Option<u64> {
    text.lines()
        .find(|line| line.contains(ENTRIES))?
        .split(',')
        .next()?
        .parse()
        .ok()
}

/// A line like `1234 total`.
fn strace_count(text: &str) -> Option<u64> {
    let total = text.lines().find(|line| line.trim_end().ends_with("total"))?;
    total.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read() {
        assert_eq!(
            perf_count("4711,,raw_syscalls:sys_enter,1000,100.00,,\n"),
            Some(4711)
        );
        assert_eq!(
            perf_count("<not counted>,,raw_syscalls:sys_enter,0,100.00,,\n"),
            None
        );
        let strace =
            "    calls syscall\n--------- -------\n      120 sendto\n--------- -------\n      123 total\n";
        assert_eq!(strace_count(strace), Some(123));
    }
}
