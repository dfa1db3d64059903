//! `~SEQ(VAR, START, STEP, END)`.

use super::{Generator, GeneratorError, Passes, open};
use crate::limits::SEQUENCE_NUMBERS;
use crate::text::Text;

pub(super) fn parse(
    line: &Text,
    substitute: impl FnOnce(Text) -> Option<Text>,
) -> Result<Generator, GeneratorError> {
    let bytes = line.bytes();
    let hex = bytes.get(4) == Some(&b'x');
    let start = open(bytes, if hex { 5 } else { 4 })?;
    let length = bytes[start..]
        .iter()
        .position(|byte| *byte == b')')
        .ok_or(GeneratorError::NotClosed)?;
    let end = start + length;
    let comma = bytes[start..end]
        .iter()
        .position(|byte| *byte == b',')
        .ok_or(GeneratorError::Numbers)?;
    let name = String::from_utf8_lossy(&bytes[start..start + comma])
        .trim()
        .into();

    let mut numbers = line.clone();
    // With the `)`, because that is one of the characters that end a name.
    numbers.remove(end + 1..bytes.len());
    numbers.remove(0..start + comma + 1);
    let numbers = substitute(numbers).ok_or(GeneratorError::Numbers)?;
    let numbers = numbers.bytes().strip_suffix(b")").unwrap_or(numbers.bytes());
    if numbers.len() > SEQUENCE_NUMBERS {
        return Err(GeneratorError::TooLong);
    }
    let numbers = String::from_utf8_lossy(numbers).into_owned();
    let numbers = numbers.split(',').map(number).collect::<Result<Vec<i64>, _>>()?;
    let (from, step, to) = match numbers[..] {
        [to] => (if to < 0 { -1 } else { 1 }, if to < 1 { -1 } else { 1 }, to),
        [from, to] => (from, if to < from { -1 } else { 1 }, to),
        [from, step, to] => (from, step, to),
        _ => return Err(GeneratorError::Numbers),
    };
    if step == 0 {
        return Err(GeneratorError::NoStep);
    }
    if (step > 0 && to < from) || (step < 0 && to > from) {
        return Err(GeneratorError::Away);
    }
    if hex && (from < 0 || to < 0) {
        return Err(GeneratorError::NegativeHex);
    }
    Ok(Generator {
        passes: Passes::Sequence {
            name,
            from,
            step,
            to,
            hex,
        },
        text: end + 1,
    })
}

/// A number as C writes it. No text at all is 0, as for the original.
fn number(text: &str) -> Result<i64, GeneratorError> {
    let trimmed = text.trim_matches([' ', '\t']);
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    if trimmed.is_empty() {
        return Ok(0);
    }
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => (&digits[1..], 8),
        None => (digits, 10),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let value = if plain {
        i64::from_str_radix(digits, radix).ok()
    } else {
        None
    };
    value
        .map(|value| if negative { -value } else { value })
        .ok_or_else(|| GeneratorError::NotANumber(trimmed.to_owned()))
}
