//! Nesting: braces and keywords (`spec/config-language.md` section 7.2).
//!
//! Lines are taken as the original takes them as long as braces match. Where they do not, the original goes on one level
//! out of step, so that one mistake makes errors of everything behind it. Here a stray `{` and an unknown keyword's
//! block are skipped up to their own `}`, and for a brace too few or too many the [plan](Plan) that [`repair`](super::repair)
//! finds says where it should be. Either way the text is refused with the same exit status.

use super::Node;
use super::known::Known;
use super::repair::repaired;
use super::want::Misspelt;
use crate::diagnostics::{Report, nearest};
use crate::keywords::{Entry, Form, Level};
use crate::source::Sources;
use crate::stream::{LineKind, Stream};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// Corrections of braces, by the line of the stream that they apply to.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) edits: BTreeMap<usize, Edit>,
    /// A `{` where none is expected is taken to have no `}` of its own.
    pub(super) lone_opens: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// So many blocks end before the line.
    Close(usize),
    /// The brace is not there.
    Drop,
}

/// Something wrong with keywords or braces. Numbers are lines of the stream.
#[derive(Clone)]
pub(super) enum Fault {
    Unknown {
        line: usize,
        level: &'static dyn Level,
        block: bool,
        inside: Option<usize>,
    },
    MissingOpen {
        line: usize,
    },
    UnexpectedOpen {
        line: usize,
        after: Option<usize>,
    },
    ExtraClose {
        line: usize,
        closed: Option<usize>,
    },
    NeverClosed {
        line: usize,
        before: Option<usize>,
    },
    ExtraWords {
        line: usize,
    },
    OpenQuote {
        line: usize,
    },
}

/// The statements that a plan leads to.
pub(super) struct Nested {
    pub(super) nodes: Vec<Node>,
    pub(super) faults: Vec<Fault>,
    /// Braces that do not match, and keywords that are known elsewhere but not where they are.
    pub(super) trouble: usize,
    /// These keywords.
    pub(super) misplaced: Vec<Misplaced>,
}

/// A keyword that another block knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Misplaced {
    pub(super) line: usize,
    /// So many blocks would have to end before the line.
    pub(super) too_deep_by: Option<usize>,
    /// The `}` that ended the block which knows it.
    pub(super) after_close: Option<usize>,
}

/// Nests the lines of a stream and reports what is wrong with them.
pub(super) fn nest(
    stream: &Stream,
    sources: &Sources,
    root: &'static dyn Level,
    report: &mut Report,
) -> (Vec<Node>, Vec<Misspelt>) {
    let text = Text {
        stream,
        sources,
        root,
        known: OnceCell::new(),
    };
    let mut nested = text.nested(&Plan::default());
    if nested.trouble > 0 {
        nested = repaired(&text).unwrap_or(nested);
    }
    for fault in &nested.faults {
        text.report(fault, report);
    }
    let misspelt = nested.faults.iter().filter_map(|fault| match fault {
        Fault::Unknown {
            line,
            level,
            inside: Some(block),
            ..
        } => {
            let names = level.entries();
            let meant = nearest(text.keyword(*line), names.iter().map(|entry| entry.name))?;
            Some(Misspelt {
                block: number(*block),
                meant,
            })
        }
        _ => None,
    });
    let misspelt = misspelt.collect();
    (nested.nodes, misspelt)
}

/// The lines and what is known of keywords.
pub(super) struct Text<'a> {
    pub(super) stream: &'a Stream,
    pub(super) sources: &'a Sources,
    root: &'static dyn Level,
    known: OnceCell<Known>,
}

impl<'a> Text<'a> {
    /// The first word of a line.
    pub(super) fn keyword(&self, line: usize) -> &'a str {
        self.stream.text(self.stream.line(line).first, self.sources)
    }

    pub(super) fn known(&self) -> &Known {
        self.known.get_or_init(|| Known::new(self.root))
    }

    /// Nests the lines, with corrections.
    pub(super) fn nested(&self, plan: &Plan) -> Nested {
        let nester = Nester {
            text: self,
            plan,
            frames: Vec::new(),
            last_closed: None,
            nested: Nested {
                nodes: Vec::with_capacity(self.stream.len()),
                faults: Vec::new(),
                trouble: 0,
                misplaced: Vec::new(),
            },
        };
        nester.run()
    }
}

