//! All cases.

use anyhow::Result;

use super::life::{self, SECOND, TENTH};
use super::router::{Delivery, Holder, Variant};
use super::signed::Signature;
use super::{
    Case, Extent, Kind, Needs, World, access, addresses, config_test, documentation, elections, firewall,
    frr, group_faults, groups, guest, mail, noise, operator, package, processes, prometheus, reload, scripts,
    signed, virtual_mac, vyos,
};

const IPV4: &[&str] = &["10.0.0.200/24", "10.0.0.201/24"];
const IPV6: &[&str] = &["fe80::5300/64", "2001:db8::200/64"];

const V2: Variant = Variant {
    name: "v2",
    version: 2,
    advert_int: SECOND,
    authentication: None,
    delivery: Delivery::Multicast,
    addresses: IPV4,
    holder: Holder::Interface,
};
const V2_PASS: Variant = Variant {
    name: "v2-pass",
    authentication: Some(("PASS", "d0gm@t1c")),
    ..V2
};
const V2_AH: Variant = Variant {
    name: "v2-ah",
    authentication: Some(("AH", "secret")),
    ..V2
};
const V2_UNICAST: Variant = Variant {
    name: "v2-unicast-pass",
    delivery: Delivery::Unicast,
    ..V2_PASS
};
const V3: Variant = Variant {
    name: "v3",
    version: 3,
    advert_int: TENTH,
    authentication: None,
    ..V2
};
const V3_UNICAST: Variant = Variant {
    name: "v3-unicast",
    delivery: Delivery::Unicast,
    ..V3
};
const V3_IPV6: Variant = Variant {
    name: "v3-ipv6",
    addresses: IPV6,
    ..V3
};
const V3_IPV6_UNICAST: Variant = Variant {
    name: "v3-ipv6-unicast",
    delivery: Delivery::Unicast,
    addresses: &["2001:db8::200/64"],
    ..V3_IPV6
};

const HMAC: Option<(&str, &str)> = Some(("HMAC", "0123456789abcdefghijklmnopqrstuvwxyz"));
const V2_HMAC: Variant = Variant {
    name: "v2-hmac",
    authentication: HMAC,
    ..V2
};
const V3_HMAC: Variant = Variant {
    name: "v3-hmac",
    authentication: HMAC,
    ..V3
};
const V3_HMAC_UNICAST: Variant = Variant {
    name: "v3-hmac-unicast",
    authentication: HMAC,
    ..V3_UNICAST
};
const V3_IPV6_HMAC: Variant = Variant {
    name: "v3-ipv6-hmac",
    authentication: HMAC,
    ..V3_IPV6
};
const VMAC: Variant = Variant {
    name: "vmac",
    holder: Holder::VirtualMac,
    ..V3
};
const VMAC_XMIT_BASE: Variant = Variant {
    name: "vmac-xmit-base",
    holder: Holder::VirtualMacOnly,
    ..V3
};
const VMAC_IPV6: Variant = Variant {
    name: "vmac-ipv6",
    holder: Holder::VirtualMac,
    ..V3_IPV6
};

