//! What the GARP keywords of `global_defs` and `vrrp_instance` share.

use super::{Duration, I32_MAX, Integer, U32_MAX, lenient};
use crate::diagnostics::Code;
use crate::lower::{At, Context};
use crate::tree::Statement;
use model::{ExtraInterfaceGarp, Micros};

pub(super) const DELAY: Integer = lenient(0, 4_294);
pub(super) const REFRESH: Integer = lenient(0, U32_MAX);
pub(super) const LOWER_REPEAT: Integer = lenient(0, I32_MAX);
pub(super) const REPEAT: &str = "1 to 4294967295";

pub(super) const MASTER_DELAY: &str =
    "Delay of the second set of GARP or NA after becoming master, 0 for none";
pub(super) const MASTER_REPEAT: &str = "Messages of a set";
pub(super) const MASTER_REFRESH: &str = "Period of further messages while master";
pub(super) const MASTER_REFRESH_REPEAT: &str = "Messages of a refresh";
pub(super) const LOWER_PRIO_DELAY: &str = "Delay of the second set after an advert of lower priority";
pub(super) const LOWER_PRIO_REPEAT: &str = "Messages of a set after an advert of lower priority";

/// Whole seconds as a duration.
pub(super) fn secs(n: At<i64>) -> At<Micros> {
    At::new(Micros::from_secs(n.number()), n.span)
}

/// A number of messages; 0 is reported and means 1.
pub(super) fn repeat(slot: &mut Option<u32>, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let what = line.name().text();
    let Some(count) = cx.integer(what, word, lenient(0, U32_MAX)) else {
        return;
    };
    if count.value == 0 {
        let message = format!(
            "`{what}`: number '0' outside range [{}]; 1 is used",
            REPEAT.replace(" to", ",")
        );
        cx.correct(Code::OUT_OF_RANGE, word.span(), message);
    }
    *slot = Some(count.number::<u32>().max(1));
}

/// A gap between two messages; a second or more is worth a word.
pub(super) fn gap(line: Statement<'_>, duration: Duration, cx: &mut Context<'_>) -> Option<Micros> {
    let word = cx.required(line, 0)?;
    let what = line.name().text();
    let gap = cx.duration(what, word, duration)?;
    if gap.value >= Micros::SECOND {
        cx.log(
            Code::UNUSUAL_VALUE,
            word.span(),
            format!("`{what}` of {} is long", gap.value),
        );
    }
    Some(gap.value)
}

/// `[all] SECS`, at least `min` seconds.
pub(super) fn extra_interface(
    line: Statement<'_>,
    min: i64,
    cx: &mut Context<'_>,
) -> Option<ExtraInterfaceGarp> {
    let all = line.argument(0).is_some_and(|word| word.text() == "all");
    let Some(word) = line.argument(usize::from(all)) else {
        cx.missing(line, "[all] SECS");
        return None;
    };
    cx.integer(line.name().text(), word, lenient(min, 86_400))
        .map(|n| ExtraInterfaceGarp {
            interval: Micros::from_secs(n.number()),
            all,
        })
}
