//! Chunked transfer coding (RFC 9112 section 7.1), decoded as it arrives.

/// Where the decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// In the size of a chunk; whether a digit has been seen.
    Size { value: u64, digits: bool },
    /// Behind the size: an extension, up to the end of the line.
    Extension { value: u64 },
    /// In the data of a chunk, this many bytes before its end.
    Data(u64),
    /// Between the data of a chunk and the end of the line.
    DataEnd,
    /// Behind the last chunk.
    Done,
    /// What came is not chunked.
    Broken,
}

/// The decoder.
#[derive(Clone, Debug)]
pub(super) struct Chunked {
    stage: Stage,
}

impl Chunked {
    pub(super) const fn new() -> Self {
        Self {
            stage: Stage::Size {
                value: 0,
                digits: false,
            },
        }
    }

    /// Takes raw bytes and hands on the data in them. What follows the last chunk, or a mistake, is dropped.
    pub(super) fn decode(&mut self, mut bytes: &[u8], mut data: impl FnMut(&[u8])) {
        while let Some((first, rest)) = bytes.split_first() {
            match self.stage {
                Stage::Data(left) => {
                    let take = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                    data(&bytes[..take]);
                    bytes = &bytes[take..];
                    let left = left - take as u64;
                    self.stage = if left == 0 {
                        Stage::DataEnd
                    } else {
                        Stage::Data(left)
                    };
                    continue;
                }
                Stage::Size { value, digits } => self.stage = size(value, digits, *first),
                Stage::Extension { value } if *first == b'\n' => self.stage = begin(value),
                Stage::Extension { .. } => {}
                Stage::DataEnd => {
                    self.stage = match first {
                        b'\r' => Stage::DataEnd,
                        b'\n' => Stage::Size {
                            value: 0,
                            digits: false,
                        },
                        _ => Stage::Broken,
                    }
                }
                Stage::Done | Stage::Broken => return,
            }
            bytes = rest;
        }
    }
}

fn size(value: u64, digits: bool, byte: u8) -> Stage {
    let digit = match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        b'\n' if digits => return begin(value),
        b'\r' | b';' | b' ' | b'\t' if digits => return Stage::Extension { value },
        _ => return Stage::Broken,
    };
    match value.checked_mul(16) {
        Some(value) => Stage::Size {
            value: value | u64::from(digit),
            digits: true,
        },
        None => Stage::Broken,
    }
}

/// The line of the size has ended.
const fn begin(value: u64) -> Stage {
    if value == 0 {
        Stage::Done
    } else {
        Stage::Data(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(pieces: &[&[u8]]) -> Vec<u8> {
        let mut chunked = Chunked::new();
        let mut all = Vec::new();
        for piece in pieces {
            chunked.decode(piece, |data| all.extend_from_slice(data));
        }
        all
    }

    #[test]
    fn sizes_extensions_and_trailers_are_left_out() {
        assert_eq!(
            decoded(&[b"5\r\nhello\r\n6;x=1\r\n world\r\n0\r\nA: b\r\n\r\n"]),
            b"hello world"
        );
        assert_eq!(decoded(&[b"A\n0123456789\n0\n\n"]), b"0123456789");
        assert_eq!(decoded(&[b"<html>"]), b"");
        assert_eq!(decoded(&[b"fffffffffffffffff\r\nx"]), b"");
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6),
            cut in 1..9usize,
        ) {
            let mut raw = Vec::new();
            for chunk in &chunks {
                raw.extend(format!("{:x}\r\n", chunk.len()).bytes());
                raw.extend(chunk);
                raw.extend(b"\r\n");
            }
            raw.extend(b"0\r\n\r\n");
            let pieces: Vec<&[u8]> = raw.chunks(cut).collect();
            prop_assert_eq!(decoded(&pieces), chunks.concat());
        }

        #[test]
        fn garbage_is_harmless(raw in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decoded(&[&raw]).len() <= raw.len());
        }
    }
}
