//! `track_file` (`spec/config-global.md` section 5).

use super::{Block, I32_MAX, I32_MIN, Keyword, lenient, strict};
use crate::diagnostics::Code;
use crate::lower::{At, Context, Draft, TrackFileDraft};
use crate::tree::Statement;
use crate::values::number::{self, Range, Trailing};
use model::{Sense, TrackInit, Weight};

type Row = Keyword<TrackFileDraft>;

pub(super) static TRACK_FILE: Block<TrackFileDraft> = Block {
    name: "track_file",
    keywords: &[&[
        Row::line("file", "PATH", |f, line, cx| {
            let Some(word) = line.argument(0) else {
                return cx.missing(line, "a path");
            };
            let path = cx.relative_path(word);
            cx.once(&mut f.file, line, At::new(path, word.span()));
        })
        .own_check()
        .first_wins()
        .means("File that is watched; the value is its leading number"),
        Row::line("weight", "N [reverse]", weight)
            .first_wins()
            .range("-254 to 254")
            .default("1")
            .means("Multiplier of the value; with 0 any value but 0 is a FAULT, with reverse 0 is"),
        Row::line("init_file", "[VALUE] [overwrite]", init_file)
            .range("-254 to 254")
            .default("0")
            .means("Write VALUE at the start if there is no such file, with overwrite always"),
    ]],
};

/// Reads a `track_file` block.
pub(super) fn read(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    if block.name().text() == "vrrp_track_file" {
        cx.log(
            Code::DEPRECATED,
            block.name().span(),
            "`vrrp_track_file` is an old name; use `track_file`",
        );
    }
    let Some(name) = cx.required_name(block) else {
        return;
    };
    let mut file = TrackFileDraft {
        name: name.clone(),
        file: None,
        weight: Weight(1),
        sense: Sense::Normal,
        weight_changed: false,
        init: None,
    };
    TRACK_FILE.read(&mut file, block, cx);
    if let Err(reason) = crate::check::track_file(&file, cx) {
        cx.targets.dropped.insert(name.value.clone());
        let message = format!("`track_file` {} is dropped: {reason}", name.value);
        return cx.error(
            Code::INCOMPLETE_BLOCK,
            file.file.map_or(name.span, |file| file.span),
            message,
        );
    }
    cx.targets
        .files
        .entry(name.value.clone())
        .or_insert((file.weight, file.sense));
    draft.files.add(&name.value, file);
}

fn weight(f: &mut TrackFileDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    if f.weight_changed {
        return cx.error(
            Code::DUPLICATE,
            line.span(),
            format!("`track_file` {}: a second `weight` is ignored", f.name.value),
        );
    }
    f.weight = cx
        .integer("weight", word, lenient(-254, 254))
        .map_or(Weight(1), |n| Weight(n.number()));
    f.weight_changed = f.weight != Weight(1);
    if let Some(sense) = cx.reverse(line, "weight") {
        f.sense = sense;
    }
}

fn init_file(f: &mut TrackFileDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let mut init = TrackInit {
        value: 0,
        overwrite: false,
    };
    for (position, word) in line.arguments().enumerate() {
        if word.text() == "overwrite" {
            init.overwrite = true;
        } else if position == 0 {
            let any = strict(I32_MIN, I32_MAX);
            if let Some(n) = cx.integer("init_file", word, any) {
                init.value = n.number();
            }
            let usual = number::integer(word.text(), Range::new(-254, 254), Trailing::Refuse);
            if matches!(usual, Err(number::NumberError::OutOfRange { .. })) {
                let message = format!("`init_file`: number '{}' outside range [-254, 254]", word.text());
                cx.correct(Code::OUT_OF_RANGE, word.span(), message);
            }
        } else {
            cx.unknown_option("init_file", word, &["overwrite"]);
        }
    }
    f.init = Some(init);
}
