//! JSON as other programs know it: no blanks, `/` as `\/`, numbers of seconds as `%g` prints them.

use super::{Moment, Significant};
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;
use serde_json::value::RawValue;
use std::io;

/// The text of a value, with a line end.
pub(crate) fn render(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Escaped);
    value
        .serialize(&mut serializer)
        .expect("keys are strings, and a vector takes everything");
    bytes.push(b'\n');
    String::from_utf8(bytes).expect("JSON is UTF-8")
}

struct Escaped;

impl Formatter for Escaped {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut parts = fragment.split('/');
        if let Some(first) = parts.next() {
            writer.write_all(first.as_bytes())?;
        }
        for part in parts {
            writer.write_all(b"\\/")?;
            writer.write_all(part.as_bytes())?;
        }
        Ok(())
    }
}

/// A number as it stands.
fn number<S: Serializer>(text: String, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(text)
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

impl Serialize for Significant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(self.to_string(), serializer)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        number(self.to_string(), serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Micros;
    use vrrp::WallTime;

    #[derive(Serialize)]
    struct Example {
        text: &'static str,
        delay: Significant,
        at: Moment,
    }

    #[test]
    fn everything_is_on_one_line_and_slashes_are_escaped() {
        let example = Example {
            text: "10.0.0.1/24 \"x\"\\/",
            delay: Significant(Micros::from_secs(5)),
            at: Moment(WallTime(1_795_533_458_430_160)),
        };
        assert_eq!(
            render(&example),
            "{\"text\":\"10.0.0.1\\/24 \\\"x\\\"\\\\\\/\",\"delay\":5,\"at\":1795533458.430160}\n"
        );
    }
}
