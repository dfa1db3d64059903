//! Finding references.

use std::ops::Range;

/// Something that may be a reference to a parameter or builtin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) whole: Range<usize>,
    pub(crate) name: Range<usize>,
    /// The words after the name, in `${NAME args}`.
    pub(crate) arguments: Option<Range<usize>>,
    pub(crate) braced: bool,
}

/// The first reference at or after a byte.
pub(crate) fn next(line: &[u8], from: usize) -> Option<Reference> {
    let mut at = from;
    loop {
        at += line.get(at..)?.iter().position(|byte| *byte == b'$')?;
        if let Some(reference) = reference(line, at) {
            return Some(reference);
        }
        at += 1;
    }
}

/// Where the name at the beginning of a range ends.
pub(crate) fn name_end(line: &[u8], start: usize) -> Option<usize> {
    let rest = &line[start..];
    let length = rest
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))
        .unwrap_or(rest.len());
    (length > 0 && !rest[0].is_ascii_digit()).then_some(start + length)
}

fn reference(line: &[u8], dollar: usize) -> Option<Reference> {
    let braced = line.get(dollar + 1) == Some(&b'{');
    let start = dollar + 1 + usize::from(braced);
    let end = name_end(line, start)?;
    let name = start..end;
    match (braced, line.get(end)) {
        (false, None | Some(b' ' | b'\t' | b',' | b')')) => Some(Reference {
            whole: dollar..end,
            name,
            arguments: None,
            braced,
        }),
        (true, Some(b'}')) => Some(Reference {
            whole: dollar..end + 1,
            name,
            arguments: None,
            braced,
        }),
        (true, Some(b' ' | b'\t')) => {
            let length = line[end..].iter().position(|byte| *byte == b'}')?;
            let arguments = &line[end..end + length];
            let words = arguments
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b' ' | b'\t'));
            let trailing = arguments.last().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
            (words && !trailing).then(|| Reference {
                whole: dollar..end + length + 1,
                name,
                arguments: Some(end..end + length),
                braced,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_needs_braces_or_something_that_ends_it() {
        for (line, found) in [
            ("a $A b", Some("$A")),
            ("$A", Some("$A")),
            ("$A\tb", Some("$A")),
            ("$A,b", Some("$A")),
            ("$A)b", Some("$A")),
            ("$A.b", None),
            ("$A\"", None),
            ("$A/b", None),
            ("x${A}y", Some("${A}")),
            ("${A", None),
            ("${A_1}", Some("${A_1}")),
            ("${1}", None),
            ("$1", None),
            ("$", None),
            ("${}", None),
            ("${ A}", None),
            ("$$A x", Some("$A")),
            ("${_RANDOM 1 5}", Some("${_RANDOM 1 5}")),
            ("${_RANDOM  1\t5}", Some("${_RANDOM  1\t5}")),
            ("${_RANDOM 1 5 }", None),
            ("${_RANDOM -1 5}", None),
            ("${_ENV HO-ME}", None),
            ("$A.b $B", Some("$B")),
        ] {
            let reference = next(line.as_bytes(), 0);
            assert_eq!(reference.map(|reference| &line[reference.whole]), found, "{line}");
        }
    }
}
