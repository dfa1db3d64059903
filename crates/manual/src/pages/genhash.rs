//! `genhash(1)`.

use keepalived::genhash::{Act, OPTIONS, OptionSpec};

use crate::roff::{Page, Tag};

/// The page.
pub(super) fn page() -> String {
    let mut page = Page::new("genhash", 1, "digest of a web page for keepalived.conf");
    page.section("SYNOPSIS");
    page.paragraph("`genhash` `-s` ADDRESS `-p` PORT `-u` PATH [OPTION...]");
    page.paragraph("`keepalived --genhash` `-s` ADDRESS `-p` PORT `-u` PATH [OPTION...]");
    page.section("DESCRIPTION");
    page.paragraph(
        "`genhash` asks a web server for a page, as the checkers `HTTP_GET` and `SSL_GET` of `keepalived` do, and prints the \
         MD5 digest of the body of the response, to be written behind `digest` in `keepalived.conf`(5).",
    );
    page.paragraph(
        "The status of the response does not matter, and redirections are not followed. The digest is that of the body as it \
         comes, up to `Content-Length`. Chunked transfer coding is not decoded; a checker accepts this digest and that of \
         the decoded body.",
    );
    page.section("OPTIONS");
    page.paragraph("Long options may be shortened as far as they stay unambiguous.");
    for option in OPTIONS {
        page.tagged(&tag(option), &format!("{}.", option.help));
    }
    page.section("EXIT STATUS");
    page.tagged(
        &Tag::default().literal("0"),
        "There is a digest on standard output, or the reason why there is none: on standard output if the connection \
         failed or took too long, on standard error if no response came.",
    );
    page.tagged(
        &Tag::default().literal("1"),
        "A mistake on the command line, or `--help`.",
    );
    page.section("EXAMPLES");
    page.verbatim("genhash -s 192.0.2.10 -p 80 -u /index.html\ngenhash -S -I -V www.example.com -s 192.0.2.10 -p 443 -u /");
    page.section("SEE ALSO");
    page.paragraph("`keepalived`(8), `keepalived.conf`(5)");
    page.finish()
}

fn tag(option: &OptionSpec) -> Tag {
    let tag = Tag::default()
        .literal(&format!("-{}", option.short))
        .plain(", ")
        .literal(&format!("--{}", option.long));
    match option.act {
        Act::Value(name, _) => tag.plain("=").variable(name),
        Act::Flag(_) | Act::Help => tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_on_the_page() {
        let page = page();
        for option in OPTIONS {
            let long = option.long.replace('-', "\\-");
            assert!(page.contains(&format!("\\fB\\-\\-{long}\\fR")), "{long}");
        }
    }
}
