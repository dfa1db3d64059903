//! The router from outside, through its public interface alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod announcing;
mod authentication;
mod build;
mod drops;
mod election;
mod groups;
mod interfaces;
mod kernel;
mod lab;
mod operator;
mod owners;
mod packets;
mod reload;
mod rhythm;
mod start;
mod storm;
mod table;
mod tracking;
mod unicast;