/// All cases, the long ones first: they run while the short ones follow each other.
pub(super) fn all() -> Vec<Case> {
    let mut cases = vec![alone("reload/two-hundred", reload::two_hundred)];
    cases.extend(
        [
            V2_PASS,
            V2_AH,
            V2_UNICAST,
            V2,
            V3,
            V3_UNICAST,
            V3_IPV6,
            V3_IPV6_UNICAST,
            VMAC,
            VMAC_XMIT_BASE,
            VMAC_IPV6,
        ]
        .into_iter()
        .flat_map(lives),
    );
    cases.extend([V2_HMAC, V3_HMAC, V3_HMAC_UNICAST, V3_IPV6_HMAC].map(among_ours));
    cases.extend([V3, V3_IPV6].map(|variant| {
        let run = move |world: &World| frr::run(variant, &world.ours, &world.foreign()?.peers);
        case(Kind::Interop, format!("interop/frr/{}", variant.name), run)
    }));
    cases.extend(of_processes());
    cases.extend([
        alone("guide", addresses::guide),
        alone("config/ten-mistakes", config_test::ten_mistakes).only_ours(),
        alone("config/exit-codes", config_test::exit_codes),
        alone("documentation/examples", documentation::examples).only_ours(),
        alone("address/taken-away", addresses::taken_away).only_ours(),
        alone("address/options", addresses::options),
        alone("address/many", addresses::many),
        alone("address/link-down", addresses::link_down),
        alone("address/announcements", addresses::announcements),
        alone("election/nopreempt", elections::nopreempt),
        alone("election/preempt-delay", elections::preempt_delay),
        alone("election/equal-priorities", elections::equal_priorities),
        alone("election/wrong-password", elections::wrong_password),
        alone("group/moves-together", |world| {
            groups::moves_together(&world.ours, &world.ours)
        }),
        case(Kind::Interop, "interop/group/ours-leads".to_owned(), |world| {
            groups::moves_together(&world.ours, &world.foreign()?.debians)
        }),
        case(Kind::Interop, "interop/group/debian-leads".to_owned(), |world| {
            groups::moves_together(&world.foreign()?.debians, &world.ours)
        }),
        alone("group/weighted", |world| {
            groups::weighted(&world.ours, &world.ours)
        }),
        alone("operator/causes", operator::causes).only_ours(),
        alone("operator/measured", operator::measured).only_ours(),
        case(
            Kind::Interop,
            "operator/prometheus".to_owned(),
            prometheus::scraped,
        )
        .only_ours(),
        alone("operator/metrics-process", access::metrics_process).only_ours(),
        alone("operator/control-group", access::control_group).only_ours(),
        alone("group/each-fault", group_faults::each_fault).only_ours(),
        mail("mail/plain", mail::Kind::Plain),
        mail("mail/starttls-and-log-in", mail::Kind::StartTls),
        mail("mail/tls", mail::Kind::Tls),
        alone("script/misbehaves", |world| scripts::misbehave(world, 200)).only_ours(),
        alone("script/thousand-runs", |world| scripts::misbehave(world, 1_000))
            .only_ours()
            .only_in_full(),
        alone("vyos", vyos::settings).only_ours(),
        alone("mail/wrong-certificate", mail::wrong_certificate).only_ours(),
        alone("mail/dead-relay", mail::dead_relay).only_ours(),
        alone("signed/keys-change", signed::keys_change).only_ours(),
        alone("signed/keys-differ", signed::keys_differ).only_ours(),
        attacked("signed/attacked-ah", Signature::Ah),
        attacked("signed/attacked-hmac", Signature::Time),
        attacked("signed/attacked-hmac-monotonic", Signature::Monotonic),
        alone("reload/difference", reload::difference),
        alone("reload/broken-file", reload::broken_file).only_ours(),
        alone("package/fresh", package::fresh).with_package(),
        alone("package/guide", package::guide).with_package(),
        case(Kind::Interop, "package/swap".to_owned(), package::swap).with_package(),
        case(Kind::Interop, "package/systemd".to_owned(), package::systemd).with_package(),
        alone("vmac/settings", virtual_mac::with_settings).only_ours(),
        alone("vmac/addresses", virtual_mac::other_addresses).only_ours(),
        alone("vmac/resolved", virtual_mac::resolved),
        alone("vmac/deleted", virtual_mac::deleted).only_ours(),
        alone("vmac/crash", virtual_mac::crash),
        alone("vmac/reload", virtual_mac::reload).only_ours(),
        alone("vmac/base-down", virtual_mac::base_down).only_ours(),
        alone("firewall/no-accept", firewall::no_accept).only_ours(),
        alone("firewall/strict-v3", firewall::strict_v3),
        alone("firewall/strict-v2", firewall::strict_v2),
        alone("firewall/switched-off", firewall::switched_off).only_ours(),
        alone("firewall/leftover", firewall::leftover).only_ours(),
        alone("firewall/flushed", firewall::flushed).only_ours(),
        alone("noise/packets", noise::packets).only_ours(),
        alone("noise/stalled-log", noise::stalled_log).only_ours(),
    ]);
    cases.extend(guest::all());
    cases
}

