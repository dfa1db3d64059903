//! Every keyword at every place.

use config::explain::all;
use config::keywords::Effect;
use std::fmt::Write as _;

use super::{HEADER, code, plain};
use crate::pages::{remarks, title};

/// The chapter.
pub(super) fn chapter() -> String {
    let places = all();
    let later = places
        .iter()
        .filter(|place| matches!(place.entry.effect, Effect::Later(_)))
        .count();
    let mut text = format!(
        "{HEADER}# Keywords\n\n\
         What `keepalived explain KEYWORD` prints, for all {} places of keywords; {later} of them are read and checked, \
         and have no effect yet. Where nothing else is said, the last of several lines with the same keyword counts.\n",
        places.len()
    );
    let mut block = None;
    // Writing into a string cannot fail.
    for place in &places {
        if block.replace(place.block) != Some(place.block) {
            let _ = write!(
                text,
                "\n## {}\n\n| keyword | meaning |\n|---|---|\n",
                plain(&title(place.block))
            );
        }
        let entry = place.entry;
        let mut meaning = format!("{}.", entry.meaning);
        for remark in remarks(entry) {
            let _ = write!(meaning, " {remark}.");
        }
        let line = format!("{} {}", entry.name, entry.rest());
        let _ = writeln!(text, "| {} | {} |", code(line.trim_end()), plain(&meaning));
    }
    text
}
