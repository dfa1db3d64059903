//! A line while it is being worked on: bytes, and where each of them came from.

use crate::source::{Origin, OriginId, SourceId, Sources, Span};
use std::ops::Range;
use std::sync::Arc;

/// A line that is being worked on.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    source: SourceId,
    bytes: Vec<u8>,
    /// Without gaps, in order; the first begins at 0.
    pieces: Vec<Piece>,
    /// A mistake in the line has been reported.
    pub(crate) reported: bool,
}

/// A stretch of bytes with one origin.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Where it begins in the line.
    at: usize,
    /// What it covers in the file.
    place: Place,
    came: Option<Came>,
}

/// A stretch of the file that the line is reported as.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    end: u32,
    /// Byte for byte the piece; otherwise the whole piece stands for the whole stretch.
    exact: bool,
}

/// How a piece came about, if it does not stand in the line itself.
#[derive(Clone, Debug)]
pub(crate) enum Came {
    /// It is the value of a parameter.
    Parameter {
        name: Arc<str>,
        definition: Stretch,
        parent: Option<OriginId>,
    },
    /// Anything else; the origin is the same for every byte.
    Known(OriginId),
}

/// Where a value was defined.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub(crate) span: Span,
    /// Byte for byte the value.
    pub(crate) exact: bool,
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("lines are shorter than 4 GiB")
}

impl Text {
    /// A stretch of a file as it is.
    pub(crate) fn plain(source: SourceId, start: u32, bytes: &[u8]) -> Self {
        let place = Place {
            start,
            end: start + offset(bytes.len()),
            exact: true,
        };
        Self {
            source,
            bytes: bytes.to_vec(),
            pieces: vec![Piece {
                at: 0,
                place,
                came: None,
            }],
            reported: false,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether every byte stands in the file just so.
    pub(crate) fn is_plain(&self) -> bool {
        self.pieces.len() == 1 && self.pieces[0].place.exact && self.pieces[0].came.is_none()
    }

    /// Removes the first `count` bytes and the blanks and tabs after them.
    pub(crate) fn advance(&mut self, count: usize) {
        let rest = &self.bytes[count..];
        let blanks = rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        self.remove(0..count + blanks);
    }

    /// Removes everything from `end` on, and the blanks and tabs before it.
    pub(crate) fn truncate(&mut self, end: usize) {
        let kept = trimmed_len(&self.bytes[..end]);
        self.remove(kept..self.bytes.len());
    }

    /// Removes a stretch.
    pub(crate) fn remove(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.splice(range, &[], None);
        }
    }

    /// Puts a value in place of a reference to it. The value covers what the reference covers.
    pub(crate) fn replace(&mut self, range: Range<usize>, value: &[u8], came: Came) {
        let (start, end) = self.place(&range);
        let place = Place {
            start,
            end,
            exact: false,
        };
        self.splice(range, value, Some((place, came)));
    }

    fn splice(&mut self, range: Range<usize>, value: &[u8], new: Option<(Place, Came)>) {
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2);
        for (piece, end) in self.with_ends() {
            if piece.at < range.start.min(end) {
                pieces.push(piece.clone());
            }
        }
        if let Some((place, came)) = new
            && !value.is_empty()
        {
            pieces.push(Piece {
                at: range.start,
                place,
                came: Some(came),
            });
        }
        for (piece, end) in self.with_ends() {
            if end > range.end {
                let skipped = range.end.saturating_sub(piece.at);
                let mut rest = piece.clone();
                rest.skip(skipped);
                rest.at = piece.at.max(range.end) - range.len() + value.len();
                pieces.push(rest);
            }
        }
        if pieces.is_empty() {
            pieces.push(Piece {
                at: 0,
                ..self.pieces[0].clone()
            });
        }
        self.pieces = pieces;
        self.bytes.splice(range, value.iter().copied());
    }

    fn with_ends(&self) -> impl Iterator<Item = (&Piece, usize)> {
        let ends = self
            .pieces
            .iter()
            .skip(1)
            .map(|next| next.at)
            .chain([self.bytes.len()]);
        self.pieces.iter().zip(ends)
    }

    /// What a range covers in the file that the line is reported as.
    fn place(&self, range: &Range<usize>) -> (u32, u32) {
        place(&self.pieces, range)
    }

