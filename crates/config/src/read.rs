//! From files to logical lines: everything of the language that knows no keywords.

mod consolidated;
mod expand;
mod include;
mod line;
mod main_file;
mod open;
mod track;

pub use main_file::{MainFile, USUAL_FILE, main_files};
pub(crate) use open::{Unusable, is_usable};

use crate::Files;
use crate::diagnostics::{Class, Code, Diagnostic, Report, Stop};
use crate::limits::Limits;
use crate::source::{SourceId, Sources, Span};
use crate::stream::Stream;
use crate::substitute::builtin::{Builtins, Random};
use crate::substitute::{Parameters, ValueLine};
use consolidated::Consolidated;
use model::IncludeChecks;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What reading depends on apart from the text.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The files.
    pub files: &'a dyn Files,
    /// Variables of the process environment, for `${_ENV NAME}`.
    pub variables: &'a dyn Fn(&str) -> Option<String>,
    /// What `@id` is compared with: `-i ID`, else the node name up to its first dot.
    pub config_id: &'a str,
    /// Seed of `${_RANDOM}`.
    pub seed: u64,
    /// Include checks in force from the start; all with `-e`.
    pub include_checks: IncludeChecks,
    /// Whether [`Reading::copy`] is wanted, which takes as much memory as the text.
    pub keep_copy: bool,
    /// Where reading gives up.
    pub limits: Limits,
}

/// The text of a configuration, read and cut into logical lines. [`tree`](Self::tree) nests them.
#[derive(Clone)]
pub struct Reading {
    /// The files, for resolving spans.
    pub sources: Arc<Sources>,
    /// What was wrong so far. If it [stops](Report::is_stopped) the daemon, nothing else is to be checked.
    pub report: Report,
    /// The consolidated copy that `config_save_dir` keeps (`spec/config-language.md` section 9): every line without
    /// comments and blanks around it, `# FILE` before and `!` after each file, include lines blank. Empty where it is not
    /// wanted.
    pub copy: Vec<u8>,
    pub(crate) stream: Stream,
}

/// Reads the main files, in order, and everything they include. That there is nothing to read is an error, status 6.
#[must_use]
pub fn read(input: &Input<'_>, main: &[MainFile]) -> Reading {
    let mut reader = Reader {
        input: *input,
        sources: Sources::default(),
        stream: Stream::default(),
        report: Report::default(),
        copy: Consolidated::new(input.keep_copy),
        parameters: Parameters::default(),
        builtins: Builtins {
            directory: PathBuf::new(),
            config_id: input.config_id,
            variables: input.variables,
            random: Random::new(input.seed),
        },
        checks: input.include_checks,
        files: Vec::new(),
        pending: None,
        expansion_depth: 0,
        bytes_left: input.limits.bytes,
        files_left: input.limits.files,
        expansions_left: input.limits.expansions,
        ended: false,
        block: track::Block::default(),
    };
    let mut unusable = Vec::new();
    for file in main {
        let read = is_usable(input.files, &file.path)
            .and_then(|()| reader.file(&file.name, &file.path, &file.directory.as_path().into(), None));
        unusable.extend(read.err().map(|why| (file.name.clone(), why)));
    }
    main_file::report_unusable(&unusable, reader.sources.is_empty(), &mut reader.report);
    Reading {
        sources: Arc::new(reader.sources),
        report: reader.report,
        copy: reader.copy.into_text(),
        stream: reader.stream,
    }
}

struct Reader<'a> {
    input: Input<'a>,
    sources: Sources,
    stream: Stream,
    report: Report,
    copy: Consolidated,
    parameters: Parameters,
    builtins: Builtins<'a>,
    checks: IncludeChecks,
    /// The files being read, the innermost last.
    files: Vec<OpenFile>,
    /// A definition whose lines are still being collected.
    pending: Option<Pending>,
    /// Multi-line values and generators within each other.
    expansion_depth: usize,
    bytes_left: u64,
    files_left: u32,
    expansions_left: u32,
    /// A limit was reached: nothing more is read.
    ended: bool,
    block: track::Block,
}

/// A file that is being read.
struct OpenFile {
    real_path: PathBuf,
    /// Version of the parameters when it was opened.
    version: u64,
    source: SourceId,
}

/// `$NAME=…\`, until the line without `\`.
struct Pending {
    name: Arc<str>,
    place: Span,
    lines: Vec<ValueLine>,
}

impl Reader<'_> {
    /// Reads a file that is known to be usable, as far as that can be known.
    fn file(
        &mut self,
        name: &str,
        path: &Path,
        directory: &Arc<Path>,
        included_at: Option<Span>,
    ) -> Result<(), Unusable> {
        if self.files_left == 0 {
            self.exhausted(
                included_at,
                format!("more than {} files", self.input.limits.files),
            );
            return Ok(());
        }
        self.files_left -= 1;
        let text = match self.input.files.read_at_most(path, self.bytes_left) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
                let limit = self.input.limits.bytes;
                self.exhausted(
                    included_at,
                    format!("all files together have more than {limit} bytes"),
                );
                return Ok(());
            }
            Err(error) => return Err(Unusable::Unreadable(error)),
        };
        self.bytes_left -= text.len() as u64;
        self.stream.reserve(text.len());
        let text: Arc<[u8]> = text.into();
        let source = self
            .sources
            .add(name.into(), directory.clone(), text.clone(), included_at);
        let real_path = self
            .input
            .files
            .real_path(path)
            .unwrap_or_else(|_| path.to_owned());
        self.files.push(OpenFile {
            real_path,
            version: self.parameters.version(),
            source,
        });
        let checks = self.checks;
        let outer_pending = self.pending.take();
        self.enter(directory);
        self.copy.begin_file(name);
        self.lines(source, &text);
        self.copy.end_file();
        self.files.pop();
        self.checks = checks;
        self.pending = outer_pending;
        if let Some(outer) = self.files.last() {
            let directory = self.sources.source(outer.source).directory().clone();
            self.enter(&directory);
        }
        Ok(())
    }

    fn enter(&mut self, directory: &Path) {
        self.builtins.directory = self
            .input
            .files
            .real_path(directory)
            .unwrap_or_else(|_| directory.to_owned());
    }

    /// Gives up.
    fn exhausted(&mut self, at: Option<Span>, what: String) {
        if self.ended {
            return;
        }
        self.ended = true;
        let diagnostic = Diagnostic::error(Code::LIMIT, Class::GeneralError, what)
            .stops(Stop::Permanent)
            .help("this is far more than any configuration needs; something in it repeats itself");
        self.report.push(match at {
            Some(span) => diagnostic.at(span, "reading ends here"),
            None => diagnostic,
        });
    }
}

#[cfg(test)]
mod tests;
