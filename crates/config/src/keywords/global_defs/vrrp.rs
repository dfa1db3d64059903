//! Defaults and settings of VRRP (`spec/config-global.md` section 2.5).

use super::super::garp;
use super::super::{Keyword, lenient, seconds, strict};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{Context, GlobalsDraft};
use crate::tree::{Statement, Word};
use crate::values::address::address;
use model::{Micros, Version};
use std::net::IpAddr;

type Row = Keyword<GlobalsDraft>;

/// Longest gap that 32 bits of microseconds hold.
const LONGEST: u64 = 4_294_967_295;

pub(super) static KEYWORDS: &[Keyword<GlobalsDraft>] = &[
    Row::integer("vrrp_version", "2|3", strict(2, 3), |g, n| {
        g.model.vrrp.version = if n.value == 2 { Version::V2 } else { Version::V3 };
    })
    .default("2")
    .means("Version of IPv4 instances that name none; IPv6 is always 3"),
    Row::line("vrrp_mcast_group4", "IPv4", |g, line, cx| {
        let Some(word) = cx.required(line, 0) else { return };
        match address(word.text()) {
            Some(IpAddr::V4(group)) if group.is_multicast() => g.model.vrrp.mcast_group4 = group,
            _ => not_multicast("vrrp_mcast_group4", "an IPv4 multicast address", word, cx),
        }
    })
    .default("224.0.0.18")
    .means("Destination of adverts over IPv4"),
    Row::line("vrrp_mcast_group6", "IPv6", mcast_group6)
        .default("ff02::12")
        .means("Destination of adverts over IPv6"),
    Row::integer("vrrp_garp_master_delay", "SECS", garp::DELAY, |g, n| {
        g.garp.master_delay = Some(Micros::from_secs(n.number()));
    })
    .default("5")
    .means(garp::MASTER_DELAY),
    Row::line("vrrp_garp_master_repeat", "N", |g, line, cx| {
        garp::repeat(&mut g.garp.master_repeat, line, cx);
    })
    .range(garp::REPEAT)
    .default("5")
    .means(garp::MASTER_REPEAT),
    Row::integer("vrrp_garp_master_refresh", "SECS", garp::REFRESH, |g, n| {
        g.garp.master_refresh = Some(Micros::from_secs(n.number()));
    })
    .or(0)
    .default("0, off")
    .means(garp::MASTER_REFRESH),
    Row::line("vrrp_garp_master_refresh_repeat", "N", |g, line, cx| {
        garp::repeat(&mut g.garp.master_refresh_repeat, line, cx);
    })
    .range(garp::REPEAT)
    .default("1")
    .means(garp::MASTER_REFRESH_REPEAT),
    Row::integer("vrrp_garp_lower_prio_delay", "SECS", garp::DELAY, |g, n| {
        g.garp.lower_prio_delay = Some(garp::secs(n));
    })
    .default("vrrp_garp_master_delay")
    .means(garp::LOWER_PRIO_DELAY),
    Row::integer("vrrp_garp_lower_prio_repeat", "N", garp::LOWER_REPEAT, |g, n| {
        g.garp.lower_prio_repeat = Some(n.narrow());
    })
    .default("vrrp_garp_master_repeat")
    .means(garp::LOWER_PRIO_REPEAT),
    Row::line("vrrp_garp_interval", "SECS", |g, line, cx| {
        if let Some(gap) = garp::gap(line, seconds(1, LONGEST), cx) {
            g.model.vrrp.garp_interval = gap;
        }
    })
    .range("0.000001 to 4294.967295")
    .default("no limit")
    .means("Least time between two gratuitous ARPs on an interface that is in no garp_group"),
    Row::line("vrrp_gna_interval", "SECS", |g, line, cx| {
        if let Some(gap) = garp::gap(line, seconds(1, LONGEST), cx) {
            g.model.vrrp.gna_interval = gap;
        }
    })
    .range("0.000001 to 4294.967295")
    .default("no limit")
    .means("Least time between two unsolicited neighbour advertisements on such an interface"),
    Row::switch("vrrp_min_garp", |g, on| {
        if on.value {
            // Only what is still at its built-in default is changed, so the order of lines matters.
            g.garp.master_delay.get_or_insert(Micros::ZERO);
            g.garp.master_repeat.get_or_insert(1);
            g.garp.master_refresh.get_or_insert(Micros::ZERO);
            g.garp.master_refresh_repeat.get_or_insert(1);
        }
    })
    .default("off")
    .means("One message after becoming master, no second set, no refresh"),
    Row::line("vrrp_garp_extra_if", "[all] SECS", |g, line, cx| {
        extra_if(g, line, cx);
    })
    .range("1 to 86400")
    .default("0, off")
    .means("Repeat messages on the interfaces of addresses elsewhere: on VMACs only, or with `all` on each"),
    Row::line("vrrp_vmac_garp_intvl", "[all] SECS", |g, line, cx| {
        cx.deprecated(line, "vrrp_garp_extra_if");
        extra_if(g, line, cx);
    })
    .range("1 to 86400")
    .old_for("vrrp_garp_extra_if")
    .means("Repeat messages on the interfaces of addresses elsewhere"),
    Row::integer("vrrp_down_timer_adverts", "N", lenient(1, 100), |g, n| {
        g.model.vrrp.down_timer_adverts = n.number();
    })
    .default("3")
    .means("Adverts that are missed before taking over"),
    Row::switch("vrrp_lower_prio_no_advert", |g, on| {
        g.model.vrrp.lower_prio_no_advert = on.value;
    })
    .default("false")
    .means("Do not answer an advert of lower priority with an advert at once"),
    Row::switch("vrrp_higher_prio_send_advert", |g, on| {
        g.model.vrrp.higher_prio_send_advert = on.value;
    })
    .default("false")
    .means("Send one more advert before yielding to a higher priority"),
    // A word behind it is not looked at: any occurrence means on.
    Row::flag("v3_checksum_as_v2", |g, _| g.model.vrrp.v3_checksum_as_v2 = true)
        .default("off")
        .means("Leave the pseudo header out of the checksum of version 3 over IPv4"),
    Row::flag("vrrp_check_unicast_src", |g, _| {
        g.model.vrrp.check_unicast_src = true;
    })
    .default("off")
    .means("Accept unicast adverts of configured peers only"),
    Row::switch("vrrp_skip_check_adv_addr", |g, on| {
        g.model.vrrp.skip_check_adv_addr = on.value;
    })
    .default("false")
    .means("Check the addresses in the first advert of a master only"),
    Row::switch("vrrp_strict", |g, on| g.model.vrrp.strict = on.value)
        .default("false")
        .means("Default of strict_mode"),
    Row::switch("vrrp_owner_ignore_adverts", |g, on| {
        g.model.vrrp.owner_ignore_adverts = on.value;
    })
    .default("false")
    .means("Default of owner_ignore_adverts for priority 255"),
    Row::line("vrrp_startup_delay", "SECS", |g, line, cx| {
        if let Some(delay) = start_delay(line, cx) {
            g.model.vrrp.startup_delay = delay;
        }
    })
    .range("0.001 to 4294.967295")
    .default("0")
    .means("Wait before instances start, after the start of the daemon but not after a reload"),
    Row::line("vrrp_delay_after_boot", "SECS", |g, line, cx| {
        if let Some(delay) = start_delay(line, cx) {
            g.model.vrrp.delay_after_boot = delay;
        }
    })
    .range("0.001 to 4294.967295")
    .default("0")
    .means("Wait before instances start until the machine has run this long"),
    Row::flag("log_unknown_vrids", |g, _| g.model.vrrp.log_unknown_vrids = true)
        .default("off")
        .means("Log adverts with a VRID that is not configured on the interface"),
    Row::line("dynamic_interfaces", "[allow_if_changes]", |g, line, cx| {
        g.model.vrrp.dynamic_interfaces = true;
        cx.dynamic_interfaces = true;
        match line.argument(0) {
            None => {}
            Some(word) if word.text() == "allow_if_changes" => g.model.vrrp.allow_if_changes = true,
            Some(word) => cx.unknown_option("dynamic_interfaces", word, &["allow_if_changes"]),
        }
    })
    .default("off")
    .means("Interfaces may be missing at the start; with the option they may come back as another kind"),
    Row::line("default_interface", "IFNAME", |g, line, cx| {
        let Some(word) = line.argument(0) else {
            return cx.missing(line, "an interface");
        };
        if let Some(name) = cx.interface_name("default_interface", word) {
            g.model.vrrp.default_interface = Some(name.value);
        }
    })
    .own_check()
    .default("eth0")
    .means("Interface of static addresses that name none"),
    Row::flag("disable_local_igmp", |g, _| {
        g.model.vrrp.disable_local_igmp = true;
    })
    .default("off")
    .means("No IGMP reports for link-local groups such as that of VRRP"),
    Row::line("vmac_prefix", "STRING", |g, line, cx| {
        if let Some(word) = cx.required(line, 0) {
            cx.once(&mut g.model.vrrp.vmac_prefix, line, word.text().to_owned());
        }
    })
    .first_wins()
    .default("vrrp")
    .means("Beginning of the names of VMACs, PREFIX[N].VRID"),
    Row::line("vmac_addr_prefix", "STRING", |g, line, cx| {
        if let Some(word) = cx.required(line, 0) {
            cx.once(&mut g.model.vrrp.vmac_addr_prefix, line, word.text().to_owned());
        }
    })
    .first_wins()
    .default("vmac_prefix")
    .means("Beginning of the names of VMACs for addresses on other interfaces"),
];

