//! How the demonstration looks: colours on a terminal, plain text elsewhere.

use std::env;
use std::io::{IsTerminal as _, stdout};
use std::sync::LazyLock;

static COLOURS: LazyLock<bool> = LazyLock::new(|| {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_none_or(|value| value == "dumb");
    stdout().is_terminal() && !refused && !dumb
});

fn painted(code: &str, text: &str) -> String {
    if *COLOURS {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Something the reader should not miss.
pub(super) fn strong(text: &str) -> String {
    painted("1", text)
}

/// Something bad.
pub(super) fn bad(text: &str) -> String {
    painted("1;31", text)
}

/// Something good.
pub(super) fn good(text: &str) -> String {
    painted("1;32", text)
}

/// Something that repeats.
pub(super) fn faint(text: &str) -> String {
    painted("2", text)
}

/// Begins a chapter.
pub(super) fn heading(text: &str) {
    println!("\n{}", painted("1;36", text));
}

/// Prints a line as it is.
pub(super) fn plain(text: &str) {
    println!("{text}");
}
