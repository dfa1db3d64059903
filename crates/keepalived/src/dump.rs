//! Files that are written on request (`spec/runtime.md` sections 5, 11 and 12), and the same texts in the log.
//!
//! A loop copies what it wants to show, as far as it may change ([`Errands`](crate::runtime::errands) do the rest): the
//! [`Text`] or the [`json`] is made and the [`DumpFile`] written on another thread. What all processes show, the globals,
//! is in [`globals`].
//!
//! Nothing that is secret is in any of it: `model::Secret` shows eight asterisks, whatever prints it.

mod file;
mod globals;
pub(crate) mod json;
mod moment;
mod number;
mod text;

pub(crate) use file::{DumpFile, DumpFiles, Side};
pub(crate) use globals::{Viewer, globals};
pub(crate) use moment::{DatedMoment, Moment};
pub(crate) use number::Significant;
pub(crate) use text::{Text, put, quoted, quoted_with_user, user};
