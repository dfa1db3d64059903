//! What `--config-test` says of single lines and blocks. The statuses are those that Debian's keepalived gives on the same
//! text, but for what version 2.4.3 changed.

use super::table;

/// Lines of an instance that is complete otherwise.
const INSTANCE: &[(&str, u8)] = &[
    ("state MASTER", 0),
    ("state master", 5),
    ("state BACKUP", 0),
    ("priority 0", 5),
    ("priority 256", 5),
    ("priority 255", 0),
    ("advert_int 0", 5),
    ("advert_int 256", 5),
    ("advert_int 1.5", 5),
    ("advert_int 40.96", 5),
    ("version 3\n advert_int 41", 5),
    ("version 3\n advert_int 0.015", 5),
    ("nopreempt", 0),
    ("nopreempt\nstate MASTER", 5),
    ("preempt_delay 5\n state MASTER", 5),
    ("preempt_delay 5\n nopreempt", 5),
    ("preempt_delay 1001", 5),
    ("accept", 0),
    ("no_accept", 0),
    ("debug 5", 5),
    ("debug 4", 0),
    ("down_timer_adverts 0", 5),
    ("down_timer_adverts 101", 5),
    ("strict_mode", 0),
    ("strict_mode on\n state MASTER\n priority 100", 5),
    ("strict_mode xx", 5),
    ("lower_prio_no_advert maybe", 5),
    ("garp_master_repeat 0", 5),
    ("garp_master_delay 4295", 5),
    ("garp_master_refresh x", 5),
    ("native_ipv6", 5),
    ("version 4", 5),
    ("version 2\n version 3", 5),
    ("mcast_src_ip 10.0.0.5", 0),
    ("mcast_src_ip fe80::1", 5),
    ("mcast_src_ip x", 5),
    ("unicast_src_ip 10.0.0.1", 5),
    ("unicast_peer { 10.0.0.2 }", 0),
    ("unicast_peer { 10.0.0.2\n 10.0.0.2 }", 5),
    ("unicast_peer { }", 5),
    ("unicast_peer { 10.0.0.2 min_ttl 5 }", 0),
    ("unicast_ttl 5", 5),
    ("check_unicast_src", 5),
    ("unicast_fault_no_peer", 0),
    ("vmac_xmit_base", 5),
    ("use_vmac", 0),
    ("use_vmac vrrp.51", 0),
    ("use_vmac eth1", 5),
    ("use_vmac 00:11:22:33:44:55", 0),
    ("use_ipvlan", 5),
    ("promote_secondaries", 0),
    ("dont_track_primary", 0),
    ("track_src_ip", 0),
    ("linkbeat_use_polling", 5),
    ("lvs_sync_daemon_interface eth0", 5),
    ("authentication {\n auth_type PASS\n auth_pass 123456789\n }", 5),
    ("authentication {\n auth_type PASS\n }", 5),
    ("authentication {\n auth_pass 12\n }", 0),
    ("authentication {\n auth_type XX\n auth_pass 12\n }", 5),
    (
        "version 3\n authentication {\n auth_type PASS\n auth_pass 12\n }",
        5,
    ),
    ("authentication {\n auth_type AH\n auth_pass 12\n }", 0),
    ("virtual_ipaddress_excluded { 10.0.0.9 }", 0),
    ("virtual_ipaddress_excluded { fe80::1 }", 0),
    ("virtual_ipaddress { 10.0.0.9 }", 5),
    ("track_interface { eth1 }", 0),
    ("track_interface { eth0 }", 5),
    ("track_interface { eth1 weight 300 }", 5),
    ("track_interface { eth1 weight }", 5),
    ("track_interface { eth1 foo }", 5),
    ("track_interface { eth9 }", 5),
    ("track_script { x }", 5),
    ("notify_master", 2),
    ("notify_master /bin/true", 6),
    ("notify_master \"/usr/bin/true\"", 6),
    ("notify_master /nonexist", 0),
    ("notify_master /usr/bin/true nosuchuser", 0),
    ("notify_master \"/usr/bin/true", 5),
    ("notify_deleted", 0),
    ("smtp_alert", 0),
    ("smtp_alert xx", 5),
    ("notify_ordered", 0),
    ("notify_ordered xx", 5),
    ("notify_timeout", 2),
    ("notify_timeout 0.5", 5),
    ("notify_timeout 1.5", 0),
    ("notify_priority_changes", 0),
    ("garp_extra_if all", 5),
    ("garp_extra_if 5", 0),
    ("kernel_rx_buf_size 100", 0),
    ("kernel_rx_buf_size", 5),
    ("kernel_rx_buf_size 1 2", 5),
    ("timer_expired_backup", 5),
    ("vrf eth0", 5),
    ("no_virtual_ipaddress", 0),
    ("interface lo", 5),
    ("interface eth9", 5),
    ("interface averyverylongname1", 5),
    ("virtual_router_id 0", 5),
    ("virtual_router_id 5x", 5),
    ("advert_int 1x", 5),
    ("owner_ignore_adverts", 5),
    ("mcast_dst_ip 224.0.0.5", 0),
    ("mcast_dst_ip 10.0.0.1", 5),
    ("old_unicast_checksum", 5),
    ("old_unicast_checksum foo", 5),
    ("skip_check_adv_addr off", 0),
    ("state", 2),
    ("interface", 2),
    ("preempt_delay", 2),
    ("authentication", 5),
];

