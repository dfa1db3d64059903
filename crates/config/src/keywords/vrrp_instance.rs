//! `vrrp_instance` (`spec/config-vrrp.md` section 1).

mod addresses;
mod authentication;
mod identity;
mod messages;
mod transport;
mod virtual_link;

use super::{Block, notify, tracking};
use crate::diagnostics::Code;
use crate::lower::{At, Context, Draft, InstanceDraft};
use crate::source::Span;
use crate::tree::Statement;
use model::Family;

pub(super) static VRRP_INSTANCE: Block<InstanceDraft> = Block {
    name: "vrrp_instance",
    keywords: &[
        identity::KEYWORDS,
        transport::KEYWORDS,
        virtual_link::KEYWORDS,
        addresses::KEYWORDS,
        &TRACKING,
        &NOTIFY,
        notify::INSTANCE_ONLY,
        messages::KEYWORDS,
        authentication::KEYWORDS,
    ],
};

static TRACKING: [super::Keyword<InstanceDraft>; 5] = tracking::keywords();
static NOTIFY: [super::Keyword<InstanceDraft>; 9] = notify::keywords();

/// Reads a `vrrp_instance` block. One with a bad or a known name is skipped.
pub(super) fn read(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    let Some(name) = cx.block_name(block) else { return };
    if let Some(first) = draft.instances.find(&name.value) {
        let first = first.name.span;
        return cx.already_defined(block, first);
    }
    let mut instance = InstanceDraft::new(name.clone());
    VRRP_INSTANCE.read(&mut instance, block, cx);
    if let Some(ttl) = instance.unicast_ttl
        && instance.peers.is_empty()
    {
        cx.correct(
            Code::CONFLICT,
            ttl.span,
            format!(
                "({}) `unicast_ttl` has no effect without `unicast_peer`",
                name.value
            ),
        );
    }
    draft.instances.add(&name.value, instance);
}

/// Fixes the family of an instance, or reports what is of another one than was fixed before.
fn fix_family(
    instance: &mut InstanceDraft,
    family: Family,
    span: Span,
    what: &str,
    cx: &mut Context<'_>,
) -> bool {
    match instance.family {
        None => {
            instance.family = Some(At::new(family, span));
            true
        }
        Some(fixed) if fixed.value == family => true,
        Some(fixed) => {
            let message = format!(
                "({}) {what} is {family}, but the instance is {}; it is skipped",
                instance.name.value, fixed.value
            );
            cx.push(
                crate::diagnostics::Diagnostic::error(
                    Code::MIXED_FAMILIES,
                    crate::diagnostics::Class::GeneralError,
                    message,
                )
                .at(span, "")
                .and_at(fixed.span, format!("this makes the instance {}", fixed.value)),
            );
            false
        }
    }
}
