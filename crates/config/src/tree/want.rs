//! What a block lacks only because of a mistake that has been reported already.

use super::{Node, Tree};
use crate::diagnostics::{Diagnostic, Report};
use crate::keywords::Form;
use crate::source::Span;
use std::collections::HashMap;

/// A keyword of a block that is not known, but near to one that is.
#[derive(Clone, Debug)]
pub(super) struct Misspelt {
    /// The node of the block.
    pub(super) block: u32,
    pub(super) meant: &'static str,
}

impl Tree {
    /// Whether a keyword stands somewhere that is near to this one, and not known.
    pub(crate) fn has_misspelt(&self, meant: &str) -> bool {
        self.misspelt.iter().any(|misspelt| misspelt.meant == meant)
    }

    /// Hides the reports for want of a keyword that is there, but wrong or misspelt, and those about blocks without one of
    /// their braces. Their classes count.
    pub(crate) fn hide_consequences(&self, report: &mut Report) {
        if !report.iter().any(|diagnostic| diagnostic.wants.is_some()) {
            return;
        }
        let blocks = self.blocks();
        report.retain(|diagnostic| !self.is_consequence(diagnostic, &blocks));
    }

    fn is_consequence(&self, diagnostic: &Diagnostic, blocks: &HashMap<Span, u32>) -> bool {
        let (Some(wanted), Some(label)) = (diagnostic.wants, &diagnostic.primary) else {
            return false;
        };
        let Some(&block) = blocks.get(&label.span) else {
            return false;
        };
        let node = &self.nodes[block as usize];
        let mut inside = self.siblings(block + 1, node.end);
        let misspelt = |misspelt: &Misspelt| misspelt.block == block && misspelt.meant == wanted;
        !node.opened
            || node.closed == Node::NEVER
            || inside.any(|statement| statement.name().text() == wanted)
            || self.misspelt.iter().any(misspelt)
    }

    /// The blocks by the words before their `{`.
    fn blocks(&self) -> HashMap<Span, u32> {
        let is_block = |node: &Node| matches!(node.entry.map(|entry| entry.form), Some(Form::Block(_)));
        let blocks = (0..).zip(&self.nodes).filter(|(_, node)| is_block(node));
        blocks
            .flat_map(|(index, node)| {
                let line = self.stream.line(node.line as usize);
                (line.first..line.end).map(move |word| (self.stream.span(word), index))
            })
            .collect()
    }
}
