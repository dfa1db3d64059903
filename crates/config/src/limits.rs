//! What stops a configuration that would never end, or never fit.
//!
//! The original has no limits and recurses or allocates until it is killed. These are far above anything in use:
//! 4,000 instances with five addresses each are 3 MiB and 100,000 lines.

/// Longest physical line in bytes, its end not counted (`spec/config-language.md` section 2).
pub(crate) const LINE: usize = 1023;

/// A line that substitution would make as long as this is used as it is written (section 5.2).
pub(crate) const SUBSTITUTED: usize = 1024;

/// Substitutions within one line; only a definition that multiplies itself needs more.
pub(crate) const SUBSTITUTIONS_OF_LINE: u32 = 10_000;

/// Longest list of numbers of `~SEQ` (section 6.1 says "about 60").
pub(crate) const SEQUENCE_NUMBERS: usize = 60;

/// Files within files.
pub(crate) const INCLUDE_DEPTH: usize = 64;

/// Multi-line values and generators within each other.
pub(crate) const EXPANSION_DEPTH: usize = 64;

/// Alternatives that the braces of one file pattern may multiply to.
pub(crate) const BRACE_ALTERNATIVES: usize = 4096;

/// What one reading may take altogether.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all files, each counted as often as it is included.
    pub bytes: u64,
    /// Files.
    pub files: u32,
    /// Lines and substitutions that come from parameters and generators.
    pub expansions: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            files: 10_000,
            expansions: 2_000_000,
        }
    }
}
