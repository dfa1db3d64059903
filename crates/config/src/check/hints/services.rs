//! Virtual servers that do not do what they look like.

use crate::diagnostics::{Code, Diagnostic};
use crate::lower::{Context, RealServerDraft, VirtualServerDraft};
use model::{Quorum, RealServer};

/// Looks for real servers that no check is written for. (One that was dropped has its own report.)
pub(crate) fn unchecked(server: &VirtualServerDraft, drafts: &[RealServerDraft], cx: &mut Context<'_>) {
    let without = drafts.iter().filter(|draft| draft.checkers.is_empty()).count();
    if without > 0 {
        let message = format!(
            "{}: {without} of {} real servers have no check: a dead one goes on getting connections",
            server.title(),
            drafts.len()
        );
        cx.hint(Diagnostic::note(Code::NOT_CHECKED, message).at(server.header, ""));
    }
}

/// Looks at the quorum of a service.
pub(crate) fn quorum(
    server: &VirtualServerDraft,
    quorum: Quorum,
    real_servers: &[RealServer],
    cx: &mut Context<'_>,
) {
    let weight = |server: &RealServer| u64::from(server.weight.value());
    let total: u64 = real_servers.iter().map(weight).sum();
    let lightest = real_servers.iter().map(weight).filter(|weight| *weight > 0).min();
    let needed = u64::from(quorum.quorum.saturating_sub(quorum.hysteresis));
    if let Some(lightest) = lightest
        && real_servers.len() > 1
        && quorum.quorum > 1
        && total - lightest < needed
    {
        let message = format!(
            "{}: quorum {} needs all real servers (weight {total}): one that fails takes the whole service down",
            server.title(),
            quorum.quorum
        );
        cx.hint(Diagnostic::note(Code::QUORUM_OF_ALL, message).at(server.header, ""));
    }
}
