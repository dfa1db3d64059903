//! SNMP and D-Bus (`spec/config-global.md` section 2.8).

use super::super::effect::{DBUS, SNMP};
use super::super::{Keyword, seconds};
use crate::lower::GlobalsDraft;

type Row = Keyword<GlobalsDraft>;

pub(super) static KEYWORDS: &[Keyword<GlobalsDraft>] = &[
    Row::line("snmp_socket", "SOCKET", |g, line, cx| {
        if let Some(socket) = cx.only_word(line, "an address") {
            cx.once(&mut g.model.snmp.socket, line, socket);
        }
    })
    .own_check()
    .first_wins()
    .default("the default of AgentX")
    .means("Address of the master agent")
    .effect(SNMP),
    Row::flag("enable_snmp_vrrp", |g, _| g.model.snmp.vrrp = true)
        .default("off")
        .means("Serve the VRRP part of KEEPALIVED-MIB")
        .effect(SNMP),
    Row::flag("enable_snmp_keepalived", |g, _| g.model.snmp.vrrp = true)
        .old_for("enable_snmp_vrrp")
        .means("Serve the VRRP part of KEEPALIVED-MIB")
        .effect(SNMP),
    Row::flag("enable_snmp_checker", |g, _| g.model.snmp.checker = true)
        .default("off")
        .means("Serve the checker part of KEEPALIVED-MIB")
        .effect(SNMP),
    Row::flag("enable_snmp_rfc", |g, _| {
        g.model.snmp.rfc_v2 = true;
        g.model.snmp.rfc_v3 = true;
    })
    .default("off")
    .means("Serve both RFC MIBs")
    .effect(SNMP),
    Row::flag("enable_snmp_rfcv2", |g, _| g.model.snmp.rfc_v2 = true)
        .default("off")
        .means("Serve the MIB of RFC 2787")
        .effect(SNMP),
    Row::flag("enable_snmp_rfcv3", |g, _| g.model.snmp.rfc_v3 = true)
        .default("off")
        .means("Serve the MIB of RFC 6527")
        .effect(SNMP),
    Row::flag("enable_traps", |g, _| g.model.snmp.traps = true)
        .default("off")
        .means("Send traps")
        .effect(SNMP),
    Row::duration(
        "snmp_vs_stats_update_interval",
        "SECS",
        seconds(1_000, 30_000_000),
        |g, age| {
            g.model.snmp.vs_stats_update_interval = Some(age.value);
        },
    )
    .default("5")
    .means("How old statistics of virtual servers may be")
    .effect(SNMP),
    Row::duration(
        "snmp_rs_stats_update_interval",
        "SECS",
        seconds(1_000, 30_000_000),
        |g, age| {
            g.model.snmp.rs_stats_update_interval = Some(age.value);
        },
    )
    .default("snmp_vs_stats_update_interval")
    .means("How old statistics of real servers may be")
    .effect(SNMP),
    Row::flag("enable_dbus", |g, _| g.model.dbus = true)
        .default("off")
        .means("Offer the D-Bus service")
        .effect(DBUS),
    Row::word("dbus_service_name", "NAME", |g, name| {
        g.model.dbus_service_name = Some(name.value);
    })
    .own_check()
    .default("org.keepalived.Vrrp1")
    .means("Name of the D-Bus service")
    .effect(DBUS),
    Row::word("dbus_no_interface_name", "NAME", |g, name| {
        g.model.dbus_no_interface_name = Some(name.value);
    })
    .own_check()
    .default("none")
    .means("Path element of instances without interface")
    .effect(DBUS),
];
