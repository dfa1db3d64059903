//! `cargo xtask test`: every kind of test, one summary line.

mod fuzzing;
mod properties;
mod simulation;
mod tally;

use std::io::{Read as _, pipe};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::workspace::{Profile, Workspace};
use crate::{arrows, book, dist, guest_kernel, licences, packages};
pub(crate) use fuzzing::fuzz;
use tally::{Kind, Tally};

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What CI runs.
    Short,
    /// Everything.
    Full,
}

/// A part of the suite that failed: what it is called and what it printed.
struct Failure {
    part: &'static str,
    output: String,
}

/// One run of the suite.
struct Run<'a> {
    workspace: &'a Workspace,
    extent: Extent,
    tally: Tally,
    failures: Vec<Failure>,
}

/// Runs the suite.
pub(crate) fn run(workspace: &Workspace, extent: Extent) -> Result<ExitCode> {
    packages::ensure(packages::LABORATORY)?;
    packages::ensure(packages::GUESTS)?;
    packages::ensure(packages::FUZZING)?;
    packages::ensure(packages::PACKAGE_CHECKS)?;
    let mut run = Run {
        workspace,
        extent,
        tally: Tally::default(),
        failures: Vec::new(),
    };
    run.part("format", Run::format)?;
    run.part("crate dependencies", |run| Ok(run.arrows()))?;
    run.part("licences", Run::licences)?;
    run.part("lints", Run::lints)?;
    run.part("unit and property tests", Run::unit_tests)?;
    run.part("build", Run::programs)?;
    run.part("packages", Run::packages)?;
    if extent == Extent::Full {
        run.part("documentation site", Run::site)?;
    }
    run.part("cluster simulation", Run::simulation)?;
    run.part("namespace, interop, guests", Run::cases)?;
    run.part("fuzzing", Run::fuzzing)?;
    Ok(run.finish())
}

/// What a part has to say: whether it passed, and what it printed.
struct Outcome {
    passed: bool,
    output: String,
}

