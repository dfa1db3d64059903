//! File patterns as glob(3) with csh braces reads them: `{a,b}`, `*`, `?`, `[…]`, `\`; names sorted, no tilde.

use crate::Files;
use crate::limits::BRACE_ALTERNATIVES;
use std::path::Path;

/// What a pattern leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matches {
    /// Names as the pattern spells them, in the order of the alternatives, each sorted.
    pub(crate) names: Vec<String>,
    /// Alternatives of the braces, or the whole pattern, that match nothing.
    pub(crate) missing: Vec<String>,
    /// A directory that could not be read.
    pub(crate) unreadable: Option<String>,
}

/// The braces of a pattern multiply to too many alternatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// Whether a pattern has `*`, `?` or `[`.
pub(crate) fn has_wildcard(pattern: &str) -> bool {
    let mut escaped = false;
    pattern.bytes().any(|byte| {
        let magic = !escaped && matches!(byte, b'*' | b'?' | b'[');
        escaped = !escaped && byte == b'\\';
        magic
    })
}

/// The files that a pattern names; relative ones are looked for in `base`.
pub(crate) fn expand(pattern: &str, base: &Path, files: &dyn Files) -> Result<Matches, TooMany> {
    let mut matches = Matches::default();
    for alternative in alternatives(pattern)? {
        let before = matches.names.len();
        let (found, rest) = match alternative.strip_prefix('/') {
            Some(rest) => ("/".to_owned(), rest),
            None => (String::new(), &*alternative),
        };
        descend(&found, rest, base, files, &mut matches);
        matches.names[before..].sort_unstable();
        if matches.names.len() == before {
            matches.missing.push(alternative);
        }
    }
    Ok(matches)
}

/// The texts that a pattern with braces stands for.
fn alternatives(pattern: &str) -> Result<Vec<String>, TooMany> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(text) = open.pop() {
        match first_group(&text) {
            None => done.push(text),
            Some((start, parts, end)) => {
                open.extend(
                    parts
                        .iter()
                        .rev()
                        .map(|part| format!("{}{part}{}", &text[..start], &text[end..])),
                );
            }
        }
        if done.len() + open.len() > BRACE_ALTERNATIVES {
            return Err(TooMany);
        }
    }
    Ok(done)
}

/// The first `{…}` of a text: where it begins, its parts, where it ends. `{}` and a brace without its partner are text.
fn first_group(text: &str) -> Option<(usize, Vec<&str>, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'{' if bytes.get(at + 1) != Some(&b'}') => {
                if let Some((parts, end)) = parts_of_group(text, at) {
                    return Some((at, parts, end));
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn parts_of_group(text: &str, open: usize) -> Option<(Vec<&str>, usize)> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let mut depth = 0;
    let mut start = open + 1;
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'{' => depth += 1,
            b',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            b'}' if depth == 0 => {
                parts.push(&text[start..at]);
                return Some((parts, at + 1));
            }
            b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Follows the components of a pattern without braces down from `found`.
fn descend(found: &str, rest: &str, base: &Path, files: &dyn Files, matches: &mut Matches) {
    let (component, below) = match rest.split_once('/') {
        Some((component, below)) => (component, Some(below)),
        None => (rest, None),
    };
    let next = |name: &str, matches: &mut Matches| match below {
        Some(below) => descend(&format!("{found}{name}/"), below, base, files, matches),
        None => matches.names.push(format!("{found}{name}")),
    };
    if !has_wildcard(component) {
        let name = unescaped(component);
        if component.is_empty() || files.link_status(&base.join(format!("{found}{name}"))).is_ok() {
            next(&name, matches);
        }
        return;
    }
    match files.names(&base.join(found)) {
        Ok(names) => {
            let hidden = component.starts_with('.');
            for name in names.iter().filter(|name| hidden || !name.starts_with('.')) {
                if component_matches(component, name) {
                    next(name, matches);
                }
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            matches.unreadable = Some(if found.is_empty() {
                ".".to_owned()
            } else {
                found.to_owned()
            });
        }
        Err(_) => {}
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        out.push(if char == '\\' {
            chars.next().unwrap_or('\\')
        } else {
            char
        });
    }
    out
}

/// Whether one component of a pattern matches a name. `*` is retried only at its last occurrence, which is enough
/// and keeps the time to pattern × name.
fn component_matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            None if n == name.len() => return true,
            None => None,
            Some(_) => name.get(n).and_then(|char| one(&pattern[p..], *char)),
        };
        match (step, star) {
            (Some(length), _) => {
                p += length;
                n += 1;
            }
            (None, Some((at, from))) if from < name.len() => {
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
            (None, _) => return false,
        }
    }
}

/// Length of the pattern element at the beginning, if it matches the character.
fn one(pattern: &[char], char: char) -> Option<usize> {
    match pattern[0] {
        '?' => Some(1),
        '\\' if pattern.len() > 1 => (pattern[1] == char).then_some(2),
        '[' => match set(pattern, char) {
            Some((length, true)) => Some(length),
            Some((_, false)) => None,
            None => (char == '[').then_some(1),
        },
        plain => (plain == char).then_some(1),
    }
}

/// Length of the `[…]` at the beginning and whether it holds the character; nothing if it is never closed.
fn set(pattern: &[char], char: char) -> Option<(usize, bool)> {
    let negated = matches!(pattern.get(1), Some('!' | '^'));
    let first = if negated { 2 } else { 1 };
    let mut at = first;
    let mut held = false;
    loop {
        let from = *pattern.get(at)?;
        if from == ']' && at > first {
            return Some((at + 1, held != negated));
        }
        if from == '['
            && pattern.get(at + 1) == Some(&':')
            && let Some(length) = pattern[at + 2..].windows(2).position(|pair| pair == [':', ']'])
        {
            let name: String = pattern[at + 2..at + 2 + length].iter().collect();
            held |= class(&name, char);
            at += length + 4;
            continue;
        }
        let (from, width) = literal(pattern, at)?;
        at += width;
        if pattern.get(at) == Some(&'-') && pattern.get(at + 1).is_some_and(|next| *next != ']') {
            let (to, width) = literal(pattern, at + 1)?;
            held |= (from..=to).contains(&char);
            at += 1 + width;
        } else {
            held |= from == char;
        }
    }
}

fn literal(pattern: &[char], at: usize) -> Option<(char, usize)> {
    match (pattern.get(at)?, pattern.get(at + 1)) {
        ('\\', Some(next)) => Some((*next, 2)),
        (char, _) => Some((*char, 1)),
    }
}

fn class(name: &str, char: char) -> bool {
    match name {
        "alpha" => char.is_ascii_alphabetic(),
        "digit" => char.is_ascii_digit(),
        "alnum" => char.is_ascii_alphanumeric(),
        "upper" => char.is_ascii_uppercase(),
        "lower" => char.is_ascii_lowercase(),
        "space" => char.is_ascii_whitespace(),
        "punct" => char.is_ascii_punctuation(),
        "xdigit" => char.is_ascii_hexdigit(),
        "blank" => matches!(char, ' ' | '\t'),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
