//! What an instance runs on, and how fast.

use super::places::keyword;
use crate::diagnostics::{Code, Diagnostic};
use crate::lower::Context;
use crate::tree::Statement;
use model::interface::LinkKind;
use model::{Instance, Micros, ProcessSettings};

/// Intervals below this are lost to other processes of a busy machine.
const FAST: Micros = Micros::from_millis(100);

pub(super) fn look(
    instance: &Instance,
    block: Statement<'_>,
    process: &ProcessSettings,
    cx: &mut Context<'_>,
) {
    of_another_link(instance, block, cx);
    let is_preferred = process.rt_priority.is_some() || process.nice.is_some_and(|nice| nice < 0);
    if instance.advert_int < FAST && !is_preferred {
        let message = format!(
            "({}) adverts every {} need a process that is never made to wait",
            instance.name, instance.advert_int
        );
        let at = keyword(block, &["advert_int"]).unwrap_or_else(|| block.span());
        cx.hint(Diagnostic::note(Code::FAST_ADVERTS, message).at(at, ""));
    }
}

/// An interface that belongs to a bridge or a bond gets no packets of its own.
fn of_another_link(instance: &Instance, block: Statement<'_>, cx: &mut Context<'_>) {
    let owner = || {
        let interface = cx.find_interface(instance.interface.as_ref()?.as_str())?;
        let owner = cx.env.interfaces.by_index(interface.master?)?;
        (!matches!(owner.kind, LinkKind::Vrf { .. })).then_some((interface, owner))
    };
    if let Some((interface, owner)) = owner() {
        let message = format!(
            "({}) {} is a port of {}: packets to addresses on it do not arrive there",
            instance.name, interface.name, owner.name
        );
        let at = keyword(block, &["interface"]).unwrap_or_else(|| block.span());
        cx.hint(
            Diagnostic::note(Code::PORT_OF_ANOTHER_LINK, message)
                .at(at, "")
                .help(format!("write `interface {}`", owner.name)),
        );
    }
}
