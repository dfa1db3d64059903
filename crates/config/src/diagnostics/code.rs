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
    /// A keyword that is not known at its place.
    UNKNOWN_KEYWORD = 301;
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
