//! Cases in a guest: all of them that its kernel can run in one, since booting takes longer than most of them.

mod ipvs;
mod vrrp;

use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use testbed::uml::Guest;

use super::parallel::Verdict;
use super::{Arguments, Case, Foreign, Kind, Needs, World, cannot_run, list, run_here};
use crate::{Programs, say};

/// What a case prints before its name when it has passed or failed ([`parallel`](super::parallel)).
const PASSED: &str = "pass";
const FAILED: &str = "FAIL";

/// What all cases of a guest may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(900);

/// Modules that the kernel does not load by itself for what a laboratory is made of.
const MODULES: &[&str] = &["ipv6"];

/// The cases.
pub(super) fn all() -> Vec<Case> {
    vec![
        list::guest("guest/ipvs/kinds", ipvs::kinds),
        list::guest("guest/ipvs/refusals", ipvs::refusals),
        list::guest("guest/ipvs/many", ipvs::many),
        list::guest("guest/ipvs/surroundings", ipvs::surroundings),
        list::guest("guest/ipvs/sync-daemon", ipvs::sync_daemon),
        list::guest("guest/ipvs/debian", ipvs::debian),
        list::guest("guest/ipvs/traffic", ipvs::traffic),
        list::guest("guest/ipvs/failures", ipvs::failures),
        list::guest("guest/ipvs/reload", ipvs::reload),
        list::guest("guest/ipvs/web", ipvs::web),
        list::guest("guest/ipvs/repaired", ipvs::repaired),
        list::guest("guest/ipvs/namespace", ipvs::namespace),
        list::guest("guest/ipvs/operator", ipvs::operator),
        list::guest("guest/ipvs/samples", ipvs::samples),
        list::guest("guest/vrrp/vlan", vrrp::vlan),
        list::guest("guest/vrrp/vrf", vrrp::vrf),
        list::guest("guest/vrrp/dummy", vrrp::dummy),
        list::guest("guest/vrrp/ipvlan", vrrp::ipvlan).with_guest_kernel(),
    ]
}

/// Boots a guest of each kernel that the cases need, runs them in there and shows what they say.
pub(super) fn run(programs: &Programs, arguments: &Arguments, cases: Vec<Case>) -> Result<Vec<Verdict>> {
    let (demanding, others): (Vec<_>, Vec<_>) = cases
        .into_iter()
        .partition(|case| case.needs == Needs::GuestKernel);
    let mut verdicts = Vec::new();
    if !others.is_empty() {
        match Guest::new() {
            Ok(guest) => {
                let guest = guest.with_modules(MODULES).with_patience(PATIENCE);
                verdicts.extend(run_in(&guest, programs, arguments, &others)?);
            }
            Err(reason) => {
                cannot_run("guest", others.len(), reason)?;
            }
        }
    }
    match &programs.guest_kernel {
        Some(kernel) if !demanding.is_empty() => {
            let guest = Guest::of_kernel(kernel.clone());
            verdicts.extend(run_in(&guest, programs, arguments, &demanding)?);
        }
        Some(_) => {}
        None => demanding.iter().for_each(|case| {
            say(&format!(
                "not-run {} (no kernel for guests was built; cargo xtask guest-kernel builds one)",
                case.name
            ));
        }),
    }
    Ok(verdicts)
}

/// Boots the guest, runs the cases in there and shows what they say.
fn run_in(guest: &Guest, programs: &Programs, arguments: &Arguments, cases: &[Case]) -> Result<Vec<Verdict>> {
    let ending = guest.run("guest", &inner_arguments(programs, arguments, cases)?);
    let output = match &ending {
        Ok(ending) => ending.output.as_str(),
        Err(error) => {
            say(&format!("{error:#}"));
            ""
        }
    };
    output.lines().for_each(say);
    Ok(cases
        .iter()
        .map(|case| Verdict {
            name: case.name.clone(),
            kind: Kind::Guest,
            failure: failure(output, &case.name),
        })
        .collect())
}

/// Why the case has failed, as the guest tells; nothing when it has passed.
fn failure(output: &str, name: &str) -> Option<anyhow::Error> {
    let mut lines = output.lines();
    let verdict = lines.find_map(|line| {
        let mut words = line.split_whitespace();
        let verdict = words.next()?;
        let ended = verdict == PASSED || verdict == FAILED;
        (ended && words.next() == Some(name)).then_some(verdict)
    });
    match verdict {
        Some(PASSED) => None,
        Some(_) => Some(anyhow!("{}", lines.next().unwrap_or_default().trim())),
        None => Some(anyhow!("the guest has not told its end")),
    }
}

fn inner_arguments(programs: &Programs, arguments: &Arguments, cases: &[Case]) -> Result<Vec<OsString>> {
    let here = std::env::current_dir().context("finding the working directory")?;
    let mut inner: Vec<OsString> = vec!["cases".into(), "--in-guest".into()];
    inner.extend(["--peers".into(), here.join(&programs.peers).into_os_string()]);
    if let Some(ours) = &programs.ours {
        inner.extend(["--ours".into(), here.join(ours).into_os_string()]);
    }
    // It has one processor.
    inner.extend(["--jobs".into(), "2".into()]);
    if arguments.verbose {
        inner.push("--verbose".into());
    }
    inner.extend(cases.iter().map(|case| OsString::from(&case.name)));
    Ok(inner)
}

/// Runs the cases in the guest that this is.
pub(super) fn run_inside(programs: &Programs, arguments: &Arguments, cases: Vec<Case>) -> Result<bool> {
    if arguments.verbose {
        testbed::process::print_all_output();
    }
    let world = World {
        ours: programs.ours()?,
        foreign: Some(Foreign::new(programs.peers()?)?),
        package: None,
    };
    let verdicts = run_here(&world, programs, arguments, cases)?;
    Ok(verdicts.iter().all(|verdict| verdict.failure.is_none()))
}
