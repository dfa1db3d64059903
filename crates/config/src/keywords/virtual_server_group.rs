//! `virtual_server_group` (`spec/config-virtual-server.md` section 2).

use super::{U32_MAX, lenient};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, Context, Draft, GroupDraft};
use crate::tree::{Statement, Word};
use crate::values::group_range::{self, Flaw};
use model::{Family, GroupEntry};
use std::num::NonZeroU32;

/// Reads a `virtual_server_group` block. A group that could not be used is dropped.
pub(super) fn read(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    let Some(name) = cx.required_name(block) else {
        return;
    };
    if let Some(word) = block.argument(1) {
        let message = format!(
            "`virtual_server_group` takes one name, not also '{}'",
            word.text()
        );
        cx.error(Code::EXTRA_WORDS, word.span(), message);
    }
    if let Some(first) = draft.groups.find(&name.value) {
        let first = first.name.span;
        let message = format!(
            "`virtual_server_group` {} is defined twice; the first one counts",
            name.value
        );
        return cx.push(
            Diagnostic::logged(Code::DUPLICATE, message)
                .at(name.span, "")
                .and_at(first, "the first"),
        );
    }
    let mut entries = Vec::new();
    for line in block.entries() {
        match entry(line, cx) {
            Some(entry) => entries.push(entry),
            None => {
                cx.lost.entries_of.insert(name.value.clone());
            }
        }
    }
    let has = |family| {
        entries.iter().any(|entry| match entry {
            GroupEntry::Addresses { range, .. } => range.family() == family,
            GroupEntry::Fwmark { family: own, .. } => *own == Some(family),
        })
    };
    let unclear = entries
        .iter()
        .any(|entry| matches!(entry, GroupEntry::Fwmark { family: None, .. }));
    if entries.is_empty() {
        cx.lost.entries_of.insert(name.value.clone());
        let message = format!(
            "`virtual_server_group` {} has no entries and is dropped",
            name.value
        );
        return cx.error(Code::EMPTY_BLOCK, name.span, message);
    }
    if has(Family::Ipv4) && has(Family::Ipv6) && unclear {
        cx.lost.entries_of.insert(name.value.clone());
        let message = format!(
            "`virtual_server_group` {} has IPv4, IPv6 and a firewall mark without family, and is dropped",
            name.value
        );
        return cx.push(
            Diagnostic::error(Code::MIXED_FAMILIES, Class::GeneralError, message)
                .at(name.span, "")
                .help("write `inet` or `inet6` behind the mark"),
        );
    }
    draft.groups.add(
        &name.value,
        GroupDraft {
            name: name.clone(),
            entries,
        },
    );
}

fn entry(line: Statement<'_>, cx: &mut Context<'_>) -> Option<GroupEntry> {
    if line.name().text() == "fwmark" {
        return fwmark(line, cx);
    }
    let word = line.name();
    let range = match group_range::parse(word.text()) {
        Ok((range, flaw)) => {
            flaw.map_or(Some(()), |flaw| flawed(word, &flaw, cx))?;
            range
        }
        Err(error) => {
            let message = format!("{error}; the entry is skipped");
            cx.error(Code::INVALID_ADDRESS, word.span(), message);
            return None;
        }
    };
    let port = match line.argument(0) {
        None => 0,
        Some(word) => cx.server_port("virtual_server_group", word)?,
    };
    Some(GroupEntry::Addresses { range, port })
}

/// Text behind a range: the daemon takes the range all the same.
fn flawed(word: Word<'_>, flaw: &Flaw, cx: &mut Context<'_>) -> Option<()> {
    let used = cx.trailing(super::Strictness::Lenient) == crate::values::number::Trailing::Ignore;
    let message = format!(
        "'{}' stands behind the range '{}'{}",
        flaw.0,
        word.text(),
        if used { "" } else { "; the entry is skipped" }
    );
    let diagnostic = if used {
        Diagnostic::warning(Code::INVALID_NUMBER, Class::GeneralError, message)
    } else {
        Diagnostic::error(Code::INVALID_NUMBER, Class::GeneralError, message)
    };
    cx.push(diagnostic.at(word.span(), ""));
    used.then_some(())
}

fn fwmark(line: Statement<'_>, cx: &mut Context<'_>) -> Option<GroupEntry> {
    let word = cx.required(line, 0)?;
    let mark: At<i64> = cx.integer("fwmark", word, lenient(0, U32_MAX))?;
    let Some(mark) = NonZeroU32::new(mark.number()) else {
        let message = "`fwmark 0` would be every packet; the entry is skipped";
        cx.error(Code::OUT_OF_RANGE, word.span(), message);
        return None;
    };
    let family = match line.argument(1) {
        None => None,
        Some(word) => match word.text() {
            "inet" => Some(Family::Ipv4),
            "inet6" => Some(Family::Ipv6),
            _ => {
                cx.unknown_value("fwmark", word, "address family", &["inet", "inet6"]);
                return None;
            }
        },
    };
    Some(GroupEntry::Fwmark { mark, family })
}
