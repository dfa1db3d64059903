//! `~LST({V1, V2}, {a1, a2}, …)`.

use super::{Generator, GeneratorError, Passes, blanks, open};
use std::sync::Arc;

pub(super) fn parse(line: &[u8]) -> Result<Generator, GeneratorError> {
    let mut at = open(line, 4)?;
    let mut groups = Vec::new();
    loop {
        groups.push(group(line, &mut at)?);
        at += blanks(&line[at..]);
        match line.get(at) {
            Some(b',') => at += 1,
            Some(b')') => break,
            Some(_) => return Err(GeneratorError::Word),
            None => return Err(GeneratorError::NotClosed),
        }
    }
    let mut sets = groups.split_off(1);
    let names: Vec<Arc<str>> = groups
        .iter()
        .flatten()
        .map(|name| String::from_utf8_lossy(name).into())
        .collect();
    if sets.is_empty() || names.iter().any(|name| name.is_empty()) {
        return Err(GeneratorError::NoValues);
    }
    if sets.iter().any(|set| set.len() > names.len()) {
        return Err(GeneratorError::TooManyValues);
    }
    for set in &mut sets {
        set.resize(names.len(), Arc::default());
    }
    Ok(Generator {
        passes: Passes::List { names, sets },
        text: at + 1,
    })
}

/// `word` or `{word, word, …}`.
fn group(line: &[u8], at: &mut usize) -> Result<Vec<Arc<[u8]>>, GeneratorError> {
    *at += blanks(&line[*at..]);
    if line.get(*at) != Some(&b'{') {
        return Ok(vec![word(line, at)]);
    }
    *at += 1;
    let mut words = Vec::new();
    loop {
        *at += blanks(&line[*at..]);
        words.push(word(line, at));
        *at += blanks(&line[*at..]);
        let separator = line.get(*at);
        *at += 1;
        match separator {
            Some(b',') => {}
            Some(b'}') => return Ok(words),
            Some(_) => return Err(GeneratorError::Word),
            None => return Err(GeneratorError::NotClosed),
        }
    }
}

fn word(line: &[u8], at: &mut usize) -> Arc<[u8]> {
    let rest = &line[*at..];
    let ends = |byte: &u8| matches!(byte, b' ' | b'\t' | b',' | b'}' | b')');
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    *at += length;
    rest[..length].into()
}
