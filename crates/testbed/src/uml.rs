//! A guest: a whole Linux kernel as a program of this machine, for what network namespaces cannot show.
//!
//! Debian's User-Mode-Linux brings what the host's kernel may lack: IPVS, VRF, VLANs, dummy interfaces (but neither ipvlan
//! nor the process connector; [`Guest::of_kernel`] takes a kernel that has them). It boots on the host's files, which it can only read, in a few seconds, with one processor.
//!
//! [`Guest::run`] boots it with this very program as its first process ([`enter_if_guest`]). That one mounts what a system
//! has, loads modules, runs a command line to its end, and switches the guest off. What the command printed and how it
//! ended comes back through a directory of the host.
//!
//! `/tmp` and `/run` are empty in the guest, so neither this program nor what it starts may lie there.

mod init;
mod job;

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use nix::unistd::mkdtemp;

use job::Job;

pub use init::enter_if_guest;

/// The program that is the kernel.
const KERNEL: &str = "linux.uml";
/// What a guest may take unless something else is said.
const PATIENCE: Duration = Duration::from_secs(300);
/// Where Debian puts the kernel's modules, in a directory of its version.
const MODULES: &str = "/usr/lib/uml/modules";
/// Tells the first process of a guest where its job is.
const VARIABLE: &str = "TESTBED_GUEST";

/// A guest that can be booted.
#[derive(Clone, Debug)]
pub struct Guest {
    kernel: PathBuf,
    modules: Vec<String>,
    memory: u32,
    patience: Duration,
}

/// What a command in a guest has left behind.
#[derive(Clone, Debug)]
pub struct Ending {
    /// What it printed to both its outputs.
    pub output: String,
    /// Its exit code; 128 and the signal if that ended it.
    pub code: i32,
}

impl Guest {
    /// A guest with 768 MiB that may take five minutes.
    ///
    /// # Errors
    /// When the kernel is not installed; the message says how to get it.
    pub fn new() -> Result<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let kernel = env::split_paths(&path)
            .chain(["/usr/bin".into()])
            .map(|directory| directory.join(KERNEL))
            .find(|file| file.exists());
        kernel.map(Self::of_kernel).context(
            "there is no linux.uml, the kernel of guests: apt-get install user-mode-linux (package of Debian)",
        )
    }

    /// A guest of a kernel that has no modules; the rest as with [`Guest::new`].
    #[must_use]
    pub fn of_kernel(kernel: PathBuf) -> Self {
        Self {
            kernel,
            modules: Vec::new(),
            memory: 768,
            patience: PATIENCE,
        }
    }

    /// Loads these modules before the command starts. Others are loaded when the kernel wants them.
    #[must_use]
    pub fn with_modules(mut self, modules: &[&str]) -> Self {
        self.modules = modules.iter().map(|module| (*module).to_owned()).collect();
        self
    }

    /// Gives it this much memory, in MiB.
    #[must_use]
    pub const fn with_memory(mut self, mebibytes: u32) -> Self {
        self.memory = mebibytes;
        self
    }

    /// Ends it after this time.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Boots, runs this program with `arguments` in the guest, and waits for the end of both. `name` names the guest in
    /// messages and is its host name.
    ///
    /// # Errors
    /// When the guest could not boot, has crashed, or took too long; with what the command and the kernel have said until
    /// then. A command that fails is no error.
    pub fn run(&self, name: &str, arguments: &[OsString]) -> Result<Ending> {
        let directory = Directory::new(name)?;
        let program = env::current_exe().context("finding the running program")?;
        ensure!(
            !program.starts_with("/run"),
            "{} is not to be seen in a guest, where /run is empty: build elsewhere",
            program.display()
        );
        let job = Job {
            name: name.to_owned(),
            program: program.clone().into_os_string(),
            arguments: arguments.to_vec(),
            modules: self.modules.clone(),
        };
        job.write(&directory.0)?;
        let console = File::create(directory.console()).context("making the file of the console")?;
        let mut kernel = Command::new(&self.kernel);
        kernel
            .arg(format!("mem={}M", self.memory))
            .args([
                "rootfstype=hostfs",
                "hostfs=/",
                "ro",
                "quiet",
                "con=null",
                "con0=fd:0,fd:1",
            ])
            .arg(format!("uml_dir={}/", directory.0.display()))
            .arg(format!("init={}", program.display()))
            .arg(format!("{VARIABLE}={}", directory.0.display()))
            .stdin(Stdio::null())
            .stdout(console.try_clone().context("sharing the console")?)
            .stderr(console)
            // Its memory is a file that it makes there.
            .env("TMPDIR", &directory.0)
            .process_group(0);
        let child = kernel
            .spawn()
            .with_context(|| format!("starting {}", self.kernel.display()))?;
        let overtime = wait(child, self.patience)?;
        let output = directory.read(job::OUTPUT);
        let said = || {
            format!(
                "its output:\n{output}\nits console:\n{}",
                directory.read(job::CONSOLE)
            )
        };
        if overtime {
            bail!(
                "guest {name} has not ended within {:?}; {}",
                self.patience,
                said()
            );
        }
        if let Some(failure) = directory.find(job::FAILURE) {
            bail!("guest {name}: {failure}; {}", said());
        }
        let code = directory
            .find(job::STATUS)
            .and_then(|text| text.trim().parse().ok())
            .ok_or_else(|| anyhow!("guest {name} has crashed; {}", said()))?;
        Ok(Ending { output, code })
    }
}

/// Waits for a guest to end; whether it had to be killed.
fn wait(mut child: Child, patience: Duration) -> Result<bool> {
    let group = Pid::from_raw(i32::try_from(child.id()).context("a pid beyond i32")?);
    let (report, ended) = channel();
    let waiting = thread::Builder::new()
        .name("wait for a guest".into())
        .spawn(move || {
            let status = child.wait();
            // Nobody listens to a guest that is being killed.
            report.send(()).unwrap_or_default();
            status
        })
        .context("starting a thread")?;
    let overtime = ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout);
    // The processes of the guest are processes of the host; none is to outlive it.
    let _ = killpg(group, Signal::SIGKILL);
    waiting
        .join()
        .map_err(|_| anyhow!("waiting for a guest panicked"))?
        .context("waiting for a guest")?;
    Ok(overtime)
}

/// The directory of the host in which a guest leaves what it has to say. Dropping removes it.
#[derive(Debug)]
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Result<Self> {
        // In a process namespace of its own every testbed has the same number.
        let template = env::temp_dir().join(format!("testbed-{name}-XXXXXX"));
        let path = mkdtemp(&template).with_context(|| format!("making {}", template.display()))?;
        Ok(Self(path))
    }

    fn console(&self) -> PathBuf {
        self.0.join(job::CONSOLE)
    }

    fn find(&self, file: &str) -> Option<String> {
        let mut bytes = Vec::new();
        File::open(self.0.join(file)).ok()?.read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn read(&self, file: &str) -> String {
        self.find(file).unwrap_or_default()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed is a temporary file of the host's.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The modules of the kernel whose version this is.
fn modules_of(version: &str) -> PathBuf {
    Path::new(MODULES).join(version)
}