/// Address lines of an instance.
const ADDRESSES: &[(&str, u8)] = &[
    ("10.0.0.10 brd +", 5),
    ("10.0.0.10/24 brd +", 0),
    ("10.0.0.10/24 brd 10.0.0.255 label eth0:1 scope link", 0),
    ("10.0.0.10 scope foo", 5),
    ("10.0.0.10 peer 10.0.0.11", 0),
    ("10.0.0.10/24 peer 10.0.0.11", 5),
    (
        "10.0.0.10 home -nodad mngtmpaddr noprefixroute autojoin no_track",
        0,
    ),
    ("10.0.0.10 preferred_lft 5", 0),
    ("10.0.0.10 use_vmac", 0),
    ("10.0.0.10 foo", 5),
    ("10.0.0.10 dev", 5),
    ("10.0.0.10/33", 5),
    ("::1/200", 5),
    ("10.0.0.10 dev eth9", 5),
];

/// Route lines of an instance.
const ROUTES: &[(&str, u8)] = &[
    ("10.5.0.0/16 via 10.0.0.2 dev eth0", 0),
    ("default via 10.0.0.2 dev eth0", 0),
    ("via 10.0.0.2 default dev eth0", 5),
    ("blackhole 10.3.0.0/24", 5),
    ("to blackhole 10.3.0.0/24", 5),
    ("10.3.0.0/24 dev eth0 metric", 2),
    ("10.3.0.0/24 dev eth0 table foo", 5),
    ("10.3.0.0/24 dev eth0 table main", 0),
    ("10.3.0.0/24 dev eth0 scope link src 10.0.0.1", 0),
    ("10.3.0.0/24 dev eth0 expires 5", 5),
    ("fe90::/16 dev eth0 expires 5", 0),
    (
        "10.3.0.0/24 nexthop via 10.0.0.3 dev eth0 weight 2 nexthop via 10.0.0.4 dev eth1",
        5,
    ),
    ("10.3.0.0/24 dev eth0 mtu lock 1400", 0),
    ("10.3.0.0/24 dev eth0 hoplimit 300", 5),
    ("10.3.0.0/24 dev eth0 quickack 2", 5),
    ("10.3.0.0/24 dev eth0 realms 5/6", 0),
    ("10.3.0.0/24 dev eth0 protocol 5", 5),
    ("10.3.0.0/24 dev eth0 protocol 5 no_track", 0),
    ("10.3.0.0/24 dev eth0 encap mpls 100", 0),
    ("10.3.0.0/24 dev eth0 encap ip id 5 dst 10.0.0.4", 0),
    ("10.3.0.0/24 dev eth0 gw 10.0.0.3", 5),
];

