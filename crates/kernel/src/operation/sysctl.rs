//! Settings under `/proc/sys`.

use model::{Family, IfName};
use std::fmt;

/// A setting with the value that it should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sysctl {
    /// Path below `/proc/sys`, parts divided by `/`.
    pub path: Box<str>,
    /// The value as the kernel reads it.
    pub value: Box<str>,
}

impl Sysctl {
    /// `net/ipv4/conf/INTERFACE/NAME` or its IPv6 counterpart.
    #[must_use]
    pub fn of_interface(family: Family, interface: &IfName, name: &str, value: i32) -> Self {
        let family = match family {
            Family::Ipv4 => "ipv4",
            Family::Ipv6 => "ipv6",
        };
        Self {
            path: format!("net/{family}/conf/{interface}/{name}").into(),
            value: value.to_string().into(),
        }
    }
}

impl fmt::Display for Sysctl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.path, self.value)
    }
}
