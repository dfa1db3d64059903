//! `bfd_instance` (`spec/config-global.md` section 10).

use super::effect::BFD;
use super::{Block, Duration, Integer, Keyword, lenient, milliseconds, strict};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, BfdDraft, Context, Draft};
use crate::tree::Statement;
use crate::values::address::address;
use model::{Family, Micros, Sense, Weight};

type Row = Keyword<BfdDraft>;

/// Bytes of a name.
const NAME_LEN: usize = 31;
const INTERVAL: Duration = milliseconds(1_000, 4_294_967_000);
const IDLE_INTERVAL: Duration = milliseconds(1_000_000, 4_294_967_000);
const TTL: Integer = strict(1, 255);

pub(super) static BFD_INSTANCE: Block<BfdDraft> = Block {
    name: "bfd_instance",
    keywords: &[&[
        Row::line("neighbor_ip", "ADDR", neighbor)
            .means("The peer")
            .effect(BFD),
        Row::line("neighbour_ip", "ADDR", neighbor)
            .old_for("neighbor_ip")
            .means("The peer")
            .effect(BFD),
        Row::line("source_ip", "ADDR", |b, line, cx| {
            let Some(word) = cx.required(line, 0) else { return };
            if let Some(source) = address(word.text()) {
                b.source = Some(At::new(source, word.span()));
            } else {
                let message = format!("({}) `source_ip`: '{}' is no address", b.name.value, word.text());
                cx.error(Code::INVALID_ADDRESS, word.span(), message);
            }
        })
        .default("any")
        .means("Local address")
        .effect(BFD),
        Row::line("min_rx", "MSECS", |_, line, cx| interval(line, INTERVAL, cx))
            .range("1 to 4294967")
            .default("10")
            .means("Shortest interval at which control packets are received")
            .effect(BFD),
        Row::line("min_tx", "MSECS", |_, line, cx| interval(line, INTERVAL, cx))
            .range("1 to 4294967")
            .default("10")
            .means("Wanted interval of control packets")
            .effect(BFD),
        Row::line("idle_tx", "MSECS", |_, line, cx| {
            interval(line, IDLE_INTERVAL, cx);
        })
        .range("1000 to 4294967")
        .default("1000")
        .means("Interval of control packets while down")
        .effect(BFD),
        Row::integer("multiplier", "N", strict(1, 255), |_, _| {})
            .default("5")
            .means("Missed control packets until the session is down")
            .effect(BFD),
        Row::flag("passive", |_, _| {})
            .default("off")
            .means("Wait for the peer to begin")
            .effect(BFD),
        Row::integer("ttl", "N", TTL, |b, n| b.ttl = Some(n.number()))
            .default("255 for IPv4, 64 for IPv6")
            .means("TTL or hop limit that is sent")
            .effect(BFD),
        Row::integer("hoplimit", "N", TTL, |b, n| b.ttl = Some(n.number()))
            .default("255 for IPv4, 64 for IPv6")
            .means("Same as ttl")
            .effect(BFD),
        Row::integer("max_hops", "N", strict(-1, 255), |b, n| {
            b.max_hops = Some(n.narrow());
        })
        .default("0")
        .means("How much lower than ttl a received TTL may be; 255: any, -1: the full ttl is rejected")
        .effect(BFD),
        Row::switch("multihop", |b, on| b.multihop = on.value)
            .default("false")
            .means("Use port 4784 instead of 3784")
            .effect(BFD),
        Row::line("weight", "N [reverse]", |b, line, cx| {
            let Some(word) = cx.required(line, 0) else { return };
            if let Some(n) = cx.integer("weight", word, lenient(-253, 253)) {
                b.weight = Weight(n.number());
                b.sense = cx.reverse(line, "weight").unwrap_or(b.sense);
            }
        })
        .range("-253 to 253")
        .default("0: FAULT while the session is down")
        .means("Weight of trackers that name none")
        .effect(BFD),
        Row::flag("vrrp", |b, _| b.for_vrrp = true)
            .default("with neither vrrp nor checker both")
            .means("Tell VRRP only")
            .effect(BFD),
        Row::flag("checker", |b, _| b.for_checker = true)
            .means("Tell the checkers only")
            .effect(BFD),
    ]],
};

