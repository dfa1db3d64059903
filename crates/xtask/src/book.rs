//! `cargo xtask docs`: the reference chapters from the tables, and the site from all chapters.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::workspace::{Profile, Workspace};

/// What mdBook is installed as where it is missing. Without its default features it can build, which is all that is asked.
const MDBOOK: [&str; 5] = [
    "install",
    "mdbook@0.5.4",
    "--locked",
    "--no-default-features",
    "--quiet",
];

/// Writes the reference chapters of `docs/` from the tables of the program.
pub(crate) fn write_reference(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--workspace", "--quiet", "--bin", "manual"]);
    let status = cargo.status().context("starting cargo")?;
    ensure!(status.success(), "the build failed");
    let mut manual = Command::new(workspace.program(Profile::Dev, "manual"));
    manual.arg("book").arg(workspace.root().join("docs"));
    let status = manual.status().context("starting manual")?;
    ensure!(status.success(), "writing the reference chapters failed");
    Ok(())
}

/// Builds the site into `target/book`. Returns what mdBook complains of; empty when all is well.
pub(crate) fn build_site(workspace: &Workspace) -> Result<Vec<String>> {
    let mdbook = mdbook(workspace)?;
    let output = Command::new(&mdbook)
        .arg("build")
        .arg(workspace.root().join("docs"))
        .arg("--dest-dir")
        .arg(site(workspace))
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {}", mdbook.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let warned = said
        .lines()
        .any(|line| line.contains("WARN") || line.contains("ERROR"));
    if output.status.success() && !warned {
        return Ok(Vec::new());
    }
    Ok(said.lines().map(String::from).collect())
}

/// Where the site is.
pub(crate) fn site(workspace: &Workspace) -> PathBuf {
    workspace.target().join("book")
}

/// The program: the system's, or one below `target/`, which is built if it is missing.
fn mdbook(workspace: &Workspace) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let tools = workspace.target().join("tools");
    let own = tools.join("bin/mdbook");
    let found = env::split_paths(&path)
        .map(|directory| directory.join("mdbook"))
        .chain([own.clone()])
        .find(|program| program.exists());
    if let Some(program) = found {
        return Ok(program);
    }
    println!(
        "building mdBook into {} (takes some minutes, once)",
        tools.display()
    );
    let status = workspace
        .cargo()
        .args(MDBOOK)
        .arg("--root")
        .arg(&tools)
        .status()
        .context("starting cargo")?;
    ensure!(status.success(), "mdBook could not be built");
    Ok(own)
}
