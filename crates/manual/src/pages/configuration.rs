//! `keepalived.conf(5)`.

use config::explain::{Place, all};
use config::keywords::{Effect, Entry, Form, Repetition};

use crate::roff::{Page, Tag};

/// What the text is made of, apart from keywords.
const LANGUAGE: &[(&str, &str)] = &[
    ("# ... or ! ...", "A comment, to the end of the line."),
    ("\"several words\"", "One word."),
    (
        "include PATTERN",
        "The files that match, here. Relative names start from the including file. Also `includer`, `includem`, \
         `includew`, `includeb`, which differ in what a pattern without match means.",
    ),
    (
        "$NAME=VALUE",
        "A definition; `$NAME` and `${NAME}` are replaced from there on.",
    ),
    (
        "@ID KEYWORD ...",
        "A line that counts only where ID is the identity of this host (`--config-id`); `@^ID` where it is not.",
    ),
    (
        "~SEQ(NAME, FIRST, STEP, LAST) ...",
        "The line once for each number; `~LST` for each of a list of values.",
    ),
];

/// An example that runs as it is, where there is an interface `eth0`.
const EXAMPLE: &str = "\
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {
        192.0.2.200/24
    }
}
";

/// The page.
pub(super) fn page() -> String {
    let mut page = Page::new("keepalived.conf", 5, "configuration of keepalived");
    page.section("DESCRIPTION");
    page.paragraph(
        "The configuration consists of lines, each a keyword with its parameters. Braces make blocks, which have \
         keywords of their own. `keepalived --config-test` checks a configuration; `keepalived explain` KEYWORD prints \
         what stands here of a keyword.",
    );
    page.section("LANGUAGE");
    for (text, meaning) in LANGUAGE {
        page.tagged(&Tag::default().literal(text), meaning);
    }
    page.section("EXAMPLE");
    page.verbatim(EXAMPLE);
    page.section("KEYWORDS");
    page.paragraph(
        "Where nothing else is said, the last of several lines with the same keyword counts. `<BOOL>` is one of true, \
         on, yes, false, off, no.",
    );
    let mut block = None;
    for place in all() {
        if block.replace(place.block) != Some(place.block) {
            page.subsection(&title(place.block));
        }
        keyword(&mut page, place);
    }
    page.section("FILES");
    page.tagged(
        &Tag::default().literal("/etc/keepalived/keepalived.conf"),
        "The configuration that is read without `--use-file`.",
    );
    page.section("SEE ALSO");
    page.paragraph("`keepalived`(8)");
    page.finish()
}

/// What a block is called in headings.
pub(crate) fn title(block: &str) -> String {
    if block.is_empty() {
        "Outside all blocks".to_owned()
    } else {
        format!("In {block}")
    }
}

/// What is to be said of a keyword beyond its meaning, a sentence each, without full stop.
pub(crate) fn remarks(entry: &Entry) -> Vec<String> {
    let mut remarks = Vec::new();
    let range = entry.range.to_string();
    if !range.is_empty() {
        remarks.push(format!("Range: {range}"));
    }
    if !entry.default.is_empty() {
        remarks.push(format!("Default: {}", entry.default));
    }
    match entry.repetition {
        Repetition::LastWins => {}
        Repetition::FirstWins => {
            remarks.push("The first of several counts, the others are reported".to_owned());
        }
        // Blocks and lists add up by their nature.
        Repetition::Adds if !matches!(entry.form, Form::Words | Form::Command) => {}
        Repetition::Adds => remarks.push("Several add up".to_owned()),
    }
    if let Some(instead) = entry.instead {
        remarks.push(format!("An old spelling of {instead}"));
    }
    if let Effect::Later(reason) = entry.effect {
        remarks.push(format!("No effect yet: {reason}"));
    }
    remarks
}

fn keyword(page: &mut Page, place: Place) {
    let entry = place.entry;
    let mut tag = Tag::default().literal(entry.name);
    let rest = entry.rest();
    if !rest.is_empty() {
        tag = tag.plain(" ").variable(&rest);
    }
    page.tagged(&tag, &format!("{}.", entry.meaning.replace('`', "")));
    for remark in remarks(entry) {
        page.below(&format!("{}.", remark.replace('`', "")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_on_the_page() {
        let page = page();
        for place in all() {
            let name = place.entry.name.replace('-', "\\-");
            assert!(page.contains(&format!("\n\\fB{name}\\fR")), "{name}");
        }
        assert!(page.contains("Range: 1 to 255."));
    }
}
