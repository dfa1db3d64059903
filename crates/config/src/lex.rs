//! From a line to logical lines and words: comments, braces, quotes.

mod command;
mod comment;
mod sign;
mod word;

pub(crate) use command::{Escapes, SplitError, split};
pub(crate) use comment::strip;
pub(crate) use sign::first_line;
pub(crate) use word::{Token, first_brace, restart, tokens};
