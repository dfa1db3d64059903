//! Opening what include lines name (`spec/config-language.md` section 3).

use super::{Reader, is_usable};
use crate::diagnostics::{Class, Code, Diagnostic, Stop};
use crate::glob::{expand, has_wildcard};
use crate::include::union;
use crate::limits::{BRACE_ALTERNATIVES, INCLUDE_DEPTH};
use crate::source::Span;
use model::IncludeChecks;
use std::path::Path;
use std::sync::Arc;

impl Reader<'_> {
    /// Reads the files that a pattern names.
    pub(super) fn include(&mut self, pattern: &str, asked: IncludeChecks, line: Span, at: Span) {
        self.copy.replace_line();
        let checks = union(self.checks, asked);
        let base = self.sources.source(line.source).directory().clone();
        let Ok(matches) = expand(pattern, &base, self.input.files) else {
            self.report.push(
                Diagnostic::error(
                    Code::INCLUDE_BRACES,
                    Class::GeneralError,
                    format!("the braces of the pattern give more than {BRACE_ALTERNATIVES} names"),
                )
                .at(at, "no file is read")
                .stops(Stop::Include),
            );
            return;
        };
        if let Some(directory) = &matches.unreadable {
            let message = format!("directory `{directory}` cannot be read");
            self.checked(
                checks.read,
                Code::INCLUDE_UNREADABLE,
                message,
                at,
                "needed for this pattern",
                None,
            );
        }
        let has_brace = pattern.contains('{');
        if has_brace && !matches.missing.is_empty() {
            let missing = quoted(&matches.missing);
            let message = format!("no file for {missing}");
            let label = if checks.brace_match {
                "none of the files is read"
            } else {
                "the others are read"
            };
            self.checked(
                checks.brace_match,
                Code::INCLUDE_NO_MATCH,
                message,
                at,
                label,
                None,
            );
            if checks.brace_match {
                return;
            }
        }
        if matches.names.is_empty() {
            return self.no_match(pattern, &base, checks, has_brace, at);
        }
        for name in matches.names {
            let path = base.join(&name);
            let read = is_usable(self.input.files, &path).and_then(|()| {
                if self.may_include(&path, &name, at) {
                    let shown = shown_name(self.sources.source(line.source).name(), &name);
                    self.file(&shown, &path, &directory_of(&name, &base), Some(line))
                } else {
                    Ok(())
                }
            });
            if let Err(unusable) = read {
                let message = format!("file `{name}` is not included: {unusable}");
                let help = unusable.help().map(str::to_owned);
                self.checked(
                    checks.read,
                    Code::INCLUDE_UNREADABLE,
                    message,
                    at,
                    "named here",
                    help,
                );
            }
            if self.ended {
                return;
            }
        }
    }

    fn no_match(&mut self, pattern: &str, base: &Path, checks: IncludeChecks, has_brace: bool, at: Span) {
        let wildcard = has_wildcard(pattern);
        if wildcard && checks.wildcard_match {
            let message = format!("no file matches `{pattern}`");
            self.checked(
                true,
                Code::INCLUDE_NO_MATCH,
                message,
                at,
                "needed, because of `wildcard_match`",
                None,
            );
        } else if !has_brace && (!wildcard || !self.directory_exists(pattern, base)) {
            let message = format!("file `{pattern}` to be included does not exist");
            let full = base.join(pattern);
            let help = (!pattern.starts_with('/')).then(|| format!("looked for as `{}`", full.display()));
            self.checked(
                checks.matched,
                Code::INCLUDE_NO_MATCH,
                message,
                at,
                "not found",
                help,
            );
        }
    }

    /// Whether the directory before the first wildcard of a pattern exists.
    fn directory_exists(&self, pattern: &str, base: &Path) -> bool {
        let plain: Vec<&str> = pattern
            .split('/')
            .take_while(|part| !has_wildcard(part))
            .collect();
        let directory = if plain == [""] {
            "/".to_owned()
        } else {
            plain.join("/")
        };
        self.input.files.status(&base.join(directory)).is_ok()
    }

    /// Reports something about an include line: the end of the program if the check for it is in force, and a mere
    /// message, without a class, if not.
    fn checked(
        &mut self,
        in_force: bool,
        code: Code,
        message: String,
        at: Span,
        label: &str,
        help: Option<String>,
    ) {
        let diagnostic = if in_force {
            Diagnostic::error(code, Class::FileNotFound, message).stops(Stop::Include)
        } else {
            Diagnostic::logged(code, message)
        };
        let diagnostic = diagnostic.at(at, label);
        self.report.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    /// Whether a file may be opened: not if it is being read already and would only be read the same way again.
    fn may_include(&mut self, path: &Path, name: &str, at: Span) -> bool {
        let real_path = self
            .input
            .files
            .real_path(path)
            .unwrap_or_else(|_| path.to_owned());
        let version = self.parameters.version();
        let same = |open: &&super::OpenFile| open.real_path == real_path && open.version == version;
        let cycle = self.files.iter().find(same).map(|open| open.source);
        if cycle.is_none() && self.files.len() < INCLUDE_DEPTH {
            return true;
        }
        let message = match cycle {
            Some(_) => format!("file `{name}` includes itself"),
            None => format!("more than {INCLUDE_DEPTH} files include each other"),
        };
        let mut diagnostic = Diagnostic::error(Code::INCLUDE_CYCLE, Class::GeneralError, message)
            .at(at, "not included again")
            .stops(Stop::Permanent);
        // Each file of the circle was opened by an include line, which the innermost of them lead back to.
        let mut source = line_source(&self.files);
        for _ in 0..self.files.len() {
            let Some(current) = source.filter(|source| Some(*source) != cycle) else {
                break;
            };
            let Some(opened_at) = self.sources.source(current).included_at() else {
                break;
            };
            let file = self.sources.source(current).name().to_owned();
            diagnostic = diagnostic.and_at(opened_at, format!("`{file}` was included here"));
            source = Some(opened_at.source);
            if diagnostic.secondary.len() == 8 {
                break;
            }
        }
        self.report.push(diagnostic);
        self.ended = true;
        false
    }
}

fn line_source(files: &[super::OpenFile]) -> Option<crate::source::SourceId> {
    files.last().map(|open| open.source)
}

/// The directory that relative names in a file start from.
fn directory_of(name: &str, base: &Arc<Path>) -> Arc<Path> {
    match name.rsplit_once('/') {
        None => base.clone(),
        Some(("", _)) => Path::new("/").into(),
        Some((directory, _)) => base.join(directory).into(),
    }
}

fn quoted(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > 5 {
        format!(" and {} more", names.len() - 5)
    } else {
        String::new()
    };
    format!("{}{more}", shown.join(", "))
}

/// What to call an included file: where it is, seen from where its includer was named from.
fn shown_name(includer: &str, name: &str) -> String {
    match includer.rsplit_once('/') {
        Some((directory, _)) if !name.starts_with('/') => format!("{directory}/{name}"),
        _ => name.to_owned(),
    }
}
