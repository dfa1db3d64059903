//! Where text came from: files, byte ranges in them, and the chain of includes and substitutions between.

use serde::Serialize;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

/// A file as it was read, once for each time it is included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SourceId(u32);

/// One step of how a piece of text got to where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct OriginId(NonZeroU32);

/// A byte range of one file, with how its text came about.
///
/// The range is always what stands in the file on the line that a message names: for substituted text it covers
/// the reference (`$NAME`), and [`origin`](Self::origin) leads to the definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
    /// How the text came about, where it does not simply stand there.
    pub origin: Option<OriginId>,
}

/// A step on the way of a piece of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Origin {
    /// The text was put in place of a parameter.
    Parameter {
        /// Name without `$`.
        name: Arc<str>,
        /// The text within the definition, as exactly as it is known.
        definition: Span,
        /// How the reference itself came about.
        parent: Option<OriginId>,
    },
    /// The value of a builtin such as `${_ENV HOME}`.
    Builtin {
        /// Name without `$`.
        name: Arc<str>,
        /// How the reference itself came about.
        parent: Option<OriginId>,
    },
    /// The value that `~SEQ` or `~LST` gives a variable in one pass.
    Generated {
        /// Name without `$`.
        name: Arc<str>,
        /// The value in this pass.
        value: Arc<str>,
        /// The generator.
        generator: Span,
        /// How the reference itself came about.
        parent: Option<OriginId>,
    },
}

impl Origin {
    /// How the reference came about that this stands in place of.
    #[must_use]
    pub const fn parent(&self) -> Option<OriginId> {
        match self {
            Self::Parameter { parent, .. }
            | Self::Builtin { parent, .. }
            | Self::Generated { parent, .. } => *parent,
        }
    }
}

/// A place as people name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// File name, see [`Source::name`].
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
}

/// One file that was read.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    directory: Arc<Path>,
    text: Arc<[u8]>,
    included_at: Option<Span>,
    /// Where every [`STEP`]th line begins.
    line_starts: Vec<u32>,
}

/// Of so many lines the beginning of one is kept; the others are counted.
const STEP: usize = 64;

impl Source {
    /// File name: as it was given, for an included one with the directory of the file that includes it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The directory that relative names in the file start from: that of the file, or, for a file named without `/`,
    /// that of the including file and in the end the working directory.
    #[must_use]
    pub fn directory(&self) -> &Arc<Path> {
        &self.directory
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The include line that opened the file; nothing for a main file.
    #[must_use]
    pub fn included_at(&self) -> Option<Span> {
        self.included_at
    }

    /// Line number, from 1, of a byte offset.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> u32 {
        let after = self.line_starts.partition_point(|start| *start <= offset);
        let known = after.saturating_sub(1);
        let from = self.line_starts[known] as usize;
        let to = (offset as usize).min(self.text.len());
        let feeds: usize = self.text[from..to]
            .iter()
            .map(|byte| usize::from(*byte == b'\n'))
            .sum();
        u32::try_from(known * STEP + feeds + 1).unwrap_or(u32::MAX)
    }

    /// Offset at which a line (from 1) begins; the end of the text for a line after the last.
    #[must_use]
    pub fn start_of_line(&self, line: u32) -> u32 {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let before = line.saturating_sub(1) as usize;
        let Some(known) = self.line_starts.get(before / STEP) else {
            return end;
        };
        let Some(feeds) = (before % STEP).checked_sub(1) else {
            return *known;
        };
        let behind = self.text[*known as usize..].iter().enumerate();
        let feed = behind.filter(|(_, byte)| **byte == b'\n').nth(feeds);
        feed.map_or(end, |(at, _)| *known + u32::try_from(at + 1).unwrap_or(u32::MAX))
    }
}

/// All files of one reading, and the origins of substituted text.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    sources: Vec<Source>,
    origins: Vec<Origin>,
}

impl Sources {
    /// Takes a file in.
    ///
    /// # Panics
    ///
    /// If the text has 4 GiB or more; reading limits it far below.
    pub fn add(
        &mut self,
        name: Arc<str>,
        directory: Arc<Path>,
        text: Arc<[u8]>,
        included_at: Option<Span>,
    ) -> SourceId {
        let line_starts = std::iter::once(0)
            .chain(
                text.iter()
                    .enumerate()
                    .filter(|(_, byte)| **byte == b'\n')
                    .map(|(at, _)| at + 1),
            )
            .step_by(STEP)
            .map(|at| u32::try_from(at).expect("a source is shorter than 4 GiB"))
            .collect();
        let id = SourceId(u32::try_from(self.sources.len()).expect("reading limits the number of files"));
        self.sources.push(Source {
            name,
            directory,
            text,
            included_at,
            line_starts,
        });
        id
    }

    /// Notes how a piece of text came about.
    ///
    /// # Panics
    ///
    /// After 2^32 origins; reading limits them far below.
    pub fn add_origin(&mut self, origin: Origin) -> OriginId {
        self.origins.push(origin);
        let count = u32::try_from(self.origins.len()).ok().and_then(NonZeroU32::new);
        OriginId(count.expect("reading limits the number of expansions"))
    }

    /// Whether there is no file at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// All files in the order in which they were opened.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter()
    }

    /// A file.
    #[must_use]
    pub fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    /// A step of how text came about.
    #[must_use]
    pub fn origin(&self, id: OriginId) -> &Origin {
        &self.origins[id.0.get() as usize - 1]
    }

    /// The bytes in the file under a span: for substituted text the reference, not the value.
    #[must_use]
    pub fn written(&self, span: Span) -> &[u8] {
        &self.source(span.source).text[span.start as usize..span.end as usize]
    }

    /// Where the text of a span was written: for substituted text the place in the definition.
    #[must_use]
    pub fn written_at(&self, span: Span) -> Span {
        let mut next = span.origin;
        while let Some(id) = next {
            let origin = self.origin(id);
            if let Origin::Parameter { definition, .. } = origin {
                return Span {
                    origin: None,
                    ..*definition
                };
            }
            next = origin.parent();
        }
        Span { origin: None, ..span }
    }

    /// File, line and column of the beginning of a span.
    #[must_use]
    pub fn locate(&self, span: Span) -> Location {
        let source = self.source(span.source);
        let line = source.line_of(span.start);
        Location {
            file: source.name.clone(),
            line,
            column: span.start - source.start_of_line(line) + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_between_those_that_are_known() {
        let lines: Vec<String> = (0..200).map(|line| line.to_string()).collect();
        let text = lines.join("\n") + "\n";
        let mut sources = Sources::default();
        let id = sources.add("f".into(), Path::new("/").into(), text.as_bytes().into(), None);
        let source = sources.source(id);
        let mut start = 0;
        for line in 1..=201 {
            assert_eq!(source.start_of_line(line), start, "line {line}");
            assert_eq!(source.line_of(start), line);
            start += u32::try_from((line - 1).to_string().len() + 1).unwrap();
            if line <= 200 {
                assert_eq!(source.line_of(start - 1), line, "the end of line {line}");
            }
        }
        assert_eq!(source.start_of_line(500), u32::try_from(text.len()).unwrap());
    }
}
