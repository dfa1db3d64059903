//! Benchmarks: our keepalived beside Debian's in the same run.
//!
//! Every benchmark measures both in turns, so that a disturbance of the machine hits both, and prints the raw medians,
//! their ratio, the bounds and a verdict. Logs go to a file: `-n -l -G`, both outputs into a file on a tmpfs.

mod backup;
mod certificate;
mod checks;
mod config;
mod failover;
mod generator;
mod guest;
mod idle;
mod instances;
mod ipvs_load;
mod lvs_reload;
mod mail_server;
mod notify;
mod punctuality;
mod reload;
mod report;
mod rig;
mod scripts;
mod servers;
mod services;
mod signed;
mod stalled_log;
mod steady;
mod subject;
mod takeover;
mod track_process;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use testbed::daemon::Implementation;
use testbed::isolate;

use crate::{Programs, say};
use guest::Kernel;
use report::{Bound, Figure, Unit, Verdict};

/// Arguments of `testbed bench`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Names of benchmarks; all when absent.
    names: Vec<String>,
    /// Prints the names instead of measuring.
    #[arg(long)]
    list: bool,
    /// One short run of each: shows that it works, proves nothing.
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// As many runs as the figures of the release notes need.
    #[arg(long)]
    full: bool,
    /// A program to compare with, instead of Debian's.
    #[arg(long, value_name = "PATH")]
    peer: Option<std::path::PathBuf>,
    /// This is a guest: measures here and hands the figures back.
    #[arg(long, hide = true)]
    in_guest: bool,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    Quick,
    Usual,
    Full,
}

impl Effort {
    /// How often a measurement is repeated.
    const fn runs(self) -> u32 {
        match self {
            Self::Quick => 1,
            Self::Usual => 3,
            Self::Full => 5,
        }
    }
}

impl Effort {
    /// How long something steady is watched.
    const fn window(self) -> Duration {
        Duration::from_secs(match self {
            Self::Quick => 3,
            Self::Usual => 5,
            Self::Full => 10,
        })
    }
}

/// Which side a value belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Ours,
    Peers,
}

/// Both sides, and the figures collected so far.
struct Bench {
    ours: Implementation,
    peers: Implementation,
    effort: Effort,
    figures: Vec<Figure>,
}

type Run = fn(&mut Bench) -> Result<()>;

/// Benchmarks that need a kernel of their own, with it and MiB of memory.
const IN_GUESTS: &[(&str, (Kernel, u32))] = &[
    ("track-process", (Kernel::Own, 768)),
    ("checks", (Kernel::Debians, 1_536)),
    ("ipvs-load", (Kernel::Debians, 1_536)),
    ("lvs-reload", (Kernel::Debians, 3_072)),
];

const ALL: &[(&str, &str, Run)] = &[
    (
        "failover",
        "from the protocol's deadline to the gratuitous ARP",
        failover::run,
    ),
    (
        "instances",
        "1, 255, 1000 and 4000 instances as master",
        instances::run,
    ),
    ("signed", "1000 instances with auth_hmac and without", signed::run),
    ("backup", "255 and 4000 instances as backup", backup::run),
    (
        "takeover",
        "1000 x 1, 100 x 10 and 1 x 2000 addresses move at once",
        takeover::run,
    ),
    (
        "notify",
        "1000 instances fail over with a notify script and a mail each",
        notify::run,
    ),
    (
        "scripts",
        "1000 vrrp_scripts every second beside an instance at 10 ms",
        scripts::run,
    ),
    (
        "track-process",
        "a program tracked while thousands of others come and go, in a guest",
        track_process::run,
    ),
    ("reload", "4000 instances: the longest silence", reload::run),
    (
        "checks",
        "1000 and 5000 TCP, 1000 HTTP and 500 TLS checks every second, in a guest",
        checks::run,
    ),
    (
        "hanging-checks",
        "5000 TCP checks every second while 1 of 10 servers hangs, ours alone and without IPVS",
        checks::run_hanging,
    ),
    (
        "ipvs-load",
        "start with 5000 virtual servers of 2 real servers, in a guest",
        ipvs_load::run,
    ),
    (
        "lvs-reload",
        "one change of 20000 virtual servers, in a guest",
        lvs_reload::run,
    ),
    (
        "config",
        "PROGRAM -t -f large.conf, with up to 8000 instances of 5 addresses",
        config::run,
    ),
    ("idle", "one instance: start, memory, libraries, stop", idle::run),
    (
        "stalled-log",
        "adverts while nobody reads the log: PROGRAM -n -l -G -f … -D into a full pipe, PROGRAM -n -D -f … with a full syslog",
        stalled_log::run,
    ),
];

