//! What the daemon is doing, for people and programs: [`document`] is the one description that `keepalived status`,
//! `keepalived history` and the metrics are made of. The supervisor gathers it (`supervisor/status.rs`); each child makes
//! its part off its loop.

pub(crate) mod document;
mod health;
mod history;
mod show;
mod table;

pub(crate) use history::run as history;
pub(crate) use show::run as show;

#[cfg(test)]
pub(crate) mod testing;
