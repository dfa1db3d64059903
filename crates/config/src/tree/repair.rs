//! Where a brace is missing or too many, as far as keywords and indentation tell.
//!
//! Only called when braces do not match or keywords stand where they are not known. A correction is taken only if it
//! leaves less trouble than there was; without one the reports are the original's.

use super::nest::{Edit, Misplaced, Nested, Plan, Text};
use crate::source::{SourceId, Span};
use crate::stream::{Line, LineKind};

/// Corrections one by one because of misplaced keywords; more mistakes than this in one text are left as they are.
const KEYWORD_REPAIRS: usize = 16;

/// The nesting with the best corrections: the least trouble, then the fewest mistakes, then the fewest corrections. Of
/// equals, indentation is believed first.
pub(super) fn repaired(text: &Text<'_>) -> Option<Nested> {
    let starts = [
        by_indentation(text, true, false),
        by_indentation(text, false, true),
        by_indentation(text, true, true),
        Plan {
            lone_opens: true,
            ..Plan::default()
        },
        Plan::default(),
    ];
    let candidates = starts.into_iter().map(|start| by_keywords(text, start));
    let best =
        candidates.min_by_key(|(plan, nested)| (nested.trouble, nested.faults.len(), plan.edits.len()));
    best.map(|(_, nested)| nested)
}

/// Corrects a plan as long as misplaced keywords tell how.
fn by_keywords(text: &Text<'_>, mut plan: Plan) -> (Plan, Nested) {
    let mut nested = text.nested(&plan);
    for _ in 0..KEYWORD_REPAIRS {
        let plans = nested
            .misplaced
            .iter()
            .take(2)
            .flat_map(|misplaced| by_keyword(&plan, misplaced));
        let better = plans.into_iter().find_map(|plan| {
            let next = text.nested(&plan);
            (next.trouble < nested.trouble).then_some((plan, next))
        });
        match better {
            Some(better) => (plan, nested) = better,
            None => break,
        }
    }
    (plan, nested)
}

/// A block ends before a keyword that only an outer one knows; a `}` before a keyword of the block that it ended is too many.
fn by_keyword(plan: &Plan, misplaced: &Misplaced) -> Vec<Plan> {
    let with = |at: usize, edit: Edit| {
        let mut plan = plan.clone();
        plan.edits.entry(at).or_insert(edit);
        plan
    };
    let close = misplaced
        .too_deep_by
        .map(|count| with(misplaced.line, Edit::Close(count)));
    let drop = misplaced.after_close.map(|brace| with(brace, Edit::Drop));
    drop.into_iter().chain(close).collect()
}

struct Opener {
    source: SourceId,
    /// Of the line its keyword begins, if it begins one.
    indent: Option<usize>,
}

/// What the indentation says: a line that is not deeper than the keyword of a block is not in the block; a `}` stands
/// under the keyword of its block.
fn by_indentation(text: &Text<'_>, may_close: bool, may_drop: bool) -> Plan {
    let mut plan = Plan::default();
    let mut open: Vec<Opener> = Vec::new();
    let mut last_closed: Option<usize> = None;
    let stream = text.stream;
    let first_word = |line: Line| (line.first < stream.word_count()).then(|| stream.span(line.first));
    for (at, line) in stream.lines().enumerate() {
        let Some(word) = first_word(line) else {
            continue;
        };
        let indent = indentation(text, word);
        let in_source = |opener: &Opener| opener.indent.filter(|_| opener.source == word.source);
        match line.kind {
            LineKind::Words => {
                let shallow = |opener: &Opener| matches!((in_source(opener), indent), (Some(block), Some(line)) if line <= block);
                let ended = open.iter().rev().take_while(|opener| shallow(opener)).count();
                if may_close && ended > 0 {
                    plan.edits.insert(at, Edit::Close(ended));
                    open.truncate(open.len() - ended);
                }
            }
            LineKind::Open => {
                let keyword = at
                    .checked_sub(1)
                    .map(|before| stream.line(before))
                    .filter(|line| line.kind == LineKind::Words);
                let keyword = keyword.and_then(first_word).unwrap_or(word);
                open.push(Opener {
                    source: keyword.source,
                    indent: indentation(text, keyword),
                });
                last_closed = None;
            }
            LineKind::Close => {
                let Some(top) = open.last() else {
                    if may_drop {
                        plan.edits.insert(at, Edit::Drop);
                    }
                    continue;
                };
                if let (Some(block), Some(brace)) = (in_source(top), indent) {
                    let owner = open
                        .iter()
                        .rev()
                        .position(|opener| in_source(opener) == Some(brace));
                    if may_drop && brace > block && last_closed == Some(brace) {
                        plan.edits.insert(at, Edit::Drop);
                        continue;
                    }
                    if let Some(inner) = owner.filter(|inner| may_close && *inner > 0 && brace < block) {
                        plan.edits.insert(at, Edit::Close(inner));
                        open.truncate(open.len() - inner);
                    }
                }
                last_closed = open.pop().and_then(|opener| opener.indent);
            }
        }
    }
    plan
}

/// Width of the blanks before a word; nothing if something else stands before it, or if it comes from a parameter.
fn indentation(text: &Text<'_>, span: Span) -> Option<usize> {
    if span.origin.is_some() {
        return None;
    }
    let source = text.sources.source(span.source);
    let start = source.start_of_line(source.line_of(span.start));
    let before = &source.text()[start as usize..span.start as usize];
    before.iter().try_fold(0, |width, byte| match byte {
        b' ' => Some(width + 1),
        b'\t' => Some(width / 8 * 8 + 8),
        _ => None,
    })
}
