//! Commands that keepalived runs, and as whom.

use serde::{Deserialize, Serialize};

/// User and groups that a command runs under, resolved to numbers when the configuration is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Credentials {
    /// Numeric user id.
    pub uid: u32,
    /// Numeric primary group id.
    pub gid: u32,
    /// Supplementary groups; empty means that the command has none.
    pub supplementary_groups: Vec<u32>,
}

/// A command line, already split into words (`spec/config-language.md` section 2.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Command {
    /// Program and arguments as written; the first word is what the program sees as its own name. Never empty.
    pub argv: Vec<String>,
    /// The file that is executed, where it differs from the first word (a path search, a resolved link).
    pub path: Option<String>,
    /// As whom the command runs; nothing means the user that keepalived itself has.
    pub credentials: Option<Credentials>,
}
