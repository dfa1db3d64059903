//! The one table of keywords.

mod entry;

pub use entry::{Effect, Entry, Form, Level, Repetition};
