//! What a guest is to do, and the files in which host and guest tell each other.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use anyhow::{Context as _, Result};

/// What the command printed.
pub(super) const OUTPUT: &str = "output";
/// What the kernel said.
pub(super) const CONSOLE: &str = "console";
/// The exit code of the command.
pub(super) const STATUS: &str = "status";
/// Why the command could not be run.
pub(super) const FAILURE: &str = "failure";

/// Parts of the job are lines that end in NUL, so every argument is possible.
const END: u8 = 0;

/// What a guest is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// The host name.
    pub(super) name: String,
    /// The program to run.
    pub(super) program: OsString,
    /// Its arguments.
    pub(super) arguments: Vec<OsString>,
    /// Modules to load before.
    pub(super) modules: Vec<String>,
}

impl Job {
    /// Leaves the job in a directory.
    pub(super) fn write(&self, directory: &Path) -> Result<()> {
        let mut bytes = Vec::new();
        let mut part = |part: &[u8]| {
            bytes.extend(part);
            bytes.push(END);
        };
        part(self.name.as_bytes());
        part(self.modules.join(" ").as_bytes());
        part(self.program.as_bytes());
        self.arguments
            .iter()
            .for_each(|argument| part(argument.as_bytes()));
        let path = directory.join("job");
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))
    }

    /// Finds the job in a directory.
    pub(super) fn read(directory: &Path) -> Result<Self> {
        let path = directory.join("job");
        let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let mut parts = bytes
            .split(|byte| *byte == END)
            .map(|part| OsString::from_vec(part.to_vec()));
        let mut next = || parts.next().context("the job is cut off");
        let (name, modules, program) = (next()?, next()?, next()?);
        let mut arguments: Vec<_> = parts.collect();
        // Behind the last end.
        arguments.pop();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            program,
            arguments,
            modules: modules
                .to_string_lossy()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        })
    }
}
