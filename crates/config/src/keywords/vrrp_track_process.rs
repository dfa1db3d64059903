//! `vrrp_track_process` (`spec/config-global.md` section 6).

use super::{Block, Duration, Keyword, lenient, seconds};
use crate::diagnostics::Code;
use crate::lower::{Context, Draft, TrackProcessDraft};
use crate::tree::Statement;
use model::{Micros, ParameterMatch, Sense, Weight};

type Row = Keyword<TrackProcessDraft>;

const DELAY: Duration = seconds(1, 3_600_000_000);

pub(super) static VRRP_TRACK_PROCESS: Block<TrackProcessDraft> = Block {
    name: "vrrp_track_process",
    keywords: &[&[
        Row::line("process", "COMMAND [PARAM ...]", |p, line, cx| {
            let Some(command) = cx.required(line, 0) else {
                return;
            };
            let parameters = line
                .arguments()
                .skip(1)
                .map(|word| word.text().to_owned())
                .collect();
            cx.once(&mut p.command, line, (command.text().to_owned(), parameters));
        })
        .first_wins()
        .means("Process to look for; with parameters its whole command line is compared"),
        Row::line("param_match", "[initial|partial]", |p, line, cx| {
            p.parameter_match = match line.argument(0) {
                None => Some(ParameterMatch::Exact),
                Some(word) if word.text() == "partial" => Some(ParameterMatch::Partial),
                Some(word) if word.text() == "initial" => Some(ParameterMatch::Initial),
                Some(word) => return cx.unknown_option("param_match", word, &["initial", "partial"]),
            };
            p.full_command = true;
        })
        .default("exact if there are parameters")
        .means("More parameters may follow; with initial the last one may be a beginning"),
        Row::line("weight", "N [reverse]", weight)
            .own_check()
            .first_wins()
            .range("-254 to 254")
            .default("0: FAULT without the process")
            .means("Weight of trackers that name none"),
        Row::line("quorum", "N", |p, line, cx| {
            let Some(word) = cx.required(line, 0) else { return };
            let Some(n) = cx.integer("quorum", word, lenient(1, 65_535)) else {
                return;
            };
            let quorum: u32 = n.number();
            match p.quorum_max {
                Some(max) if quorum > max => {
                    let message =
                        format!("`quorum` {quorum} is above `quorum_max` {max}; the line is ignored");
                    cx.error(Code::CONFLICT, word.span(), message);
                }
                _ => p.quorum = quorum,
            }
        })
        .range("1 to 65535")
        .default("1")
        .means("Least number of such processes"),
        Row::line("quorum_max", "N", quorum_max)
            .range("0 to 65535")
            .default("no limit")
            .means("Largest number of such processes; with 0 there must be none"),
        Row::duration("delay", "SECS", DELAY, |p, delay| {
            p.terminate_delay = delay.value;
            p.fork_delay = delay.value;
        })
        .default("0")
        .means("Wait after the quorum is lost or gained"),
        Row::duration("terminate_delay", "SECS", DELAY, |p, delay| {
            p.terminate_delay = delay.value;
        })
        .default("0")
        .means("Wait after the quorum is lost"),
        Row::duration("fork_delay", "SECS", DELAY, |p, delay| p.fork_delay = delay.value)
            .default("0")
            .means("Wait after the quorum is gained"),
        Row::flag("full_command", |p, _| p.full_command = true)
            .default("off")
            .means("Compare the command line rather than the short name of the process"),
    ]],
};

/// Reads a `vrrp_track_process` block.
pub(super) fn read(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    let Some(name) = cx.required_name(block) else {
        return;
    };
    let mut process = TrackProcessDraft {
        name: name.clone(),
        command: None,
        parameter_match: None,
        full_command: false,
        weight: Weight::FAULT,
        sense: Sense::Normal,
        quorum: 1,
        quorum_max: None,
        terminate_delay: Micros::ZERO,
        fork_delay: Micros::ZERO,
    };
    VRRP_TRACK_PROCESS.read(&mut process, block, cx);
    if process.command.is_none() {
        cx.targets.dropped.insert(name.value.clone());
        let message = format!(
            "`vrrp_track_process` {} has no `process` and is dropped",
            name.value
        );
        return cx.error(Code::INCOMPLETE_BLOCK, name.span, message);
    }
    cx.targets
        .processes
        .entry(name.value.clone())
        .or_insert((process.weight, process.sense));
    draft.processes.add(&name.value, process);
}

fn weight(p: &mut TrackProcessDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = line.argument(0) else {
        return cx.missing(line, "a weight");
    };
    if !p.weight.is_fault() {
        return cx.error(
            Code::DUPLICATE,
            line.span(),
            format!(
                "`vrrp_track_process` {}: a second `weight` is ignored",
                p.name.value
            ),
        );
    }
    let Some(weight) = cx.integer("weight", word, lenient(-254, 254)) else {
        return;
    };
    p.weight = Weight(weight.number());
    if let Some(sense) = cx.reverse(line, "weight") {
        p.sense = sense;
    }
}

fn quorum_max(p: &mut TrackProcessDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let Some(n) = cx.integer("quorum_max", word, lenient(0, 65_535)) else {
        return;
    };
    let max: u32 = n.number();
    let none_may_run = max == 0 && p.quorum == 1;
    if none_may_run {
        p.quorum = 0;
    } else if max < p.quorum {
        let message = format!(
            "`quorum_max` {max} is below `quorum` {}; the line is ignored",
            p.quorum
        );
        return cx.error(Code::CONFLICT, word.span(), message);
    }
    p.quorum_max = Some(max);
}
