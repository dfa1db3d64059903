//! What the table of keywords says, as text: `keepalived explain`.

use crate::diagnostics::{Code, nearest};
use crate::keywords::{Effect, Entry, Form, Level, Repetition, root};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A keyword at one of the places where it may stand.
#[derive(Clone, Copy)]
pub struct Place {
    /// The block; empty at the root.
    pub block: &'static str,
    /// Its row of the table.
    pub entry: &'static Entry,
}

/// No keyword has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKeyword {
    /// The name.
    pub name: String,
    /// The nearest keyword, if one is near.
    pub nearest: Option<&'static str>,
}

impl std::error::Error for UnknownKeyword {}

impl std::fmt::Display for UnknownKeyword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no keyword `{}`", self.name)?;
        match self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

/// Every keyword at every place, in the order of the documentation.
#[must_use]
pub fn all() -> Vec<Place> {
    let mut places = Vec::new();
    let mut seen = Vec::new();
    collect(root(), &mut seen, &mut places);
    places
}

fn collect(level: &'static dyn Level, seen: &mut Vec<&'static str>, places: &mut Vec<Place>) {
    if seen.contains(&level.name()) {
        return;
    }
    seen.push(level.name());
    let entries = level.entries();
    places.extend(entries.iter().map(|entry| Place {
        block: level.name(),
        entry,
    }));
    for entry in entries {
        if let Form::Block(inside) = entry.form {
            collect(inside, seen, places);
        }
    }
}

/// The entries of a keyword, or of a diagnostic code, rendered.
pub fn explain(name: &str) -> Result<String, UnknownKeyword> {
    if let Some(spec) = Code::ALL.iter().find(|spec| spec.code.to_string() == name) {
        let (meaning, help) = (spec.meaning.trim(), spec.help);
        return Ok(format!(
            "{name}\n  {:<10}{meaning}\n  {:<10}{help}\n",
            "meaning", "way out"
        ));
    }
    let all = all();
    let places: Vec<&Place> = all.iter().filter(|place| place.entry.name == name).collect();
    if places.is_empty() {
        return Err(UnknownKeyword {
            name: name.to_owned(),
            nearest: nearest(name, all.iter().map(|place| place.entry.name)),
        });
    }
    Ok(places
        .iter()
        .map(|place| render(place))
        .collect::<Vec<_>>()
        .join("\n"))
}

/// Every keyword, one a line: name, blocks, and `no effect yet` where that holds.
#[must_use]
pub fn list() -> String {
    let mut blocks: BTreeMap<&str, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    for place in all() {
        let (known, later) = blocks.entry(place.entry.name).or_default();
        let block = block_name(place.block);
        known.push(block);
        if matches!(place.entry.effect, Effect::Later(_)) {
            later.push(block);
        }
    }
    let width = blocks.keys().map(|name| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, (known, later)) in blocks {
        let _ = write!(text, "{name:width$}  {}", known.join(", "));
        if later.len() == known.len() {
            text.push_str("  no effect yet");
        } else if !later.is_empty() {
            let _ = write!(text, "  no effect yet in {}", later.join(", "));
        }
        text.push('\n');
    }
    text
}

const fn block_name(block: &'static str) -> &'static str {
    if block.is_empty() { "(root)" } else { block }
}

fn render(place: &Place) -> String {
    let Place { block, entry } = place;
    let mut text = entry.name.to_owned();
    let rest = entry.rest();
    if !rest.is_empty() {
        let _ = write!(text, " {rest}");
    }
    text.push('\n');
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "  {name:<10}{value}");
        }
    };
    row("block", block_name(block));
    row("range", &entry.range.to_string());
    row("default", entry.default);
    row("meaning", entry.meaning);
    row(
        "repeated",
        match entry.repetition {
            Repetition::LastWins => "the last one counts",
            Repetition::FirstWins => "the first one counts, others are reported",
            Repetition::Adds => "they add up",
        },
    );
    if let Some(instead) = entry.instead {
        row("old", &format!("use {instead}"));
    }
    if let Effect::Later(reason) = entry.effect {
        row("effect", &format!("no effect yet: {reason}"));
    }
    if let Form::Block(inside) = entry.form {
        let names: Vec<&str> = inside.entries().iter().map(|entry| entry.name).collect();
        row("keywords", &names.join(", "));
    }
    text
}

#[cfg(test)]
mod tests;
