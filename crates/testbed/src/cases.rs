//! Cases in network namespaces: real processes, ours and the peers'.
//!
//! Each case builds its own laboratory, so many of them run at the same time: most of a case is waiting for timers of the
//! protocol. A case fails with a reason; nothing is skipped without saying so.

mod addresses;
mod config_test;
mod elections;
mod frr;
mod group_faults;
mod groups;
mod life;
mod list;
mod lone;
mod noise;
mod parallel;
mod processes;
mod reload;
mod router;
mod signed;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use nix::unistd::Uid;
use testbed::daemon::Implementation;
use testbed::isolate;
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
}

/// Whether a case needs a foreign implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Ours alone, or ours with ours.
    Namespace,
    /// Ours with a peer.
    Interop,
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
}

/// The implementations of others.
#[derive(Debug)]
struct Foreign {
    debians: Implementation,
    peers: Peers,
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
    // The network is outside of the namespaces, so the peers have to come first. Inside they are there already.
    let peers = programs.peers();
    if let Err(refusal) = isolate::enter() {
        return cannot_run("namespace and interop", &chosen, refusal);
    }
    if arguments.verbose {
        testbed::process::print_all_output();
    }
    let (foreign, chosen) = match peers {
        Ok(peers) => (
            Some(Foreign {
                debians: peers.keepalived()?,
                peers,
            }),
            chosen,
        ),
        Err(reason) => {
            let (interop, others): (Vec<_>, Vec<_>) =
                chosen.into_iter().partition(|case| case.kind == Kind::Interop);
            cannot_run("interop", &interop, reason)?;
            (None, others)
        }
    };
    let world = World {
        ours: programs.ours()?,
        foreign,
    };
    let (runnable, refused): (Vec<_>, Vec<_>) = chosen
        .into_iter()
        .partition(|case| case.needs == Needs::Nothing || programs.has_ours());
    for case in refused {
        say(&format!(
            "not-run {} (the C program is known to fail it)",
            case.name
        ));
    }
    let verdicts = parallel::run(&world, &runnable, arguments.jobs.max(1))?;
    if arguments.counts {
        for (kind, name) in [(Kind::Namespace, "namespace"), (Kind::Interop, "interop")] {
            let of_kind = || verdicts.iter().filter(|verdict| verdict.kind == kind);
            let failed = of_kind().filter(|verdict| verdict.failure.is_some()).count();
            say(&format!("counts {name} {} {failed}", of_kind().count() - failed));
        }
    }
    let failed = verdicts
        .iter()
        .filter(|verdict| verdict.failure.is_some())
        .count();
    say(&format!("{} passed, {failed} failed", verdicts.len() - failed));
    Ok(failed == 0)
}

/// An ordinary user may lack what root has; then the cases are named. For root it is a failure.
fn cannot_run(what: &str, cases: &[Case], reason: anyhow::Error) -> Result<bool> {
    if Uid::effective().is_root() {
        return Err(reason);
    }
    let reason = format!("{reason:#}");
    say(&reason);
    let first = reason.lines().next().unwrap_or_default();
    say(&format!("not-run {} {what} cases ({first})", cases.len()));
    Ok(true)
}

impl Arguments {
    fn choose(&self, case: &Case) -> bool {
        if self.names.is_empty() {
            return self.full || case.extent == Extent::Short;
        }
        self.names.iter().any(|name| case.name.contains(name))
    }
}
