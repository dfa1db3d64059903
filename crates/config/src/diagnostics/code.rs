//! The stable codes.

use serde::{Serialize, Serializer};
use std::fmt;

/// A stable code such as `KA0301`. Codes are never reused for another meaning.
///
/// Ranges: 00xx files and includes, 01xx lines and words, 02xx parameters and generators, 03xx keywords and braces,
/// 04xx values, 05xx what a checked configuration lacks, 06xx scripts, 07xx reloads, 08xx hints.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

/// A row of the table of codes.
#[derive(Clone, Copy, Debug)]
pub struct CodeSpec {
    /// The code.
    pub code: Code,
    /// What it stands for, a sentence with a leading space as it is written in the source.
    pub meaning: &'static str,
    /// What to do about it, as far as that is the same for every report with the code.
    pub help: &'static str,
}

impl Code {
    /// What to do about it in general.
    #[must_use]
    pub fn help(self) -> &'static str {
        let found = Self::ALL.binary_search_by_key(&self, |spec| spec.code);
        found.map_or("", |row| Self::ALL[row].help)
    }

    /// Whether it is one of the hints beyond the original's reports.
    #[must_use]
    pub const fn is_hint(self) -> bool {
        self.0 / 100 == 8
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $help:literal;)+) => {
        impl Code {
            $($(#[doc = $doc])+ pub const $name: Self = Self($number);)+

            /// Every code, in the order of the table.
            pub const ALL: &[CodeSpec] = &[$(CodeSpec {
                code: Self::$name,
                meaning: concat!($($doc),+),
                help: $help,
            }),+];
        }
    };
}

codes! {
    /// A main file that is skipped.
    MAIN_FILE_UNUSABLE = 1,
        "name a readable file with `--use-file`, or put one at /etc/keepalived/keepalived.conf";
    /// More than one main file.
    MULTIPLE_FILES = 3,
        "leave one of them: with several, which one counts is a matter of order";
    /// The default main file is at its old place.
    OLD_MAIN_FILE = 4,
        "move it to /etc/keepalived/keepalived.conf";
    /// An include pattern, or one of its alternatives, that matches no file.
    INCLUDE_NO_MATCH = 5,
        "correct the pattern, or make the file; `include_check` says which of this is an error";
    /// A file or directory named by an include line that cannot be used.
    INCLUDE_UNREADABLE = 6,
        "look at its path and permissions";
    /// An include pattern whose braces give too many names.
    INCLUDE_BRACES = 7,
        "write several include lines instead";
    /// Files that include each other without end.
    INCLUDE_CYCLE = 8,
        "take one of the include lines out";
    /// A limit of the whole configuration.
    LIMIT = 9,
        "split the configuration, or make its repetitions fewer";
    /// A line longer than the language allows.
    LINE_TOO_LONG = 101,
        "break it into several lines of a block";
    /// A NUL byte.
    NUL = 102,
        "the file is damaged or no text: write it anew";
    /// A double quote without its partner.
    OPEN_QUOTE = 103,
        "add the missing `\"`, or take the one that is there away";
    /// A command line that cannot be split into words.
    COMMAND = 104,
        "close every quote, and write `\\` for a backslash";
    /// `${NAME}` that nothing is known for.
    UNDEFINED_PARAMETER = 201,
        "define it before this line: `$NAME=value`";
    /// A builtin with wrong parameters.
    BUILTIN_ARGUMENTS = 202,
        "see the parameters of builtins in the manual page keepalived.conf(5)";
    /// A definition that contains itself.
    PARAMETER_CYCLE = 203,
        "take the definition out of its own text";
    /// Definitions that multiply.
    TOO_MANY_SUBSTITUTIONS = 204,
        "use fewer definitions within definitions";
    /// A line that substitution makes too long.
    SUBSTITUTION_TOO_LONG = 205,
        "use a shorter definition, or several lines";
    /// A definition of several lines, used before the end of a line.
    LINES_IN_THE_MIDDLE = 206,
        "use it at the end of a line";
    /// A wrong `~SEQ` or `~LST`.
    GENERATOR = 207,
        "write `~SEQ(var, start, step, end)` or `~LST(var, value, …)`";
    /// A keyword that is not known at its place.
    UNKNOWN_KEYWORD = 301,
        "`keepalived explain --list` lists all keywords with their blocks";
    /// `{` missing.
    MISSING_OPEN = 302,
        "write `{` at the end of the line";
    /// `{` where none is expected.
    UNEXPECTED_OPEN = 303,
        "take it out, or write the keyword that begins a block before it";
    /// `}` missing.
    MISSING_CLOSE = 304,
        "write `}` where the block ends";
    /// `}` where none is expected.
    EXTRA_CLOSE = 305,
        "take it out, or look for a `{` that is missing before it";
    /// Words between a keyword without parameters and its `{`.
    EXTRA_WORDS = 306,
        "take them out";
    /// A keyword that is accepted and does nothing yet.
    NO_EFFECT_YET = 307,
        "leave it out until it has one; `keepalived explain KEYWORD` says why";
    /// An old spelling.
    DEPRECATED = 308,
        "use the new spelling";
    /// A keyword, option or entry without its value.
    MISSING_PARAMETER = 309,
        "write the value behind it; `keepalived explain KEYWORD` says what it takes";
    /// An option that is not known to its line.
    UNKNOWN_OPTION = 310,
        "`keepalived explain KEYWORD` lists the options";
    /// What may stand once stands twice.
    DUPLICATE = 311,
        "leave one of them";
    /// What excludes each other, or is ignored beside something else.
    CONFLICT = 312,
        "leave one of them out";
    /// A block without entries.
    EMPTY_BLOCK = 313,
        "fill it, or take it out";
    /// A block that lacks what it cannot do without.
    INCOMPLETE_BLOCK = 314,
        "add what is missing";
    /// A keyword that needs what this program does not have.
    NOT_BUILT_IN = 315,
        "leave it out, or use a build with that feature (`keepalived --version` lists them)";
    /// No number, or text behind one.
    INVALID_NUMBER = 401,
        "write a plain number";
    /// A number that the keyword does not take.
    OUT_OF_RANGE = 402,
        "`keepalived explain KEYWORD` says the range";
    /// A word that is no value of the keyword.
    INVALID_VALUE = 403,
        "`keepalived explain KEYWORD` says which words it takes";
    /// A malformed or unsuitable address.
    INVALID_ADDRESS = 404,
        "write an address of the right kind, such as 192.0.2.1, 192.0.2.1/24 or 2001:db8::1";
    /// An address of the other family.
    MIXED_FAMILIES = 405,
        "put addresses of one family into an instance or service, and the others into a second one";
    /// An interface that does not exist.
    ABSENT_INTERFACE = 406,
        "`ip -brief link` lists those that exist";
    /// A name that is not defined, or not before its use.
    UNKNOWN_NAME = 407,
        "define it, before this line where the keyword wants that";
    /// A user or group that does not exist.
    UNKNOWN_USER = 408,
        "make it with `useradd` or `groupadd`, or name one that exists";
    /// A host without address.
    UNKNOWN_HOST = 409,
        "write an address, or look at the name servers of this host";
    /// A value of which only the beginning is used.
    TRUNCATED = 410,
        "shorten it, on every router alike";
    /// A value that is allowed and hardly ever meant.
    UNUSUAL_VALUE = 411,
        "look at the unit: seconds, not milliseconds";
    /// An object that cannot be tracked.
    NOT_TRACKED = 412,
        "correct its name, or take the tracker out";
    /// A file with a secret that others can read.
    INSECURE_FILE = 413,
        "`chmod 600` it";
    /// Interfaces that cannot be listed.
    NO_INTERFACE_LIST = 414,
        "look at the rights of this process: each interface is reported as absent";
    /// A network namespace that cannot be entered.
    NAMESPACE = 415,
        "`ip netns list` lists those that have a name; entering one needs CAP_SYS_ADMIN";
    /// An instance without `virtual_router_id`.
    NO_VRID = 501,
        "write `virtual_router_id N`, the same on every router of this address and no other";
    /// An instance or address without interface.
    NO_INTERFACE = 502,
        "write `interface NAME`";
    /// An instance without virtual address.
    NO_ADDRESS = 503,
        "fill `virtual_ipaddress`";
    /// Two instances with one VRID.
    DUPLICATE_VRID = 504,
        "give one of them another `virtual_router_id`";
    /// Two instances with one virtual MAC.
    SHARED_VMAC = 505,
        "give one of them another `virtual_router_id` or MAC address";
    /// More addresses than an advert holds.
    TOO_MANY_ADDRESSES = 506,
        "use `virtual_ipaddress_excluded` for those that need not be announced, or a second instance";
    /// An IPv6 instance whose first address is not link-local.
    FIRST_NOT_LINK_LOCAL = 507,
        "write an address of fe80::/10 first";
    /// Something that strict mode does not allow.
    STRICT_MODE = 508,
        "change what it names, or leave `vrrp_strict` out";
    /// An interval that the version of the protocol cannot express.
    ADVERT_INTERVAL = 509,
        "write an interval that it can express, the same on every router";
    /// Authentication that cannot be used.
    NO_AUTHENTICATION = 510,
        "use `auth_hmac`, or leave authentication out on every router";
    /// Unicast without peers.
    NO_PEERS = 511,
        "name the other routers in `unicast_peer`";
    /// Multicast on an interface that has none.
    NO_MULTICAST = 512,
        "name the other routers in `unicast_peer`";
    /// A tracker whose weight cannot count.
    WEIGHT_NOT_ALLOWED = 513,
        "leave the weight out: then a failure means FAULT";
    /// A sync group of one.
    SINGLE_MEMBER = 514,
        "add the other members, or take the group out";
    /// A virtual server without real servers.
    NO_REAL_SERVER = 515,
        "add a `real_server`";
    /// A setting that is not there and whose default is used.
    DEFAULT_USED = 516,
        "write the setting, if the default is not what you want";
    /// A port that a server does not get its packets at.
    PORT_NOT_USED = 517,
        "write the port of the virtual server, or use NAT";
    /// A quorum or hysteresis that the servers cannot meet.
    QUORUM = 518,
        "lower it, or add servers";
    /// A script that cannot be run.
    SCRIPT_UNUSABLE = 601,
        "look at its path and permissions, and who it is run as";
    /// A script that others than root can change.
    INSECURE_SCRIPT = 602,
        "`chown root` and `chmod go-w` the script and every directory above it";
    /// Scripts without `enable_script_security`.
    NO_SCRIPT_SECURITY = 603,
        "write `enable_script_security` into `global_defs`, and `script_user` if not root";
    /// A script that was found by a search of PATH.
    SCRIPT_SEARCHED = 604,
        "write the whole path";
    /// A script that nothing tracks.
    UNUSED_SCRIPT = 605,
        "name it in a `track_script`, or take it out";
    /// A change that only a restart can make.
    NEEDS_RESTART = 701,
        "restart the daemon";
    /// A running object that a mistake in a new configuration would drop.
    WOULD_BE_LOST = 702,
        "correct the mistake, or take the object out of the text";
    /// A tracker whose weight never changes the priority.
    WEIGHT_WITHOUT_EFFECT = 801,
        "choose a priority between 1 and 254 that leaves room for the weight";
    /// A weight that no backup acts upon, because of `nopreempt`.
    WEIGHT_BESIDE_NOPREEMPT = 802,
        "leave the weight out: then a failure means FAULT, and another router takes over; or do without `nopreempt`";
    /// Virtual addresses that strict mode closes.
    ADDRESSES_CLOSED = 803,
        "write `accept` into the instance (version 3), or leave `vrrp_strict` out";
    /// A virtual address outside the networks of its interface.
    ADDRESS_OUTSIDE_NETWORKS = 804,
        "correct the address, name the right interface with `dev`, or write its own prefix length";
    /// A virtual address that means something else.
    ADDRESS_UNUSABLE = 805,
        "choose a free address of the network";
    /// An interface that belongs to a bridge or bond.
    PORT_OF_ANOTHER_LINK = 806,
        "name the bridge or the bond";
    /// A unicast peer with an address of this host.
    PEER_IS_THIS_HOST = 807,
        "name the other routers only: the list is another one on each of them";
    /// A source address that this host does not have.
    SOURCE_NOT_HERE = 808,
        "write an address of this host, or `track_src_ip` if it comes later";
    /// A sync group whose members differ in priority or preemption.
    UNEVEN_GROUP = 809,
        "give all members the same priority and the same `nopreempt`";
    /// Mails without recipient or server.
    MAIL_GOES_NOWHERE = 810,
        "add `notification_email` and `smtp_server` to `global_defs`, or `smtp_alert_file`; or leave `smtp_alert` out";
    /// Real servers that nothing checks.
    NOT_CHECKED = 811,
        "add a check, such as `TCP_CHECK { connect_timeout 3 }`";
    /// A quorum that every single failure breaks.
    QUORUM_OF_ALL = 812,
        "lower it, or add `hysteresis`";
    /// Adverts so fast that a busy machine misses them.
    FAST_ADVERTS = 813,
        "write `vrrp_rt_priority 50` or `vrrp_priority -20` into `global_defs`";
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

    #[test]
    fn codes_rise_and_each_has_help() {
        assert!(Code::ALL.is_sorted_by(|a, b| a.code < b.code));
        for spec in Code::ALL {
            assert!(!spec.code.help().is_empty(), "{}", spec.code);
            assert!(!spec.help.ends_with('.'), "{}", spec.code);
        }
    }

    #[test]
    fn a_code_prints_with_four_digits() {
        assert_eq!(Code::UNKNOWN_KEYWORD.to_string(), "KA0301");
    }
}
