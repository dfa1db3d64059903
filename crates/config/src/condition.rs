//! `@id` lines (`spec/config-language.md` section 4).

use crate::text::Text;

/// What a condition makes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The line is used; its condition has been removed.
    Used,
    /// The line is for another node.
    Skipped,
}

/// Tests and removes the condition of a line, if it begins with one. There is only one test a line: a second
/// `@` is text.
pub(crate) fn select(line: &mut Text, config_id: &str) -> Selection {
    let bytes = line.bytes();
    if bytes.first() != Some(&b'@') {
        return Selection::Used;
    }
    let start = if bytes.get(1) == Some(&b'^') { 2 } else { 1 };
    let length = bytes[start..]
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t'));
    let end = length.map_or(bytes.len(), |length| start + length);
    let same = &bytes[start..end] == config_id.as_bytes();
    if same == (start == 2) || end == bytes.len() {
        return Selection::Skipped;
    }
    line.advance(end);
    Selection::Used
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use std::path::Path;

    #[test]
    fn only_lines_for_this_node_are_used() {
        let source = Sources::default().add("f".into(), Path::new("/").into(), Vec::new().into(), None);
        for (line, used) in [
            ("plain @main", Some("plain @main")),
            ("@main state MASTER", Some("state MASTER")),
            ("@main \t state", Some("state")),
            ("@Main state", None),
            ("@mainx state", None),
            ("@mai state", None),
            ("@^main state", None),
            ("@^other state", Some("state")),
            ("@main", None),
            ("@^other", None),
            ("@", None),
            ("@ state", None),
            ("@^ state", Some("state")),
            ("@^other @main x", Some("@main x")),
        ] {
            let mut text = Text::plain(source, 0, line.as_bytes());
            let selection = select(&mut text, "main");
            let rest = (selection == Selection::Used).then(|| String::from_utf8_lossy(text.bytes()));
            assert_eq!(rest.as_deref(), used, "{line}");
        }
    }
}
