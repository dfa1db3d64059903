//! `sorry_server` (`spec/config-virtual-server.md` section 6).

use super::super::effect::IPVS;
use super::super::{Keyword, forwarding};
use super::{SERVER, other_family};
use crate::diagnostics::Code;
use crate::lower::{Context, SorryServerDraft, VirtualServerDraft};
use crate::tree::Statement;
use model::{Family, Forwarding};

type Row = Keyword<VirtualServerDraft>;

pub(super) static KEYWORDS: &[Row] = &[
    Row::line("sorry_server", SERVER, sorry_server)
        .means("Server that is used while there is no quorum")
        .effect(IPVS),
    Row::line("sorry_server_inhibit", "", |v, line, cx| {
        if let Some(sorry) = present(v, line, cx) {
            sorry.inhibit_on_failure = true;
        }
    })
    .default("off")
    .means("The sorry server stays in IPVS with weight 0 while it is not needed")
    .effect(IPVS),
    Row::line("sorry_server_lvs_method", forwarding::ARGUMENTS, |v, line, cx| {
        if let Some(sorry) = present(v, line, cx) {
            forwarding::read(&mut sorry.forwarding, line, cx);
        }
    })
    .range(forwarding::RANGE)
    .default("that of the virtual server")
    .means("How packets reach the sorry server")
    .effect(IPVS),
];

fn sorry_server(v: &mut VirtualServerDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some((address, port)) = cx.server_address(line) else {
        return;
    };
    v.sorry_server = Some(Box::new(SorryServerDraft {
        address,
        port,
        span: line.span(),
        // One that is named before `lb_kind` gets its method from there in the end.
        forwarding: v.forwarding,
        inhibit_on_failure: false,
    }));
}

/// The sorry server before the line, or the report that there is none.
fn present<'v>(
    v: &'v mut VirtualServerDraft,
    line: Statement<'_>,
    cx: &mut Context<'_>,
) -> Option<&'v mut SorryServerDraft> {
    if v.sorry_server.is_none() {
        let message = format!(
            "`{}` is ignored: there is no `sorry_server` before it",
            line.name().text()
        );
        cx.error(Code::CONFLICT, line.span(), message);
    }
    v.sorry_server.as_deref_mut()
}

/// Drops a sorry server of another family, or takes the family from it.
pub(super) fn settle_family(v: &mut VirtualServerDraft, cx: &mut Context<'_>) {
    let Some(sorry) = &v.sorry_server else { return };
    let method = sorry.forwarding.or(v.forwarding);
    if method.is_some_and(Forwarding::is_tunnel) {
        return;
    }
    let (address, span) = (sorry.address, sorry.span);
    let family = Family::of(address);
    if *v.family.get_or_insert(family) != family {
        other_family("sorry_server", address, v, span, cx);
        v.sorry_server = None;
    }
}
