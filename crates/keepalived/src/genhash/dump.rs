//! What `--verbose` shows: header, body and digest, as bytes and as text (`spec/ipvs.md` section 8).

use check::dialogue::Response;
use model::BodyDigest;
use std::fmt::Write as _;
use std::io::{self, Write};

const HEADER: &str = "-----------------------[    HTTP Header Buffer    ]-----------------------";
const HEADER_TEXT: &str = "-----------------------[ HTTP Header Ascii Buffer ]-----------------------";
const BODY: &str = "-----------------------[        HTML Buffer        ]-----------------------";
const DIGEST: &str = "-----------------------[    HTML hash resulting    ]-----------------------";
const DIGEST_TEXT: &str = "-----------------------[ HTML hash final resulting ]-----------------------";

/// Bytes of a line.
const ROW: usize = 16;

/// How much of a response has been shown.
#[derive(Debug, Default)]
pub(super) struct Dump {
    header: bool,
    body: bool,
}

impl Dump {
    /// Shows what is new: the header of a response when it is complete, and each piece of its body.
    pub(super) fn take(&mut self, out: &mut dyn Write, response: &Response, body: &[u8]) -> io::Result<()> {
        if !self.header {
            self.header = true;
            let head = response.head();
            writeln!(out, "{HEADER}\n{}{HEADER_TEXT}", hexdump(head))?;
            for line in head.trim_ascii_end().split(|byte| *byte == b'\n') {
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                writeln!(out, "{}", printable(line))?;
            }
            writeln!(out)?;
        }
        if body.is_empty() {
            return Ok(());
        }
        if !self.body {
            self.body = true;
            writeln!(out, "{BODY}")?;
        }
        out.write_all(hexdump(body).as_bytes())
    }
}

/// Shows a digest.
pub(super) fn digest(out: &mut dyn Write, digest: &BodyDigest) -> io::Result<()> {
    let bytes = hexdump(digest.as_bytes());
    writeln!(out, "\n{DIGEST}\n{bytes}{DIGEST_TEXT}\n{digest}")
}

/// Lines of 16 bytes: the decimal offset, the bytes, the characters.
fn hexdump(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, row) in bytes.chunks(ROW).enumerate() {
        // Writing into a string cannot fail.
        let _ = write!(text, "{:04} ", index * ROW);
        for column in 0..ROW {
            let _ = match row.get(column) {
                Some(byte) => write!(text, " {byte:02x}"),
                None => write!(text, "   "),
            };
            if column == ROW / 2 - 1 {
                text.push_str(" -");
            }
        }
        let _ = writeln!(text, "   {:ROW$}", printable(row));
    }
    text
}

/// The characters; a point for each that would do something to a terminal.
fn printable(bytes: &[u8]) -> String {
    let character = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '.',
    };
    bytes.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_in_rows_of_sixteen() {
        let expected = concat!(
            "0000  48 54 54 50 2f 31 2e 30 - 20 32 30 30 20 4f 4b 0d   HTTP/1.0 200 OK.\n",
            "0016  0a 0d 0a                -                           ...             \n",
        );
        assert_eq!(hexdump(b"HTTP/1.0 200 OK\r\n\r\n"), expected);
        assert_eq!(hexdump(b""), "");
        assert!(
            hexdump(&[0x1b; 10_020])
                .ends_with("\n10016  1b 1b 1b 1b             -                           ....            \n")
        );
    }
}
