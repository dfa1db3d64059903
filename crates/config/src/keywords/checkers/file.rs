//! `FILE_CHECK` (`spec/checkers.md` section 10).

use super::super::effect::IPVS;
use super::super::{Block, I32_MAX, Keyword, lenient};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{CheckDefaultsDraft, CheckerDraft, Context, FileCheckDraft, RealServerDraft};
use crate::tree::Statement;
use model::{CheckKind, FileCheck, Sense};

type Row = Keyword<FileCheckDraft>;

pub(super) static FILE_CHECK: Block<FileCheckDraft> = Block {
    name: "FILE_CHECK",
    keywords: &[&[
        Row::line("track_file", "NAME", track_file)
            .means("Name of the track_file block, which has to stand before")
            .effect(IPVS),
        Row::line("weight", "N [reverse|noreverse]", weight)
            .own_check()
            .range("-2147483647 to 2147483647")
            .default("weight of the track_file")
            .means("Multiplier of the number; with 0 any number but 0 is a failure, with reverse 0 is")
            .effect(IPVS),
    ]],
};

fn track_file(f: &mut FileCheckDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else {
        f.reported = true;
        return;
    };
    let name = word.text();
    if cx.targets.files.contains_key(name) {
        f.file = Some(name.to_owned());
        return;
    }
    f.reported = true;
    // One that was dropped has been reported already.
    if cx.targets.dropped.contains(name) {
        return;
    }
    let known: Vec<String> = cx.targets.files.keys().cloned().collect();
    let message = format!("track file {name} is not defined; the check is dropped");
    cx.push(
        Diagnostic::error(Code::UNKNOWN_NAME, Class::GeneralError, message)
            .at(word.span(), "not defined before this line")
            .suggest(name, known.iter().map(String::as_str)),
    );
}

fn weight(f: &mut FileCheckDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = line.argument(0) else {
        return cx.missing(line, "a weight");
    };
    if let Some(n) = cx.integer("weight", word, lenient(-I32_MAX, I32_MAX)) {
        f.weight = Some(n.number());
    }
    match line.argument(1) {
        None => {}
        Some(word) if word.text() == "reverse" => f.sense = Some(Sense::Reverse),
        Some(word) if word.text() == "noreverse" => f.sense = Some(Sense::Normal),
        Some(word) => cx.unknown_option("weight", word, &["reverse", "noreverse"]),
    }
}

/// Reads a `FILE_CHECK` block. One without a file is dropped.
pub(super) fn read(server: &mut RealServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    let mut check = FileCheckDraft {
        file: None,
        weight: None,
        sense: None,
        reported: false,
    };
    FILE_CHECK.read(&mut check, block, cx);
    let Some(file) = check.file else {
        if !check.reported {
            let message = "`FILE_CHECK` has no `track_file` and is dropped";
            cx.error(Code::INCOMPLETE_BLOCK, block.name().span(), message);
        }
        return;
    };
    let (weight, sense) = cx.targets.files.get(&file).copied().unwrap_or_default();
    server.checkers.push(CheckerDraft {
        kind: CheckKind::File(Box::new(FileCheck {
            file,
            weight: check.weight.unwrap_or(i32::from(weight.0)),
            sense: check.sense.unwrap_or(sense),
        })),
        own: CheckDefaultsDraft::default(),
        log_all_failures: false,
        script: None,
    });
}
