//! What is looked at in finished packages: what lintian would, and that the parts can be read by whom they are for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::{Packages, run};
use crate::workspace::Workspace;

/// Versions of Debian and of RPM systems that ours has to be an upgrade of, and one that it must not hide.
const OLDER: [&str; 3] = ["1:2.2.7-1+b2", "1:2.3.3-1", "1:2.4.3-1"];
const NEWER: &str = "1:2.4.4-1";

/// Files that have to be in both packages.
const BOTH: [&str; 13] = [
    "/usr/sbin/keepalived",
    "/usr/bin/genhash",
    "/etc/keepalived/keepalived.conf.sample",
    "/usr/share/doc/keepalived/samples/keepalived.conf.sample",
    "/usr/share/doc/keepalived/copyright",
    "/usr/share/man/man8/keepalived.8.gz",
    "/usr/share/man/man5/keepalived.conf.5.gz",
    "/usr/share/man/man1/genhash.1.gz",
    "/usr/share/bash-completion/completions/keepalived",
    "/usr/share/fish/vendor_completions.d/keepalived.fish",
    "/usr/lib/sysusers.d/keepalived.conf",
    "/usr/lib/systemd/networkd.conf.d/50-keepalived.conf",
    "/systemd/system/keepalived.service",
];

/// Looks at both packages; one line for each complaint.
pub(crate) fn check(packages: &Packages, workspace: &Workspace) -> Result<Vec<String>> {
    let root = workspace.target().join("dist/checked");
    if root.exists() {
        fs::remove_dir_all(&root).with_context(|| format!("removing {}", root.display()))?;
    }
    run(Command::new("dpkg-deb").arg("-R").arg(&packages.deb).arg(&root))?;
    let mut complaints = versions(packages)?;
    complaints.extend(entries("deb", &debian_entries(&packages.deb)?));
    complaints.extend(entries("rpm", &rpm_entries(&packages.rpm)?));
    complaints.extend(maintainer_files(&root)?);
    complaints.extend(unit(&root)?);
    complaints.extend(drop_ins(&root, workspace.root())?);
    complaints.extend(pages(&root)?);
    complaints.extend(completions(&root)?);
    Ok(complaints)
}

/// One entry of a package: mode as `ls` prints it, owner and group.
struct Entry {
    mode: String,
    owner: String,
}

fn versions(packages: &Packages) -> Result<Vec<String>> {
    let ours = run(Command::new("dpkg-deb")
        .arg("-f")
        .arg(&packages.deb)
        .arg("Version"))?;
    let ours = ours.trim();
    let is = |relation: &str, other: &str| -> Result<bool> {
        let status = Command::new("dpkg")
            .args(["--compare-versions", ours, relation, other])
            .status()
            .context("starting dpkg")?;
        Ok(status.success())
    };
    let mut complaints = Vec::new();
    for older in OLDER {
        if !is("gt", older)? {
            complaints.push(format!("{ours} is no upgrade of {older}"));
        }
    }
    if !is("lt", NEWER)? {
        complaints.push(format!("{ours} hides {NEWER}"));
    }
    let rpm = run(Command::new("rpm")
        .args(["-qp", "--qf", "%{EPOCH}:%{VERSION}-%{RELEASE}"])
        .arg(&packages.rpm))?;
    if rpm != ours {
        complaints.push(format!("the RPM package is {rpm}, the Debian one {ours}"));
    }
    Ok(complaints)
}

fn debian_entries(package: &Path) -> Result<BTreeMap<String, Entry>> {
    let listing = run(Command::new("dpkg-deb").arg("-c").arg(package))?;
    let mut entries = BTreeMap::new();
    for line in listing.lines() {
        // `-rw-r--r-- root/root 661 2026-11-30 12:00 ./etc/x`, and ` -> target` behind a link.
        let words: Vec<_> = line.split_whitespace().collect();
        let [mode, owner, _, _, _, path, ..] = words[..] else {
            continue;
        };
        let entry = Entry {
            mode: mode.to_owned(),
            owner: owner.replace('/', " "),
        };
        entries.insert(path.trim_start_matches('.').to_owned(), entry);
    }
    Ok(entries)
}

fn rpm_entries(package: &Path) -> Result<BTreeMap<String, Entry>> {
    let query = "[%{FILENAMES}\t%{FILEMODES:perms}\t%{FILEUSERNAME} %{FILEGROUPNAME}\n]";
    let listing = run(Command::new("rpm").args(["-qp", "--qf", query]).arg(package))?;
    let mut entries = BTreeMap::new();
    for line in listing.lines() {
        if let [path, mode, owner] = line.split('\t').collect::<Vec<_>>()[..] {
            let (mode, owner) = (mode.to_owned(), owner.to_owned());
            entries.insert(path.to_owned(), Entry { mode, owner });
        }
    }
    Ok(entries)
}

fn entries(package: &str, entries: &BTreeMap<String, Entry>) -> Vec<String> {
    let mut complaints = Vec::new();
    for path in BOTH {
        if !entries.keys().any(|entry| entry.ends_with(path)) {
            complaints.push(format!("{package}: {path} is missing"));
        }
    }
    for (path, Entry { mode, owner }) in entries {
        if owner != "root root" {
            complaints.push(format!("{package}: {path} belongs to {owner}"));
        }
        let is_program = path.starts_with("/usr/sbin/") || path.starts_with("/etc/init.d/");
        let wanted = match mode.as_bytes().first() {
            Some(b'l') => "lrwxrwxrwx",
            Some(b'd') => "drwxr-xr-x",
            _ if is_program && !path.ends_with('/') => "-rwxr-xr-x",
            _ => "-rw-r--r--",
        };
        if mode != wanted {
            complaints.push(format!("{package}: {path} has the mode {mode}, not {wanted}"));
        }
    }
    complaints
}

