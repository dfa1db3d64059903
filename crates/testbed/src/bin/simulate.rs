//! Runs simulated clusters until so many hours have passed in them.

use clap::Parser;
use std::process::ExitCode;
use testbed::cluster::{self, Summary};

/// Runs clusters of VRRP routers on a virtual network in virtual time, one for each seed, and looks whether their
/// invariants hold. Seeds that failed once are run first.
#[derive(Debug, Parser)]
struct Arguments {
    /// Simulated hours to reach.
    #[arg(long, default_value_t = 2000)]
    hours: u64,
    /// Seed to begin with; the following ones are used after it. Without it the first one comes from the clock.
    #[arg(long)]
    seed: Option<u64>,
    /// Run only the first seed, and print everything that happens.
    #[arg(long)]
    trace: bool,
    /// Go on after a violation.
    #[arg(long)]
    keep_going: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let first = arguments.seed.unwrap_or_else(fresh_seed);
    if arguments.trace {
        let mut print = |line: &str| println!("{line}");
        return match cluster::run(first, Some(&mut print)) {
            Ok(summary) => {
                println!("{summary:?}");
                ExitCode::SUCCESS
            }
            Err(violation) => {
                println!("{violation}");
                ExitCode::FAILURE
            }
        };
    }
    let wanted = arguments.hours.saturating_mul(3_600_000_000);
    let mut total = Summary::default();
    let mut failed = 0_u64;
    let mut seeds = 0_u64;
    for seed in cluster::regressions().chain(first..) {
        seeds += 1;
        match cluster::run(seed, None) {
            Ok(summary) => total.add(summary),
            Err(violation) => {
                println!("{violation}");
                failed += 1;
                total.simulated += violation.time;
                if !arguments.keep_going {
                    break;
                }
            }
        }
        if total.simulated >= wanted {
            break;
        }
    }
    println!(
        "{seeds} clusters from seed {first}, {} hours: {} disturbances, {} settled, {} transitions, {} adverts, {failed} \
         failed",
        total.simulated / 3_600_000_000,
        total.disturbances,
        total.converged,
        total.transitions,
        total.delivered
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a run without a seed is to be another one each time"
)]
fn fresh_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() * 100_000)
}