#[derive(Clone, Copy)]
enum Inside {
    Keywords(&'static dyn Level),
    Entries,
    Skipped,
}

/// A block that is open.
struct Frame {
    inside: Inside,
    /// Its statement; nothing for a `{` that belongs to none.
    node: Option<usize>,
    /// The line of its keyword, or of the stray `{`.
    line: usize,
    has_brace: bool,
}

/// The block that ended last, and the `}` that ended it, if there is one.
#[derive(Clone, Copy)]
struct Closed {
    brace: Option<usize>,
    keyword: usize,
    level: Option<&'static dyn Level>,
}

struct Nester<'a, 'p> {
    text: &'p Text<'a>,
    plan: &'p Plan,
    frames: Vec<Frame>,
    last_closed: Option<Closed>,
    nested: Nested,
}

impl Nester<'_, '_> {
    fn run(mut self) -> Nested {
        let mut at = 0;
        while let Some(kind) = self.text.stream.kind(at) {
            match self.plan.edits.get(&at) {
                Some(Edit::Close(count)) => {
                    for _ in 0..*count {
                        self.close(None, Some(at));
                    }
                }
                Some(Edit::Drop) => {
                    let closed = self.last_closed.map(|closed| closed.keyword);
                    self.nested.faults.push(Fault::ExtraClose { line: at, closed });
                    at += 1;
                    continue;
                }
                None => {}
            }
            at = match kind {
                LineKind::Words => self.words(at),
                LineKind::Open => self.stray_open(at),
                LineKind::Close => self.close_brace(at),
            };
        }
        while self.frames.last().is_some() {
            self.close(None, None);
        }
        self.nested
    }

    fn inside(&self) -> Inside {
        self.frames
            .last()
            .map_or(Inside::Keywords(self.text.root), |frame| frame.inside)
    }

    /// Takes in a line of words. Gives the line to go on with.
    fn words(&mut self, at: usize) -> usize {
        let line = self.text.stream.line(at);
        match self.inside() {
            Inside::Skipped => at + 1,
            Inside::Entries => {
                self.open_quote(at, false);
                if line.end > line.first {
                    self.node(at, None);
                }
                at + 1
            }
            Inside::Keywords(level) => {
                if line.end == line.first {
                    self.open_quote(at, false);
                    return at + 1;
                }
                match level.entry(self.text.keyword(at)) {
                    Some(entry) => self.statement(at, entry),
                    None => self.unknown(at, level),
                }
            }
        }
    }

    fn statement(&mut self, at: usize, entry: &'static Entry) -> usize {
        let line = self.text.stream.line(at);
        let words = line.end - line.first;
        self.open_quote(at, matches!(entry.form, Form::Command) && words >= 2);
        let node = self.node(at, Some(entry));
        let inside = match entry.form {
            Form::Words | Form::Command => return at + 1,
            Form::Block(level) => Inside::Keywords(level),
            Form::Lines | Form::Items => {
                if words > 1 {
                    self.nested.faults.push(Fault::ExtraWords { line: at });
                }
                Inside::Entries
            }
            Form::NamedLines => Inside::Entries,
        };
        let has_brace = self.opens(at + 1);
        if has_brace {
            self.nested.nodes[node].opened = true;
        } else {
            self.nested.faults.push(Fault::MissingOpen { line: at });
        }
        self.frames.push(Frame {
            inside,
            node: Some(node),
            line: at,
            has_brace,
        });
        at + 1 + usize::from(has_brace)
    }

    fn unknown(&mut self, at: usize, level: &'static dyn Level) -> usize {
        self.open_quote(at, false);
        let block = self.opens(at + 1);
        self.nested.faults.push(Fault::Unknown {
            line: at,
            level,
            block,
            inside: self.frames.iter().rev().find_map(|frame| frame.node),
        });
        let keyword = self.text.keyword(at);
        if !self.text.known().blocks(keyword).is_empty() {
            self.misplaced(at, keyword);
        }
        if block {
            self.frames.push(Frame {
                inside: Inside::Skipped,
                node: None,
                line: at,
                has_brace: true,
            });
        }
        at + 1 + usize::from(block)
    }

