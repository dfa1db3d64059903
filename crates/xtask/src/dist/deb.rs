//! The Debian package, by `dpkg-deb`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::tree::{Flavour, Keep, Tree};
use super::version::maintainer;
use super::{Stage, run};

/// What else has to be there: `useradd`, and what starts services.
const DEPENDS: &str = "passwd";
const PRE_DEPENDS: &str = "init-system-helpers (>= 1.54~)";
const SCRIPTS: [&str; 4] = ["preinst", "postinst", "prerm", "postrm"];

/// Makes it and returns where it is.
pub(super) fn make(stage: &Stage) -> Result<PathBuf> {
    let (tree, root) = stage.lay_out(&Flavour::Debian, "deb")?;
    changelog(stage, &root)?;
    let control = root.join("DEBIAN");
    fs::create_dir(&control).with_context(|| format!("making {}", control.display()))?;
    fs::set_permissions(&control, fs::Permissions::from_mode(0o755)).context("setting the mode of DEBIAN")?;
    let write = |name: &str, text: &str, mode: u32| -> Result<()> {
        let path = control.join(name);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))
            .with_context(|| format!("setting the mode of {}", path.display()))
    };
    for name in SCRIPTS {
        let source = stage.sources.repository.join("dist/debian").join(name);
        let text = fs::read_to_string(&source).with_context(|| format!("reading {}", source.display()))?;
        write(name, &text, 0o755)?;
    }
    write("conffiles", &configuration_files(&tree), 0o644)?;
    write("md5sums", &checksums(&root)?, 0o644)?;
    let architecture = run(Command::new("dpkg").arg("--print-architecture"))?;
    let architecture = architecture.trim();
    write("control", &fields(stage, &root, architecture)?, 0o644)?;

    let package = stage.work.join(format!(
        "keepalived_{}_{architecture}.deb",
        stage.version.in_file_names()
    ));
    run(Command::new("dpkg-deb")
        .args(["--root-owner-group", "-Zxz", "--build"])
        .arg(&root)
        .arg(&package)
        .env("SOURCE_DATE_EPOCH", stage.version.moment.to_string()))?;
    Ok(package)
}

fn configuration_files(tree: &Tree) -> String {
    tree.files()
        .filter(|file| file.keep == Keep::IfChanged)
        .map(|file| file.path + "\n")
        .collect()
}

/// The changelog of the packaging, which policy wants beside that of the program.
fn changelog(stage: &Stage, root: &Path) -> Result<()> {
    let path = root.join("usr/share/doc/keepalived/changelog.Debian");
    let text = format!(
        "keepalived ({}) unstable; urgency=medium\n\n  * Packaged from source; changelog.gz has the changes.\n\n -- {}  {}\n",
        stage.version.debian(),
        maintainer(),
        stage.version.date()?
    );
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644))
        .context("setting the mode of the changelog")?;
    run(Command::new("gzip").args(["-9", "--no-name"]).arg(&path))?;
    Ok(())
}

fn checksums(root: &Path) -> Result<String> {
    run(Command::new("sh")
        .args([
            "-c",
            "find . -path ./DEBIAN -prune -o -path ./etc -prune -o -type f -printf '%P\\0' | sort -z | xargs -0 md5sum",
        ])
        .current_dir(root))
}

fn fields(stage: &Stage, root: &Path, architecture: &str) -> Result<String> {
    let size = run(Command::new("du")
        .args([
            "--summarize",
            "--apparent-size",
            "--block-size=1024",
            "--exclude=DEBIAN",
        ])
        .arg(root))?;
    let size = size.split_whitespace().next().unwrap_or("0");
    Ok(format!(
        "Package: keepalived\n\
         Version: {}\n\
         Architecture: {architecture}\n\
         Maintainer: {}\n\
         Installed-Size: {size}\n\
         Pre-Depends: {PRE_DEPENDS}\n\
         Depends: {}, {DEPENDS}\n\
         Recommends: ipvsadm\n\
         Section: admin\n\
         Priority: optional\n\
         Description: high availability and load balancing, in Rust\n \
         keepalived moves virtual addresses between routers by VRRP (version 2 and\n \
         3, IPv4 and IPv6), and balances services over checked real servers by IPVS.\n \
         .\n \
         This is a new implementation in Rust that takes the place of the C program:\n \
         it reads the same configuration and speaks the same protocol. Its compat.md\n \
         lists the differences; the manual page of keepalived.conf says which\n \
         keywords have no effect yet.\n",
        stage.version.debian(),
        maintainer(),
        libraries(stage, root)?,
    ))
}

/// The packages of the shared libraries, with the versions that the program needs.
fn libraries(stage: &Stage, root: &Path) -> Result<String> {
    // The tool reads a file of a source package, so it gets one.
    let work = stage.work.join("shlibdeps");
    let debian = work.join("debian");
    fs::create_dir_all(&debian).with_context(|| format!("making {}", debian.display()))?;
    fs::write(
        debian.join("control"),
        "Source: keepalived\n\nPackage: keepalived\nArchitecture: any\n",
    )
    .context("writing debian/control")?;
    let printed = run(Command::new("dpkg-shlibdeps")
        .arg("-O")
        .arg(root.join("usr/sbin/keepalived"))
        .current_dir(&work))?;
    let depends = printed
        .lines()
        .find_map(|line| line.strip_prefix("shlibs:Depends="));
    Ok(depends.context("dpkg-shlibdeps names no libraries")?.to_owned())
}
