//! The configuration of the user's guide, section "Configuration After Source Installation".

use std::net::Ipv4Addr;
use std::time::Duration;

/// The address that moves.
pub(super) const VIRTUAL_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 200);
/// `advert_int` of the guide.
pub(super) const ADVERT_INTERVAL: Duration = Duration::from_secs(1);

/// The guide's text with the interface filled in, and with this state and priority.
pub(crate) fn configuration(state: &str, priority: u8) -> String {
    const ADAPTER: &str = "eth0";
    format!(
        "! Configuration File for keepalived
global_defs {{
notification_email {{
admin@example.com
ops@example.com
}}
notification_email_from keepalived@example.com
smtp_server 192.168.200.1
smtp_connect_timeout 30
router_id NODE01
vrrp_skip_check_adv_addr
vrrp_garp_interval 0
vrrp_gna_interval 0
}}
vrrp_instance VI_1 {{
state {state}
interface {ADAPTER}
virtual_router_id 51
priority {priority}
advert_int 1
authentication {{
auth_type PASS
auth_pass 1111
}}
virtual_ipaddress {{
10.0.0.200 dev {ADAPTER} label {ADAPTER}:0
}}
}}
"
    )
}
