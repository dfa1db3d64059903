//! Why the table could not be opened or changed.

use model::ipvs::{Change, DestinationKey, ServiceKey};
use nix::errno::Errno;
use std::fmt;
use std::io;

/// A change that the kernel refused.
///
/// Its text names what was tried: `adding real server 192.0.2.1:80 to virtual server 10.0.0.1:tcp:80: Operation not
/// permitted`, with an explanation in parentheses where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeError {
    /// What was tried.
    pub change: Box<str>,
    /// The error number.
    pub errno: Errno,
    /// The kernel's extended acknowledgement, or what the number means here.
    pub detail: Option<Box<str>>,
}

impl ChangeError {
    /// The failure of `change` with `errno` and the kernel's explanation.
    #[must_use]
    pub fn new(change: &Change, errno: Errno, detail: Option<&str>) -> Self {
        let detail = detail.map(Into::into).or_else(|| meaning(change, errno));
        Self {
            change: Attempt(change).to_string().into(),
            errno,
            detail,
        }
    }
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.change, self.errno.desc())?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ChangeError {}

/// What an error number means for a change, where its own words mislead (`spec/ipvs.md` section 1.5).
fn meaning(change: &Change, errno: Errno) -> Option<Box<str>> {
    match (change, errno) {
        (_, Errno::EPERM) => Some(MISSING_RIGHT.into()),
        (_, Errno::ESRCH) => Some("there is no such virtual server".into()),
        (Change::AddService(_, settings) | Change::SetService(_, settings), Errno::ENOENT) => {
            let scheduler = settings.scheduler;
            let engine = settings
                .engine
                .as_deref()
                .map(|engine| format!(", or no persistence engine {engine}: module ip_vs_pe_{engine}"));
            let engine = engine.unwrap_or_default();
            Some(format!("the kernel has no scheduler {scheduler}: module ip_vs_{scheduler}{engine}").into())
        }
        (Change::AddDestination(service, one) | Change::SetDestination(service, one), Errno::EINVAL)
            if service.family() != model::Family::of(one.key.0.ip()) =>
        {
            Some("servers of the other family need tunnelling, and no sync daemon may run".into())
        }
        _ => None,
    }
}

const MISSING_RIGHT: &str = "the capability CAP_NET_ADMIN is missing";

/// What a change tries, as the beginning of a message.
struct Attempt<'a>(&'a Change);

impl fmt::Display for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (doing, preposition, service, server): (_, _, &ServiceKey, Option<DestinationKey>) = match self.0
        {
            Change::Flush => return f.write_str("removing all virtual servers"),
            Change::AddService(service, _) => ("adding", "", service, None),
            Change::SetService(service, _) => ("changing", "", service, None),
            Change::RemoveService(service) => ("removing", "", service, None),
            Change::AddDestination(service, one) => ("adding", "to", service, Some(one.key)),
            Change::SetDestination(service, one) => ("changing", "of", service, Some(one.key)),
            Change::RemoveDestination(service, one) => ("removing", "from", service, Some(*one)),
        };
        match server {
            Some(server) => write!(
                f,
                "{doing} real server {server} {preposition} virtual server {service}"
            ),
            None => write!(f, "{doing} virtual server {service}"),
        }
    }
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The kernel has no IPVS, and the module could not be loaded.
    #[error("this kernel has no IPVS: {0}")]
    Absent(#[from] ModuleError),
    /// The right is missing.
    #[error("IPVS may not be changed: {MISSING_RIGHT}")]
    NotPermitted,
    /// Anything else.
    #[error("IPVS cannot be reached: {0}")]
    Io(#[from] io::Error),
}

/// Why the module is not there.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// `/proc/sys/kernel/modprobe` is empty.
    #[error("module ip_vs is not loaded, and this kernel loads no modules")]
    Disabled,
    /// The program could not be started.
    #[error("module ip_vs is not loaded, and {program} cannot be started: {error}")]
    NoProgram {
        /// Its path.
        program: String,
        /// Why.
        error: io::Error,
    },
    /// The program has failed.
    #[error("module ip_vs cannot be loaded: {0}")]
    Failed(String),
    /// It is loaded, they say.
    #[error("module ip_vs is loaded, but does not answer")]
    Silent,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipvs::fake::tests::{destination, service};

    #[test]
    fn the_text_names_what_was_tried() {
        let one = service(80);
        let failed = |change: &Change, errno| ChangeError::new(change, errno, None).to_string();
        assert_eq!(
            failed(&Change::AddDestination(one.key, destination(1, 1)), Errno::EPERM),
            "adding real server 192.0.2.1:80 to virtual server 10.0.0.1:tcp:80: Operation not permitted \
             (the capability CAP_NET_ADMIN is missing)"
        );
        assert_eq!(
            failed(&Change::RemoveService(one.key), Errno::EBUSY),
            "removing virtual server 10.0.0.1:tcp:80: Device or resource busy"
        );
        assert_eq!(
            failed(&Change::AddService(one.key, one.settings), Errno::ENOENT),
            "adding virtual server 10.0.0.1:tcp:80: No such file or directory \
             (the kernel has no scheduler rr: module ip_vs_rr)"
        );
        assert_eq!(
            ChangeError::new(&Change::Flush, Errno::EINVAL, Some("words")).to_string(),
            "removing all virtual servers: Invalid argument (words)"
        );
    }
}
