//! The files to begin with (`spec/config-language.md` section 1).

use super::Unusable;
use crate::Files;
use crate::diagnostics::{Class, Code, Diagnostic, Report, Stop};
use crate::glob::expand;
use std::path::{Path, PathBuf};

/// A file to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MainFile {
    /// The name to call it by, as it was given.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The directory that relative names in it start from.
    pub directory: PathBuf,
}

/// Where the file is on most systems, and where it is looked for when a build has another default.
pub const USUAL_FILE: &str = "/etc/keepalived/keepalived.conf";

impl MainFile {
    /// A file by name. Relative names start from the working directory.
    #[must_use]
    pub fn new(name: impl Into<String>, working_directory: &Path) -> Self {
        let name = name.into();
        let path = working_directory.join(&name);
        let directory = match path.parent() {
            Some(parent) if name.contains('/') => parent.to_owned(),
            _ => working_directory.to_owned(),
        };
        Self {
            name,
            path,
            directory,
        }
    }
}

/// The files that `-f PATTERN` names, sorted, or the default file. More than one is a warning of class
/// [`Class::MultipleFiles`]. Whether they can be read shows when they are.
pub fn main_files(
    pattern: Option<&str>,
    default: &str,
    files: &dyn Files,
    report: &mut Report,
) -> Vec<MainFile> {
    let base = files.working_directory().unwrap_or_else(|_| PathBuf::from("/"));
    let Some(pattern) = pattern else {
        return vec![MainFile::new(default_file(default, files, report), &base)];
    };
    let names = expand(pattern, &base, files)
        .map(|matches| matches.names)
        .unwrap_or_default();
    match &names[..] {
        [] => return vec![MainFile::new(pattern, &base)],
        [first, _, ..] => report.push(Diagnostic::warning(
            Code::MULTIPLE_FILES,
            Class::MultipleFiles,
            format!(
                "`{pattern}` names {} files, `{first}` the first; all are read",
                names.len()
            ),
        )),
        [_] => {}
    }
    names.into_iter().map(|name| MainFile::new(name, &base)).collect()
}

fn default_file<'a>(default: &'a str, files: &dyn Files, report: &mut Report) -> &'a str {
    if files.status(Path::new(default)).is_ok() || files.status(Path::new(USUAL_FILE)).is_err() {
        return default;
    }
    report.push(
        Diagnostic::logged(
            Code::OLD_MAIN_FILE,
            format!("`{USUAL_FILE}` is read, because there is no `{default}`"),
        )
        .help("move it, or name it with `-f`"),
    );
    USUAL_FILE
}

/// Reports main files that could not be used. If nothing was read, that is the end.
pub(super) fn report_unusable(unusable: &[(String, Unusable)], nothing_read: bool, report: &mut Report) {
    for (index, (name, why)) in unusable.iter().enumerate() {
        let message = format!("configuration file `{name}` cannot be used: {why}");
        let mut diagnostic = Diagnostic::error(Code::MAIN_FILE_UNUSABLE, Class::FileNotFound, message);
        if let Some(help) = why.help() {
            diagnostic = diagnostic.help(help);
        }
        if nothing_read && index + 1 == unusable.len() {
            diagnostic = diagnostic.stops(Stop::NoConfiguration);
        }
        report.push(diagnostic);
    }
}
