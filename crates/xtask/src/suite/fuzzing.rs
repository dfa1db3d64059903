//! Running the fuzz targets. `crates/fuzz` says how and why.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail, ensure};

use super::captured;
use crate::packages;
use crate::workspace::Workspace;

/// Those of `cargo fuzz --sanitizer none`.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
                     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Fuzzes one target, or all, and shows what libFuzzer prints.
pub(crate) fn fuzz(workspace: &Workspace, target: Option<&str>, seconds: u32) -> Result<ExitCode> {
    packages::ensure(packages::FUZZING)?;
    let known = targets(workspace)?;
    let chosen = match target {
        Some(name) if known.iter().any(|known| known == name) => vec![name.to_owned()],
        Some(name) => bail!("no fuzz target {name}; there are: {}", known.join(", ")),
        None => known,
    };
    let program = build(workspace)?;
    let mut code = ExitCode::SUCCESS;
    for name in chosen {
        println!("{name}: {seconds} s");
        let status = command(workspace, &program, &name, seconds)?
            .status()
            .context("starting the fuzzer")?;
        if !status.success() {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Shares `seconds` among all targets: whether none found anything, and the output of those that did.
pub(super) fn all(workspace: &Workspace, seconds: u32) -> Result<(bool, String)> {
    let known = targets(workspace)?;
    let program = build(workspace)?;
    let share = seconds.div_ceil(u32::try_from(known.len()).context("too many targets")?);
    let mut failures = String::new();
    for name in known {
        let (passed, output) = captured(command(workspace, &program, &name, share)?)?;
        if !passed {
            failures.extend([&*name, ":\n", &*output, "\n"]);
        }
    }
    Ok((failures.is_empty(), failures))
}

/// The names of the targets, which are those of their corpora.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let corpora = workspace.root().join("crates/fuzz/corpus");
    let mut names = Vec::new();
    for entry in fs::read_dir(&corpora).with_context(|| format!("reading {}", corpora.display()))? {
        let entry = entry.with_context(|| format!("reading {}", corpora.display()))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    ensure!(!names.is_empty(), "{} has no target", corpora.display());
    Ok(names)
}

fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "build",
        "--quiet",
        "--package",
        "fuzz",
        "--features",
        "libfuzzer",
        "--profile",
        "fuzz",
    ]);
    // Naming the host's own target keeps the flags away from build scripts and macros.
    cargo.args(["--target", workspace.host()]).env("RUSTFLAGS", FLAGS);
    let (built, output) = captured(cargo)?;
    ensure!(built, "building the fuzzer failed:\n{output}");
    Ok(workspace.target().join(workspace.host()).join("fuzz/fuzz"))
}

/// Inputs that reach new code go to `target/fuzz-runs`, crashes to `target/fuzz-found`, nothing into the repository.
fn command(workspace: &Workspace, program: &Path, name: &str, seconds: u32) -> Result<Command> {
    let runs = workspace.target().join("fuzz-runs").join(name);
    let found = workspace.target().join("fuzz-found").join(name);
    for directory in [&runs, &found] {
        fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    }
    let mut command = Command::new(program);
    command
        .arg(format!("--target={name}"))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(&runs)
        .arg(workspace.root().join("crates/fuzz/corpus").join(name));
    Ok(command)
}
