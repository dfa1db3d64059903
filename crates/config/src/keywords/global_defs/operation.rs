//! The control socket and metrics: extensions, which keepalived 2.4.3 does not know.

use super::super::{Keyword, strict};
use crate::diagnostics::Code;
use crate::lower::{Context, GlobalsDraft};
use crate::tree::Statement;
use model::Micros;

type Row = Keyword<GlobalsDraft>;

pub(super) static KEYWORDS: &[Keyword<GlobalsDraft>] = &[
    Row::line("control_group", "GROUP", control_group)
        .range("the name or number of a group")
        .default("root alone")
        .means("Whose members may use the control socket as root may: status, reload, failover, drain; an extension"),
    Row::line("metrics_address", "ADDRESS:PORT", metrics_address)
        .range("[ADDRESS]:PORT for IPv6")
        .default("off")
        .means("Serve metrics for Prometheus there, under /metrics; an extension"),
    Row::line("metrics_file", "PATH", metrics_file)
        .range("an absolute path")
        .default("off")
        .means("Write metrics into this file, for a textfile collector; an extension"),
    Row::integer("metrics_interval", "SECS", strict(1, 3_600), |g, secs| {
        g.model.operation.metrics.interval = Micros::from_secs(secs.number());
    })
    .default("15")
    .means("How often metrics_file is written; an extension"),
];

fn control_group(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.only_argument(line, "a group") else {
        return;
    };
    let name = word.text();
    match cx.env.users.group(name).or_else(|| name.parse().ok()) {
        Some(group) => g.model.operation.control_group = Some(group),
        None => cx.error(
            Code::UNKNOWN_USER,
            word.span(),
            format!("`control_group`: there is no group {name}; the control socket is for root alone"),
        ),
    }
}

fn metrics_address(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.only_argument(line, "an address with a port") else {
        return;
    };
    match word.text().parse() {
        Ok(address) => g.model.operation.metrics.address = Some(address),
        Err(_) => cx.error(
            Code::INVALID_VALUE,
            word.span(),
            format!(
                "`metrics_address` is ignored: {} is no address with a port, such as 127.0.0.1:9165 or [::1]:9165",
                word.text()
            ),
        ),
    }
}

fn metrics_file(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.only_argument(line, "a path") else {
        return;
    };
    if word.text().starts_with('/') {
        g.model.operation.metrics.file = Some(word.text().to_owned());
    } else {
        cx.error(
            Code::INVALID_VALUE,
            word.span(),
            format!("`metrics_file` is ignored: {} is no absolute path", word.text()),
        );
    }
}
