//! `quorum` and what happens with it (`spec/config-virtual-server.md` section 7).

use super::super::effect::IPVS;
use super::super::{Keyword, U32_MAX, lenient, script};
use crate::lower::VirtualServerDraft;

type Row = Keyword<VirtualServerDraft>;

pub(super) static KEYWORDS: &[Row] = &[
    Row::integer("quorum", "N", lenient(1, U32_MAX), |v, n| {
        v.quorum = Some(n.narrow());
    })
    .or(1)
    .default("1")
    .means("Least total weight of the servers that are alive")
    .effect(IPVS),
    Row::integer("hysteresis", "N", lenient(0, U32_MAX), |v, n| {
        v.hysteresis = Some(n.narrow());
    })
    .default("0")
    .means("Distance of gaining and losing the quorum from it")
    .effect(IPVS),
    Row::command("quorum_up", script::ARGUMENTS, |v, line, cx| {
        script::first(&mut v.quorum_up, line, cx);
    })
    .first_wins()
    .means("Run when the quorum is gained")
    .effect(IPVS),
    Row::command("quorum_down", script::ARGUMENTS, |v, line, cx| {
        script::first(&mut v.quorum_down, line, cx);
    })
    .first_wins()
    .means("Run when the quorum is lost")
    .effect(IPVS),
];
