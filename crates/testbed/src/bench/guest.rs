//! Benchmarks in a guest: the same program runs there and hands its figures back.

use std::env;
use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use testbed::uml::Guest;

use super::report::Figure;
use super::{Arguments, Effort};
use crate::{Programs, say};

/// What the line begins with in which the guest hands its figures back.
const FIGURES: &str = "figures ";
/// Modules that Debian's kernel of guests does not load by itself for what a laboratory is made of.
const MODULES: &[&str] = &["ipv6"];

/// What a benchmark may take in a guest.
const PATIENCE: Duration = Duration::from_secs(1_200);

/// A kernel of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Debian's, which has IPVS.
    Debians,
    /// The one of `cargo xtask guest-kernel`, which has the process connector.
    Own,
}

/// Measures a benchmark in a guest with so many MiB of memory.
pub(super) fn run(
    programs: &Programs,
    arguments: &Arguments,
    effort: Effort,
    (kernel, memory): (Kernel, u32),
    name: &str,
) -> Result<Vec<Figure>> {
    let guest = match kernel {
        Kernel::Debians => Guest::new()?.with_modules(MODULES),
        Kernel::Own => Guest::of_kernel(programs.guest_kernel.clone().context(
            "Debian's kernel of guests lacks what it needs: cargo xtask guest-kernel builds one that has it",
        )?),
    };
    let ending = guest
        .with_memory(memory)
        .with_patience(PATIENCE)
        .run(name, &inner_arguments(programs, arguments, effort, name)?)?;
    let mut figures = None;
    for line in ending.output.lines() {
        match line.strip_prefix(FIGURES) {
            Some(handed_back) => {
                figures =
                    Some(serde_json::from_str(handed_back).context("reading the figures of the guest")?);
            }
            None => say(line),
        }
    }
    ensure!(
        ending.code == 0,
        "it ended with {} in the guest; its words are above",
        ending.code
    );
    figures.ok_or_else(|| anyhow!("the guest has handed no figures back"))
}

/// Hands the figures to who has booted this guest.
pub(super) fn hand_back(figures: &[Figure]) -> Result<()> {
    let text = serde_json::to_string(figures).context("writing the figures")?;
    say(&format!("{FIGURES}{text}"));
    Ok(())
}

fn inner_arguments(
    programs: &Programs,
    arguments: &Arguments,
    effort: Effort,
    name: &str,
) -> Result<Vec<OsString>> {
    let here = env::current_dir().context("finding the working directory")?;
    let mut inner: Vec<OsString> = vec!["bench".into(), "--in-guest".into()];
    let mut path = |option: &str, path: Option<&std::path::PathBuf>| {
        inner.extend(
            path.into_iter()
                .flat_map(|path| [option.into(), here.join(path).into_os_string()]),
        );
    };
    path("--peers", Some(&programs.peers));
    path("--ours", programs.ours.as_ref());
    path("--peer", arguments.peer.as_ref());
    match effort {
        Effort::Quick => inner.push("--quick".into()),
        Effort::Usual => {}
        Effort::Full => inner.push("--full".into()),
    }
    inner.push(name.into());
    Ok(inner)
}
