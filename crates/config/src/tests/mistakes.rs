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
