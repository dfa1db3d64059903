//! `cargo xtask dist`, `cargo xtask install` and `cargo xtask uninstall`: one tree of files, as packages or in place.

mod checks;
mod deb;
mod record;
mod rpm;
mod tree;
mod version;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::packages;
use crate::workspace::{DEBIAN_PACKAGE, Profile, Workspace};
pub(crate) use checks::check;
use record::Record;
pub(crate) use tree::Flavour;
use tree::{Sources, Tree};
pub(crate) use version::Version;

/// The packages that were made.
#[derive(Debug)]
pub(crate) struct Packages {
    /// For Debian and its kin.
    pub(crate) deb: PathBuf,
    /// For RPM systems.
    pub(crate) rpm: PathBuf,
}

/// Builds the program in a profile and makes both packages of it, in `target/dist/`.
pub(crate) fn packages(workspace: &Workspace, profile: Profile) -> Result<Packages> {
    packages::ensure(packages::PACKAGING)?;
    build(workspace, profile, &[])?;
    let work = workspace.target().join("dist");
    let stage = Stage::new(workspace, profile, &work)?;
    let made = Packages {
        deb: deb::make(&stage)?,
        rpm: rpm::make(&stage)?,
    };
    // For those who want it whatever its version: the tests that install it.
    let newest = workspace.target().join(DEBIAN_PACKAGE);
    fs::copy(&made.deb, &newest).with_context(|| format!("writing {}", newest.display()))?;
    Ok(made)
}

/// Where a source install goes, and what it is built with.
#[derive(Debug)]
pub(crate) struct Install {
    /// What the paths begin with.
    pub(crate) prefix: PathBuf,
    /// Before the prefix, for those who make packages of the result.
    pub(crate) destdir: PathBuf,
    /// Features of the crate `keepalived`.
    pub(crate) features: Vec<String>,
    /// Whose build is installed.
    pub(crate) profile: Profile,
}

/// Builds the program and puts it and what belongs to it below a prefix.
pub(crate) fn install(workspace: &Workspace, install: &Install) -> Result<()> {
    check_prefix(&install.prefix)?;
    build(workspace, install.profile, &install.features)?;
    let work = workspace.target().join("dist");
    let stage = Stage::new(workspace, install.profile, &work)?;
    let flavour = Flavour::Local(install.prefix.clone());
    let tree = Tree::new(&flavour, &stage.sources)?;
    let kept = tree.update(&install.destdir)?;
    for file in tree.files() {
        println!(
            "{}",
            install.destdir.join(file.path.trim_start_matches('/')).display()
        );
    }
    for path in kept {
        println!("{} was there and stays as it is", path.display());
    }
    let record = Record::of(&tree, &install.prefix);
    if let Ok(former) = Record::read(&install.destdir, &install.prefix) {
        for path in former.remove(&install.destdir, Some(&record))? {
            println!("{} is of an earlier version: removed", path.display());
        }
    }
    record.write(&install.destdir)?;
    println!();
    println!("{}", tree::advice(&flavour));
    Ok(())
}

/// Takes away what [`install`] has put below a prefix, but not what an administrator may have changed.
pub(crate) fn uninstall(prefix: &Path, destdir: &Path) -> Result<()> {
    check_prefix(prefix)?;
    for path in Record::read(destdir, prefix)?.remove(destdir, None)? {
        println!("removed {}", path.display());
    }
    println!();
    println!("The configuration and the options of the service stay. Next: systemctl daemon-reload");
    Ok(())
}

fn check_prefix(prefix: &Path) -> Result<()> {
    ensure!(
        prefix.is_absolute(),
        "the prefix {} has to begin with /",
        prefix.display()
    );
    Ok(())
}

/// What both packages are made of.
struct Stage {
    /// Where work files and packages go.
    work: PathBuf,
    sources: Sources,
    version: Version,
}

impl Stage {
    fn new(workspace: &Workspace, profile: Profile, work: &Path) -> Result<Self> {
        fs::create_dir_all(work).with_context(|| format!("making {}", work.display()))?;
        let manual = workspace.program(profile, "manual");
        let documents = work.join("documents");
        run(Command::new(&manual).arg("install").arg(&documents))?;
        let compatible = run(Command::new(&manual).arg("version"))?;
        Ok(Self {
            work: work.to_owned(),
            sources: Sources {
                repository: workspace.root().to_owned(),
                program: workspace.program(profile, "keepalived"),
                documents,
            },
            version: Version::new(compatible.trim(), workspace.root())?,
        })
    }

    /// Lays the files of a flavour out in a fresh directory.
    fn lay_out(&self, flavour: &Flavour, name: &str) -> Result<(Tree, PathBuf)> {
        let root = self.work.join(name);
        if root.exists() {
            fs::remove_dir_all(&root).with_context(|| format!("removing {}", root.display()))?;
        }
        let tree = Tree::new(flavour, &self.sources)?;
        tree.write(&root)?;
        // Packages carry no debugging information.
        run(Command::new("strip")
            .args(["--strip-unneeded", "--remove-section=.comment"])
            .arg(root.join("usr/sbin/keepalived")))?;
        Ok((tree, root))
    }
}

fn build(workspace: &Workspace, profile: Profile, features: &[String]) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--bin", "keepalived", "--bin", "manual"]);
    match profile {
        // As the tests build, so that nothing is built twice.
        Profile::Dev => cargo.args(["--workspace", "--quiet"]),
        Profile::Release => cargo.args(["--release", "--package", "keepalived", "--package", "manual"]),
    };
    for feature in features {
        cargo.arg("--features").arg(format!("keepalived/{feature}"));
    }
    let status = cargo.status().context("starting cargo")?;
    ensure!(status.success(), "the build failed");
    Ok(())
}

/// Runs a command that must succeed and returns what it printed.
fn run(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("starting {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
