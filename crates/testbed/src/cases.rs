//! Cases in network namespaces: real processes, ours and the peers'.
//!
//! What the host's kernel may lack is shown in a [guest](testbed::uml): all such cases in one, and those that Debian's kernel
//! of guests cannot run in another. Each case builds its own laboratory, so many of them run at the same time: most of a case
//! is waiting for timers of the protocol. A case fails with a reason; nothing is skipped without saying so.

mod access;
mod addresses;
mod config_test;
mod documentation;
mod elections;
mod firewall;
mod frr;
mod group_faults;
mod groups;
mod guest;
mod life;
mod list;
mod lone;
mod mail;
mod noise;
mod operator;
mod package;
mod parallel;
mod processes;
mod prometheus;
mod reload;
mod router;
mod scripts;
mod signed;
mod virtual_mac;
mod vyos;

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use nix::unistd::Uid;
use testbed::daemon::Implementation;
use testbed::isolate::{self, Privilege};
use testbed::peer::Peers;

use crate::{Programs, say};

/// Arguments of `testbed cases`.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Parts of names; all cases when absent.
    names: Vec<String>,
    /// Prints the names instead of running the cases.
    #[arg(long)]
    list: bool,
    /// Runs the long cases as well.
    #[arg(long)]
    full: bool,
    /// How many cases run at the same time.
    #[arg(long, value_name = "N", default_value_t = 6)]
    jobs: usize,
    /// Prints what the daemons log, as it comes; best with one case.
    #[arg(long)]
    verbose: bool,
    /// Prints counts for `cargo xtask test`.
    #[arg(long, hide = true)]
    counts: bool,
    /// This is a guest: runs the cases of guests that have exactly these names.
    #[arg(long, hide = true)]
    in_guest: bool,
}

/// Whether a case needs a foreign implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Ours alone, or ours with ours.
    Namespace,
    /// Ours with a peer.
    Interop,
    /// In a guest.
    Guest,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Namespace, Self::Interop, Self::Guest];

    /// The word of the counts.
    const fn name(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Interop => "interop",
            Self::Guest => "guest",
        }
    }
}

/// When a case is run without being named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Short,
    Full,
}

/// What a case needs beyond namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// Our daemon: the C program is known to fail.
    Ours,
    /// Our Debian package, and root of the host to install it.
    Package,
    /// A guest whose kernel has what Debian's lacks.
    GuestKernel,
}

type Run = Box<dyn Fn(&World) -> Result<()> + Send + Sync>;

/// One case.
struct Case {
    name: String,
    kind: Kind,
    extent: Extent,
    needs: Needs,
    run: Run,
}

/// What cases work with.
#[derive(Debug)]
struct World {
    ours: Implementation,
    foreign: Option<Foreign>,
    package: Option<PathBuf>,
}

/// The implementations of others.
#[derive(Debug)]
struct Foreign {
    debians: Implementation,
    peers: Peers,
}

impl Foreign {
    fn new(peers: Peers) -> Result<Self> {
        Ok(Self {
            debians: peers.keepalived()?,
            peers,
        })
    }
}

impl World {
    /// For cases of the kind [`Kind::Interop`], which do not run without.
    fn foreign(&self) -> Result<&Foreign> {
        self.foreign.as_ref().context("the peers are not there")
    }
}

/// Runs the chosen cases. True when none failed.
pub(crate) fn run(programs: &Programs, arguments: &Arguments) -> Result<bool> {
    let chosen: Vec<Case> = list::all()
        .into_iter()
        .filter(|case| arguments.choose(case))
        .collect();
    if arguments.list {
        for case in &chosen {
            say(&case.name);
        }
        return Ok(true);
    }
    ensure!(
        !chosen.is_empty(),
        "no case has a name with {}; see --list",
        arguments.names.join(" or ")
    );
    if arguments.in_guest {
        return guest::run_inside(programs, arguments, chosen);
    }
    let (of_guests, chosen): (Vec<_>, Vec<_>) = chosen.into_iter().partition(|case| case.kind == Kind::Guest);
    // The network is outside of the namespaces, so the peers have to come first. Inside they are there already.
    let peers = programs.peers();
    let privilege = match isolate::enter() {
        Ok(privilege) => privilege,
        Err(refusal) => {
            return cannot_run(
                "namespace, interop and guest",
                chosen.len() + of_guests.len(),
                refusal,
            );
        }
    };
    if arguments.verbose {
        testbed::process::print_all_output();
    }
    let (foreign, chosen) = match peers {
        Ok(peers) => (Some(Foreign::new(peers)?), chosen),
        Err(reason) => {
            let (interop, others): (Vec<_>, Vec<_>) =
                chosen.into_iter().partition(|case| case.kind == Kind::Interop);
            cannot_run("interop", interop.len(), reason)?;
            (None, others)
        }
    };
    let world = World {
        ours: programs.ours()?,
        foreign,
        // An ordinary user's root owns no file of the system.
        package: programs.package.clone().filter(|_| privilege == Privilege::Root),
    };
    let mut verdicts = run_here(&world, programs, arguments, chosen)?;
    if !of_guests.is_empty() {
        verdicts.extend(guest::run(programs, arguments, of_guests)?);
    }
    Ok(conclude(arguments, &verdicts))
}

