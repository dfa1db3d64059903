//! `keepalived.conf`: from text to the typed configuration, with diagnostics.

mod environment;
pub mod keywords;

pub use environment::{Environment, FileKind, FileStatus, FileSystem, Files, Resolver, User, Users};
