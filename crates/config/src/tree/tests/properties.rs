//! Whatever the text, statements nest and braces are accounted for.

use super::*;
use crate::diagnostics::Code;
use proptest::prelude::*;

const LINES: [&str; 22] = [
    "vrrp_instance V {",
    "vrrp_instance V",
    "vrrp_sync_group G {",
    "virtual_ipaddress {",
    "virtual_ipaddress",
    "virtual_ipadress {",
    "authentication {",
    "global_defs {",
    "virtual_server 1.2.3.4 80 {",
    "group { A B }",
    "static_routes {",
    "priority 5",
    "state MASTER {",
    "auth_pass x",
    "net_namespace x",
    "10.0.0.1",
    "foo",
    "{",
    "}",
    "}",
    "} }",
    "notify \"a b",
];

fn text(most: usize) -> impl Strategy<Value = String> {
    let line = (0..4usize, proptest::sample::select(LINES.to_vec()));
    let line = line.prop_map(|(depth, line)| format!("{}{line}\n", "  ".repeat(depth)));
    proptest::collection::vec(line, 0..most).prop_map(|lines| lines.concat())
}

/// Every statement inside ends where the one around it ends, or before.
fn is_nested(statement: Statement<'_>) -> bool {
    let end = statement.node().end;
    statement
        .children()
        .all(|child| child.node().end <= end && is_nested(child))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn statements_nest(text in text(24)) {
        let (tree, report) = read_tree(&text);
        prop_assert!(tree.statements().all(is_nested));
        prop_assert_eq!(tree.statements().last().map_or(0, |last| last.node().end as usize), tree.nodes.len());
        // A brace is missing or too many exactly if something was said about it.
        let opens = text.bytes().filter(|byte| *byte == b'{').count();
        let closes = text.bytes().filter(|byte| *byte == b'}').count();
        let about_braces = [Code::MISSING_OPEN, Code::UNEXPECTED_OPEN, Code::MISSING_CLOSE, Code::EXTRA_CLOSE];
        if opens != closes && !text.contains('"') {
            prop_assert!(report.iter().any(|diagnostic| about_braces.contains(&diagnostic.code)), "{text}");
        }
        prop_assert_eq!(report.class().is_none(), report.is_empty());
    }

    #[test]
    fn text_without_a_mistake_is_taken_as_it_is(depths in proptest::collection::vec(0..9usize, 14)) {
        let lines = [
            "vrrp_instance V {", "state MASTER", "virtual_ipaddress {", "10.0.0.1", "}", "authentication", "{",
            "auth_pass x", "}", "priority 5", "}", "static_routes {", "1.2.3.4", "}",
        ];
        let indented = lines.iter().zip(&depths).map(|(line, depth)| format!("{}{line}", " ".repeat(*depth)));
        let text = indented.collect::<Vec<_>>().join("\n");
        let (tree, report) = read_tree(&text);
        prop_assert!(report.is_empty());
        prop_assert_eq!(
            shown(&tree),
            "vrrp_instance V { state MASTER; virtual_ipaddress { 10.0.0.1 }; authentication { auth_pass x }; priority 5 }; \
             static_routes { 1.2.3.4 }"
        );
    }
}
