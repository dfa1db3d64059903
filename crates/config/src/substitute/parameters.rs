//! The definitions in force.

use super::reference::name_end;
use crate::source::Span;
use crate::text::{Stretch, Text};
use std::collections::HashMap;
use std::sync::Arc;

/// `$NAME=VALUE`.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) name: Arc<str>,
    /// The line of the definition.
    pub(crate) place: Span,
    pub(crate) value: Value,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// One line.
    Line(ValueLine),
    /// Several lines, or one that was written with `\`.
    Lines(Arc<[ValueLine]>),
    /// What `~SEQ` or `~LST` gave it.
    Generated { bytes: Arc<[u8]>, generator: Span },
}

/// A line of a value.
#[derive(Clone, Debug)]
pub(crate) struct ValueLine {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) place: Stretch,
}

/// The definitions in force.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    definitions: HashMap<Arc<str>, Definition>,
    version: u64,
}

impl Parameters {
    pub(crate) fn find(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name)
    }

    /// Takes a definition in; an earlier one of the same name is forgotten.
    pub(crate) fn define(&mut self, definition: Definition) {
        let same = self
            .find(&definition.name)
            .is_some_and(|old| old.value.is_same(&definition.value));
        if !same {
            self.version += 1;
        }
        self.definitions.insert(definition.name.clone(), definition);
    }

    /// Differs from an earlier one only if a value has changed since: tells whether something that is read again would
    /// be read the same.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.definitions.keys().map(|name| &**name)
    }
}

impl Value {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Line(one), Self::Line(two)) => one.bytes == two.bytes,
            (Self::Lines(one), Self::Lines(two)) => {
                one.len() == two.len()
                    && one
                        .iter()
                        .zip(two.iter())
                        .all(|(one, two)| one.bytes == two.bytes)
            }
            (Self::Generated { bytes: one, .. }, Self::Generated { bytes: two, .. }) => one == two,
            _ => false,
        }
    }
}

/// Where the value of a definition begins, and its name; nothing if the line is no definition.
pub(crate) fn definition(line: &Text) -> Option<(Arc<str>, usize)> {
    let bytes = line.bytes();
    if bytes.first() != Some(&b'$') {
        return None;
    }
    let end = name_end(bytes, 1)?;
    if bytes.get(end) != Some(&b'=') {
        return None;
    }
    let name = std::str::from_utf8(&bytes[1..end]).ok()?;
    let blanks = bytes[end + 1..]
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    Some((name.into(), end + 1 + blanks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use std::path::Path;

    #[test]
    fn what_is_a_definition() {
        let source = Sources::default().add("f".into(), Path::new("/").into(), Vec::new().into(), None);
        for (line, found) in [
            ("$A=5", Some(("A", "5"))),
            ("$a_1=", Some(("a_1", ""))),
            ("$_A= \t x  y", Some(("_A", "x  y"))),
            ("$A==x=y", Some(("A", "=x=y"))),
            ("$A=\"x y\"", Some(("A", "\"x y\""))),
            ("$A =5", None),
            ("$1=5", None),
            ("$a-b=5", None),
            ("${A}=5", None),
            ("A=5", None),
            ("$=5", None),
            ("$A", None),
        ] {
            let text = Text::plain(source, 0, line.as_bytes());
            let found_now = definition(&text);
            let shown = found_now.as_ref().map(|(name, start)| (&**name, &line[*start..]));
            assert_eq!(shown, found, "{line}");
        }
    }
}