/// Rule lines of an instance.
const RULES: &[(&str, u8)] = &[
    ("from 10.0.0.0/8 table 5 preference 5", 0),
    ("from 10.0.0.0/8 lookup main priority 5", 0),
    ("from 10.0.0.0/8 preference 5", 5),
    ("from all to 10.0.0.0/8 table 5 preference 5", 0),
    ("to 10.0.0.0/8 from all table 5 preference 5", 5),
    ("from 10.0.0.0/8 table 5 table 6 preference 5", 5),
    ("from 10.0.0.0/8 blackhole preference 5", 0),
    ("from 10.0.0.0/8 goto 6 preference 5", 0),
    ("from 10.0.0.0/8 goto 4 preference 5", 5),
    ("from 10.0.0.0/8 table 5 preference 5 iif eth0 sport 5", 5),
    (
        "from 10.0.0.0/8 table 5 preference 5 iif eth0 sport 5-6 uidrange 1-5 fwmark 0x5/7 ipproto tcp",
        0,
    ),
    ("fwmark 5 table 5 preference 5 suppress_prefixlength 0", 0),
    ("fwmark 5 blackhole preference 5 suppress_prefixlength 0", 5),
    ("fwmark 5 table 0 preference 5", 5),
    ("fwmark 5 table 5 preference 5 protocol 5", 5),
];

/// Lines of `global_defs`.
const GLOBALS: &[(&str, u8)] = &[
    ("router_id", 5),
    ("router_id a b", 0),
    ("process_names", 0),
    ("vrrp_process_name averyverylongprocessname", 5),
    ("umask 022", 0),
    ("umask 888", 5),
    ("umask IRUSR|IWUSR", 0),
    ("umask FOO", 5),
    ("script_user nosuch", 5),
    ("script_user root", 0),
    ("script_user", 5),
    ("enable_script_security", 0),
    ("startup_script /usr/bin/true", 6),
    ("startup_script /nonexist", 0),
    ("startup_script_timeout 0", 5),
    ("notify_fifo /tmp/x", 0),
    ("notify_fifo", 5),
    ("notify_fifo /tmp/x\n notify_fifo /tmp/y", 5),
    ("notify_fifo_script /usr/bin/true", 6),
    ("notification_email { }", 5),
    ("notification_email { a b }", 0),
    ("notification_email_from", 5),
    ("notification_email_from a b", 5),
    ("smtp_server 10.0.0.1", 0),
    ("smtp_server nosuch.invalid", 5),
    ("smtp_server 10.0.0.1 70000", 5),
    ("smtp_helo_name", 0),
    ("smtp_connect_timeout 0", 5),
    ("smtp_connect_timeout 5000", 5),
    ("smtp_alert yes", 0),
    ("smtp_starttls", 0),
    ("smtp_tls mail.example", 0),
    ("smtp_tls mail.example x", 5),
    ("smtp_tls_ca", 5),
    ("smtp_tls_ca /etc/mail.pem", 0),
    ("smtp_auth ops", 5),
    ("smtp_auth ops secret", 5),
    ("smtp_tls\n smtp_auth ops secret", 0),
    ("smtp_tls\n smtp_auth ops file:/nonexistent", 5),
    ("smtp_alert_file", 5),
    ("smtp_alert_file alerts", 0),
    ("lvs_repair_interval", 2),
    ("lvs_repair_interval 0.5", 5),
    ("lvs_repair_interval 60", 0),
    ("max_auto_priority 100", 5),
    ("max_auto_priority", 0),
    ("min_auto_priority_delay 0", 5),
    ("vrrp_priority 20", 5),
    ("vrrp_priority", 5),
    ("vrrp_rt_priority 0", 5),
    ("vrrp_rt_priority x", 5),
    ("vrrp_cpu_affinity 99", 5),
    ("vrrp_cpu_affinity", 5),
    ("vrrp_cpu_affinity 0", 0),
    ("vrrp_rlimit_rttime 0", 5),
    ("vrrp_rlimit_rtime 5", 0),
    ("vrrp_netlink_cmd_rcv_bufs -1", 5),
    ("vrrp_rx_bufs_policy MTU", 0),
    ("vrrp_rx_bufs_policy MTU ADVERT", 5),
    ("vrrp_rx_bufs_policy 5000", 0),
    ("vrrp_rx_bufs_policy 5000 MTU", 5),
    ("vrrp_rx_bufs_multiplier 0", 5),
    ("vrrp_version 4", 5),
    ("vrrp_mcast_group4 10.0.0.1", 5),
    ("vrrp_mcast_group4 224.0.0.5", 0),
    ("vrrp_mcast_group6 ff05::12", 5),
    ("vrrp_garp_master_delay 5000", 5),
    ("vrrp_garp_master_repeat 0", 5),
    ("vrrp_garp_interval 0", 5),
    ("vrrp_garp_interval 2", 0),
    ("vrrp_min_garp", 0),
    ("vrrp_min_garp xx", 5),
    ("vrrp_garp_extra_if 0", 5),
    ("vrrp_garp_extra_if all 5", 0),
    ("vrrp_down_timer_adverts 0", 5),
    ("vrrp_lower_prio_no_advert", 0),
    ("vrrp_higher_prio_send_advert x", 5),
    ("vrrp_strict", 0),
    ("vrrp_startup_delay 0", 5),
    ("vrrp_startup_delay 61", 0),
    ("log_unknown_vrids", 0),
    ("dynamic_interfaces foo", 5),
    ("dynamic_interfaces", 0),
    ("default_interface", 5),
    ("disable_local_igmp", 0),
    ("vmac_prefix a\n vmac_prefix b", 5),
    ("nftables", 0),
    ("nftables a\n nftables b", 5),
    ("nftables_priority x", 5),
    ("nftables_counters", 0),
    ("vrrp_iptables", 5),
    ("lvs_timeouts tcp 5", 0),
    ("lvs_timeouts tcp", 5),
    ("lvs_timeouts foo 5", 5),
    ("lvs_flush", 0),
    ("lvs_flush_on_stop foo", 5),
    ("lvs_sync_daemon eth0", 0),
    ("lvs_sync_daemon eth0 V", 0),
    ("lvs_sync_daemon eth0 inst V id 300", 5),
    ("snmp_socket a b", 5),
    ("enable_snmp_rfc", 0),
    ("enable_dbus", 0),
    ("dbus_service_name", 5),
    ("reload_time_file a b", 5),
    ("json_version 3", 5),
    ("include_check read", 0),
    ("include_check foo", 5),
    ("config_save_dir", 2),
    ("tmp_config_directory", 5),
    ("state_dump_file", 5),
    ("net_namespace x", 5),
    ("process_monitor_rcv_bufs 1 2", 0),
    ("random_seed x", 5),
    ("vrrp_skip_check_adv_addr xx", 5),
    ("v3_checksum_as_v2 off", 0),
    ("checker_log_all_failures", 0),
    ("vrrp_notify_priority_changes", 0),
    ("vrrp_notify_ordered", 0),
    ("iproute_usr_dir", 5),
];

