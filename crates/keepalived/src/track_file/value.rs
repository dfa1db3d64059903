//! The number at the beginning of a file.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Bytes of a file that are looked at.
const LONGEST: u64 = 127;

/// The value of a file: 0 where it is missing, cannot be read or does not begin with a number, nothing where the number is
/// out of range.
pub(super) fn read(path: &Path) -> Option<i32> {
    let mut bytes = Vec::new();
    let file = OpenOptions::new()
        .read(true)
        // The open of a FIFO does not wait for somebody who writes.
        .custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY)
        .open(path);
    match file.and_then(|file| file.take(LONGEST).read_to_end(&mut bytes)) {
        Ok(_) => value(&bytes),
        Err(_) => Some(0),
    }
}

/// The leading number of a text in C notation.
fn value(text: &[u8]) -> Option<i32> {
    let text = text.trim_ascii_start();
    let (is_negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let is_hexadecimal = |rest: &[u8]| rest.first().is_some_and(u8::is_ascii_hexdigit);
    let (radix, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] if is_hexadecimal(rest) => (16, rest),
        [b'0', ..] => (8, digits),
        _ => (10, digits),
    };
    let mut magnitude: i64 = 0;
    for digit in digits.iter().map_while(|byte| char::from(*byte).to_digit(radix)) {
        magnitude = magnitude
            .saturating_mul(i64::from(radix))
            .saturating_add(i64::from(digit));
    }
    i32::try_from(if is_negative { -magnitude } else { magnitude }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_c() {
        for (text, wanted) in [
            ("", Some(0)),
            ("text", Some(0)),
            ("-", Some(0)),
            (" \t12 34\n", Some(12)),
            ("-7\n", Some(-7)),
            ("+7", Some(7)),
            ("0x1f", Some(31)),
            ("-0X10z", Some(-16)),
            ("0xg", Some(0)),
            ("010", Some(8)),
            ("08", Some(0)),
            ("2147483647", Some(i32::MAX)),
            ("2147483648", None),
            ("-2147483648", Some(i32::MIN)),
            ("-2147483649", None),
            ("99999999999999999999999999", None),
        ] {
            assert_eq!(value(text.as_bytes()), wanted, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_zero() {
        assert_eq!(read(Path::new("/nonexistent/file")), Some(0));
        assert_eq!(read(Path::new("/")), Some(0));
        // No end, and only its beginning is looked at.
        assert_eq!(read(Path::new("/dev/zero")), Some(0));
    }
}
