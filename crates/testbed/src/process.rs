//! A program in a node, its output as events.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::clock::Stamp;
use crate::netns::Node;

/// One line a program printed.
#[derive(Clone, Debug)]
pub struct Line {
    /// When the harness read it.
    pub at: Stamp,
    /// The line without its end.
    pub text: String,
}

/// A running program: the leader of a process group, so that it can be killed with all its children.
///
/// Dropping it kills the group.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: Pid,
    lines: Receiver<Line>,
    seen: Vec<Line>,
    ended: Receiver<(Stamp, ExitStatus)>,
    status: Option<(Stamp, ExitStatus)>,
}

impl Process {
    /// Starts `command` in `node`; both its outputs become [`Line`]s.
    pub fn start(node: &Node, name: &str, mut command: Command) -> Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self::adopt(name, node.spawn(grouped(command))?)
    }

    /// Starts `command` in `node` with the outputs it has been given.
    pub fn start_silent(node: &Node, name: &str, mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null());
        Self::adopt(name, node.spawn(grouped(command))?)
    }

    fn adopt(name: &str, mut child: Child) -> Result<Self> {
        let pid = Pid::from_raw(i32::try_from(child.id()).context("a pid beyond i32")?);
        let (sender, lines) = channel();
        if let Some(output) = child.stdout.take() {
            read_lines(name, output, sender.clone())?;
        }
        if let Some(output) = child.stderr.take() {
            read_lines(name, output, sender)?;
        }
        let (report, ended) = channel();
        thread::Builder::new()
            .name(format!("wait for {name}"))
            .spawn(move || {
                if let Ok(status) = child.wait() {
                    // Nobody listens once the process was dropped.
                    report.send((Stamp::now(), status)).unwrap_or_default();
                }
            })
            .context("starting a thread")?;
        Ok(Self {
            name: name.to_owned(),
            pid,
            lines,
            seen: Vec::new(),
            ended,
            status: None,
        })
    }

    /// The process that was started, which leads the group.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// What it is called in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All lines so far.
    pub fn lines(&mut self) -> &[Line] {
        self.seen.extend(self.lines.try_iter());
        &self.seen
    }

    /// How many lines there are so far, to pass to [`Process::wait_line_from`].
    pub fn mark(&mut self) -> usize {
        self.lines().len()
    }

    /// Waits for a line that contains `text`, past ones included.
    pub fn wait_line(&mut self, text: &str, patience: Duration) -> Result<Line> {
        self.wait_line_from(0, text, patience)
    }

    /// Waits for a line that contains `text`, beginning with line number `from`.
    pub fn wait_line_from(&mut self, from: usize, text: &str, patience: Duration) -> Result<Line> {
        let deadline = Stamp::now() + patience;
        let mut next = from;
        loop {
            while let Some(line) = self.seen.get(next) {
                if line.text.contains(text) {
                    return Ok(line.clone());
                }
                next += 1;
            }
            match self.lines.recv_timeout(deadline.remaining()) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(self.complaint(&format!("did not say {text:?} within {patience:?}")));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.complaint(&format!("ended without saying {text:?}")));
                }
            }
        }
    }

    /// An error that shows the end of the output.
    pub fn complaint(&mut self, what: &str) -> anyhow::Error {
        let words = self.last_words();
        anyhow!("{} {what}; its last words:\n{words}", self.name)
    }

    /// The end of its output, for messages.
    pub fn last_words(&mut self) -> String {
        let lines = self.lines();
        let tail = lines.len().saturating_sub(25);
        lines[tail..]
            .iter()
            .fold(String::new(), |words, line| words + "    " + &line.text + "\n")
    }

    /// Sends a signal to the program alone.
    pub fn signal(&mut self, signal: Signal) -> Result<Stamp> {
        if self.poll_exit().is_some() {
            bail!("{} has already ended", self.name);
        }
        let at = Stamp::now();
        kill(self.pid, signal).with_context(|| format!("sending {signal} to {}", self.name))?;
        Ok(at)
    }

    /// Sends a signal to the program and its children at once.
    pub fn signal_group(&self, signal: Signal) -> Result<Stamp> {
        let at = Stamp::now();
        killpg(self.pid, signal)
            .with_context(|| format!("sending {signal} to the group of {}", self.name))?;
        Ok(at)
    }

    /// How it ended, if it has.
    pub fn poll_exit(&mut self) -> Option<(Stamp, ExitStatus)> {
        if self.status.is_none() {
            self.status = self.ended.try_recv().ok();
        }
        self.status
    }

    /// Waits for its end.
    pub fn wait_exit(&mut self, patience: Duration) -> Result<(Stamp, ExitStatus)> {
        if let Some(ended) = self.status {
            return Ok(ended);
        }
        let Ok(ended) = self.ended.recv_timeout(patience) else {
            return Err(self.complaint(&format!("has not ended within {patience:?}")));
        };
        self.status = Some(ended);
        Ok(ended)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group may be gone already, which is what is wanted.
        self.signal_group(Signal::SIGKILL).ok();
    }
}

fn grouped(mut command: Command) -> Command {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
    command
}

/// Whether every line is also printed when it comes, for somebody who looks for a mistake.
static LOUD: AtomicBool = AtomicBool::new(false);

/// Prints from now on what every program says.
pub fn print_all_output() {
    LOUD.store(true, Ordering::Relaxed);
}

fn read_lines(name: &str, output: impl Read + Send + 'static, lines: Sender<Line>) -> Result<()> {
    let name = name.to_owned();
    thread::Builder::new()
        .name("output".into())
        .spawn(move || {
            for text in BufReader::new(output).lines().map_while(Result::ok) {
                if LOUD.load(Ordering::Relaxed) {
                    println!("{} {name}: {text}", Stamp::now());
                }
                if lines
                    .send(Line {
                        at: Stamp::now(),
                        text,
                    })
                    .is_err()
                {
                    return;
                }
            }
        })
        .context("starting a thread")?;
    Ok(())
}