/// Whole texts; `@V` and `@W` stand for complete instances.
const BLOCKS: &[(&str, u8)] = &[
    (
        "vrrp_script s {\n script \"/usr/bin/true\"\n interval 0\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_script { s }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        6,
    ),
    (
        "vrrp_script s {\n script \"/usr/bin/true\"\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_script {\n s weight 254\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        6,
    ),
    (
        "global_defs {\n enable_script_security\n script_user root\n}\nvrrp_script s {\n script \"/usr/bin/true\"\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_script {\n s weight 254\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    (
        "global_defs {\n enable_script_security\n script_user root\n}\nvrrp_script s {\n script \"/usr/bin/true\"\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_script {\n s weight 4 reverse\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        0,
    ),
    (
        "global_defs {\n enable_script_security\n script_user root\n}\nvrrp_script s {\n script \"/nonexist\"\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_script {\n s\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    (
        "vrrp_script s {\n script \"</etc/passwd\"\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_script {\n s\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        0,
    ),
    (
        "global_defs {\n enable_script_security\n}\nvrrp_script s {\n script \"/usr/bin/true\"\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_script {\n s weight 4\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    (
        "vrrp_script s {\n script \"/usr/bin/true\"\n user nosuch\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_script {\n s weight 4\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    ("vrrp_script s {\n interval 5\n}\n@V\n", 5),
    ("vrrp_script {\n script \"/usr/bin/true\"\n}\n@V\n", 2),
    (
        "track_file f {\n file /tmp/tf\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_file {\n f weight 255\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    (
        "track_file f {\n file /nodir/tf\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_file {\n f\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    (
        "track_file f {\n file /proc/tf\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_file {\n f\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    ("track_file f {\n weight 5\n}\n@V\n", 5),
    (
        "track_file f {\n file /tmp/tf\n weight 5\n weight 6\n init_file 300\n}\n@V\n",
        5,
    ),
    (
        "vrrp_track_process p {\n process foo\n weight 5 reverse\n quorum 5\n quorum_max 3\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_process { p }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    (
        "vrrp_track_process p {\n process foo\n quorum_max 0\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_process { p }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        0,
    ),
    ("vrrp_track_process p {\n weight 5\n}\n@V\n", 5),
    ("vrrp_sync_group G {\n group { V }\n}\n@V\n", 5),
    ("vrrp_sync_group G {\n group { V W }\n}\n@V\n", 5),
    ("vrrp_sync_group G {\n group { }\n}\n@V\n", 5),
    ("vrrp_sync_group G {\n}\n@V\n", 5),
    ("vrrp_sync_group G H {\n group { V }\n}\n@V\n", 5),
    ("vrrp_sync_group G {\n group { X }\n}\n@V\n", 5),
    (
        "vrrp_sync_group G {\n group {\n V\n W\n }\n notify_deleted /usr/bin/true\n}\n@V\n@W\n",
        5,
    ),
    (
        "vrrp_sync_group G {\n group {\n V\n W\n }\n global_tracking\n}\n@V\n@W\n",
        5,
    ),
    (
        "vrrp_sync_group G {\n group {\n V\n W\n }\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_interface {\n eth1 weight 5\n }\n virtual_ipaddress { 10.0.0.9 }\n}\n@W\n",
        5,
    ),
    ("@V\n@W5\n", 5),
    ("@V\n@V\n", 5),
    ("vrrp_instance V {\n interface eth0\n virtual_router_id 5\n}\n", 5),
    (
        "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n version 3\n}\n",
        5,
    ),
    (
        "vrrp_instance V {\n interface eth0\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    (
        "vrrp_instance V {\n virtual_router_id 5\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    (
        "vrrp_instance V {\n virtual_router_id 5\n unicast_src_ip 10.0.0.1\n unicast_peer { 10.0.0.2 }\n virtual_ipaddress { 10.0.0.9 dev eth0\n }\n}\n",
        0,
    ),
    (
        "vrrp_instance V {\n virtual_router_id 5\n unicast_src_ip 10.0.0.1\n unicast_peer { 10.0.0.2 }\n virtual_ipaddress { 10.0.0.9\n }\n}\n",
        5,
    ),
    (
        "vrrp_instance V {\n virtual_router_id 5\n unicast_peer { 10.0.0.2 }\n virtual_ipaddress { 10.0.0.9 dev eth0\n }\n}\n",
        5,
    ),
    (
        "vrrp_instance V W {\n interface eth0\n virtual_router_id 5\n}\n",
        5,
    ),
    ("vrrp_instance {\n interface eth0\n virtual_router_id 5\n}\n", 5),
    (
        "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress { fe80::9 }\n}\n",
        0,
    ),
    (
        "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress { 2001:db8::9 }\n}\n",
        0,
    ),
    (
        "vrrp_instance V {\n interface eth0\n version 2\n virtual_router_id 5\n virtual_ipaddress { fe80::9 }\n}\n",
        0,
    ),
    (
        "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {\n fe80::9\n 10.0.0.9\n }\n}\n",
        5,
    ),
    ("static_ipaddress { 10.0.0.9/24 dev eth0\n}\n", 0),
    ("static_ipaddress { 10.0.0.9/24 dev eth9\n}\n", 5),
    ("static_ipaddress { 10.0.0.9/24 track_group x\n}\n", 5),
    (
        "track_group x { group { V } }\nstatic_ipaddress {\n 10.0.0.9/24 track_group x\n}\n@V\n",
        0,
    ),
    ("track_group x {\n group { }\n }\n@V\n", 5),
    ("track_group x {\n group {\n Z\n }\n }\n@V\n", 0),
    ("static_routes {\n 10.3.0.0/24 via 10.0.0.3\n}\n", 5),
    ("static_routes {\n 10.3.0.0/24 via 10.0.0.3 no_track\n}\n", 0),
    ("static_rules {\n from 10.3.0.0/24 table 4 preference 5\n}\n", 0),
    ("linkbeat_interfaces {\n eth0 FOO\n}\n@V\n", 5),
    ("linkbeat_interfaces {\n eth9\n}\n@V\n", 4),
    ("interface_up_down_delays {\n eth9 5\n}\n@V\n", 4),
    ("interface_up_down_delays {\n eth0\n}\n@V\n", 0),
    ("interface_up_down_delays {\n eth0 300\n}\n@V\n", 5),
    ("garp_group {\n interface eth0\n}\n@V\n", 5),
    (
        "garp_group {\n garp_interval 1\n interface eth0\n interface eth0\n}\n@V\n",
        5,
    ),
    ("garp_group {\n garp_interval 0\n interfaces { }\n}\n@V\n", 5),
    (
        "bfd_instance b {\n neighbor_ip 10.0.0.2\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_bfd { b }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        0,
    ),
    (
        "bfd_instance b {\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_bfd { b }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    (
        "bfd_instance b {\n neighbor_ip x\n}\nvrrp_instance V {\n interface eth0\n virtual_router_id 5\n track_bfd { b }\n virtual_ipaddress { 10.0.0.9 }\n}\n",
        5,
    ),
    (
        "bfd_instance b {\n neighbor_ip 10.0.0.2\n source_ip fe80::1\n min_rx 0\n}\n@V\n",
        5,
    ),
    ("instance a\ninstance b\n@V\n", 5),
    ("net_namespace\n@V\n", 5),
    ("child_wait_time x\n@V\n", 5),
    ("use_pid_dir\nnamespace_with_ipsets\n@V\n", 0),
];

/// A complete instance with these lines in it.
fn instance(name: &str, vrid: u8, lines: &str) -> String {
    format!(
        "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n {lines}\n \
         virtual_ipaddress {{ 10.0.0.9 }}\n}}\n"
    )
}

#[test]
fn lines_of_an_instance() {
    insta::assert_snapshot!(table(INSTANCE, |line| instance("V", 5, line)));
}

#[test]
fn address_lines() {
    insta::assert_snapshot!(table(ADDRESSES, |line| format!(
        "vrrp_instance V {{\n interface eth0\n virtual_router_id 5\n virtual_ipaddress {{\n {line}\n }}\n}}\n"
    )));
}

#[test]
fn route_lines() {
    insta::assert_snapshot!(table(ROUTES, |line| instance(
        "V",
        5,
        &format!("virtual_routes {{\n {line}\n }}")
    )));
}

#[test]
fn rule_lines() {
    insta::assert_snapshot!(table(RULES, |line| instance(
        "V",
        5,
        &format!("virtual_rules {{\n {line}\n }}")
    )));
}

#[test]
fn lines_of_global_defs() {
    insta::assert_snapshot!(table(GLOBALS, |line| format!(
        "global_defs {{\n {line}\n}}\n{}",
        instance("V", 5, "")
    )));
}

#[test]
fn whole_blocks() {
    insta::assert_snapshot!(table(BLOCKS, |text| {
        text.replace("@W5", &instance("W", 5, ""))
            .replace("@W", &instance("W", 6, ""))
            .replace("@V", &instance("V", 5, ""))
    }));
}

#[test]
fn a_namespace_of_the_command_line_wins_and_says_so() {
    let files = crate::testing::machine().with("/etc/keepalived/keepalived.conf", "net_namespace red");
    let interfaces = crate::testing::interfaces();
    let mut request = crate::Request::new(crate::Purpose::Test);
    request.net_namespace = Some("blue".to_owned());
    let reading = crate::read(&request, &crate::testing::environment(&files, &interfaces));
    assert_eq!(
        reading.configuration.globals.identity.net_namespace.as_deref(),
        Some("blue")
    );
    let line = "network namespace blue of the command line is used, and not `net_namespace red`";
    let is_line = |diagnostic: &&crate::diagnostics::Diagnostic| diagnostic.message == line;
    assert_eq!(reading.report.iter().filter(is_line).count(), 1);
    assert_eq!(reading.report.test_status(), 0);
}
