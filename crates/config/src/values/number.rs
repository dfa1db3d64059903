//! Numbers (`spec/config-language.md` section 8.1).

use std::fmt;

/// What is done with text behind a number (`10x`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trailing {
    /// The word is refused.
    Refuse,
    /// The leading number is taken, with a warning.
    Ignore,
}

/// A number and what was wrong with its text although it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parsed<T> {
    /// The value.
    pub(crate) value: T,
    /// A flaw of the text that did not keep the value from being used.
    pub(crate) flaw: Option<Flaw>,
}

/// A flaw that is reported while the value is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Text behind the number.
    Trailing,
    /// More decimals than the unit has; the value was rounded.
    Rounded,
}

/// Why a word is no number of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NumberError {
    /// No digits where they should be, or text behind them.
    #[error("'{0}' is not a number")]
    NotANumber(String),
    /// A minus where the range begins at 0 or above.
    #[error("negative number '{0}'")]
    Negative(String),
    /// A number that the keyword does not take.
    #[error("number '{text}' outside range [{min}, {max}]")]
    OutOfRange {
        /// The word.
        text: String,
        /// Smallest value.
        min: String,
        /// Largest value.
        max: String,
    },
}

/// A range of whole numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Smallest value.
    pub min: i64,
    /// Largest value.
    pub max: i64,
}

impl Range {
    /// All values of 32 bits without sign.
    pub(crate) const U32: Self = Self::new(0, 0xffff_ffff);

    pub(crate) const fn new(min: i64, max: i64) -> Self {
        assert!(min <= max, "a range has at least one value");
        Self { min, max }
    }

    fn check(self, value: Option<i64>, text: &str) -> Result<i64, NumberError> {
        value
            .filter(|value| (self.min..=self.max).contains(value))
            .ok_or_else(|| NumberError::OutOfRange {
                text: text.to_owned(),
                min: self.min.to_string(),
                max: self.max.to_string(),
            })
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.min, self.max)
    }
}

/// A range of decimals, kept in units of the last decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalRange {
    /// Smallest value in units.
    pub min: u64,
    /// Largest value in units.
    pub max: u64,
    /// Number of decimals: 6 for seconds in microseconds.
    pub decimals: u8,
}

impl DecimalRange {
    pub(crate) const fn new(min: u64, max: u64, decimals: u8) -> Self {
        assert!(min <= max && decimals <= 6, "a range has at least one value");
        Self { min, max, decimals }
    }

    /// A number of units as decimal text without closing zeros.
    fn text(self, units: u64) -> String {
        let scale = 10_u64.pow(u32::from(self.decimals));
        let (whole, rest) = (units / scale, units % scale);
        if rest == 0 {
            return whole.to_string();
        }
        let rest = format!("{rest:0width$}", width = usize::from(self.decimals));
        format!("{whole}.{}", rest.trim_end_matches('0'))
    }
}

impl fmt::Display for DecimalRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.text(self.min), self.text(self.max))
    }
}

/// Splits the leading digits of `text` off.
fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// The flaw of text behind a number, or the refusal.
fn trailing(rest: &str, text: &str, trailing: Trailing) -> Result<Option<Flaw>, NumberError> {
    match (rest.is_empty(), trailing) {
        (true, _) => Ok(None),
        (false, Trailing::Ignore) => Ok(Some(Flaw::Trailing)),
        (false, Trailing::Refuse) => Err(NumberError::NotANumber(text.to_owned())),
    }
}

/// A whole decimal number: optional blanks, optional sign, digits.
pub(crate) fn integer(text: &str, range: Range, rest: Trailing) -> Result<Parsed<i64>, NumberError> {
    let body = text.trim_start();
    let (negative, body) = match body.as_bytes().first() {
        Some(b'-') => (true, &body[1..]),
        Some(b'+') => (false, &body[1..]),
        _ => (false, body),
    };
    let (digits, behind) = digits(body);
    if digits.is_empty() {
        return Err(NumberError::NotANumber(text.to_owned()));
    }
    let flaw = trailing(behind, text, rest)?;
    if negative && range.min >= 0 {
        return Err(NumberError::Negative(text.to_owned()));
    }
    // More digits than 64 bits hold are outside any range.
    let value = digits
        .parse::<i64>()
        .ok()
        .map(|value| if negative { -value } else { value });
    range.check(value, text).map(|value| Parsed { value, flaw })
}

/// A number without sign in C notation: `0x` hexadecimal, a leading `0` octal, else decimal.
pub(crate) fn based(text: &str, range: Range) -> Result<i64, NumberError> {
    if text.starts_with('-') {
        return Err(NumberError::Negative(text.to_owned()));
    }
    let value = based_u64(text).ok_or_else(|| NumberError::NotANumber(text.to_owned()))?;
    range.check(i64::try_from(value).ok(), text)
}

/// A number of 64 bits without sign in C notation; nothing where the text is none or too large.
pub(crate) fn based_u64(text: &str) -> Option<u64> {
    let (digits, radix) = if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        (hex, 16)
    } else if text.len() > 1 && text.starts_with('0') {
        (&text[1..], 8)
    } else {
        (text, 10)
    };
    // `from_str_radix` would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// A decimal number without sign or exponent (`1.5`, `.5`), in units of the last decimal of the range.
///
/// Digits beyond the last decimal are rounded half up on the next one.
pub(crate) fn decimal(text: &str, range: DecimalRange, rest: Trailing) -> Result<Parsed<u64>, NumberError> {
    let body = text.trim_start();
    let (whole, behind) = digits(body);
    let (fraction, behind) = match behind.strip_prefix('.') {
        Some(behind) => digits(behind),
        None => ("", behind),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(if body.starts_with('-') {
            NumberError::Negative(text.to_owned())
        } else {
            NumberError::NotANumber(text.to_owned())
        });
    }
    let mut flaw = trailing(behind, text, rest)?;
    let places = usize::from(range.decimals);
    let kept = &fraction[..fraction.len().min(places)];
    let scale = 10_u64.pow(u32::from(range.decimals));
    let missing = u32::try_from(places - kept.len()).unwrap_or(0);
    let mut units = if whole.is_empty() {
        Some(0)
    } else {
        whole.parse::<u64>().ok()
    }
    .and_then(|whole| whole.checked_mul(scale))
    .and_then(|units| units.checked_add(kept.parse::<u64>().unwrap_or(0) * 10_u64.pow(missing)));
    if fraction.len() > places {
        flaw = Some(Flaw::Rounded);
        if fraction.as_bytes()[places] >= b'5' {
            units = units.and_then(|units| units.checked_add(1));
        }
    }
    units
        .filter(|units| (range.min..=range.max).contains(units))
        .map(|value| Parsed { value, flaw })
        .ok_or_else(|| NumberError::OutOfRange {
            text: text.to_owned(),
            min: range.text(range.min),
            max: range.text(range.max),
        })
}

#[cfg(test)]
mod tests;
