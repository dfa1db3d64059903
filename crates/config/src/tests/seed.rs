//! The configuration of the user's guide.

use crate::testing::{messages, test};
use model::{Authentication, InitialState, Micros, Transport, Version};
use std::net::Ipv4Addr;

const GUIDE: &str = "\
! Configuration File for keepalived
global_defs {
notification_email {
admin@example.com
ops@example.com
}
notification_email_from keepalived@example.com
smtp_server 192.168.200.1
smtp_connect_timeout 30
router_id NODE01
vrrp_skip_check_adv_addr
vrrp_garp_interval 0
vrrp_gna_interval 0
}
vrrp_instance VI_1 {
state MASTER
interface eth0
virtual_router_id 51
priority 100
advert_int 1
authentication {
auth_type PASS
auth_pass 1111
}
virtual_ipaddress {
10.0.0.200 dev eth0 label eth0:0
}
}
";

#[test]
fn it_runs_although_two_of_its_numbers_are_out_of_range() {
    let reading = test(GUIDE);
    assert_eq!(
        messages(&reading),
        [
            "`vrrp_garp_interval`: number '0' outside range [0.000001, 4294.967295]",
            "`vrrp_gna_interval`: number '0' outside range [0.000001, 4294.967295]",
        ]
    );
    assert_eq!(reading.test_status(), 5);
    assert!(reading.start.is_ok());
    let globals = &reading.configuration.globals;
    assert_eq!(globals.identity.router_id, "NODE01");
    assert_eq!(globals.mail.to, ["admin@example.com", "ops@example.com"]);
    assert_eq!(globals.mail.server, Some("192.168.200.1:25".parse().unwrap()));
    assert_eq!(globals.vrrp.garp_interval, Micros::ZERO);
}

#[test]
fn its_instance_is_complete() {
    let reading = test(GUIDE);
    let [instance] = &reading.configuration.vrrp.instances[..] else {
        panic!("one instance");
    };
    assert_eq!(instance.name, "VI_1");
    assert_eq!(instance.version, Version::V2);
    assert_eq!(instance.initial_state, InitialState::Master);
    assert_eq!(instance.priority.value(), 100);
    assert_eq!(instance.vrid.value(), 51);
    assert!(instance.skip_check_adv_addr);
    assert_eq!(
        instance.transport,
        Transport::Multicast {
            group: Ipv4Addr::new(224, 0, 0, 18).into()
        }
    );
    let Authentication::Password(password) = &instance.authentication else {
        panic!("a password");
    };
    assert_eq!(password.expose(), b"1111\0\0\0\0");
    let [address] = &instance.virtual_addresses[..] else {
        panic!("one address");
    };
    assert_eq!(address.prefix.to_string(), "10.0.0.200/32");
    assert_eq!(address.label.as_deref(), Some("eth0:0"));
}
