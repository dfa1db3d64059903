//! Trackers (`spec/config-vrrp.md` section 1.5), shared by instances and sync groups.

use super::effect::BFD;
use super::{Keyword, strict};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, Context, InstanceDraft, SyncGroupDraft, TrackingDraft};
use crate::source::Span;
use crate::tree::{Statement, Word};
use crate::values::number::{self, Range, Trailing};
use model::{Sense, TrackEntry, Weight};

/// A block with `track_…` blocks.
pub(super) trait Tracks: 'static {
    fn tracking(&mut self) -> &mut TrackingDraft;
}

impl Tracks for InstanceDraft {
    fn tracking(&mut self) -> &mut TrackingDraft {
        &mut self.tracking
    }
}
impl Tracks for SyncGroupDraft {
    fn tracking(&mut self) -> &mut TrackingDraft {
        &mut self.tracking
    }
}

const NAMED: &str = "NAME [weight N [reverse|noreverse]]";

/// The keywords that instances and sync groups have in common.
pub(super) const fn keywords<D: Tracks>() -> [Keyword<D>; 5] {
    [
        Keyword::lines(
            "track_interface",
            "IFNAME [weight N [reverse]]",
            |d: &mut D, block, cx| {
                for line in block.entries() {
                    track_interface(d, line, cx);
                }
            },
        )
        .range("weight -253 to 253")
        .default("weight 0: FAULT while the interface is down")
        .means("Interfaces whose link changes the priority or causes a FAULT"),
        Keyword::lines("track_script", NAMED, |d: &mut D, block, cx| {
            for line in block.entries() {
                if let Some(entry) = named(line, &SCRIPT, cx) {
                    add(&mut d.tracking().scripts, entry, "script", cx);
                }
            }
        })
        .range("weight -253 to 253")
        .default("the weight of the vrrp_script")
        .means("Scripts whose result changes the priority or causes a FAULT"),
        Keyword::lines("track_file", NAMED, |d: &mut D, block, cx| {
            for line in block.entries() {
                if let Some(entry) = named(line, &FILE, cx) {
                    add(&mut d.tracking().files, entry, "file", cx);
                }
            }
        })
        .range("weight -254 to 254")
        .default("the weight of the track_file")
        .means("Files whose content changes the priority or causes a FAULT"),
        Keyword::lines("track_process", NAMED, |d: &mut D, block, cx| {
            for line in block.entries() {
                if let Some(entry) = named(line, &PROCESS, cx) {
                    add(&mut d.tracking().processes, entry, "process", cx);
                }
            }
        })
        .range("weight -254 to 254")
        .default("the weight of the vrrp_track_process")
        .means("Processes whose absence changes the priority or causes a FAULT"),
        Keyword::lines("track_bfd", NAMED, |d: &mut D, block, cx| {
            for line in block.entries() {
                if let Some(entry) = named(line, &SESSION, cx) {
                    add(&mut d.tracking().bfd, entry, "BFD instance", cx);
                }
            }
        })
        .range("weight -253 to 253")
        .default("the weight of the bfd_instance")
        .means("BFD sessions whose loss changes the priority or causes a FAULT")
        .effect(BFD),
    ]
}

