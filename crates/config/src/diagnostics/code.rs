//! The stable codes.

use serde::{Serialize, Serializer};
use std::fmt;

/// A stable code such as `KA0301`. Codes are never reused for another meaning.
///
/// Ranges: 00xx files and includes, 01xx lines and words, 02xx parameters and generators, 03xx keywords and braces,
/// 04xx values, 05xx what a checked configuration lacks, 06xx scripts, 07xx reloads.
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
    /// A keyword that is accepted and does nothing yet.
    NO_EFFECT_YET = 307;
    /// An old spelling.
    DEPRECATED = 308;
    /// A keyword, option or entry without its value.
    MISSING_PARAMETER = 309;
    /// An option that is not known to its line.
    UNKNOWN_OPTION = 310;
    /// What may stand once stands twice.
    DUPLICATE = 311;
    /// What excludes each other, or is ignored beside something else.
    CONFLICT = 312;
    /// A block without entries.
    EMPTY_BLOCK = 313;
    /// A block that lacks what it cannot do without.
    INCOMPLETE_BLOCK = 314;
    /// A keyword that needs what this program does not have.
    NOT_BUILT_IN = 315;
    /// No number, or text behind one.
    INVALID_NUMBER = 401;
    /// A number that the keyword does not take.
    OUT_OF_RANGE = 402;
    /// A word that is no value of the keyword.
    INVALID_VALUE = 403;
    /// A malformed or unsuitable address.
    INVALID_ADDRESS = 404;
    /// An address of the other family.
    MIXED_FAMILIES = 405;
    /// An interface that does not exist.
    ABSENT_INTERFACE = 406;
    /// A name that is not defined, or not before its use.
    UNKNOWN_NAME = 407;
    /// A user or group that does not exist.
    UNKNOWN_USER = 408;
    /// A host without address.
    UNKNOWN_HOST = 409;
    /// A value of which only the beginning is used.
    TRUNCATED = 410;
    /// A value that is allowed and hardly ever meant.
    UNUSUAL_VALUE = 411;
    /// An object that cannot be tracked.
    NOT_TRACKED = 412;
    /// A file with a secret that others can read.
    INSECURE_FILE = 413;
    /// An instance without `virtual_router_id`.
    NO_VRID = 501;
    /// An instance or address without interface.
    NO_INTERFACE = 502;
    /// An instance without virtual address.
    NO_ADDRESS = 503;
    /// Two instances with one VRID.
    DUPLICATE_VRID = 504;
    /// Two instances with one virtual MAC.
    SHARED_VMAC = 505;
    /// More addresses than an advert holds.
    TOO_MANY_ADDRESSES = 506;
    /// An IPv6 instance whose first address is not link-local.
    FIRST_NOT_LINK_LOCAL = 507;
    /// Something that strict mode does not allow.
    STRICT_MODE = 508;
    /// An interval that the version of the protocol cannot express.
    ADVERT_INTERVAL = 509;
    /// Authentication that cannot be used.
    NO_AUTHENTICATION = 510;
    /// Unicast without peers.
    NO_PEERS = 511;
    /// Multicast on an interface that has none.
    NO_MULTICAST = 512;
    /// A tracker whose weight cannot count.
    WEIGHT_NOT_ALLOWED = 513;
    /// A sync group of one.
    SINGLE_MEMBER = 514;
    /// A virtual server without real servers.
    NO_REAL_SERVER = 515;
    /// A setting that is not there and whose default is used.
    DEFAULT_USED = 516;
    /// A port that a server does not get its packets at.
    PORT_NOT_USED = 517;
    /// A quorum or hysteresis that the servers cannot meet.
    QUORUM = 518;
    /// A script that cannot be run.
    SCRIPT_UNUSABLE = 601;
    /// A script that others than root can change.
    INSECURE_SCRIPT = 602;
    /// Scripts without `enable_script_security`.
    NO_SCRIPT_SECURITY = 603;
    /// A script that was found by a search of PATH.
    SCRIPT_SEARCHED = 604;
    /// A script that nothing tracks.
    UNUSED_SCRIPT = 605;
    /// A change that only a restart can make.
    NEEDS_RESTART = 701;
    /// A running object that a mistake in a new configuration would drop.
    WOULD_BE_LOST = 702;
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