    /// Notes a keyword that would be known if braces were elsewhere.
    fn misplaced(&mut self, at: usize, keyword: &str) {
        let knows = |inside: Inside| match inside {
            Inside::Keywords(level) => level.entry(keyword).is_some(),
            Inside::Entries | Inside::Skipped => false,
        };
        let outer = self.frames.iter().rev().skip(1).map(|frame| frame.inside);
        let outer = outer.chain([Inside::Keywords(self.text.root)]);
        let too_deep_by = outer
            .enumerate()
            .find(|(_, inside)| knows(*inside))
            .map(|(index, _)| index + 1);
        let too_deep_by = too_deep_by.filter(|count| *count <= self.frames.len());
        let closed = self
            .last_closed
            .filter(|closed| closed.level.is_some_and(|level| level.entry(keyword).is_some()));
        let after_close = closed.and_then(|closed| closed.brace);
        if too_deep_by.is_some() || closed.is_some() {
            self.nested.trouble += 1;
            self.nested.misplaced.push(Misplaced {
                line: at,
                too_deep_by,
                after_close,
            });
        }
    }

    fn stray_open(&mut self, at: usize) -> usize {
        let inside = self.inside();
        if !matches!(inside, Inside::Skipped) {
            let after = at
                .checked_sub(1)
                .filter(|before| self.text.stream.kind(*before) == Some(LineKind::Words));
            self.nested.faults.push(Fault::UnexpectedOpen { line: at, after });
            if self.plan.lone_opens {
                return at + 1;
            }
        }
        self.frames.push(Frame {
            inside,
            node: None,
            line: at,
            has_brace: true,
        });
        at + 1
    }

    fn close_brace(&mut self, at: usize) -> usize {
        if self.frames.is_empty() {
            let closed = self.last_closed.map(|closed| closed.keyword);
            self.nested.faults.push(Fault::ExtraClose { line: at, closed });
            self.nested.trouble += 1;
        } else {
            self.close(Some(at), None);
        }
        at + 1
    }

    /// Ends the innermost block: at a brace, before a line (where the brace is missing), or at the end of the text.
    fn close(&mut self, brace: Option<usize>, before: Option<usize>) {
        let Some(frame) = self.frames.pop() else { return };
        if let Some(node) = frame.node {
            let end = number(self.nested.nodes.len());
            let node = &mut self.nested.nodes[node];
            node.end = end;
            node.closed = brace.map_or(Node::NEVER, number);
        }
        let level = match frame.inside {
            Inside::Keywords(level) if frame.node.is_some() => Some(level),
            _ => None,
        };
        self.last_closed = Some(Closed {
            brace,
            keyword: frame.line,
            level,
        });
        // A block that has no `{` either has been reported for that.
        if brace.is_none() && frame.has_brace {
            self.nested.trouble += usize::from(before.is_none());
            self.nested.faults.push(Fault::NeverClosed {
                line: frame.line,
                before,
            });
        }
    }

    fn opens(&self, at: usize) -> bool {
        self.text.stream.kind(at) == Some(LineKind::Open) && !self.plan.edits.contains_key(&at)
    }

    fn node(&mut self, at: usize, entry: Option<&'static Entry>) -> usize {
        let index = self.nested.nodes.len();
        self.nested.nodes.push(Node {
            line: number(at),
            entry,
            end: number(index + 1),
            closed: Node::NEVER,
            opened: false,
        });
        index
    }

    /// Notes an open quote, unless the keyword splits its line itself.
    fn open_quote(&mut self, at: usize, allowed: bool) {
        let line = self.text.stream.line(at);
        if line.open_quote && !line.reported && !allowed {
            self.nested.faults.push(Fault::OpenQuote { line: at });
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("reading limits the number of lines")
}
