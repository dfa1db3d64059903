//! The router from outside, through its public interface alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod build;
mod election;
mod groups;
mod lab;
mod owners;
mod start;
mod table;
mod unicast;
