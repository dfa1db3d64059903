//! Cases in network namespaces: real processes, ours and the peers'.
//!
//! Each case builds its own laboratory, so many of them run at the same time: most of a case is waiting for timers of the
//! protocol. A case fails with a reason; nothing is skipped without saying so.

mod addresses;
mod elections;
mod frr;
mod life;
mod list;
mod lone;
mod noise;
mod parallel;
mod processes;
mod reload;
mod router;

use anyhow::Result;
use clap::Args;
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
    debians: Implementation,
    peers: Peers,
}

/// Runs the chosen cases.
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
    anyhow::ensure!(
        !chosen.is_empty(),
        "no case has a name with {}; see --list",
        arguments.names.join(" or ")
    );
    let peers = programs.peers()?;
    isolate::enter()?;
    if arguments.verbose {
        testbed::process::print_all_output();
    }
    let debians = peers.keepalived()?;
    let world = World {
        ours: programs.ours()?,
        debians,
        peers,
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

impl Arguments {
    fn choose(&self, case: &Case) -> bool {
        if self.names.is_empty() {
            return self.full || case.extent == Extent::Short;
        }
        self.names.iter().any(|name| case.name.contains(name))
    }
}