    /// The span of a range, its origin noted in `sources`.
    pub(crate) fn span(&self, range: &Range<usize>, sources: &mut Sources) -> Span {
        let (start, end) = self.place(range);
        let origin = self.with_ends().find_map(|(piece, piece_end)| {
            let from = range.start.max(piece.at);
            let to = range.end.min(piece_end);
            let touches = from < to || (range.is_empty() && range.start == piece.at);
            piece.came.as_ref().filter(|_| touches).map(|came| match came {
                Came::Known(origin) => *origin,
                Came::Parameter {
                    name,
                    definition,
                    parent,
                } => sources.add_origin(Origin::Parameter {
                    name: name.clone(),
                    definition: definition.part(from - piece.at..to - piece.at),
                    parent: *parent,
                }),
            })
        });
        Span {
            source: self.source,
            start,
            end,
            origin,
        }
    }

    /// Where a value that is defined by this range stands: in the file, or, within an expanded line, in the
    /// definition that the line came from.
    pub(crate) fn stretch(&self, range: &Range<usize>, sources: &mut Sources) -> Stretch {
        let single = self
            .with_ends()
            .find(|(piece, end)| piece.at <= range.start && range.end <= *end);
        if let Some((
            Piece {
                at,
                came: Some(Came::Parameter { definition, .. }),
                ..
            },
            _,
        )) = single
        {
            return Stretch {
                span: definition.part(range.start - at..range.end - at),
                exact: definition.exact,
            };
        }
        let exact = single.is_some_and(|(piece, _)| piece.place.exact);
        Stretch {
            span: self.span(range, sources),
            exact,
        }
    }

    /// Names of the parameters and loop variables whose values the byte at `at` came through, with their definitions,
    /// the innermost first.
    pub(crate) fn came_through<'a>(
        &'a self,
        at: usize,
        sources: &'a Sources,
    ) -> impl Iterator<Item = (&'a str, Span)> {
        let came = self
            .pieces
            .iter()
            .rev()
            .find(|piece| piece.at <= at)
            .and_then(|piece| piece.came.as_ref());
        let (first, mut next) = match came {
            Some(Came::Parameter {
                name,
                definition,
                parent,
            }) => (Some((&**name, definition.span)), *parent),
            Some(Came::Known(origin)) => (None, Some(*origin)),
            None => (None, None),
        };
        first.into_iter().chain(std::iter::from_fn(move || {
            loop {
                let origin = sources.origin(next?);
                next = origin.parent();
                match origin {
                    Origin::Parameter {
                        name,
                        definition: place,
                        ..
                    }
                    | Origin::Generated {
                        name,
                        generator: place,
                        ..
                    } => return Some((&**name, *place)),
                    Origin::Builtin { .. } => {}
                }
            }
        }))
    }
}

impl Piece {
    fn skip(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        if self.place.exact {
            self.place.start += offset(bytes);
        }
        if let Some(Came::Parameter { definition, .. }) = &mut self.came {
            *definition = definition.behind(bytes);
        }
    }
}

impl Stretch {
    fn behind(self, bytes: usize) -> Self {
        let skipped = if self.exact { offset(bytes) } else { 0 };
        Self {
            span: Span {
                start: self.span.start + skipped,
                ..self.span
            },
            ..self
        }
    }

    fn part(self, range: Range<usize>) -> Span {
        if self.exact {
            let start = self.span.start + offset(range.start);
            Span {
                start,
                end: start + offset(range.len()),
                ..self.span
            }
        } else {
            self.span
        }
    }
}

/// What a range of a line covers in the file.
pub(crate) fn place(pieces: &[Piece], range: &Range<usize>) -> (u32, u32) {
    let holding = |at: usize| {
        let after = pieces.partition_point(|piece| piece.at <= at);
        &pieces[after.saturating_sub(1)]
    };
    let first = holding(range.start);
    let start = if first.place.exact {
        first.place.start + offset(range.start - first.at)
    } else {
        first.place.start
    };
    if range.is_empty() {
        return (start, start);
    }
    let last = holding(range.end - 1);
    let end = if last.place.exact {
        last.place.start + offset(range.end - last.at)
    } else {
        last.place.end
    };
    (start, end.max(start))
}

/// Length without trailing blanks and tabs.
pub(crate) fn trimmed_len(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t'))
        .map_or(0, |last| last + 1)
}
