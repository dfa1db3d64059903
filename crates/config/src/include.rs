//! `include` lines and what is checked about them (`spec/config-language.md` section 3).

use model::IncludeChecks;

/// An include line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Include<'a> {
    /// Checks that its keyword asks for, beside those in force.
    pub(crate) checks: IncludeChecks,
    /// The pattern and where it begins in the line.
    pub(crate) pattern: &'a [u8],
    pub(crate) at: usize,
}

/// Every check.
pub(crate) const ALL: IncludeChecks = IncludeChecks {
    read: true,
    matched: true,
    wildcard_match: true,
    brace_match: true,
};

/// Reads a line as an include line. The keyword needs white space and something behind it.
pub(crate) fn parse(line: &[u8]) -> Option<Include<'_>> {
    let rest = line.strip_prefix(b"include")?;
    let none = IncludeChecks::default();
    let read = IncludeChecks { read: true, ..none };
    let matched = IncludeChecks {
        matched: true,
        ..read
    };
    let (checks, width) = match rest.first()? {
        b'r' => (read, 1),
        b'm' => (matched, 1),
        b'w' => (
            IncludeChecks {
                wildcard_match: true,
                ..matched
            },
            1,
        ),
        b'b' => (
            IncludeChecks {
                brace_match: true,
                ..matched
            },
            1,
        ),
        b'a' => (ALL, 1),
        _ => (none, 0),
    };
    let separator = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let blanks = rest[width..].iter().take_while(|byte| separator(byte)).count();
    let at = b"include".len() + width + blanks;
    (blanks > 0 && at < line.len()).then(|| Include {
        checks,
        pattern: &line[at..],
        at,
    })
}

/// The checks of both.
pub(crate) const fn union(one: IncludeChecks, two: IncludeChecks) -> IncludeChecks {
    IncludeChecks {
        read: one.read || two.read,
        matched: one.matched || two.matched,
        wildcard_match: one.wildcard_match || two.wildcard_match,
        brace_match: one.brace_match || two.brace_match,
    }
}

/// The checks in force after the keyword `include_check` with these words (`spec/config-global.md` section 2.1). Words
/// that are not understood are skipped here and reported when the keyword is lowered.
pub(crate) fn apply<'a>(mut checks: IncludeChecks, words: impl Iterator<Item = &'a [u8]>) -> IncludeChecks {
    let mut any = false;
    for (index, word) in words.enumerate() {
        any = true;
        let (sign, name) = match word.first() {
            Some(sign @ (b'+' | b'-')) => (*sign, &word[1..]),
            _ => (b'=', word),
        };
        let mut selected = IncludeChecks::default();
        match name {
            b"read" => selected.read = true,
            b"match" => selected.matched = true,
            b"wildcard_match" => selected.wildcard_match = true,
            b"brace_match" => selected.brace_match = true,
            _ => continue,
        }
        match sign {
            b'+' => checks = union(checks, selected),
            b'-' => {
                checks.read &= !selected.read;
                checks.matched &= !selected.matched;
                checks.wildcard_match &= !selected.wildcard_match;
                checks.brace_match &= !selected.brace_match;
            }
            _ if index == 0 => {
                checks = IncludeChecks {
                    read: true,
                    ..selected
                }
            }
            _ => {}
        }
    }
    if any { checks } else { ALL }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(checks: IncludeChecks) -> String {
        [
            (checks.read, 'r'),
            (checks.matched, 'm'),
            (checks.wildcard_match, 'w'),
            (checks.brace_match, 'b'),
        ]
        .iter()
        .filter_map(|(set, letter)| set.then_some(*letter))
        .collect()
    }

    #[test]
    fn what_is_an_include_line() {
        for (line, found) in [
            ("include a.conf", Some(("", "a.conf"))),
            ("include \t a b.conf", Some(("", "a b.conf"))),
            ("includer a", Some(("r", "a"))),
            ("includem a", Some(("rm", "a"))),
            ("includew a", Some(("rmw", "a"))),
            ("includeb a", Some(("rmb", "a"))),
            ("includea a", Some(("rmwb", "a"))),
            ("include \"a b\"", Some(("", "\"a b\""))),
            ("include", None),
            ("include ", None),
            ("includea", None),
            ("includex a", None),
            ("includear a", None),
            ("include_check read", None),
            ("xinclude a", None),
        ] {
            let include = parse(line.as_bytes());
            let shown =
                include.map(|include| (letters(include.checks), String::from_utf8_lossy(include.pattern)));
            let shown = shown
                .as_ref()
                .map(|(checks, pattern)| (checks.as_str(), &**pattern));
            assert_eq!(shown, found, "{line}");
        }
    }

    #[test]
    fn include_check_words() {
        let read = IncludeChecks {
            read: true,
            ..IncludeChecks::default()
        };
        for (words, before, after) in [
            ("", IncludeChecks::default(), "rmwb"),
            ("read", ALL, "r"),
            ("match", ALL, "rm"),
            ("wildcard_match +brace_match", ALL, "rwb"),
            ("match brace_match", ALL, "rm"),
            ("+match", read, "rm"),
            ("-match", ALL, "rwb"),
            ("+match -read", read, "m"),
            ("readable", read, "r"),
            ("readable match", read, "r"),
        ] {
            let after_words = apply(before, words.split_ascii_whitespace().map(str::as_bytes));
            assert_eq!(letters(after_words), after, "{words}");
        }
    }
}
