//! The stable codes.

use serde::{Serialize, Serializer};
use std::fmt;

/// A stable code such as `KA0301`. Codes are never reused for another meaning.
///
/// Ranges: 00xx files and includes, 01xx lines and words, 02xx parameters and generators, 03xx keywords and braces,
/// 04xx values, from 05xx what a checked configuration lacks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal;)+) => {
        impl Code {
            $($(#[doc = $doc])+ pub const $name: Self = Self($number);)+

            /// Every code, in the order of the table, with what it stands for.
            pub const ALL: &[(Self, &str)] = &[$((Self::$name, concat!($($doc),+))),+];
        }
    };
}

codes! {
    /// A main file that is skipped.
    MAIN_FILE_UNUSABLE = 1;
    /// More than one main file.
    MULTIPLE_FILES = 3;
    /// The default main file is at its old place.
    OLD_MAIN_FILE = 4;
    /// An include pattern, or one of its alternatives, that matches no file.
    INCLUDE_NO_MATCH = 5;
    /// A file or directory named by an include line that cannot be used.
    INCLUDE_UNREADABLE = 6;
    /// An include pattern whose braces give too many names.
    INCLUDE_BRACES = 7;
    /// Files that include each other without end.
    INCLUDE_CYCLE = 8;
    /// A limit of the whole configuration.
    LIMIT = 9;
    /// A line longer than the language allows.
    LINE_TOO_LONG = 101;
    /// A NUL byte.
    NUL = 102;
    /// A double quote without its partner.
    OPEN_QUOTE = 103;
    /// A command line that cannot be split into words.
    COMMAND = 104;
    /// `${NAME}` that nothing is known for.
    UNDEFINED_PARAMETER = 201;
    /// A builtin with wrong parameters.
    BUILTIN_ARGUMENTS = 202;
    /// A definition that contains itself.
    PARAMETER_CYCLE = 203;
    /// Definitions that multiply.
    TOO_MANY_SUBSTITUTIONS = 204;
    /// A line that substitution makes too long.
    SUBSTITUTION_TOO_LONG = 205;
    /// A definition of several lines, used before the end of a line.
    LINES_IN_THE_MIDDLE = 206;
    /// A wrong `~SEQ` or `~LST`.
    GENERATOR = 207;
    /// A keyword that is not known at its place.
    UNKNOWN_KEYWORD = 301;
    /// `{` missing.
    MISSING_OPEN = 302;
    /// `{` where none is expected.
    UNEXPECTED_OPEN = 303;
    /// `}` missing.
    MISSING_CLOSE = 304;
    /// `}` where none is expected.
    EXTRA_CLOSE = 305;
    /// Words between a keyword without parameters and its `{`.
    EXTRA_WORDS = 306;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KA{:04}", self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_code_stands_for_two_things() {
        let distinct: BTreeSet<Code> = Code::ALL.iter().map(|(code, _)| *code).collect();
        assert_eq!(distinct.len(), Code::ALL.len());
    }

    #[test]
    fn a_code_prints_with_four_digits() {
        assert_eq!(Code::UNKNOWN_KEYWORD.to_string(), "KA0301");
    }
}
