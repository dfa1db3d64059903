//! Firewall (`spec/config-global.md` section 2.6).

use super::super::{I32_MAX, I32_MIN, Keyword, U32_MAX, strict};
use crate::diagnostics::Code;
use crate::lower::{Context, GlobalsDraft};
use crate::tree::Statement;

type Row = Keyword<GlobalsDraft>;

/// Table of VRRP where the configuration names none.
const TABLE: &str = "keepalived";
/// Table of IPVS where the configuration names none.
const IPVS_TABLE: &str = "keepalived_ipvs";
/// `NFT_TABLE_MAXNAMELEN` less the closing NUL.
const TABLE_NAME_LEN: usize = 255;

pub(super) static KEYWORDS: &[Keyword<GlobalsDraft>] = &[
    Row::line("nftables", "[TABLE]", |g, line, cx| {
        if let Some(table) = table(line, TABLE, cx) {
            cx.once(&mut g.model.firewall.table, line, table);
        }
    })
    .first_wins()
    .default("`keepalived` when an instance needs a firewall")
    .means("nftables table for the entries of VRRP"),
    Row::integer("nftables_priority", "INT", strict(I32_MIN, I32_MAX), |g, n| {
        g.model.firewall.priority = Some(n.number());
    })
    .default("-1")
    .means("Priority of the chains of VRRP"),
    Row::flag("nftables_counters", |g, _| g.model.firewall.counters = true)
        .default("off")
        .means("Count packets in each entry"),
    Row::flag("nftables_ifindex", |g, _| g.model.firewall.ifindex = true)
        .default("off")
        .means("Name interfaces by index in the sets of IPv6 link-local addresses"),
    Row::line("nftables_ipvs", "[TABLE]", |g, line, cx| {
        if let Some(table) = table(line, IPVS_TABLE, cx) {
            cx.once(&mut g.model.firewall.ipvs_table, line, table);
        }
    })
    .first_wins()
    .default("off; `keepalived_ipvs`")
    .means("Give virtual server groups firewall marks by nftables"),
    Row::integer(
        "nftables_ipvs_priority",
        "INT",
        strict(I32_MIN, I32_MAX),
        |g, n| {
            g.model.firewall.ipvs_priority = Some(n.number());
        },
    )
    .default("-1")
    .means("Priority of the chains of virtual server groups"),
    Row::integer("nftables_ipvs_start_fwmark", "N", strict(1, U32_MAX), |g, n| {
        g.model.firewall.ipvs_start_fwmark = Some(n.number());
    })
    .default("1000")
    .means("First firewall mark of virtual server groups"),
    Row::line("vrrp_iptables", "[IN [OUT]]", |g, line, cx| {
        cx.correct(
            Code::NOT_BUILT_IN,
            line.span(),
            "`vrrp_iptables`: iptables is not supported; nftables with the table `keepalived` is used",
        );
        g.model.firewall.table.get_or_insert_with(|| TABLE.to_owned());
    })
    .old_for("nftables")
    .means("Chains of iptables; nftables is used instead"),
    Row::line(
        "vrrp_ipsets",
        "[ADDR [ADDR6 [IF6 [IGMP [MLD [ND]]]]]]",
        |_, line, cx| {
            cx.error(
                Code::NOT_BUILT_IN,
                line.span(),
                "`vrrp_ipsets`: iptables and ipsets are not supported; nftables needs no such line",
            );
        },
    )
    .old_for("nftables")
    .means("Sets of iptables; not supported"),
];

fn table(line: Statement<'_>, default: &str, cx: &mut Context<'_>) -> Option<String> {
    let Some(word) = line.argument(0) else {
        return Some(default.to_owned());
    };
    let name = word.text();
    if name.is_empty() || name.len() > TABLE_NAME_LEN {
        let message = format!(
            "`{}`: a table name has 1 to {TABLE_NAME_LEN} bytes",
            line.name().text()
        );
        cx.error(Code::INVALID_VALUE, word.span(), message);
        return None;
    }
    Some(name.to_owned())
}