fn not_multicast(what: &str, wanted: &str, word: Word<'_>, cx: &mut Context<'_>) {
    let message = format!("`{what}`: '{}' is not {wanted}; the line is ignored", word.text());
    cx.error(Code::INVALID_ADDRESS, word.span(), message);
}

fn mcast_group6(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let Some(IpAddr::V6(group)) = address(word.text()).filter(IpAddr::is_multicast) else {
        return not_multicast("vrrp_mcast_group6", "an IPv6 multicast address", word, cx);
    };
    // Scope 2 of RFC 4291, section 2.7.
    if group.octets()[1] & 0x0f != 2 {
        let message = format!("`vrrp_mcast_group6`: {group} is not link-local, which RFC 9568 asks for");
        cx.push(Diagnostic::warning(Code::INVALID_ADDRESS, Class::Warning, message).at(word.span(), ""));
    }
    g.model.vrrp.mcast_group6 = group;
}

fn extra_if(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    if let Some(extra) = garp::extra_interface(line, 1, cx) {
        g.model.vrrp.garp_extra_if = extra;
    }
}

fn start_delay(line: Statement<'_>, cx: &mut Context<'_>) -> Option<Micros> {
    let word = cx.required(line, 0)?;
    let what = line.name().text();
    let delay = cx.duration(what, word, seconds(1_000, LONGEST))?;
    if delay.value >= Micros::from_secs(60) {
        cx.log(
            Code::UNUSUAL_VALUE,
            word.span(),
            format!("`{what}` of {} is long", delay.value),
        );
    }
    Some(delay.value)
}
