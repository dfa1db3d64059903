//! Why an operation failed, or could not be made.

use super::Operation;
use nix::errno::Errno;
use std::fmt;

/// An operation that the kernel refused.
///
/// Its text names what was tried: `adding 192.0.2.1/32 to eth0: Operation not permitted`, with the kernel's own
/// explanation in parentheses where it gave one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationError {
    /// What was tried, as [`Operation`] prints.
    pub operation: Box<str>,
    /// The error number.
    pub errno: Errno,
    /// The kernel's extended acknowledgement.
    pub detail: Option<Box<str>>,
}

impl OperationError {
    /// The failure of `operation` with `errno` and the kernel's explanation.
    #[must_use]
    pub fn new(operation: &Operation, errno: Errno, detail: Option<&str>) -> Self {
        Self {
            operation: operation.to_string().into(),
            errno,
            detail: detail.map(Into::into),
        }
    }
}

impl fmt::Display for OperationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.errno.desc())?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for OperationError {}

/// A name for which there is no interface at the moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interface {0} does not exist")]
pub struct UnknownInterface(pub model::IfName);
