//! What a block lacks because of a mistake is not a second one.

use crate::testing::{messages, test};

fn instance(lines: &str) -> String {
    format!("vrrp_instance V {{\n{lines}\n}}\n")
}

#[test]
fn one_mistake_is_one_message() {
    let id = "virtual_router_id 51\n";
    let interface = "interface eth0\n";
    let address = "virtual_ipaddress {\n10.0.0.2\n}\n";
    for (lines, status, daemon) in [
        (format!("{interface}{address}virtual_router_id abc"), 5, Some(2)),
        (format!("{interface}{address}virtual_router_id"), 2, Some(2)),
        (format!("{interface}{address}virtual_router_id \"5"), 2, Some(2)),
        (
            format!("{interface}{address}virtual_router_id ${{ID}}"),
            5,
            Some(2),
        ),
        (format!("{interface}{address}virtual_routerid 5"), 5, Some(2)),
        (format!("{interface}{address}"), 5, Some(2)),
        (format!("{id}{address}interfaces eth0"), 5, Some(2)),
        (format!("{id}{address}interface"), 2, Some(2)),
        (
            format!("{id}{interface}virtual_ipaddress {{\n10.0.0.256\n}}"),
            5,
            None,
        ),
        (
            format!("{id}{interface}virtual_ipadress {{\n10.0.0.2\n}}"),
            5,
            None,
        ),
        (format!("{id}{interface}"), 5, None),
    ] {
        let reading = test(&instance(&lines));
        assert_eq!(messages(&reading).len(), 1, "{lines}: {:?}", messages(&reading));
        assert_eq!(reading.test_status(), status, "{lines}");
        assert_eq!(reading.report.daemon_status(), daemon, "{lines}");
    }
}

#[test]
fn a_block_without_its_brace_lacks_nothing() {
    let reading = test("vrrp_instance V {\nvrrp_instance W {\ninterface eth0\nvirtual_router_id 51\n}\n");
    let messages = messages(&reading);
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(
        messages[0].contains("`vrrp_instance` is never closed"),
        "{messages:?}"
    );
    assert!(messages[1].contains("(W) has no virtual address"), "{messages:?}");
}
