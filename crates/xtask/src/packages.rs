//! Debian packages that tests and benchmarks need.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

/// Something needed: the file that shows that it is there, and the package that brings it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    program: &'static str,
    package: &'static str,
}

/// What laboratories of network namespaces need.
pub(crate) const LABORATORY: &[Need] = &[
    Need {
        program: "ip",
        package: "iproute2",
    },
    Need {
        program: "unshare",
        package: "util-linux",
    },
    Need {
        program: "ldd",
        package: "libc-bin",
    },
];

/// What benchmarks need on top.
pub(crate) const BENCHMARKS: &[Need] = &[
    Need {
        program: "ip",
        package: "iproute2",
    },
    Need {
        program: "unshare",
        package: "util-linux",
    },
    Need {
        program: "ldd",
        package: "libc-bin",
    },
    Need {
        program: "strace",
        package: "strace",
    },
];

/// What fuzzing needs: libFuzzer is C++.
pub(crate) const FUZZING: &[Need] = &[Need {
    program: "c++",
    package: "g++",
}];

/// Installs the packages whose programs are missing and says so.
///
/// # Errors
/// When something is missing and this is not root, or apt fails.
pub(crate) fn ensure(needs: &[Need]) -> Result<()> {
    let missing: Vec<_> = needs
        .iter()
        .filter(|need| !is_there(need.program))
        .map(|need| need.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root()? {
        bail!(
            "missing: {0}. Install with: sudo apt-get install -y {0}",
            missing.join(" ")
        );
    }
    println!("installing missing packages: {}", missing.join(" "));
    let installed = apt(&["install", "-y", "--no-install-recommends"], &missing)?;
    if !installed {
        println!("apt-get update");
        ensure!(apt(&["update"], &[])?, "apt-get update failed");
        ensure!(
            apt(&["install", "-y", "--no-install-recommends"], &missing)?,
            "apt-get could not install {}",
            missing.join(" ")
        );
    }
    Ok(())
}

/// Whether this process is root, without asking libc for it.
pub(crate) fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output().context("starting `id`")?;
    Ok(output.stdout.trim_ascii() == b"0")
}

fn is_there(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    // Ordinary users often lack the last two.
    let places = env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    places
        .into_iter()
        .any(|place| Path::new(&place).join(program).exists())
}

fn apt(arguments: &[&str], packages: &[&str]) -> Result<bool> {
    let mut command = Command::new("apt-get");
    command
        .arg("-q")
        .args(arguments)
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    let output = command.output().context("starting apt-get")?;
    Ok(output.status.success())
}
