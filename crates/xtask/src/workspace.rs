//! Where things are, and how cargo is asked for them.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The profile of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// What tests use.
    Dev,
    /// What benchmarks use.
    Release,
}

/// The Debian package that was made last, below the target directory.
pub(crate) const DEBIAN_PACKAGE: &str = "dist/keepalived.deb";

/// The kernel for guests that can more than Debian's, below the target directory.
pub(crate) const GUEST_KERNEL: &str = "guest-kernel/linux";

impl Profile {
    const fn directory(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// The cargo workspace that this program belongs to.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    host: String,
    metadata: Value,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root
            .canonicalize()
            .with_context(|| format!("finding {}", root.display()))?;
        let host = host()?;
        let mut command = cargo(&root);
        command.args(["metadata", "--format-version", "1", "--filter-platform", &host]);
        let output = command.output().context("starting cargo")?;
        ensure!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        let metadata: Value = serde_json::from_slice(&output.stdout).context("reading cargo's metadata")?;
        let target = metadata["target_directory"]
            .as_str()
            .context("cargo names no target directory")?;
        Ok(Self {
            root,
            target: target.into(),
            host,
            metadata,
        })
    }

    /// The directory of the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// The target triple of this machine.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// What `cargo metadata` says, dependencies included.
    pub(crate) const fn metadata(&self) -> &Value {
        &self.metadata
    }

    /// The names of the crates of this workspace.
    pub(crate) fn members(&self) -> Vec<&str> {
        let ids = self.metadata["workspace_members"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        let packages = self.metadata["packages"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        packages
            .iter()
            .filter(|package| ids.contains(&package["id"]))
            .filter_map(|package| package["name"].as_str())
            .collect()
    }

    /// Cargo, in the workspace's root.
    pub(crate) fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// A program that cargo has built.
    pub(crate) fn program(&self, profile: Profile, name: &str) -> PathBuf {
        self.target.join(profile.directory()).join(name)
    }

    /// What the program `testbed` has to be told: our keepalived and where the peers are.
    pub(crate) fn testbed_arguments(&self, profile: Profile) -> Vec<OsString> {
        let ours = self.program(profile, "keepalived").into_os_string();
        let mut arguments = vec![
            "--ours".into(),
            ours,
            "--peers".into(),
            self.target.join("peers").into_os_string(),
        ];
        let package = self.target.join(DEBIAN_PACKAGE);
        if package.exists() {
            arguments.extend(["--package".into(), package.into_os_string()]);
        }
        let kernel = self.target.join(GUEST_KERNEL);
        if kernel.exists() {
            arguments.extend(["--guest-kernel".into(), kernel.into_os_string()]);
        }
        arguments
    }

    fn build(&self, arguments: &[&str]) -> Result<()> {
        let status = self
            .cargo()
            .arg("build")
            .args(arguments)
            .status()
            .context("starting cargo")?;
        ensure!(status.success(), "the build failed");
        Ok(())
    }

    /// Builds our keepalived and the program `testbed`, and starts the latter.
    pub(crate) fn testbed(&self, profile: Profile, arguments: &[String]) -> Result<ExitCode> {
        match profile {
            // With the features of the whole workspace, so that the tests and this share what is built.
            Profile::Dev => self.build(&["--workspace", "--bin", "keepalived", "--bin", "testbed"])?,
            // As a package would be built, and not with what the testbed adds to shared dependencies.
            Profile::Release => {
                self.build(&["--release", "--package", "keepalived"])?;
                self.build(&[
                    "--release",
                    "--package",
                    "keepalived",
                    "--example",
                    "without_ipvs",
                ])?;
                self.build(&["--release", "--package", "testbed", "--bin", "testbed"])?;
            }
        }
        let mut testbed = Command::new(self.program(profile, "testbed"));
        // The name of the command first, then the paths, then what the user said, which wins.
        let (name, rest) = arguments.split_first().context("no command for testbed")?;
        testbed
            .arg(name)
            .args(self.testbed_arguments(profile))
            .args(rest)
            .current_dir(&self.root);
        let status = testbed.status().context("starting testbed")?;
        Ok(if status.success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn host() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("-vV")
        .output()
        .context("starting rustc")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}
