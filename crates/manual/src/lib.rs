//! What is written about the program, made from what the program is made from.
//!
//! The table of keywords ([`config::keywords`]), that of diagnostic codes ([`config::diagnostics::Code`]), that of
//! options ([`keepalived::cli::OPTIONS`]) and the subcommands ([`keepalived::cli::subcommands`]) become
//!
//! * manual pages ([`pages`]) and shell completions ([`completions`]), which packages and `cargo xtask install` take;
//! * the reference chapters of the documentation ([`book`]), which stand in the repository; a test fails when they are
//!   not what the tables say.

pub mod book;
pub mod completions;
pub mod options;
pub mod pages;
mod roff;

/// A text and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Relative to the directory that takes it.
    pub path: &'static str,
    /// All of it.
    pub text: String,
}

/// The version of the packages, without the revision of the packaging: what is replaced, and what replaces it.
#[must_use]
pub fn version() -> String {
    let compatible = keepalived::cli::COMPATIBLE.split_whitespace().nth(1);
    let number = compatible.map_or("", |word| word.trim_start_matches('v'));
    format!("{number}+rust{}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_names_both_programs() {
        assert_eq!(
            super::version(),
            format!("2.4.3+rust{}", env!("CARGO_PKG_VERSION"))
        );
    }
}
