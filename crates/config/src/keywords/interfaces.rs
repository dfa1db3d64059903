//! Blocks about interfaces: `linkbeat_interfaces`, `garp_group`, `interface_up_down_delays`
//! (`spec/config-global.md` sections 3, 8 and 9).

use super::{Block, Keyword, garp, seconds};
use crate::diagnostics::{Class, Code};
use crate::lower::{At, Context, Draft, GarpGroupDraft};
use crate::tree::{Statement, Word};
use model::interface::LinkKind;
use model::{InterfaceDelays, LinkMethod, LinkPolling, Micros};

type Row = Keyword<GarpGroupDraft>;

/// Reads a `linkbeat_interfaces` block.
pub(super) fn linkbeat(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    for line in block.entries() {
        let word = line.name();
        let Some(interface) = existing(word, "linkbeat_interfaces", cx) else {
            continue;
        };
        let is_virtual = cx.find_interface(interface.value.as_str()).is_some_and(|found| {
            matches!(
                found.kind,
                LinkKind::PrivateMacvlan | LinkKind::Macvlan | LinkKind::Ipvlan
            )
        });
        if is_virtual {
            let message = format!(
                "`linkbeat_interfaces`: {} has no link of its own",
                interface.value
            );
            cx.log(Code::CONFLICT, word.span(), message);
            continue;
        }
        let mut method = None;
        for (position, option) in line.arguments().enumerate() {
            let named = LinkMethod::ALL
                .into_iter()
                .find(|method| method.name() == option.text());
            if let (0, Some(named)) = (position, named) {
                method = Some(named);
            } else {
                cx.unknown_option(
                    "linkbeat_interfaces",
                    option,
                    &LinkMethod::ALL.map(LinkMethod::name),
                );
            }
        }
        let polling = LinkPolling {
            interface: interface.value,
            method,
        };
        draft.link_polling.push(At::new(polling, word.span()));
    }
}

/// An interface that has to exist unless interfaces may be absent; its absence alone does not end the start.
fn existing(word: Word<'_>, what: &str, cx: &mut Context<'_>) -> Option<At<model::IfName>> {
    let name = cx.interface_name(what, word)?;
    if cx.dynamic_interfaces || cx.find_interface(name.value.as_str()).is_some() {
        return Some(name);
    }
    let diagnostic = cx.absent_interface(Class::Fatal, what, &name);
    cx.push(diagnostic);
    None
}

/// Reads an `interface_up_down_delays` block.
pub(super) fn up_down_delays(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    let what = "interface_up_down_delays";
    for line in block.entries() {
        let word = line.name();
        let Some(interface) = existing(word, what, cx) else {
            continue;
        };
        let Some(down) = line.argument(0) else {
            cx.log(
                Code::MISSING_PARAMETER,
                word.span(),
                format!("`{what}`: {} has no delay", interface.value),
            );
            continue;
        };
        let delay = seconds(0, 255_000_000);
        let Some(down) = cx.duration(what, down, delay) else {
            continue;
        };
        let up = match line.argument(1) {
            // compat: an absent delay is none, although the documentation says "the same".
            None => Some(Micros::ZERO),
            Some(up) => cx.duration(what, up, delay).map(|up| up.value),
        };
        let Some(up) = up else { continue };
        if let Some(extra) = line.argument(2) {
            cx.log(
                Code::EXTRA_WORDS,
                extra.span(),
                format!("`{what}`: '{}' is ignored", extra.text()),
            );
        }
        let delays = InterfaceDelays {
            interface: interface.value,
            down: down.value,
            up,
        };
        draft.interface_delays.push(At::new(delays, word.span()));
    }
}

/// Longest gap that 32 bits of microseconds hold.
const LONGEST: u64 = 4_294_967_295;

pub(super) static GARP_GROUP: Block<GarpGroupDraft> = Block {
    name: "garp_group",
    keywords: &[&[
        Row::line("garp_interval", "SECS", |g, line, cx| {
            g.garp_interval = garp::gap(line, seconds(0, LONGEST), cx).or(g.garp_interval);
        })
        .range("0 to 4294.967295")
        .means("Least time between two gratuitous ARPs on the interfaces together"),
        Row::line("gna_interval", "SECS", |g, line, cx| {
            g.gna_interval = garp::gap(line, seconds(0, LONGEST), cx).or(g.gna_interval);
        })
        .range("0 to 4294.967295")
        .means("Least time between two unsolicited neighbour advertisements on them together"),
        Row::line("interface", "IFNAME", |g, line, cx| {
            if let Some(word) = cx.required(line, 0) {
                member(g, word, cx);
            }
        })
        .means("A member"),
        Row::items("interfaces", "IFNAME ...", |g, block, cx| {
            let mut any = false;
            for word in block.entries().flat_map(Statement::words) {
                any = true;
                member(g, word, cx);
            }
            if !any {
                cx.error(Code::EMPTY_BLOCK, block.span(), "`interfaces` names no interface");
            }
        })
        .means("Members"),
    ]],
};

/// Reads a `garp_group` block.
pub(super) fn garp_group(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    let mut group = GarpGroupDraft {
        span: block.span(),
        garp_interval: None,
        gna_interval: None,
        interfaces: Vec::new(),
    };
    GARP_GROUP.read(&mut group, block, cx);
    if group.garp_interval.is_none() && group.gna_interval.is_none() {
        return cx.error(
            Code::INCOMPLETE_BLOCK,
            group.span,
            "`garp_group` has neither `garp_interval` nor `gna_interval` and is dropped",
        );
    }
    draft.garp_groups.push(group);
}

fn member(group: &mut GarpGroupDraft, word: Word<'_>, cx: &mut Context<'_>) {
    let Some(interface) = cx.interface("garp_group", word) else {
        return;
    };
    let is_vmac = cx
        .find_interface(interface.value.as_str())
        .is_some_and(|found| matches!(found.kind, LinkKind::PrivateMacvlan | LinkKind::Macvlan));
    if is_vmac {
        let message = format!(
            "`garp_group`: {} is a VMAC and cannot be a member",
            interface.value
        );
        return cx.error(Code::CONFLICT, word.span(), message);
    }
    if let Some(first) = cx.claim_garp_member(&interface) {
        let message = format!("`garp_group`: {} is in a group already", interface.value);
        return cx.push(
            crate::diagnostics::Diagnostic::error(Code::DUPLICATE, Class::GeneralError, message)
                .at(word.span(), "")
                .and_at(first, "there"),
        );
    }
    group.interfaces.push(interface.value);
}
