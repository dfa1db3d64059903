//! What the packages are called.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

/// Before the version, since Debian's keepalived has it too. Without it every package of theirs would be newer.
pub(crate) const EPOCH: &str = "1";
/// After the version: how often it was packaged.
const REVISION: &str = "1";

/// The version of a package and the moment that its files are from.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// That of the program that is replaced, and ours: `2.4.3+rust0.1.0`.
    pub(crate) upstream: String,
    /// Counts packages of the same version.
    pub(crate) revision: &'static str,
    /// Seconds since 1970: that of `SOURCE_DATE_EPOCH`, or of the last commit, or now.
    pub(crate) moment: u64,
}

impl Version {
    #[expect(
        clippy::disallowed_methods,
        reason = "the date of a package that is made outside of git"
    )]
    pub(crate) fn new(upstream: &str, repository: &Path) -> Result<Self> {
        let given = env::var("SOURCE_DATE_EPOCH")
            .ok()
            .and_then(|text| text.parse().ok());
        let now = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .context("the clock is before 1970")
        };
        let moment = match given.or_else(|| last_commit(repository)) {
            Some(moment) => moment,
            None => now()?.as_secs(),
        };
        Ok(Self {
            upstream: upstream.to_owned(),
            revision: REVISION,
            moment,
        })
    }

    /// As dpkg compares it.
    pub(crate) fn debian(&self) -> String {
        format!("{EPOCH}:{}-{}", self.upstream, self.revision)
    }

    /// As it stands in names of files, which have no epoch.
    pub(crate) fn in_file_names(&self) -> String {
        format!("{}-{}", self.upstream, self.revision)
    }

    /// The moment in the words of a mail.
    pub(crate) fn date(&self) -> Result<String> {
        let mut date = Command::new("date");
        date.args(["--utc", "--rfc-email", &format!("--date=@{}", self.moment)])
            .env("LC_ALL", "C");
        Ok(super::run(&mut date)?.trim().to_owned())
    }
}

fn last_commit(repository: &Path) -> Option<u64> {
    let output = Command::new("git")
        .args(["log", "-1", "--format=%ct"])
        .current_dir(repository)
        .output()
        .ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}

/// Who answers for a package: what the tools of Debian take for it, or nobody in particular.
pub(crate) fn maintainer() -> String {
    let name = env::var("DEBFULLNAME").unwrap_or_else(|_| "keepalived in Rust".to_owned());
    let address = env::var("DEBEMAIL").unwrap_or_else(|_| "keepalived@localhost".to_owned());
    format!("{name} <{address}>")
}
