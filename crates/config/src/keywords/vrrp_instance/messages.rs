//! Gratuitous ARP and neighbour advertisements (`spec/config-vrrp.md` section 1.7).

use super::super::{Keyword, garp};
use crate::lower::InstanceDraft;
use model::Micros;

type Row = Keyword<InstanceDraft>;

pub(super) static KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Row::integer("garp_master_delay", "SECS", garp::DELAY, |i, n| {
        i.garp.master_delay = Some(Micros::from_secs(n.number()));
    })
    .default("vrrp_garp_master_delay")
    .means(garp::MASTER_DELAY),
    Row::line("garp_master_repeat", "N", |i, line, cx| {
        garp::repeat(&mut i.garp.master_repeat, line, cx);
    })
    .range(garp::REPEAT)
    .default("vrrp_garp_master_repeat")
    .means(garp::MASTER_REPEAT),
    Row::integer("garp_master_refresh", "SECS", garp::REFRESH, |i, n| {
        i.garp.master_refresh = Some(Micros::from_secs(n.number()));
    })
    .or(0)
    .default("vrrp_garp_master_refresh")
    .means(garp::MASTER_REFRESH),
    Row::line("garp_master_refresh_repeat", "N", |i, line, cx| {
        garp::repeat(&mut i.garp.master_refresh_repeat, line, cx);
    })
    .range(garp::REPEAT)
    .default("vrrp_garp_master_refresh_repeat")
    .means(garp::MASTER_REFRESH_REPEAT),
    Row::integer("garp_lower_prio_delay", "SECS", garp::DELAY, |i, n| {
        i.garp.lower_prio_delay = Some(garp::secs(n));
    })
    .default("vrrp_garp_lower_prio_delay; 0 in strict mode")
    .means(garp::LOWER_PRIO_DELAY),
    Row::integer("garp_lower_prio_repeat", "N", garp::LOWER_REPEAT, |i, n| {
        i.garp.lower_prio_repeat = Some(n.narrow());
    })
    .default("vrrp_garp_lower_prio_repeat; 0 in strict mode")
    .means(garp::LOWER_PRIO_REPEAT),
];
