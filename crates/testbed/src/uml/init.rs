//! The first process of a guest.

use std::convert::Infallible;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use nix::mount::{MsFlags, mount};
use nix::sys::reboot::{RebootMode, reboot};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{Pid, sethostname, sync};

use super::job::{FAILURE, Job, OUTPUT, STATUS};
use super::{VARIABLE, modules_of};

/// Where the guest sees the directory that it shares with the host.
const SHARED: &str = "/run/shared";
/// The directory below which `modprobe` finds `lib/modules`. Laboratories lay their own `/run` over the guest's, but
/// leave this.
const MODULE_ROOT: &str = "/tmp/modules";

/// Returns unless this is the first process of a guest; that one runs the job it was booted for.
///
/// Call it before anything else.
pub fn enter_if_guest() {
    if std::process::id() != 1 {
        return;
    }
    let Some(directory) = env::var_os(VARIABLE).map(PathBuf::from) else {
        return;
    };
    let ending = match work(&directory) {
        Ok(code) => (STATUS, code.to_string()),
        Err(error) => (FAILURE, format!("{error:#}")),
    };
    // Without the file the host says that the guest has crashed, and shows the console.
    let _ = fs::write(Path::new(SHARED).join(ending.0), &ending.1);
    eprintln!("{}: {}", ending.0, ending.1);
    sync();
    // It does not return; if it is refused, the kernel panics when its first process ends.
    let _: nix::Result<Infallible> = reboot(RebootMode::RB_POWER_OFF);
}

/// Makes a system of the guest and runs the job; its exit code.
fn work(directory: &Path) -> Result<i32> {
    let job = Job::read(directory)?;
    for (kind, place) in [
        ("proc", "/proc"),
        ("sysfs", "/sys"),
        ("tmpfs", "/run"),
        ("tmpfs", "/tmp"),
        ("tmpfs", "/var/tmp"),
    ] {
        let options = (kind == "tmpfs").then_some("mode=1777");
        mount(Some("testbed"), place, Some(kind), MsFlags::empty(), options)
            .with_context(|| format!("mounting {place}"))?;
    }
    show_again(Path::new(&job.program))?;
    fs::create_dir(SHARED).context("making the shared directory")?;
    mount(
        Some("testbed"),
        SHARED,
        Some("hostfs"),
        MsFlags::empty(),
        Some(directory),
    )
    .context("mounting the shared directory")?;
    sethostname(&job.name).context("setting the host name")?;
    find_modules()?;
    for module in &job.modules {
        run(Command::new("/tmp/modules/modprobe").arg(module))
            .with_context(|| format!("loading module {module}"))?;
    }
    run(Command::new("ip").args(["link", "set", "lo", "up"])).context("setting lo up")?;
    execute(&job)
}

/// Shows what the host has in the directory right below `/tmp` or `/var/tmp` in which the program is: it was built there.
fn show_again(program: &Path) -> Result<()> {
    let below = |hidden: &str| {
        let first = program.strip_prefix(hidden).ok()?.components().next()?;
        Some(Path::new(hidden).join(first))
    };
    let Some(directory) = below("/tmp").or_else(|| below("/var/tmp")) else {
        return Ok(());
    };
    fs::create_dir(&directory).with_context(|| format!("making {}", directory.display()))?;
    mount(
        Some("testbed"),
        &directory,
        Some("hostfs"),
        MsFlags::MS_RDONLY,
        Some(&directory),
    )
    .with_context(|| format!("mounting {}", directory.display()))
}

/// Has the kernel load modules from where Debian puts them, which is not where `modprobe` looks by itself. A kernel that
/// has all it needs knows no modules.
fn find_modules() -> Result<()> {
    const LOADER: &str = "/proc/sys/kernel/modprobe";
    if !Path::new(LOADER).exists() {
        return Ok(());
    }
    let version = fs::read_to_string("/proc/sys/kernel/osrelease").context("reading the kernel's version")?;
    let version = version.trim();
    let modules = modules_of(version);
    ensure!(modules.exists(), "there is no {}", modules.display());
    let parent = Path::new(MODULE_ROOT).join("lib/modules");
    fs::create_dir_all(&parent).with_context(|| format!("making {}", parent.display()))?;
    symlink(&modules, parent.join(version)).context("linking the modules")?;
    let program = Path::new(MODULE_ROOT).join("modprobe");
    fs::write(
        &program,
        format!("#!/bin/sh\nexec /sbin/modprobe -d {MODULE_ROOT} \"$@\"\n"),
    )
    .with_context(|| format!("writing {}", program.display()))?;
    fs::set_permissions(&program, Permissions::from_mode(0o755)).context("making it executable")?;
    fs::write(LOADER, program.as_os_str().as_encoded_bytes()).context("telling the kernel of it")
}

/// Runs a program that must succeed.
fn run(command: &mut Command) -> Result<()> {
    let output = command
        .env("PATH", PATH)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?}: {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs the command and reaps every process that loses its parent, as the first process of a system does.
fn execute(job: &Job) -> Result<i32> {
    let output = File::create(Path::new(SHARED).join(OUTPUT)).context("making the file of the output")?;
    let environment: [(&str, OsString); 3] = [
        ("PATH", PATH.into()),
        ("HOME", "/run".into()),
        ("LC_ALL", "C".into()),
    ];
    let child = Command::new(&job.program)
        .args(&job.arguments)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(output.try_clone().context("sharing the file of the output")?)
        .stderr(output)
        .spawn()
        .with_context(|| format!("starting {}", job.program.display()))?;
    let child = Pid::from_raw(i32::try_from(child.id()).context("a pid beyond i32")?);
    loop {
        match wait().context("waiting for the command")? {
            WaitStatus::Exited(pid, code) if pid == child => return Ok(code),
            WaitStatus::Signaled(pid, signal, _) if pid == child => return Ok(128 + signal as i32),
            _ => {}
        }
    }
}