/// What differs between the kinds of trackers that are named.
struct Kind {
    keyword: &'static str,
    limit: i16,
    /// One more than the limit is cut down to it rather than refused.
    clamps: bool,
    /// An unknown word behind the weight drops the entry.
    drops: bool,
    /// Weight and sense of the target, if there is one.
    target: fn(&Context<'_>, &str) -> Option<(Weight, Sense)>,
    names: fn(&Context<'_>) -> Vec<String>,
}

static SCRIPT: Kind = Kind {
    keyword: "track_script",
    limit: 253,
    clamps: true,
    drops: false,
    target: |cx, name| cx.targets.scripts.get(name).copied(),
    names: |cx| cx.targets.scripts.keys().cloned().collect(),
};
static FILE: Kind = Kind {
    keyword: "track_file",
    limit: 254,
    clamps: false,
    drops: true,
    target: |cx, name| cx.targets.files.get(name).copied(),
    names: |cx| cx.targets.files.keys().cloned().collect(),
};
static PROCESS: Kind = Kind {
    keyword: "track_process",
    limit: 254,
    clamps: false,
    drops: false,
    target: |cx, name| cx.targets.processes.get(name).copied(),
    names: |cx| cx.targets.processes.keys().cloned().collect(),
};
static SESSION: Kind = Kind {
    keyword: "track_bfd",
    limit: 253,
    clamps: false,
    drops: true,
    target: |cx, name| cx.targets.bfd.get(name).copied(),
    names: |cx| cx.targets.bfd.keys().cloned().collect(),
};

fn named(line: Statement<'_>, kind: &Kind, cx: &mut Context<'_>) -> Option<At<TrackEntry<String>>> {
    let word = line.name();
    let name = word.text();
    let Some((weight, sense)) = (kind.target)(cx, name) else {
        // Its definition was reported; that it is missing here is no second mistake.
        if cx.targets.dropped.contains(name) {
            return None;
        }
        let mut names = (kind.names)(cx);
        names.sort();
        let message = format!("`{}`: {name} is not defined; the entry is dropped", kind.keyword);
        cx.push(
            Diagnostic::error(Code::UNKNOWN_NAME, Class::GeneralError, message)
                .at(word.span(), "not defined before this line")
                .suggest(name, names.iter().map(String::as_str)),
        );
        return None;
    };
    let mut entry = TrackEntry {
        target: name.to_owned(),
        weight,
        sense,
    };
    let words: Vec<Word<'_>> = line.arguments().collect();
    let Some((keyword, rest)) = words.split_first() else {
        return Some(At::new(entry, line.span()));
    };
    let number = weight_word(kind.keyword, *keyword, rest, cx)?;
    if let Some(weight) = read_weight(kind.keyword, number, kind.limit, kind.clamps, cx) {
        entry.weight = weight;
        entry.sense = Sense::Normal;
    }
    match rest.get(1) {
        None => {}
        Some(word) if word.text() == "reverse" => entry.sense = Sense::Reverse,
        Some(word) if word.text() == "noreverse" => entry.sense = Sense::Normal,
        Some(word) => {
            cx.unknown_option(kind.keyword, *word, &["reverse", "noreverse"]);
            if kind.drops {
                return None;
            }
        }
    }
    Some(At::new(entry, line.span()))
}

fn track_interface<D: Tracks>(d: &mut D, line: Statement<'_>, cx: &mut Context<'_>) {
    let keyword = "track_interface";
    let word = line.name();
    let Some(interface) = cx.interface(keyword, word) else {
        return;
    };
    let mut entry = TrackEntry {
        target: interface.value,
        weight: Weight::FAULT,
        sense: Sense::Normal,
    };
    let words: Vec<Word<'_>> = line.arguments().collect();
    if let Some((option, rest)) = words.split_first() {
        let Some(number) = weight_word(keyword, *option, rest, cx) else {
            return;
        };
        entry.weight = read_weight(keyword, number, 253, true, cx).unwrap_or_default();
        match rest.get(1) {
            None => {}
            Some(word) if word.text() == "reverse" => entry.sense = Sense::Reverse,
            Some(word) => cx.unknown_option(keyword, *word, &["reverse"]),
        }
    }
    add(
        &mut d.tracking().interfaces,
        At::new(entry, line.span()),
        "interface",
        cx,
    );
}

/// The number behind `weight`; any other word, or none, drops the entry.
fn weight_word<'t>(
    keyword: &str,
    option: Word<'t>,
    rest: &[Word<'t>],
    cx: &mut Context<'_>,
) -> Option<Word<'t>> {
    if option.text() != "weight" {
        cx.unknown_option(keyword, option, &["weight"]);
        return None;
    }
    let number = rest.first().copied();
    if number.is_none() {
        let message = format!("`{keyword}`: `weight` is missing its value; the entry is dropped");
        cx.error(Code::MISSING_PARAMETER, option.span(), message);
    }
    number
}

fn read_weight(
    keyword: &str,
    word: Word<'_>,
    limit: i16,
    clamps: bool,
    cx: &mut Context<'_>,
) -> Option<Weight> {
    let wide = i64::from(limit) + 1;
    if clamps
        && let Ok(parsed) = number::integer(word.text(), Range::new(-wide, wide), Trailing::Refuse)
        && parsed.value.abs() == wide
    {
        let used = limit * i16::from(parsed.value > 0) - limit * i16::from(parsed.value < 0);
        let message = format!(
            "`{keyword}`: weight {} is beyond {used}, which is used",
            parsed.value
        );
        cx.correct(Code::OUT_OF_RANGE, word.span(), message);
        return Some(Weight(used));
    }
    cx.integer(keyword, word, strict(-i64::from(limit), i64::from(limit)))
        .map(|n| Weight(n.number()))
}

/// Adds an entry unless its target is there already.
fn add<T: PartialEq + std::fmt::Display>(
    entries: &mut Vec<At<TrackEntry<T>>>,
    entry: At<TrackEntry<T>>,
    what: &str,
    cx: &mut Context<'_>,
) {
    let first: Option<Span> = entries
        .iter()
        .find(|other| other.value.target == entry.value.target)
        .map(|other| other.span);
    match first {
        None => entries.push(entry),
        Some(first) => {
            let message = format!(
                "{what} {} is tracked twice; the second is dropped",
                entry.value.target
            );
            cx.push(
                Diagnostic::error(Code::DUPLICATE, Class::GeneralError, message)
                    .at(entry.span, "")
                    .and_at(first, "the first"),
            );
        }
    }
}
