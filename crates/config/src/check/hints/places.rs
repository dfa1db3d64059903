//! Where an object of the configuration stands in the text.

use crate::source::Span;
use crate::tree::{Statement, Tree, Word};
use std::collections::HashMap;

/// The blocks that hints are about.
pub(super) struct Places<'t> {
    instances: HashMap<&'t str, Statement<'t>>,
    groups: HashMap<&'t str, Statement<'t>>,
    globals: Vec<Statement<'t>>,
}

impl<'t> Places<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        let mut places = Self {
            instances: HashMap::new(),
            groups: HashMap::new(),
            globals: Vec::new(),
        };
        for block in tree.statements() {
            let named = block.argument(0).map(Word::text);
            match (block.name().text(), named) {
                ("vrrp_instance", Some(name)) => {
                    places.instances.entry(name).or_insert(block);
                }
                ("vrrp_sync_group", Some(name)) => {
                    places.groups.entry(name).or_insert(block);
                }
                ("global_defs", _) => places.globals.push(block),
                _ => {}
            }
        }
        places
    }

    pub(super) fn instance(&self, name: &str) -> Option<Statement<'t>> {
        self.instances.get(name).copied()
    }

    pub(super) fn group(&self, name: &str) -> Option<Statement<'t>> {
        self.groups.get(name).copied()
    }

    /// A keyword of `global_defs`.
    pub(super) fn global(&self, keywords: &[&str]) -> Option<Span> {
        self.globals.iter().find_map(|block| keyword(*block, keywords))
    }
}

/// The first of these keywords in a block.
pub(super) fn keyword(block: Statement<'_>, keywords: &[&str]) -> Option<Span> {
    block
        .children()
        .find(|statement| keywords.contains(&statement.name().text()))
        .map(Statement::span)
}

/// The first entry of these lists in a block whose first word is the one that is looked for.
pub(super) fn entry(block: Statement<'_>, lists: &[&str], wanted: impl Fn(&str) -> bool) -> Option<Span> {
    block
        .children()
        .filter(|statement| lists.contains(&statement.name().text()))
        .flat_map(Statement::children)
        .find(|entry| wanted(entry.name().text()))
        .map(Statement::span)
}
