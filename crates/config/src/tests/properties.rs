//! Whatever is written, reading ends and never panics.

use crate::explain::all;
use crate::keywords::{Form, Values};
use crate::testing::{machine, read_with, test};
use crate::{Purpose, reload_verdict};
use proptest::prelude::*;

/// Words that are not keywords.
const WORDS: [&str; 58] = [
    "{",
    "}",
    "\n",
    "\n",
    "\n",
    "eth0",
    "eth9",
    "10.0.0.9",
    "10.0.0.9/24",
    "fe80::1",
    "224.0.0.9",
    "x",
    "0",
    "1",
    "2",
    "255",
    "-1",
    "1.5",
    "99999999999",
    "on",
    "off",
    "\"a b\"",
    "\"",
    "reverse",
    "weight",
    "dev",
    "via",
    "table",
    "preference",
    "from",
    "to",
    "default",
    "nexthop",
    "encap",
    "ip",
    "mpls",
    "id",
    "group",
    "name",
    "MASTER",
    "PASS",
    "V",
    "W",
    "root",
    ":",
    "hex:00",
    "00:11:22:33:44:55",
    "/usr/bin/true",
    "10.0.0.2-9",
    "10.0.0.0/30",
    "fd00::2",
    "80",
    "NAT",
    "TUN",
    "TCP",
    "fwmark",
    "wlc",
    "inet6",
];

fn word() -> impl Strategy<Value = String> {
    let keywords: Vec<&str> = all().iter().map(|place| place.entry.name).collect();
    prop_oneof![
        3 => proptest::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        2 => proptest::sample::select(keywords).prop_map(str::to_owned),
        1 => ".{0,6}",
    ]
}

/// A block with lines that belong into it, more or less.
fn block() -> impl Strategy<Value = String> {
    let blocks: Vec<(&str, Vec<&str>)> = all()
        .iter()
        .filter_map(|place| match place.entry.form {
            Form::Block(inside) => {
                let names = inside.entries().iter().map(|entry| entry.name).collect();
                Some((place.entry.name, names))
            }
            _ => None,
        })
        .collect();
    proptest::sample::select(blocks).prop_flat_map(|(block, keywords)| {
        let line = (
            proptest::sample::select(keywords),
            proptest::collection::vec(word(), 0..5),
        )
            .prop_map(|(keyword, words)| format!(" {keyword} {}\n", words.join(" ")));
        proptest::collection::vec(line, 0..12).prop_map(move |lines| {
            let basics = match block {
                "vrrp_instance" => " interface eth0\n virtual_router_id 7\n",
                "virtual_server" => " real_server 10.0.0.3 80 {\n }\n",
                "url" => " path /\n",
                "HTTP_GET" | "SSL_GET" => " url {\n path /\n }\n",
                _ => "",
            };
            inside(block, format!("{basics}{}", lines.concat()))
        })
    })
}

proptest! {
    #[test]
    fn any_words_end(words in proptest::collection::vec(word(), 0..120)) {
        test(&words.join(" "));
    }

    #[test]
    fn any_lines_of_blocks_end(blocks in proptest::collection::vec(block(), 0..6)) {
        let text = blocks.concat();
        let before = test(&text);
        for purpose in [Purpose::Test, Purpose::Start, Purpose::Reload] {
            let reading = read_with(machine(), &text, purpose);
            // A configuration that starts may always replace itself.
            if reading.start.is_ok() && !reading.report.has_errors() {
                prop_assert!(reload_verdict(&reading.configuration, &reading).is_ok());
            }
        }
        prop_assert_eq!(before.test_status(), test(&text).test_status());
    }
}

#[test]
fn every_number_fits_its_field() {
    for place in all() {
        let name = place.entry.name;
        let bounds = match place.entry.range {
            Values::Integer(range) => vec![range.min.to_string(), range.max.to_string()],
            Values::Decimal(_) => place
                .entry
                .range
                .to_string()
                .split(" to ")
                .map(str::to_owned)
                .collect(),
            Values::AsWritten | Values::Described(_) => continue,
        };
        for bound in bounds {
            let text = inside(place.block, format!("{name} {bound}\n"));
            let reading = test(&text);
            let said = reading
                .report
                .iter()
                .any(|report| report.message.starts_with(&format!("`{name}`: ")));
            assert!(!said, "{text}");
        }
    }
}

#[test]
fn every_keyword_is_read_by_its_row() {
    for place in all() {
        let name = place.entry.name;
        let words = "x y";
        let line = match place.entry.form {
            Form::Block(_) | Form::Lines | Form::NamedLines | Form::Items => format!("{name} {{\n}}\n"),
            Form::Words | Form::Command => format!("{name} {words}\n"),
        };
        let text = inside(place.block, line);
        let unknown = test(&text)
            .report
            .iter()
            .any(|report| report.code == crate::diagnostics::Code::UNKNOWN_KEYWORD);
        assert!(!unknown, "{text}");
    }
}

/// A line inside a block and those around it.
fn inside(block: &str, line: String) -> String {
    let Some(outside) = all().into_iter().find(|place| match place.entry.form {
        Form::Block(level) => level.name() == block,
        _ => false,
    }) else {
        return line;
    };
    let name = match block {
        "virtual_server" | "real_server" => "10.0.0.2 80",
        _ => "V",
    };
    inside(outside.block, format!("{block} {name} {{\n{line}}}\n"))
}
