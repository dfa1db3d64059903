//! A User-Mode-Linux kernel built from Debian's source of Linux, for what Debian's own build of it lacks: ipvlan and the
//! process connector.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::{Context as _, Result, ensure};

use crate::packages;
use crate::workspace::{GUEST_KERNEL, Workspace};

/// The options, in the form of `.config`.
const OPTIONS: &str = include_str!("guest_kernel/options.config");
/// Where Debian's packages `linux-source-VERSION` put the archive.
const SOURCES: &str = "/usr/src";
/// The kernel that `user-mode-linux` of Debian 12 has as well.
const ARCHIVE: &str = "linux-source-6.1";

/// Builds the kernel, unless that has been done since the options have changed; where it is.
///
/// # Errors
/// When a package is missing and this is not root, or the build fails; the message names the log.
pub(crate) fn ensure_built(workspace: &Workspace) -> Result<PathBuf> {
    let kernel = workspace.target().join(GUEST_KERNEL);
    let directory = kernel.parent().context("the kernel has no directory")?;
    let built_with = directory.join("options.config");
    if kernel.exists() && fs::read_to_string(&built_with).is_ok_and(|options| options == OPTIONS) {
        return Ok(kernel);
    }
    packages::ensure(packages::GUEST_KERNEL)?;
    fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
    let log = directory.join("build.log");
    println!(
        "building a kernel for guests, which takes some minutes; log: {}",
        log.display()
    );
    build(directory, &kernel, &log).with_context(|| format!("see {}", log.display()))?;
    fs::write(&built_with, OPTIONS).with_context(|| format!("writing {}", built_with.display()))?;
    Ok(kernel)
}

fn build(directory: &Path, kernel: &Path, log: &Path) -> Result<()> {
    let log = File::create(log).with_context(|| format!("making {}", log.display()))?;
    let tree = directory.join(ARCHIVE);
    // What an interrupted build left is not trusted.
    if tree.exists() {
        fs::remove_dir_all(&tree).with_context(|| format!("removing {}", tree.display()))?;
    }
    let archive = Path::new(SOURCES).join(format!("{ARCHIVE}.tar.xz"));
    let mut unpack = Command::new("tar");
    unpack.arg("-xf").arg(archive).arg("-C").arg(directory);
    run(unpack, &log)?;
    let make = |target: &str| {
        let mut make = Command::new("make");
        make.current_dir(&tree).args(["ARCH=um", target]);
        make
    };
    run(make("defconfig"), &log)?;
    let configuration = tree.join(".config");
    let defaults = fs::read_to_string(&configuration).context("reading the defaults")?;
    // Of several lines with one option the last counts.
    fs::write(&configuration, defaults + OPTIONS).context("writing the options")?;
    run(make("olddefconfig"), &log)?;
    let mut linux = make("linux");
    linux.arg(format!(
        "-j{}",
        available_parallelism().context("counting processors")?
    ));
    run(linux, &log)?;
    fs::copy(tree.join("linux"), kernel).with_context(|| format!("writing {}", kernel.display()))?;
    fs::remove_dir_all(&tree).with_context(|| format!("removing {}", tree.display()))
}

fn run(mut command: Command, log: &File) -> Result<()> {
    let status = command
        .stdout(log.try_clone().context("sharing the log")?)
        .stderr(log.try_clone().context("sharing the log")?)
        .status()
        .with_context(|| format!("starting {command:?}"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}
