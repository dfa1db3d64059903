//! `BFD_CHECK` (`spec/checkers.md` section 11).

use super::super::effect::BFD;
use super::super::{Block, Keyword};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{BfdCheckDraft, CheckDefaultsDraft, CheckerDraft, Context, RealServerDraft};
use crate::tree::Statement;
use model::{BfdCheck, CheckKind};

type Row = Keyword<BfdCheckDraft>;

pub(super) static BFD_CHECK: Block<BfdCheckDraft> = Block {
    name: "BFD_CHECK",
    keywords: &[&[
        Row::line("name", "NAME", name)
            .own_check()
            .first_wins()
            .means("Name of the bfd_instance, which has to stand before")
            .effect(BFD),
        Row::switch("alpha", |b, on| b.alpha = Some(on.value))
            .default("of the real or virtual server, else off")
            .means("Down until the session is up")
            .effect(BFD),
    ]],
};

fn name(b: &mut BfdCheckDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.only_argument(line, "the name of a BFD instance") else {
        b.reported = true;
        return;
    };
    let name = word.text();
    if cx.targets.checker_bfd.contains(name) {
        return cx.once(&mut b.instance, line, name.to_owned());
    }
    b.reported = true;
    let known: Vec<String> = cx.targets.checker_bfd.iter().cloned().collect();
    let message = format!("BFD instance {name} is not there for checkers; the check is dropped");
    cx.push(
        Diagnostic::error(Code::UNKNOWN_NAME, Class::GeneralError, message)
            .at(word.span(), "not defined before this line")
            .suggest(name, known.iter().map(String::as_str)),
    );
}

/// Reads a `BFD_CHECK` block. One without a session, or with one that the server has already, is dropped.
pub(super) fn read(server: &mut RealServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    let mut check = BfdCheckDraft {
        instance: None,
        alpha: None,
        reported: false,
    };
    BFD_CHECK.read(&mut check, block, cx);
    let Some(instance) = check.instance else {
        if !check.reported {
            let message = "`BFD_CHECK` has no `name` and is dropped";
            cx.error(Code::INCOMPLETE_BLOCK, block.name().span(), message);
        }
        return;
    };
    let follows =
        |checker: &CheckerDraft| matches!(&checker.kind, CheckKind::Bfd(bfd) if bfd.instance == instance);
    if server.checkers.iter().any(follows) {
        let message = format!("`BFD_CHECK` of {instance} is there already; this one is dropped");
        return cx.error(Code::DUPLICATE, block.name().span(), message);
    }
    server.checkers.push(CheckerDraft {
        kind: CheckKind::Bfd(Box::new(BfdCheck { instance })),
        own: CheckDefaultsDraft {
            alpha: check.alpha,
            ..CheckDefaultsDraft::default()
        },
        log_all_failures: false,
        script: None,
    });
}