/// Reads a `bfd_instance` block.
pub(super) fn read(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    let Some(name) = cx.required_name(block) else {
        return;
    };
    if name.value.len() > NAME_LEN {
        let message = format!(
            "BFD instance name '{}' is longer than {NAME_LEN} bytes",
            name.value
        );
        return cx.error(Code::INVALID_VALUE, name.span, message);
    }
    if let Some(first) = draft.bfd.find(&name.value) {
        let first = first.name.span;
        return cx.already_defined(block, first);
    }
    let mut bfd = BfdDraft {
        name: name.clone(),
        neighbor: None,
        neighbor_reported: false,
        source: None,
        ttl: None,
        max_hops: None,
        multihop: false,
        weight: Weight::FAULT,
        sense: Sense::Normal,
        for_vrrp: false,
        for_checker: false,
    };
    BFD_INSTANCE.read(&mut bfd, block, cx);
    // VRRP knows the name even where the session itself cannot be set up.
    if bfd.for_vrrp || !bfd.for_checker {
        cx.targets.bfd.insert(name.value.clone(), (bfd.weight, bfd.sense));
    }
    if bfd.for_checker || !bfd.for_vrrp {
        cx.targets.checker_bfd.insert(name.value.clone());
    }
    session(&mut bfd, cx);
    draft.bfd.add(&name.value, bfd);
}

/// Checks the session as a whole.
fn session(bfd: &mut BfdDraft, cx: &mut Context<'_>) {
    let name = bfd.name.value.clone();
    let Some(neighbor) = bfd.neighbor else {
        if !bfd.neighbor_reported {
            let message = format!("BFD instance {name} has no `neighbor_ip` and is dropped");
            cx.error(Code::INCOMPLETE_BLOCK, bfd.name.span, message);
        }
        return;
    };
    let family = Family::of(neighbor.value);
    if let Some(source) = bfd.source
        && Family::of(source.value) != family
    {
        let message =
            format!("BFD instance {name} is dropped: source and neighbour are of different families");
        cx.push(
            Diagnostic::error(Code::MIXED_FAMILIES, Class::GeneralError, message)
                .at(source.span, "")
                .and_at(neighbor.span, "the neighbour"),
        );
        return;
    }
    let ttl = bfd.ttl.unwrap_or(if family == Family::Ipv4 { 255 } else { 64 });
    if let Some(hops) = bfd.max_hops
        && hops.value > i16::from(ttl)
    {
        let message = format!(
            "({name}) `max_hops` {} is above the ttl {ttl}, which is used",
            hops.value
        );
        cx.correct(Code::OUT_OF_RANGE, hops.span, message);
    }
    let key = (
        neighbor.value,
        bfd.source.map(|source| source.value),
        bfd.multihop,
    );
    if let Some(first) = cx.claim_session(key, bfd.name.span) {
        let message = format!("BFD instance {name} is dropped: another one has the same addresses");
        cx.push(
            Diagnostic::error(Code::DUPLICATE, Class::GeneralError, message)
                .at(bfd.name.span, "")
                .and_at(first, "there"),
        );
    }
}

fn neighbor(b: &mut BfdDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    if let Some(neighbor) = address(word.text()) {
        b.neighbor = Some(At::new(neighbor, word.span()));
    } else {
        b.neighbor_reported = true;
        let message = format!(
            "({}) `{}`: '{}' is no address; the instance is dropped",
            b.name.value,
            line.name().text(),
            word.text()
        );
        cx.error(Code::INVALID_ADDRESS, word.span(), message);
    }
}

fn interval(line: Statement<'_>, duration: Duration, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let what = line.name().text();
    if let Some(interval) = cx.duration(what, word, duration)
        && interval.value > Micros::from_secs(10)
    {
        cx.log(
            Code::UNUSUAL_VALUE,
            word.span(),
            format!("`{what}` of {} is long", interval.value),
        );
    }
}