impl Run<'_> {
    /// Runs one part and shows that it did.
    #[expect(clippy::disallowed_methods, reason = "tells a developer how long a part took")]
    fn part(&mut self, name: &'static str, part: fn(&mut Self) -> Result<Outcome>) -> Result<()> {
        print!("{name:<30}");
        std::io::Write::flush(&mut std::io::stdout()).context("writing to the terminal")?;
        let began = Instant::now();
        let outcome = part(self).with_context(|| name.to_owned())?;
        let took = began.elapsed().as_secs();
        println!(
            "{:<8}{took:>4} s",
            if outcome.passed { "passed" } else { "FAILED" }
        );
        if !outcome.passed {
            // At once, not only at the end: somebody may be watching.
            println!("{}", outcome.output.trim_end());
            self.failures.push(Failure {
                part: name,
                output: outcome.output,
            });
        }
        Ok(())
    }

    fn format(&mut self) -> Result<Outcome> {
        let mut format = self.workspace.cargo();
        format.args(["fmt", "--all", "--check"]);
        self.gate(format)
    }

    fn lints(&mut self) -> Result<Outcome> {
        let mut clippy = self.workspace.cargo();
        clippy.args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]);
        self.gate(clippy)
    }

    fn arrows(&mut self) -> Outcome {
        self.verdict(&arrows::check(self.workspace))
    }

    fn licences(&mut self) -> Result<Outcome> {
        let complaints = licences::check(self.workspace)?;
        Ok(self.verdict(&complaints))
    }

    fn unit_tests(&mut self) -> Result<Outcome> {
        let properties = properties::names(self.workspace.root())?;
        let mut tests = self.workspace.cargo();
        // One failing crate must not hide the others. Without backtraces: they drown the assertion.
        tests
            .args(["test", "--workspace", "--no-fail-fast"])
            .env("RUST_BACKTRACE", "0");
        if let Some(reason) = namespaces_refused()? {
            tests.args(["--lib", "--bins"]);
            self.tally.add_not_run(format!(
                "tests of crates/*/tests, which need namespaces ({reason})"
            ));
        }
        let (passed, output) = captured(tests)?;
        self.tally.add_libtest(&output, &properties);
        Ok(Outcome {
            passed,
            output: tally::without_passed(&output),
        })
    }

    fn programs(&mut self) -> Result<Outcome> {
        let mut cargo = self.workspace.cargo();
        cargo.args(["build", "--workspace", "--bins", "--quiet"]);
        self.gate(cargo)
    }

    /// Packages of the build that the tests use: what is in them does not depend on how it was optimised.
    fn packages(&mut self) -> Result<Outcome> {
        let made = dist::packages(self.workspace, Profile::Dev)?;
        let complaints = dist::check(&made, self.workspace)?;
        Ok(self.verdict(&complaints))
    }

    fn site(&mut self) -> Result<Outcome> {
        let complaints = book::build_site(self.workspace)?;
        Ok(self.verdict(&complaints))
    }

    fn simulation(&mut self) -> Result<Outcome> {
        let hours = if self.extent == Extent::Full {
            50_000
        } else {
            3_000
        };
        let simulated = simulation::run(self.workspace, hours)?;
        self.tally.add_simulation(simulated.hours, simulated.passed);
        Ok(Outcome {
            passed: simulated.passed,
            output: simulated.output,
        })
    }

    fn cases(&mut self) -> Result<Outcome> {
        if self.extent == Extent::Full {
            guest_kernel::ensure_built(self.workspace)?;
        }
        let mut cases = Command::new(self.workspace.program(Profile::Dev, "testbed"));
        cases
            .arg("cases")
            .args(self.workspace.testbed_arguments(Profile::Dev))
            .arg("--counts");
        if self.extent == Extent::Full {
            cases.arg("--full");
        }
        let (passed, output) = captured(cases)?;
        self.tally.add_cases(&output);
        Ok(Outcome { passed, output })
    }

    fn fuzzing(&mut self) -> Result<Outcome> {
        let seconds = if self.extent == Extent::Full { 600 } else { 60 };
        let (passed, output) = fuzzing::all(self.workspace, seconds)?;
        self.tally.add_fuzzing(seconds, passed);
        Ok(Outcome { passed, output })
    }

    /// A command that passes or fails as a whole.
    fn gate(&mut self, command: Command) -> Result<Outcome> {
        let (passed, output) = captured(command)?;
        self.tally.count(Kind::Gate, passed);
        Ok(Outcome { passed, output })
    }

    fn verdict(&mut self, complaints: &[String]) -> Outcome {
        self.tally.count(Kind::Gate, complaints.is_empty());
        Outcome {
            passed: complaints.is_empty(),
            output: complaints.join("\n"),
        }
    }

    fn finish(self) -> ExitCode {
        println!();
        for Failure { part, output } in &self.failures {
            let lines = output.lines().count();
            println!("failed: {part} ({lines} lines of output above)");
        }
        for line in self.tally.not_run() {
            println!("not run: {line}");
        }
        println!("{}", self.tally.summary());
        println!("{}", self.tally.closing_line());
        if self.failures.is_empty() && self.tally.failed() == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// Why an ordinary user gets no namespaces here; `None` where nothing is in the way.
fn namespaces_refused() -> Result<Option<String>> {
    if packages::is_root()? {
        return Ok(None);
    }
    let mut probe = Command::new("unshare");
    probe.args(["--user", "--map-root-user", "--net", "true"]);
    let (granted, output) = captured(probe)?;
    Ok((!granted).then(|| output.trim().to_owned()))
}

/// Runs a command to its end: whether it succeeded, and everything it printed, in the order in which it did.
fn captured(mut command: Command) -> Result<(bool, String)> {
    let shown = format!("{command:?}");
    let (mut reader, writer) = pipe().context("making a pipe")?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone().context("sharing a pipe")?)
        .stderr(writer);
    let mut child = command.spawn().with_context(|| format!("starting {shown}"))?;
    // It holds the writing ends; the pipe ends with the last of them.
    drop(command);
    let mut output = Vec::new();
    reader
        .read_to_end(&mut output)
        .with_context(|| format!("reading the output of {shown}"))?;
    let status = child.wait().with_context(|| format!("waiting for {shown}"))?;
    Ok((status.success(), String::from_utf8_lossy(&output).into_owned()))
}
