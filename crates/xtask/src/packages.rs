//! Debian packages that tests and benchmarks need.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

/// Something needed: the program or whole path that shows that it is there, and the package that brings it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    program: &'static str,
    package: &'static str,
}

/// What laboratories of network namespaces need.
pub(crate) const LABORATORY: &[Need] = &[
    need("ip", "iproute2"),
    need("nft", "nftables"),
    need("unshare", "util-linux"),
    need("ldd", "libc-bin"),
    need("ps", "procps"),
    need("aiosmtpd", "python3-aiosmtpd"),
    need("openssl", "openssl"),
];

/// What guests need: a kernel of their own, its modules, and the tool that shows its IPVS table.
pub(crate) const GUESTS: &[Need] = &[
    need("linux.uml", "user-mode-linux"),
    need("modprobe", "kmod"),
    need("ipvsadm", "ipvsadm"),
];

/// What building a kernel for guests needs.
pub(crate) const GUEST_KERNEL: &[Need] = &[
    need("/usr/src/linux-source-6.1.tar.xz", "linux-source-6.1"),
    need("xz", "xz-utils"),
    need("make", "make"),
    need("gcc", "gcc"),
    need("flex", "flex"),
    need("bison", "bison"),
    need("bc", "bc"),
];

/// What benchmarks need on top. Where perf may not count system calls, since that takes root and not every kernel has it, strace
/// does; when track scripts are executed only perf can tell.
pub(crate) const BENCHMARKS: &[Need] = &[need("strace", "strace"), need("perf", "linux-perf")];

/// What fuzzing needs: libFuzzer is C++.
pub(crate) const FUZZING: &[Need] = &[need("c++", "g++")];

/// What making packages needs.
pub(crate) const PACKAGING: &[Need] = &[
    need("dpkg-shlibdeps", "dpkg-dev"),
    need("strip", "binutils"),
    need("rpmbuild", "rpm"),
];

/// What looking at packages needs: who reads their parts.
pub(crate) const PACKAGE_CHECKS: &[Need] = &[
    need("man", "man-db"),
    need("systemd-analyze", "systemd"),
    need("zsh", "zsh"),
    need("fish", "fish"),
];

const fn need(program: &'static str, package: &'static str) -> Need {
    Need { program, package }
}

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
    let install = || apt(&["install", "-y", "--no-install-recommends"], &missing);
    if install().is_err() {
        // Most often the package lists are missing or old.
        println!("apt-get update");
        apt(&["update"], &[])?;
        install()?;
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

fn apt(arguments: &[&str], packages: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .arg("-q")
        .args(arguments)
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    let output = command.output().context("starting apt-get")?;
    ensure!(
        output.status.success(),
        "apt-get {} {}: {}",
        arguments.join(" "),
        packages.join(" "),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
