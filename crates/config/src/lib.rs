//! `keepalived.conf`: from text to the typed configuration, with diagnostics.
//!
//! The way of the text (`spec/config-language.md`):
//!
//! 1. Reading takes the main file and everything it includes from [`Files`] (the disk, or memory in tests) and turns
//!    physical lines into logical ones: comments, `@id` conditions, `$NAME=` definitions, substitution, `~SEQ` and
//!    `~LST`, brace splitting, words. Nothing of a keyword is known yet, with the one exception of `include_check`,
//!    which steers reading itself.
//! 2. [`tree`] nests the logical lines into blocks. It asks the table of [`keywords`] what each word is.
//! 3. The keywords read the tree into drafts, the checks look at the whole and complete it, and what is left is a
//!    [`model::Configuration`].
//!
//! Every stage reports into a [`Report`](diagnostics::Report) and goes on, so that one run names all mistakes. Every
//! [`Span`](source::Span) leads back to the file, line and column it was written at, through includes and
//! substitution; [`Sources`](source::Sources) resolves it.

mod check;
mod condition;
mod configuration;
pub mod diagnostics;
mod environment;
pub mod explain;
mod generate;
mod glob;
mod include;
pub mod keywords;
mod lex;
mod limits;
mod lower;
pub mod read;
mod reload;
mod request;
pub mod source;
mod stream;
mod substitute;
pub mod system;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
pub mod tree;
mod values;

pub use configuration::read;
pub use diagnostics::Report;
pub use environment::{
    Environment, FileKind, FileStatus, FileSystem, Files, MemoryFiles, Resolver, User, Users,
};
pub use limits::Limits;
pub use reload::reload_verdict;
pub use request::{Fatal, Purpose, Reading, Request};
