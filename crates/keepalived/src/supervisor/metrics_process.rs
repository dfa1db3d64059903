//! The process that serves metrics over HTTP: when it runs, and its end.

use super::death::how;
use super::respawn::Respawn;
use crate::control::Control;
use crate::metrics::process;
use model::{Micros, Time};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use std::io;
use std::net::{SocketAddr, TcpListener};

/// The place of the process. Dropping it ends the process.
#[derive(Debug, Default)]
pub(super) struct MetricsProcess(Option<Serving>);

#[derive(Debug)]
struct Serving {
    address: SocketAddr,
    /// Clients find it also while the process is replaced.
    listener: TcpListener,
    respawn: Respawn,
    state: State,
}

#[derive(Debug)]
enum State {
    /// It will be started.
    Waiting { until: Time },
    /// It runs.
    Running { pid: Pid, started: Time },
}

impl MetricsProcess {
    /// Listens where a configuration wants it; the process follows with [`keep`](Self::keep), when more urgent things are
    /// done. What does not work is logged, and tried again at the next reload.
    pub(super) fn configure(&mut self, address: Option<SocketAddr>, now: Time) {
        if self.0.as_ref().map(|serving| serving.address) == address {
            return;
        }
        // The old one first: it may be the same port.
        self.0 = None;
        self.0 = address.and_then(|address| {
            let listener = process::listen(address)
                .inspect_err(|error| {
                    tracing::error!("metrics_address {address}: {error}; there are no metrics there");
                })
                .ok()?;
            Some(Serving {
                address,
                listener,
                respawn: Respawn::default(),
                state: State::Waiting { until: now },
            })
        });
    }

    /// When the process is to be started.
    pub(super) fn due(&self) -> Option<Time> {
        match self.0.as_ref()?.state {
            State::Waiting { until } => Some(until),
            State::Running { .. } => None,
        }
    }

    /// Starts the process if it is time for that, and lets it ask for the status.
    pub(super) fn keep(&mut self, control: Option<&mut Control>, now: Time) {
        let Some(serving) = &mut self.0 else { return };
        if !matches!(serving.state, State::Waiting { until } if until <= now) {
            return;
        }
        let Some(control) = control else {
            tracing::error!("metrics_address: there are no metrics without a control socket");
            self.0 = None;
            return;
        };
        let started = process::start(&serving.listener).and_then(|(pid, stream)| {
            // From here on it is ended and reaped in any case.
            serving.state = State::Running { pid, started: now };
            control.attach(stream)
        });
        if let Err(error) = started {
            tracing::error!("metrics process cannot be started: {error}");
            serving.end();
            serving.wait_again(Micros::ZERO, now);
        }
    }

    /// Takes note of the end of a process, if it is this one.
    pub(super) fn note_end(&mut self, status: WaitStatus, now: Time) -> bool {
        let Some(serving) = &mut self.0 else { return false };
        let State::Running { pid, started } = serving.state else {
            return false;
        };
        if status.pid() != Some(pid) {
            return false;
        }
        tracing::warn!("metrics process({pid}) {}: Respawning", how(status));
        serving.wait_again(now.since(started), now);
        true
    }
}

impl Serving {
    /// Has the process be started again, at least a second from now: it does nothing that could not wait.
    fn wait_again(&mut self, age: Micros, now: Time) {
        let seconds = self.respawn.delay(age).unwrap_or(0).max(1);
        self.state = State::Waiting {
            until: now + Micros::from_secs(seconds),
        };
    }

    fn end(&self) {
        if let State::Running { pid, .. } = self.state {
            // Not reaped, so the number is still its own.
            let ended = kill(pid, Signal::SIGKILL).and_then(|()| waitpid(pid, None));
            if let Err(errno) = ended {
                tracing::warn!("ending the metrics process({pid}): {}", io::Error::from(errno));
            }
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
    }
}
