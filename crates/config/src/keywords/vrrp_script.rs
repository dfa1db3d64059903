//! `vrrp_script` (`spec/config-global.md` section 7).

use super::{Block, Duration, I32_MAX, Integer, Keyword, lenient, seconds_to_ms};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{Context, Draft, ScriptTarget, TrackScriptDraft};
use crate::tree::Statement;
use crate::values::number::{self, Range, Trailing};
use model::{Micros, Sense, Weight};

type Row = Keyword<TrackScriptDraft>;

const PERIOD: Duration = seconds_to_ms(0, 4_294_000);
const TIMES: Integer = lenient(1, I32_MAX);

pub(super) static VRRP_SCRIPT: Block<TrackScriptDraft> = Block {
    name: "vrrp_script",
    keywords: &[&[
        Row::command("script", "COMMAND|</PATH", script)
            .means("Command, quoted if it has arguments; or success if PATH can be opened for reading"),
        Row::line("interval", "SECS", |s, line, cx| {
            if let Some(interval) = period(line, cx) {
                s.interval = interval;
            }
        })
        .range("0.001 to 4294")
        .default("1")
        .means("Period of the runs"),
        Row::line("timeout", "SECS", |s, line, cx| {
            if let Some(timeout) = period(line, cx) {
                s.timeout = Some(timeout);
            }
        })
        .range("0.001 to 4294")
        .default("interval")
        .means("A run is ended and counts as a failure after this"),
        Row::line("weight", "N [reverse]", weight)
            .range("-253 to 253")
            .default("0: FAULT on failure")
            .means("Weight of trackers that name none"),
        Row::integer("rise", "N", TIMES, |s, n| s.rise = n.number())
            .or(1)
            .default("1")
            .means("Successes in a row that make it good"),
        Row::integer("fall", "N", TIMES, |s, n| s.fall = n.number())
            .or(1)
            .default("1")
            .means("Failures in a row that make it bad"),
        Row::line("user", "USER [[:]GROUP]", |s, line, cx| {
            let Some(user) = cx.required(line, 0) else { return };
            match cx.credentials(user, line.argument(1)) {
                Ok(credentials) => s.credentials = Some(credentials),
                Err(error) => {
                    s.unknown_user = true;
                    let message = format!("`vrrp_script` {}: {error}; the script is dropped", s.name.value);
                    cx.error(Code::UNKNOWN_USER, user.span(), message);
                }
            }
        })
        .default("script_user")
        .means("User and group that it runs under"),
        Row::flag("init_fail", |s, _| s.init_fail = true)
            .default("off")
            .means("Bad until the first result"),
    ]],
};

/// Reads a `vrrp_script` block.
pub(super) fn read(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    let Some(name) = cx.required_name(block) else {
        return;
    };
    let mut script = TrackScriptDraft {
        name: name.clone(),
        target: None,
        interval: Micros::SECOND,
        timeout: None,
        weight: Weight::FAULT,
        sense: Sense::Normal,
        rise: 1,
        fall: 1,
        init_fail: false,
        credentials: None,
        unknown_user: false,
    };
    VRRP_SCRIPT.read(&mut script, block, cx);
    if script.target.is_none() {
        cx.targets.dropped.insert(name.value.clone());
        // A `script` that was there and malformed has been reported already.
        if !block.children().any(|line| line.name().text() == "script") {
            let message = format!("`vrrp_script` {} has no `script` and is dropped", name.value);
            cx.error(Code::INCOMPLETE_BLOCK, name.span, message);
        }
        return;
    }
    cx.targets
        .scripts
        .entry(name.value.clone())
        .or_insert((script.weight, script.sense));
    draft.scripts.add(&name.value, script);
}

fn script(s: &mut TrackScriptDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    if let Some(path) = word.text().strip_prefix('<') {
        let path = path.trim_start_matches([' ', '\t']);
        let path = if path.is_empty() {
            line.argument(1).map_or("", |word| word.text())
        } else {
            path
        };
        if path.starts_with('/') {
            s.target = Some(ScriptTarget::OpenTest(path.to_owned()));
            return;
        }
    }
    if let Some(mut command) = cx.command(line) {
        // User and group have a keyword of their own here; further words are ignored.
        command.credentials = None;
        s.target = Some(ScriptTarget::Command(command));
    }
}

fn period(line: Statement<'_>, cx: &mut Context<'_>) -> Option<Micros> {
    let word = cx.required(line, 0)?;
    let what = line.name().text();
    let period = cx.duration(what, word, PERIOD)?;
    if period.value.is_zero() {
        cx.correct(
            Code::OUT_OF_RANGE,
            word.span(),
            format!("`{what}` cannot be 0; 1 is used"),
        );
        return Some(Micros::SECOND);
    }
    Some(period.value)
}

fn weight(s: &mut TrackScriptDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    // compat: the original reports a weight that is too large and uses it all the same. No priority can be changed by
    // more than 254.
    let any = number::integer(word.text(), Range::new(i64::MIN, i64::MAX), Trailing::Refuse);
    match any {
        Ok(parsed) if parsed.value.unsigned_abs() > 253 => {
            let used = i16::try_from(parsed.value.clamp(-254, 254)).unwrap_or_default();
            let message = format!(
                "`weight`: number '{}' outside range [-253, 253]; it is used as {used}",
                word.text()
            );
            cx.push(
                Diagnostic::warning(Code::OUT_OF_RANGE, Class::GeneralError, message).at(word.span(), ""),
            );
            s.weight = Weight(used);
        }
        _ => {
            if let Some(n) = cx.integer("weight", word, lenient(-253, 253)) {
                s.weight = Weight(n.number());
            }
        }
    }
    if let Some(sense) = cx.reverse(line, "weight") {
        s.sense = sense;
    }
}
