//! Which lines need a second look.

/// Bytes that mean something anywhere in a line, beside white space.
const SIGNS: [bool; 256] = {
    let mut signs = [false; 256];
    let mut index = 0;
    let all = b"\0#!\"\\$@~{}";
    while index < all.len() {
        signs[all[index] as usize] = true;
        index += 1;
    }
    signs
};

/// The first line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstLine {
    /// Its length, its end not counted.
    pub(crate) length: usize,
    /// Whether it has a byte that means more than itself.
    pub(crate) has_signs: bool,
}

/// Looks at each byte of the first line once.
pub(crate) fn first_line(text: &[u8]) -> FirstLine {
    let mut has_signs = false;
    let length = text
        .iter()
        .position(|byte| {
            has_signs |= SIGNS[usize::from(*byte)];
            *byte == b'\n'
        })
        .unwrap_or(text.len());
    FirstLine { length, has_signs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_and_signs_are_seen() {
        for (text, length, has_signs) in [
            ("", 0, false),
            ("\n#", 0, false),
            ("a b\n$", 3, false),
            ("a b", 3, false),
            ("a $b\n", 4, true),
            ("{", 1, true),
            ("a\0", 2, true),
            ("é", 2, false),
        ] {
            assert_eq!(
                first_line(text.as_bytes()),
                FirstLine { length, has_signs },
                "{text}"
            );
        }
    }
}
