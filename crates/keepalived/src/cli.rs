//! The command line.
//!
//! The original's options follow the rules of GNU `getopt_long`: options may stand after other words, short ones may
//! be bundled, long ones may be cut as far as they stay unambiguous, a required argument may be attached or follow,
//! an optional one must be attached. [`OPTIONS`] is the one definition of each option; the parser and the help
//! are made from it. A first word that names a subcommand (`keepalived reload`) takes the whole line instead; the
//! original has no use for other words, so nothing that works with it changes its meaning.

mod help;
mod options;
mod parse;
mod subcommand;
mod table;
mod version;

pub use help::help;
pub use options::{Options, Subsystems};
pub use parse::{Outcome, Parsed, parse};
pub use subcommand::{Doctor, Explain, History, Reload, Status, Subcommand, Switch, subcommand, subcommands};
pub use table::{Argument, OPTIONS, OptionSpec};
pub(crate) use version::running_on;
pub use version::{COMPATIBLE, version};
