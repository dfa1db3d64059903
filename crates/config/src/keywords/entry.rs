//! What is known of a keyword without reading one: name, arguments, range, default, meaning.

use crate::values::number::{DecimalRange, Range};
use std::fmt;

/// Whether a keyword already does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It acts.
    Now,
    /// It is parsed, checked and kept; the reason says what is missing ("trackers are not watched yet").
    Later(&'static str),
}

/// What a second occurrence in the same block does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repetition {
    /// The last one counts, silently.
    LastWins,
    /// The first one counts, later ones are reported.
    FirstWins,
    /// Occurrences add up.
    Adds,
}

/// What stands behind the name of a keyword.
#[derive(Clone, Copy)]
pub enum Form {
    /// Words up to the end of the line.
    Words,
    /// A command line with quoting of its own (`spec/config-language.md` section 2.4), then perhaps user and group.
    Command,
    /// Words, then `{ … }` with keywords of their own.
    Block(&'static dyn Level),
    /// `{ … }`, each line of which is an entry.
    Lines,
    /// A name, then `{ … }`, each line of which is an entry.
    NamedLines,
    /// `{ … }`, each word of which is an entry.
    Items,
}

/// The values that a keyword accepts.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// The arguments say everything.
    AsWritten,
    /// In words.
    Described(&'static str),
    /// Whole numbers.
    Integer(Range),
    /// Decimal numbers.
    Decimal(DecimalRange),
}

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsWritten => Ok(()),
            Self::Described(words) => f.write_str(words),
            Self::Integer(range) => range.fmt(f),
            Self::Decimal(range) => range.fmt(f),
        }
    }
}

/// One row of the table of keywords.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The keyword.
    pub name: &'static str,
    /// What follows it, as in a manual page; empty for a keyword without parameters.
    pub arguments: &'static str,
    /// Values that are accepted.
    pub range: Values,
    /// What holds without the keyword; empty where that is nothing.
    pub default: &'static str,
    /// One line on what it does, without a full stop.
    pub meaning: &'static str,
    /// For an old spelling, the keyword to use.
    pub instead: Option<&'static str>,
    /// Whether it acts.
    pub effect: Effect,
    /// What a second occurrence does.
    pub repetition: Repetition,
    /// What stands behind the name.
    pub form: Form,
}

impl Entry {
    /// What stands behind the name, as in a manual page; braces of blocks included.
    #[must_use]
    pub fn rest(&self) -> String {
        let arguments = self.arguments;
        match self.form {
            Form::Lines => format!("{{ {arguments}, one a line }}"),
            Form::Items => format!("{{ {arguments} }}"),
            Form::Block(_) | Form::NamedLines if arguments.is_empty() => "{ ... }".to_owned(),
            Form::Block(_) | Form::NamedLines => format!("{arguments} {{ ... }}"),
            Form::Words | Form::Command => arguments.to_owned(),
        }
    }
}

/// A place where keywords may stand: the root of the file or a block.
pub trait Level: Sync {
    /// Name of the block; empty at the root.
    fn name(&self) -> &'static str;
    /// The keyword with exactly this name.
    fn entry(&self, keyword: &str) -> Option<&'static Entry>;
    /// All keywords, in the order of the documentation.
    fn entries(&self) -> Vec<&'static Entry>;
}
