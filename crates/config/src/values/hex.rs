//! Bytes of `UDP_CHECK` (`spec/checkers.md` section 4).

/// Groups of hexadecimal digits: in each one digits are paired from the left, and one that is left over is a byte of
/// its own. `x` is a digit that may be anything. Gives bytes and masks; nothing where a character is no digit.
pub(crate) fn pattern<'w>(groups: impl IntoIterator<Item = &'w str>) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut bytes, mut masks) = (Vec::new(), Vec::new());
    for group in groups {
        for pair in group.as_bytes().chunks(2) {
            let (byte, mask) = match *pair {
                [high, low] => {
                    let ((high, high_mask), (low, low_mask)) = (nibble(high)?, nibble(low)?);
                    (high << 4 | low, high_mask << 4 | low_mask)
                }
                // The upper half of a single digit is 0, whatever the digit is.
                [low] => nibble(low).map(|(low, mask)| (low, 0xf0 | mask))?,
                _ => return None,
            };
            bytes.push(byte);
            masks.push(mask);
        }
    }
    Some((bytes, masks))
}

/// A digit and its mask.
fn nibble(digit: u8) -> Option<(u8, u8)> {
    if digit.eq_ignore_ascii_case(&b'x') {
        return Some((0, 0));
    }
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok().map(|value| (value, 0xf))
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn digits_are_paired_within_their_group() {
        for (groups, bytes, masks) in [
            (vec!["0102a"], vec![1, 2, 10], vec![0xff; 3]),
            (vec!["3", "456"], vec![3, 0x45, 6], vec![0xff; 3]),
            (vec!["xX", "1x", "x2"], vec![0, 0x10, 2], vec![0, 0xf0, 0x0f]),
            (vec!["x"], vec![0], vec![0xf0]),
            (vec![], vec![], vec![]),
        ] {
            assert_eq!(
                pattern(groups.iter().copied()),
                Some((bytes, masks)),
                "{groups:?}"
            );
        }
        assert_eq!(pattern(["0g"]), None);
        assert_eq!(pattern(["é"]), None);
    }
}
