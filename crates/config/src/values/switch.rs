//! `<BOOL>` (`spec/config-language.md` section 8.2).

/// Words that mean yes.
const TRUE: [&str; 3] = ["true", "on", "yes"];
/// Words that mean no.
const FALSE: [&str; 3] = ["false", "off", "no"];

/// The switch that a word names; nothing for any other word. Only lower case counts.
pub(crate) fn switch(word: &str) -> Option<bool> {
    if TRUE.contains(&word) {
        Some(true)
    } else if FALSE.contains(&word) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::switch;

    #[test]
    fn six_lower_case_words_and_no_other() {
        for (word, value) in [
            ("true", Some(true)),
            ("on", Some(true)),
            ("yes", Some(true)),
            ("false", Some(false)),
            ("off", Some(false)),
            ("no", Some(false)),
            ("True", None),
            ("1", None),
            ("", None),
        ] {
            assert_eq!(switch(word), value, "{word}");
        }
    }
}
