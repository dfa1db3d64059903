//! The RPM package, by `rpmbuild`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::tree::{Flavour, Keep, Tree};
use super::version::EPOCH;
use super::{Stage, run};

/// Makes it and returns where it is.
pub(super) fn make(stage: &Stage) -> Result<PathBuf> {
    let (tree, root) = stage.lay_out(&Flavour::Rpm, "rpm")?;
    let machine = run(Command::new("uname").arg("-m"))?;
    let machine = machine.trim();
    let work = stage.work.join("rpmbuild");
    fs::create_dir_all(&work).with_context(|| format!("making {}", work.display()))?;
    let spec = work.join("keepalived.spec");
    let template = stage.sources.repository.join("dist/rpm/keepalived.spec");
    let text = fs::read_to_string(&template).with_context(|| format!("reading {}", template.display()))?;
    fs::write(&spec, text.replace("@FILES@\n", &listed(&tree)))
        .with_context(|| format!("writing {}", spec.display()))?;
    let define = |name: &str, value: &str| ["--define".to_owned(), format!("{name} {value}")];
    let mut rpmbuild = Command::new("rpmbuild");
    rpmbuild
        .args(["-bb", "--quiet", "--target", &format!("{machine}-linux")])
        .args(define("_topdir", &work.to_string_lossy()))
        .args(define("tree", &root.to_string_lossy()))
        .args(define("upstream", &stage.version.upstream))
        .args(define("revision", stage.version.revision))
        .args(define("epoch", EPOCH))
        .arg(&spec)
        .env("SOURCE_DATE_EPOCH", stage.version.moment.to_string());
    run(&mut rpmbuild)?;
    let name = format!("keepalived-{}.{machine}.rpm", stage.version.in_file_names());
    let (made, package) = (
        work.join("RPMS").join(machine).join(&name),
        stage.work.join(&name),
    );
    ensure!(made.exists(), "rpmbuild left no {}", made.display());
    fs::rename(&made, &package).with_context(|| format!("moving {}", made.display()))?;
    Ok(package)
}

/// The list of files. Directories of other packages are not ours.
fn listed(tree: &Tree) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    for file in tree.files() {
        let mark = match file.keep {
            Keep::IfChanged => "%config(noreplace) ",
            Keep::Replace if file.path.starts_with("/usr/share/doc/") => "%doc ",
            Keep::Replace => "",
        };
        let _ = writeln!(text, "{mark}{}", file.path);
    }
    text
}
