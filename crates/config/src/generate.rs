//! `~SEQ`, `~SEQx` and `~LST` (`spec/config-language.md` section 6).

mod list;
mod sequence;

use crate::text::Text;
use std::sync::Arc;

/// A loop over the rest of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Generator {
    pub(crate) passes: Passes,
    /// Where its text begins in the line.
    pub(crate) text: usize,
}

/// The values of the variables, pass by pass.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Passes {
    Sequence {
        name: Arc<str>,
        from: i64,
        step: i64,
        to: i64,
        hex: bool,
    },
    List {
        names: Vec<Arc<str>>,
        sets: Vec<Vec<Arc<[u8]>>>,
    },
}

/// What is wrong with a generator.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GeneratorError {
    #[error("the `)` of the generator is missing")]
    NotClosed,
    #[error("a generator begins with `~SEQ(`, `~SEQx(` or `~LST(`")]
    Unknown,
    #[error("`~SEQ` needs a variable and one to three numbers")]
    Numbers,
    #[error("`{0}` is no number")]
    NotANumber(String),
    #[error(
        "the numbers of `~SEQ` are longer than {} characters",
        crate::limits::SEQUENCE_NUMBERS
    )]
    TooLong,
    #[error("the step of `~SEQ` is 0")]
    NoStep,
    #[error("the step of `~SEQ` leads away from its end")]
    Away,
    #[error("`~SEQx` has no form for negative numbers")]
    NegativeHex,
    #[error("`~LST` needs a variable and at least one value")]
    NoValues,
    #[error("a value of `~LST` is a word without blanks, `,`, `}}` and `)`")]
    Word,
    #[error("a set of values of `~LST` has more values than there are variables")]
    TooManyValues,
}

/// Reads the generator that a line begins with. `substitute` replaces parameters within its numbers; it gives nothing
/// if one has several lines.
pub(crate) fn parse(
    line: &Text,
    substitute: impl FnOnce(Text) -> Option<Text>,
) -> Option<Result<Generator, GeneratorError>> {
    let bytes = line.bytes();
    if bytes.starts_with(b"~SEQ") {
        Some(sequence::parse(line, substitute))
    } else if bytes.starts_with(b"~LST") {
        Some(list::parse(bytes))
    } else {
        None
    }
}

/// Where the arguments begin after the name of a generator: behind the `(`.
fn open(line: &[u8], name: usize) -> Result<usize, GeneratorError> {
    let blanks = blanks(&line[name..]);
    if line.get(name + blanks) == Some(&b'(') {
        Ok(name + blanks + 1)
    } else {
        Err(GeneratorError::Unknown)
    }
}

fn blanks(text: &[u8]) -> usize {
    text.iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}