/// What dpkg reads.
fn maintainer_files(root: &Path) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let control = root.join("DEBIAN");
    for name in ["preinst", "postinst", "prerm", "postrm"] {
        complaints.extend(silent(
            name,
            Command::new("sh").arg("-n").arg(control.join(name)),
        )?);
    }
    let listed = fs::read_to_string(control.join("conffiles")).context("reading the list of conffiles")?;
    for path in listed.lines() {
        if !root.join(path.trim_start_matches('/')).is_file() {
            complaints.push(format!("conffiles: {path} is not in the package"));
        }
    }
    complaints.extend(silent(
        "md5sums",
        Command::new("md5sum")
            .args(["--check", "--quiet", "--strict", "DEBIAN/md5sums"])
            .current_dir(root),
    )?);
    Ok(complaints)
}

/// systemd reads the unit as it is meant.
fn unit(root: &Path) -> Result<Vec<String>> {
    let mut verify = Command::new("systemd-analyze");
    verify
        .args(["verify", "--man=no", "--recursive-errors=no", "--root"])
        .arg(root)
        .arg("keepalived.service");
    let (passed, output) = outcome(&mut verify)?;
    // The targets of the system are not in the package.
    let about_ours: Vec<_> = output
        .lines()
        .filter(|line| line.contains("keepalived.service"))
        .collect();
    if passed && about_ours.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![format!("systemd-analyze verify: {output}")])
}

/// systemd takes the drop-ins of the documentation.
fn drop_ins(root: &Path, repository: &Path) -> Result<Vec<String>> {
    let directory = root.join("etc/systemd/system/keepalived.service.d");
    fs::create_dir_all(&directory).with_context(|| format!("making {}", directory.display()))?;
    let page = repository.join("docs/security.md");
    let text = fs::read_to_string(&page).with_context(|| format!("reading {}", page.display()))?;
    let mut complaints = Vec::new();
    let examples = text.split("```ini\n").skip(1);
    for example in examples.filter_map(|rest| rest.split("```").next()) {
        fs::write(directory.join("example.conf"), example).context("writing a drop-in")?;
        complaints.extend(
            unit(root)?
                .into_iter()
                .map(|complaint| format!("{complaint} with\n{example}")),
        );
    }
    fs::remove_dir_all(&directory).with_context(|| format!("removing {}", directory.display()))?;
    Ok(complaints)
}

/// The manual pages are printed without a warning.
fn pages(root: &Path) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for page in [
        "man8/keepalived.8.gz",
        "man5/keepalived.conf.5.gz",
        "man1/genhash.1.gz",
    ] {
        let mut man = Command::new("man");
        man.args(["--warnings", "--encoding=UTF-8", "--local-file"])
            .arg(root.join("usr/share/man").join(page))
            .env("MANWIDTH", "80")
            .env("LC_ALL", "C.UTF-8")
            .stdout(Stdio::null());
        let output = man.output().context("starting man")?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() || !said.trim().is_empty() {
            complaints.push(format!("man {page}: {}", said.trim()));
        }
    }
    Ok(complaints)
}

/// Each shell reads its completions, and bash completes with them.
fn completions(root: &Path) -> Result<Vec<String>> {
    let share = root.join("usr/share");
    let bash = share.join("bash-completion/completions/keepalived");
    let mut complaints = Vec::new();
    complaints.extend(silent(
        "fish",
        Command::new("fish")
            .arg("--no-execute")
            .arg(share.join("fish/vendor_completions.d/keepalived.fish")),
    )?);
    complaints.extend(silent(
        "zsh",
        Command::new("zsh")
            .args(["-f", "-n"])
            .arg(share.join("zsh/vendor-completions/_keepalived")),
    )?);
    for (line, wanted) in [
        (&["keepalived", "rel"][..], "reload"),
        (&["keepalived", "--config-t"], "--config-test="),
        (&["keepalived", "explain", "virtual_router_"], "virtual_router_id"),
        (&["keepalived", "reload", "--p"], "--pid"),
    ] {
        let script = format!(
            ". '{}'; compopt() {{ :; }}; COMP_WORDS=({}); COMP_CWORD={}; _keepalived; echo \"${{COMPREPLY[@]}}\"",
            bash.display(),
            line.join(" "),
            line.len() - 1
        );
        let (_, output) = outcome(Command::new("bash").args(["--norc", "-c", &script]))?;
        if output.trim() != wanted {
            complaints.push(format!("bash completes {line:?} to {output:?}, not {wanted}"));
        }
    }
    Ok(complaints)
}

/// A complaint where a command fails or says something.
fn silent(what: &str, command: &mut Command) -> Result<Option<String>> {
    let (passed, output) = outcome(command)?;
    Ok((!passed || !output.is_empty()).then(|| format!("{what}: {output}")))
}

/// Whether a command succeeds, and what it says.
fn outcome(command: &mut Command) -> Result<(bool, String)> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {command:?}"))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Ok((output.status.success(), text.trim().to_owned()))
}
