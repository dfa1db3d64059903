//! Puts the running program into namespaces of its own.
//!
//! The program starts itself again through `unshare(1)`: in a mount, a network and a PID namespace, and without root in a
//! user namespace too. All laboratories live inside. Process 1 in there is a shell that waits for the program and reaps
//! orphans, as the first process of a system does (a killed daemon that stays a zombie is alive to whoever reads its pid
//! file). Whatever way the program ends (return, panic, SIGKILL), the shell ends with it, the kernel ends every process
//! left behind, and then nothing of the namespaces remains.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio, exit};
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};
use nix::mount::{MsFlags, mount};
use nix::unistd::Uid;

/// Tells the second start of the program that it is the second.
const INSIDE: &str = "TESTBED_INSIDE";

/// Whether the namespaces belong to the host's root or to a user namespace.
///
/// Without root `setgroups`, `SCHED_RR`, `SO_RCVBUFFORCE` and `mlock` are refused in there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// The program was started by root.
    Root,
    /// An ordinary user started the program; root inside is that user outside.
    UserNamespace,
}

/// Returns inside the namespaces; outside of them it starts the program again and leaves with its exit code.
///
/// Call it before any thread or any file is opened that must exist once only.
///
/// # Errors
/// When the kernel or the system forbids the namespaces; the message says what to do.
pub fn enter() -> Result<Privilege> {
    match env::var(INSIDE).as_deref() {
        Ok("root") => settle(Privilege::Root),
        Ok("user") => settle(Privilege::UserNamespace),
        _ => leave_with_inner_status(),
    }
}

/// The environment that processes of a laboratory must not inherit.
pub(crate) const PRIVATE_VARIABLES: [&str; 2] = [INSIDE, "NOTIFY_SOCKET"];

fn unshare(as_user: bool) -> Command {
    let mut command = Command::new("unshare");
    if as_user {
        command.args(["--user", "--map-root-user"]);
    }
    command.args([
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--",
    ]);
    command
}

fn leave_with_inner_status() -> Result<Privilege> {
    let as_user = !Uid::effective().is_root();
    let probe = unshare(as_user)
        .args(["ip", "link", "set", "lo", "up"])
        .output()
        .context("starting `unshare` (package util-linux)")?;
    if !probe.status.success() {
        bail!(
            "{}",
            refusal(as_user, String::from_utf8_lossy(&probe.stderr).trim())
        );
    }
    let program = env::current_exe().context("finding the running program")?;
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    // The pipe is how the inner program learns that the outer one is gone, whatever ended it.
    let mut inner = unshare(as_user)
        .args(["sh", "-c", "\"$@\"; exit $?", "sh"])
        .arg(program)
        .args(arguments)
        .env(INSIDE, if as_user { "user" } else { "root" })
        .stdin(Stdio::piped())
        .spawn()
        .context("starting `unshare`")?;
    let lifeline = inner.stdin.take();
    let status = inner
        .wait()
        .context("waiting for the program in its namespaces")?;
    drop(lifeline);
    exit(status.code().unwrap_or(1))
}

/// What to tell a user whose kernel forbids user namespaces.
fn refusal(as_user: bool, reason: &str) -> String {
    if !as_user {
        return format!("Even root may not create namespaces here: {reason}");
    }
    let mut text = format!(
        "This system does not let an ordinary user create a network namespace: {reason}\n\
         Run the same command with sudo, or allow it:\n"
    );
    let knobs = [
        ("user/max_user_namespaces", "0", "15000"),
        ("kernel/unprivileged_userns_clone", "0", "1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ];
    let mut found = false;
    for (path, forbids, allows) in knobs {
        if fs::read_to_string(format!("/proc/sys/{path}")).is_ok_and(|value| value.trim() == forbids) {
            text += "    sudo sysctl ";
            text += &path.replace('/', ".");
            text += "=";
            text += allows;
            text += "\n";
            found = true;
        }
    }
    if !found {
        text.push_str(
            "    (no setting of this kernel explains it: a container or a security module forbids it; \
             docker needs --privileged)\n",
        );
    }
    text
}

fn settle(privilege: Privilege) -> Result<Privilege> {
    thread::Builder::new()
        .name("lifeline".into())
        .spawn(|| {
            let mut byte = [0];
            while matches!(std::io::stdin().read(&mut byte), Ok(1..)) {}
            exit(130);
        })
        .context("starting the thread that watches the outer program")?;
    // Private ones for the nodes and for FRR's crash logs; the host's are hidden, not changed.
    for directory in ["/run", "/var/tmp"] {
        mount(
            Some("testbed"),
            directory,
            Some("tmpfs"),
            MsFlags::empty(),
            Some("mode=0755"),
        )
        .with_context(|| format!("mounting a private {directory}"))?;
    }
    let links = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status()
        .context("starting `ip`")?;
    ensure!(links.success(), "setting lo up failed");
    Ok(privilege)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_names_the_way_out() {
        let text = refusal(true, "unshare failed: Operation not permitted");
        assert!(text.contains("sudo"), "{text}");
        assert!(text.contains("Operation not permitted"), "{text}");
    }

    #[test]
    fn root_is_not_told_to_use_sudo() {
        assert!(!refusal(false, "EPERM").contains("sudo"));
    }
}
