//! The crate against the real kernel. Each test runs itself again in a user and network namespace of its own, so it
//! needs no root and touches nothing of the machine; the namespace ends with its process.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod addresses;
mod adverts;
mod announcements;
mod capture;
mod firewall;
mod lab;
mod links;
mod marks;
mod monitor;
mod routing;
mod writer;
