//! One diagnostic for each mistake.

use crate::testing::{messages, shown, test};

const TEN: &str = "\
global_defs {
    vrrp_garp_master_delay 99999
    router_idd NODE01
    notification_email_from \"keepalived@example.com
}
vrrp_instance VI_1 {
    interface eht0
    virtual_router_id 51
    priority
    advert_int x
    virtual_ipaddress {
        10.0.0.300
    }
    track_script {
        chk
    }
}
}
vrrp_instance VI_2 {
    interface eth1
    virtual_router_id 52
    virtual_ipaddress {
        10.0.0.201
    }
";

#[test]
fn ten_mistakes_are_ten_diagnostics() {
    let reading = test(TEN);
    assert_eq!(messages(&reading).len(), 10, "{:#?}", messages(&reading));
    // A missing parameter ends even a test.
    assert_eq!(reading.test_status(), 2);
    insta::assert_snapshot!(shown(&reading));
}

#[test]
fn a_line_that_was_reported_has_no_consequences() {
    for (line, broken, status) in [
        // The quote takes the parameter with it.
        ("interface eth0", "interface \"eth0", 2),
        ("interface eth0", "interface ${NIC}", 5),
        ("virtual_router_id 5", "virtual_router_id ${ID}", 5),
        ("virtual_router_id 5", "virtual_router_id 500", 5),
        ("10.0.0.9", "${VIP}", 5),
        ("script \"</etc/passwd\"", "script \"</etc/passwd", 5),
    ] {
        let text = "vrrp_script s {\n script \"</etc/passwd\"\n}\nvrrp_instance V {\n interface eth0\n \
                    virtual_router_id 5\n track_script {\n s\n }\n virtual_ipaddress {\n 10.0.0.9\n 10.0.0.10\n }\n}\n";
        assert!(text.contains(line));
        let reading = test(&text.replace(line, broken));
        assert_eq!(messages(&reading).len(), 1, "{broken}: {:#?}", messages(&reading));
        assert_eq!(reading.test_status(), status);
    }
}