/// Runs the cases that our daemon, or the one that plays its part, can be expected to pass.
fn run_here(
    world: &World,
    programs: &Programs,
    arguments: &Arguments,
    cases: Vec<Case>,
) -> Result<Vec<parallel::Verdict>> {
    let (runnable, refused): (Vec<_>, Vec<_>) = cases
        .into_iter()
        .map(|case| (lacking(&case, programs, world), case))
        .partition(|(lack, _)| lack.is_none());
    for (lack, case) in &refused {
        say(&format!("not-run {} ({})", case.name, lack.unwrap_or_default()));
    }
    let runnable: Vec<_> = runnable.into_iter().map(|(_, case)| case).collect();
    parallel::run(world, &runnable, arguments.jobs.max(1))
}

/// Prints how many passed and failed. True when none failed.
fn conclude(arguments: &Arguments, verdicts: &[parallel::Verdict]) -> bool {
    let failures = |kind: Option<Kind>| {
        let of_kind: Vec<_> = verdicts
            .iter()
            .filter(|verdict| kind.is_none_or(|kind| verdict.kind == kind))
            .collect();
        let failed = of_kind.iter().filter(|verdict| verdict.failure.is_some()).count();
        (of_kind.len() - failed, failed)
    };
    if arguments.counts {
        for kind in Kind::ALL {
            let (passed, failed) = failures(Some(kind));
            say(&format!("counts {} {passed} {failed}", kind.name()));
        }
    }
    // Once more where they are found: a guest's failures stand among the words of many others.
    for verdict in verdicts {
        if let Some(reason) = &verdict.failure {
            say(&format!(
                "failed {}: {}",
                verdict.name,
                brief(&format!("{reason:#}"))
            ));
        }
    }
    let (passed, failed) = failures(None);
    say(&format!("{passed} passed, {failed} failed"));
    failed == 0
}

/// The beginning of a reason, on one line.
fn brief(reason: &str) -> String {
    const LENGTH: usize = 300;
    let line = reason.lines().next().unwrap_or_default();
    line.chars().take(LENGTH).collect()
}

/// Why a case cannot be run.
fn lacking(case: &Case, programs: &Programs, world: &World) -> Option<&'static str> {
    match case.needs {
        Needs::Ours if !programs.has_ours() => Some("the C program is known to fail it"),
        Needs::Package if programs.package.is_none() => {
            Some("no package was made; cargo xtask dist --dev makes one")
        }
        Needs::Package if world.package.is_none() => Some("only root can install a package"),
        Needs::Nothing | Needs::Ours | Needs::Package | Needs::GuestKernel => None,
    }
}

/// An ordinary user may lack what root has; then the cases are named. For root it is a failure.
fn cannot_run(what: &str, count: usize, reason: anyhow::Error) -> Result<bool> {
    if Uid::effective().is_root() {
        return Err(reason);
    }
    let reason = format!("{reason:#}");
    say(&reason);
    let first = reason.lines().next().unwrap_or_default();
    say(&format!("not-run {count} {what} cases ({first})"));
    Ok(true)
}

impl Arguments {
    fn choose(&self, case: &Case) -> bool {
        if self.in_guest {
            return case.kind == Kind::Guest && self.names.contains(&case.name);
        }
        if self.names.is_empty() {
            return self.full || case.extent == Extent::Short;
        }
        self.names.iter().any(|name| case.name.contains(name))
    }
}