/// Runs the chosen benchmarks. True when none missed a bound.
pub(crate) fn run(programs: &Programs, arguments: &Arguments) -> Result<bool> {
    if arguments.list {
        for (name, what, _) in ALL {
            say(&format!("{name:<14} {what}"));
        }
        return Ok(true);
    }
    for name in &arguments.names {
        ensure!(
            ALL.iter().any(|(known, ..)| known == name),
            "no benchmark {name}; see --list"
        );
    }
    let peers = programs.peers()?;
    if !arguments.in_guest {
        isolate::enter()?;
    }
    let peer = match &arguments.peer {
        Some(path) => Implementation::new("the peer", path.clone(), Vec::new())?,
        None => peers.keepalived()?,
    };
    let effort = match (arguments.quick, arguments.full) {
        (true, _) => Effort::Quick,
        (_, true) => Effort::Full,
        _ => Effort::Usual,
    };
    let mut bench = Bench {
        ours: programs.ours()?,
        peers: peer,
        effort,
        figures: Vec::new(),
    };
    if !arguments.in_guest {
        introduce(&bench);
    }
    let mut missed = 0;
    for (name, what, run) in ALL {
        if !arguments.names.is_empty() && !arguments.names.iter().any(|chosen| chosen == name) {
            continue;
        }
        if arguments.in_guest {
            run(&mut bench)?;
            guest::hand_back(&bench.figures)?;
            continue;
        }
        say(&format!("\n{name}: {what}"));
        let measured = match IN_GUESTS.iter().find(|(known, _)| known == name) {
            Some((_, needs)) => guest::run(programs, arguments, effort, *needs, name)
                .map(|figures| bench.figures.extend(figures)),
            None => run(&mut bench),
        };
        // One that cannot be measured on this machine must not take the others with it.
        if let Err(error) = measured {
            say(&format!("NOT MEASURED: benchmark {name}: {error:#}"));
            missed += 1;
        }
        say(report::table(&bench.figures).trim_end());
        missed += bench
            .figures
            .drain(..)
            .filter(|figure| figure.verdict() == Verdict::Missed)
            .count();
    }
    if arguments.in_guest {
        return Ok(true);
    }
    say(&format!(
        "\n{}",
        if missed == 0 {
            "no bound was missed".to_owned()
        } else {
            format!("{missed} bounds were missed")
        }
    ));
    Ok(missed == 0)
}

/// Both command lines: those of every benchmark that does not name its own.
fn introduce(bench: &Bench) {
    for (name, implementation) in [("ours", &bench.ours), ("Debian's", &bench.peers)] {
        let program = implementation.program().display();
        say(&format!(
            "{name:<9} {}  {program} {}",
            implementation.version(),
            subject::ARGUMENTS
        ));
    }
}

impl Bench {
    /// Measures both sides in turns, `runs` times.
    fn both(
        &mut self,
        runs: u32,
        mut measure: impl FnMut(&mut Self, Side, &Implementation) -> Result<()>,
    ) -> Result<()> {
        for run in 0..runs {
            // The other one first each time: whatever warms up or wears out hits both.
            let order = if run % 2 == 0 {
                [Side::Peers, Side::Ours]
            } else {
                [Side::Ours, Side::Peers]
            };
            for side in order {
                let implementation = match side {
                    Side::Ours => self.ours.clone(),
                    Side::Peers => self.peers.clone(),
                };
                measure(self, side, &implementation)
                    .with_context(|| format!("measuring {}", implementation.name()))?;
            }
        }
        Ok(())
    }

    /// Adds a value to a figure, which it makes when it is new.
    fn add(&mut self, side: Side, name: &str, unit: Unit, (must, aim): (Bound, Bound), value: u64) {
        let index = self
            .figures
            .iter()
            .position(|figure| figure.name == name)
            .unwrap_or_else(|| {
                let (ours, peers) = (Vec::new(), Vec::new());
                self.figures.push(Figure {
                    name: name.to_owned(),
                    unit,
                    must,
                    aim,
                    ours,
                    peers,
                });
                self.figures.len() - 1
            });
        let figure = &mut self.figures[index];
        match side {
            Side::Ours => figure.ours.push(value),
            Side::Peers => figure.peers.push(value),
        }
    }
}
