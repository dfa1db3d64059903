//! From the tree to drafts: what the text says, each value with its place.
//!
//! Globals are read before everything else, wherever they stand: the parent process reads them, and the others start
//! with its values (`spec/config-language.md` section 1.1). Then the blocks are read in the order of the text, so that
//! only what is defined before a reference is known to it.

mod at;
mod claims;
mod command;
mod context;
mod draft;
mod lines;
mod steps;

pub(crate) use at::At;
pub(crate) use claims::{Lost, title};
pub(crate) use context::Context;
pub(crate) use draft::{
    AuthDraft, AuthKind, BfdCheckDraft, BfdDraft, CheckDefaultsDraft, CheckerDraft, CommandDraft,
    CommonDraft, DnsDraft, Draft, FileCheckDraft, GarpGroupDraft, GlobalsDraft, GroupDraft, HmacDraft,
    HttpDraft, InstanceDraft, IpvlanDraft, MiscDraft, Named, NotificationsDraft, PlainCheckDraft,
    RealServerDraft, ScriptTarget, ScriptUser, ServerDraft, SmtpDraft, SorryServerDraft, SslDraft,
    StaticDraft, SyncGroupDraft, TrackFileDraft, TrackGroupDraft, TrackProcessDraft, TrackScriptDraft,
    TrackingDraft, UdpDraft, UrlDraft, VirtualServerDraft, VmacDraft, VmacMac,
};
pub(crate) use lines::{Owner, address_line, route_line, rule_line};

use crate::keywords::{ROOT, is_global};
use crate::tree::Tree;

/// Reads a tree into drafts.
pub(crate) fn read(tree: &Tree, cx: &mut Context<'_>) -> Draft {
    let mut draft = Draft::default();
    for global in [true, false] {
        cx.global = global;
        if !global {
            draft.check = Some(crate::check::Scripts::new(&draft.globals, cx));
        }
        for statement in tree.statements() {
            let named = statement.entry().is_some_and(|entry| is_global(entry.name));
            if named == global {
                ROOT.read_statement(&mut draft, statement, cx);
            }
        }
    }
    draft
}
