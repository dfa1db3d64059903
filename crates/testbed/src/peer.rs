//! Foreign programs: Debian's keepalived and FRR as peers, nginx as what is behind a balancer, Prometheus as the reader of metrics;
//! black boxes all.
//!
//! Their packages are fetched with `apt-get download` and unpacked with `dpkg -x` into a directory below `target/`,
//! together with the shared libraries that the host lacks. Nothing is installed, so no service starts and no root is
//! needed, as long as apt knows its package lists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use nix::unistd::Uid;

use crate::daemon::Implementation;

mod frr;

pub use frr::{Frr, Router};

/// The packages whose programs are run.
const PACKAGES: [&str; 3] = ["keepalived", "frr", "nginx"];

/// One whose programs need nothing but libc; what it depends on is for its pages.
const ALONE: &str = "prometheus";

/// The unpacked packages.
#[derive(Clone, Debug)]
pub struct Peers {
    root: PathBuf,
    library_path: String,
}

impl Peers {
    /// Fetches what is not there yet into `directory`, telling `say` what it does.
    ///
    /// # Errors
    /// When apt cannot fetch a package, or a program still lacks a library.
    pub fn fetch(directory: &Path, say: &mut dyn FnMut(&str)) -> Result<Self> {
        let (root, complete) = (directory.join("root"), directory.join("complete"));
        // Which packages there are is in it: an older testbed may have fetched fewer.
        let wanted = format!("{} {ALONE}", PACKAGES.join(" "));
        if fs::read_to_string(&complete).ok().as_ref() != Some(&wanted) {
            for old in [&root, &directory.join("debs")] {
                if old.exists() {
                    fs::remove_dir_all(old).with_context(|| format!("removing {}", old.display()))?;
                }
            }
            let packages = download(directory, say)?;
            for package in &packages {
                run(Command::new("dpkg").arg("-x").arg(package).arg(&root))?;
            }
            let peers = Self::unpacked(root.clone())?;
            peers.check()?;
            fs::write(&complete, wanted).with_context(|| format!("writing {}", complete.display()))?;
        }
        Self::unpacked(root)
    }

    fn unpacked(root: PathBuf) -> Result<Self> {
        let mut directories = Vec::new();
        for library in [root.join("usr/lib"), root.join("lib")] {
            // The directory of the architecture has the triplet as its name: x86_64-linux-gnu.
            let Ok(entries) = fs::read_dir(&library) else {
                continue;
            };
            for entry in entries {
                let path = entry
                    .with_context(|| format!("reading {}", library.display()))?
                    .path();
                if path.to_string_lossy().ends_with("-linux-gnu") {
                    directories.push(path.join("frr"));
                    directories.push(path);
                }
            }
        }
        let names: Vec<_> = directories
            .iter()
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        Ok(Self {
            root,
            library_path: names.join(":"),
        })
    }

    /// The files of the packages: those of the peers, and what the host lacks of their dependencies.
    pub fn packages(&self) -> Result<Vec<PathBuf>> {
        let directory = self.root.with_file_name("debs");
        archives(&directory)
    }

    /// Debian's keepalived.
    pub fn keepalived(&self) -> Result<Implementation> {
        let program = self.root.join("usr/sbin/keepalived");
        Implementation::new(
            "Debian's",
            program,
            vec![("LD_LIBRARY_PATH".into(), self.library_path.clone())],
        )
    }

    /// nginx, without arguments.
    #[must_use]
    pub fn nginx(&self) -> Command {
        let mut command = Command::new(self.root.join("usr/sbin/nginx"));
        command.env("LD_LIBRARY_PATH", &self.library_path);
        command
    }

    /// Prometheus, without arguments.
    #[must_use]
    pub fn prometheus(&self) -> Command {
        Command::new(self.root.join("usr/bin/prometheus"))
    }

    /// What looks at metrics and rules for Prometheus, without arguments.
    #[must_use]
    pub fn promtool(&self) -> Command {
        Command::new(self.root.join("usr/bin/promtool"))
    }

    /// A program of FRR with its libraries.
    fn frr_program(&self, name: &str) -> Command {
        let mut command = Command::new(self.root.join("usr/lib/frr").join(name));
        command.env("LD_LIBRARY_PATH", &self.library_path);
        command
    }

    fn check(&self) -> Result<()> {
        for program in [
            "usr/sbin/keepalived",
            "usr/lib/frr/zebra",
            "usr/lib/frr/vrrpd",
            "usr/sbin/nginx",
            "usr/bin/prometheus",
            "usr/bin/promtool",
        ] {
            let mut ldd = Command::new("ldd");
            ldd.arg(self.root.join(program))
                .env("LD_LIBRARY_PATH", &self.library_path);
            let libraries = run(&mut ldd)?;
            let missing: Vec<_> = libraries
                .lines()
                .filter(|line| line.contains("not found"))
                .collect();
            ensure!(
                missing.is_empty(),
                "{program} lacks libraries: {}",
                missing.join(", ")
            );
        }
        Ok(())
    }
}

/// Fetches the packages and whatever they depend on that is not installed here.
fn download(directory: &Path, say: &mut dyn FnMut(&str)) -> Result<Vec<PathBuf>> {
    let archives = directory.join("debs");
    fs::create_dir_all(&archives).with_context(|| format!("making {}", archives.display()))?;
    if !lists_are_known()? {
        ensure!(
            Uid::effective().is_root(),
            "apt has no package lists, so {} cannot be fetched: run `sudo apt-get update` once",
            PACKAGES.join(", ")
        );
        say("apt-get update (apt has no package lists yet)");
        run(Command::new("apt-get").args(["-q", "update"]))?;
    }
    let mut missing = missing_packages()?;
    missing.extend(PACKAGES.map(String::from));
    missing.insert(ALONE.to_owned());
    let names: Vec<_> = missing.iter().map(String::as_str).collect();
    say(&format!("fetching, not installing: {}", names.join(" ")));
    run(Command::new("apt-get")
        .args(["-q", "download"])
        .args(&names)
        .current_dir(&archives))?;
    let packages = self::archives(&archives)?;
    if packages.is_empty() {
        bail!("apt-get download left no package in {}", archives.display());
    }
    Ok(packages)
}

/// The packages in a directory.
fn archives(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut packages = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let path = entry
            .with_context(|| format!("reading {}", directory.display()))?
            .path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            packages.push(path);
        }
    }
    packages.sort();
    Ok(packages)
}

fn lists_are_known() -> Result<bool> {
    let known = run(Command::new("apt-cache")
        .args(["policy"])
        .args(PACKAGES)
        .env("LC_ALL", "C"))?;
    Ok(known.matches("Candidate: ").count() == PACKAGES.len() && !known.contains("Candidate: (none)"))
}

/// The names of what an installation would fetch: lines like `'URL' NAME_VERSION_ARCH.deb SIZE HASH`.
fn missing_packages() -> Result<BTreeSet<String>> {
    let mut install = Command::new("apt-get");
    install
        .args([
            "install",
            "--reinstall",
            "-y",
            "--no-install-recommends",
            "--print-uris",
        ])
        .args(PACKAGES);
    let plan = run(&mut install)?;
    let files = plan
        .lines()
        .filter(|line| line.starts_with('\''))
        .filter_map(|line| line.split(' ').nth(1));
    Ok(files
        .filter_map(|file| file.split('_').next())
        .map(String::from)
        .collect())
}

fn run(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("starting {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
