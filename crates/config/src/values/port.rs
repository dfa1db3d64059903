//! Ports of servers (`spec/config-virtual-server.md` section 2).

use super::number::{self, NumberError, Range, Trailing};

/// Ports that a word may name.
pub(crate) const PORTS: Range = Range::new(1, 0xffff);

/// A port; any spelling made of zeros only is no port, 0.
pub(crate) fn port(word: &str) -> Result<u16, NumberError> {
    if !word.is_empty() && word.bytes().all(|byte| byte == b'0') {
        return Ok(0);
    }
    let parsed = number::integer(word, PORTS, Trailing::Refuse)?;
    Ok(u16::try_from(parsed.value).expect("the range is that of ports"))
}

#[cfg(test)]
mod tests {
    use super::port;

    #[test]
    fn zeros_are_no_port() {
        for (word, expected) in [
            ("80", Some(80)),
            ("65535", Some(65_535)),
            ("0", Some(0)),
            ("000", Some(0)),
            ("65536", None),
            ("80x", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(port(word).ok(), expected, "{word}");
        }
    }
}
