//! Where a keyword is known, for those that stand in the wrong place.

use crate::keywords::{Form, Level};
use std::collections::HashMap;

/// Every keyword with the names of the blocks that know it. The root is the empty name.
pub(super) struct Known(HashMap<&'static str, Vec<&'static str>>);

impl Known {
    /// Goes through all levels from the root down.
    pub(super) fn new(root: &'static dyn Level) -> Self {
        let mut known = Self(HashMap::new());
        known.add(root, &mut Vec::new());
        known
    }

    fn add(&mut self, level: &'static dyn Level, way: &mut Vec<&'static str>) {
        if way.contains(&level.name()) {
            return;
        }
        way.push(level.name());
        for entry in level.entries() {
            let blocks = self.0.entry(entry.name).or_default();
            if !blocks.contains(&level.name()) {
                blocks.push(level.name());
            }
            if let Form::Block(inner) = entry.form {
                self.add(inner, way);
            }
        }
        way.pop();
    }

    /// The blocks that know a keyword; none if it is no keyword at all.
    pub(super) fn blocks(&self, keyword: &str) -> &[&'static str] {
        self.0.get(keyword).map_or(&[], Vec::as_slice)
    }
}
