//! Running the cluster simulation of the crate `testbed`.

use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

use crate::workspace::{Profile, Workspace};

/// So many run at the same time, each with seeds of its own.
const PARTS: u64 = 2;
/// More seeds than one part can use.
const SEEDS: u64 = 1_000_000_000;

/// What was simulated.
#[derive(Debug, Default)]
pub(super) struct Simulated {
    pub(super) hours: u64,
    pub(super) passed: bool,
    pub(super) output: String,
}

/// Simulates so many hours, with seeds that no run had before.
pub(super) fn run(workspace: &Workspace, hours: u64) -> Result<Simulated> {
    let first = fresh_seed()?;
    let parts: Vec<_> = (0..PARTS)
        .map(|part| start(workspace, hours.div_ceil(PARTS), first + part * SEEDS))
        .collect::<Result<_>>()?;
    let mut all = Simulated {
        passed: true,
        ..Simulated::default()
    };
    for part in parts {
        let output = part.wait_with_output().context("waiting for the simulation")?;
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        all.hours += hours_of(&text).unwrap_or(0);
        all.passed &= output.status.success() && hours_of(&text).is_some();
        all.output += &text;
    }
    Ok(all)
}

fn start(workspace: &Workspace, hours: u64, seed: u64) -> Result<Child> {
    let mut simulate = Command::new(workspace.program(Profile::Dev, "simulate"));
    simulate.args(["--hours", &hours.to_string(), "--seed", &seed.to_string()]);
    simulate.stdout(Stdio::piped()).stderr(Stdio::piped());
    simulate.spawn().context("starting the simulation")
}

/// The number in `…, 2000 hours: …` of the last line.
fn hours_of(text: &str) -> Option<u64> {
    let before = text.lines().rev().find_map(|line| line.split_once(" hours: "))?.0;
    before.rsplit(' ').next()?.parse().ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "every run of the suite is to simulate something else"
)]
fn fresh_seed() -> Result<u64> {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock is set before 1970")?;
    Ok(since_epoch.as_secs() * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_from_the_last_line() {
        let text = "something\n97 clusters from seed 5, 20 hours: 2871 disturbances, 0 failed\n";
        assert_eq!(hours_of(text), Some(20));
        assert_eq!(hours_of("thread 'main' panicked\n"), None);
    }
}