/// One variant with each side as the one that leads, and ours with itself.
fn lives(variant: Variant) -> [Case; 3] {
    let name = variant.name;
    let ours_leads = move |world: &World| life::run(variant, &world.ours, &world.foreign()?.debians);
    let debian_leads = move |world: &World| life::run(variant, &world.foreign()?.debians, &world.ours);
    let alone = move |world: &World| life::run(variant, &world.ours, &world.ours);
    let mut among_ours = case(Kind::Namespace, format!("life/{name}"), alone);
    // The interop cases take as long and show more; one of version 2 among ours is enough each time.
    if variant.version == 2 && variant.name != V2_PASS.name {
        among_ours.extent = Extent::Full;
    }
    [
        case(Kind::Interop, format!("interop/{name}/ours-leads"), ours_leads),
        case(
            Kind::Interop,
            format!("interop/{name}/debian-leads"),
            debian_leads,
        ),
        among_ours,
    ]
}

/// With an authentication that the C program of Debian does not know.
fn among_ours(variant: Variant) -> Case {
    let name = format!("life/{}", variant.name);
    let run = move |world: &World| life::run(variant, &world.ours, &world.ours);
    case(Kind::Namespace, name, run).only_ours()
}

fn of_processes() -> Vec<Case> {
    vec![
        alone("process/child-killed", processes::child_killed),
        alone("process/child-hung", processes::child_hung).only_ours(),
        alone("process/parent-killed", processes::parent_killed),
        alone("process/daemonised", processes::daemonised),
        alone("process/second-copy", processes::second_copy),
        alone("process/reused-pid", processes::reused_pid).only_ours(),
        alone("process/absent-interface", processes::absent_interface),
        alone("process/refused-start", access::refused_start),
    ]
}

fn mail(name: &str, kind: mail::Kind) -> Case {
    let run = move |world: &World| mail::recorded(world, kind);
    case(Kind::Namespace, name.to_owned(), run).only_ours()
}

fn attacked(name: &str, signature: Signature) -> Case {
    let run = move |world: &World| signed::attacked(world, signature);
    case(Kind::Namespace, name.to_owned(), run).only_ours()
}

fn alone(name: &str, run: fn(&World) -> Result<()>) -> Case {
    case(Kind::Namespace, name.to_owned(), run)
}

/// A case of the kind [`Kind::Guest`].
pub(super) fn guest(name: &str, run: fn(&World) -> Result<()>) -> Case {
    case(Kind::Guest, name.to_owned(), run)
}

fn case(kind: Kind, name: String, run: impl Fn(&World) -> Result<()> + Send + Sync + 'static) -> Case {
    Case {
        name,
        kind,
        extent: Extent::Short,
        needs: Needs::Nothing,
        run: Box::new(run),
    }
}

impl Case {
    /// For what is done with our Debian package.
    fn with_package(self) -> Self {
        Self {
            needs: Needs::Package,
            ..self
        }
    }

    /// For what Debian's kernel of guests cannot do. Building another takes long.
    pub(super) fn with_guest_kernel(self) -> Self {
        Self {
            needs: Needs::GuestKernel,
            ..self
        }
        .only_in_full()
    }

    /// For what takes long and shows little more than its short sister.
    fn only_in_full(self) -> Self {
        Self {
            extent: Extent::Full,
            ..self
        }
    }

    /// For what the C program is known to fail.
    fn only_ours(self) -> Self {
        Self {
            needs: Needs::Ours,
            ..self
        }
    }
}
