//! Reports on a configuration for people or for programs.

use config::diagnostics::Diagnostic;
use config::source::Sources;

/// `--message-format`: how reports on a configuration are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum MessageFormat {
    /// With the lines that they are about, on standard error.
    #[default]
    Human,
    /// One JSON object a line, on standard output.
    Json,
}

impl MessageFormat {
    /// The format with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "human" => Some(Self::Human),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// A report as one JSON object and a newline.
pub(crate) fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    // Only strings and numbers are in it, so that it cannot fail.
    let mut line = serde_json::to_string(&diagnostic.describe(sources)).unwrap_or_default();
    line.push('\n');
    line
}
