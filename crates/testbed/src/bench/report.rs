//! Figures, bounds and verdicts. Whole numbers only: nanoseconds, thousandths, KiB.

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use testbed::clock::Readable;

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Unit {
    /// Nanoseconds.
    Nanos,
    /// Thousandths of something that is counted.
    Thousandths,
    /// Thousandths of a percent.
    Share,
    /// KiB.
    Kib,
    /// Whole things.
    Count,
}

impl Unit {
    fn show(self, amount: u64) -> String {
        match self {
            Self::Nanos if amount < 10_000 => format!("{}.{:03} µs", amount / 1_000, amount % 1_000),
            Self::Nanos => Readable(Duration::from_nanos(amount)).to_string(),
            Self::Thousandths => format!("{}.{:03}", amount / 1_000, amount % 1_000),
            Self::Share => format!("{}.{:03} %", amount / 1_000, amount % 1_000),
            Self::Kib => format!("{amount} KiB"),
            Self::Count => amount.to_string(),
        }
    }
}

/// What a figure has to fulfil.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Bound {
    /// Ours divided by Debian's, in thousandths, at most.
    Ratio(u64),
    /// Ours, in the figure's unit, at most.
    AtMost(u64),
    /// Ours, in the figure's unit, at least.
    AtLeast(u64),
    /// Shown only.
    None,
}

impl Bound {
    fn show(self, unit: Unit) -> String {
        match self {
            Self::Ratio(thousandths) => format!("≤ {} ×", decimal(thousandths)),
            Self::AtMost(amount) => format!("≤ {}", unit.show(amount)),
            Self::AtLeast(amount) => format!("≥ {}", unit.show(amount)),
            Self::None => "–".to_owned(),
        }
    }

    /// `None` where there is nothing to fulfil or to compare with.
    fn holds(self, ours: u64, peers: Option<u64>) -> Option<bool> {
        match self {
            Self::Ratio(thousandths) => ratio(ours, peers?).map(|ratio| ratio <= thousandths),
            Self::AtMost(amount) => Some(ours <= amount),
            Self::AtLeast(amount) => Some(ours >= amount),
            Self::None => None,
        }
    }
}

/// The bounds of a figure that only informs.
pub(super) const SHOWN: (Bound, Bound) = (Bound::None, Bound::None);

/// One figure of both sides.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) must: Bound,
    pub(super) aim: Bound,
    /// One value for each run.
    pub(super) ours: Vec<u64>,
    pub(super) peers: Vec<u64>,
}

/// How a figure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Aim,
    Must,
    Missed,
    Shown,
}

impl Figure {
    pub(super) fn verdict(&self) -> Verdict {
        let Some(ours) = median(&self.ours) else {
            return Verdict::Missed;
        };
        let peers = median(&self.peers);
        match (self.must.holds(ours, peers), self.aim.holds(ours, peers)) {
            (Some(false), _) => Verdict::Missed,
            (_, Some(true)) => Verdict::Aim,
            (Some(true), _) => Verdict::Must,
            (None, _) => Verdict::Shown,
        }
    }
}

/// The middle value; of two the lower.
pub(super) fn median(values: &[u64]) -> Option<u64> {
    percentile(values, 50)
}

/// The value that `percent` of the values do not exceed.
pub(super) fn percentile(values: &[u64], percent: usize) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied()
}

fn ratio(ours: u64, peers: u64) -> Option<u64> {
    ours.checked_mul(1_000)?.checked_div(peers)
}

fn decimal(thousandths: u64) -> String {
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The table of one benchmark.
pub(super) fn table(figures: &[Figure]) -> String {
    let width = figures
        .iter()
        .map(|figure| figure.name.chars().count())
        .max()
        .unwrap_or(0)
        .max(6);
    let mut text = format!(
        "  {:<width$}  {:>12}  {:>12}  {:>8}  {:>12}  {:>12}  verdict\n",
        "figure", "ours", "Debian's", "ratio", "must", "aim"
    );
    for figure in figures {
        let (ours, peers) = (median(&figure.ours), median(&figure.peers));
        let shown =
            |amount: Option<u64>| amount.map_or_else(|| "–".to_owned(), |amount| figure.unit.show(amount));
        let ratio = ours.zip(peers).and_then(|(ours, peers)| ratio(ours, peers));
        let verdict = match figure.verdict() {
            Verdict::Aim => "aim reached",
            Verdict::Must => "must reached",
            Verdict::Missed => "MISSED",
            Verdict::Shown => "",
        };
        let line = format!(
            "  {:<width$}  {:>12}  {:>12}  {:>8}  {:>12}  {:>12}  {verdict}",
            figure.name,
            shown(ours),
            shown(peers),
            ratio.map_or_else(
                || "–".to_owned(),
                |ratio| format!("{}.{:03}", ratio / 1_000, ratio % 1_000)
            ),
            figure.must.show(figure.unit),
            figure.aim.show(figure.unit),
        );
        writeln!(text, "{}", line.trim_end()).expect("a String takes all text");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(must: Bound, aim: Bound, ours: &[u64], peers: &[u64]) -> Figure {
        let (ours, peers) = (ours.to_vec(), peers.to_vec());
        Figure {
            name: "x".to_owned(),
            unit: Unit::Nanos,
            must,
            aim,
            ours,
            peers,
        }
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        assert_eq!(median(&[3, 1, 2]), Some(2));
        assert_eq!(median(&[1, 2]), Some(1));
        assert_eq!(median(&[]), None);
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 99), Some(99));
        assert_eq!(percentile(&[7], 99), Some(7));
    }

    #[test]
    fn verdicts_compare_medians() {
        let verdict =
            |ours: &[u64], peers: &[u64]| figure(Bound::Ratio(700), Bound::Ratio(500), ours, peers).verdict();
        assert_eq!(verdict(&[50], &[100]), Verdict::Aim);
        assert_eq!(verdict(&[70], &[100]), Verdict::Must);
        assert_eq!(verdict(&[71], &[100]), Verdict::Missed);
        assert_eq!(verdict(&[1, 50, 900], &[100, 100, 100]), Verdict::Aim);
        assert_eq!(verdict(&[], &[100]), Verdict::Missed);
        let bounded = |ours| figure(Bound::AtLeast(10), Bound::None, &[ours], &[]).verdict();
        assert_eq!(bounded(10), Verdict::Must);
        assert_eq!(bounded(9), Verdict::Missed);
    }

    #[test]
    fn amounts_are_readable() {
        assert_eq!(Unit::Nanos.show(2_345), "2.345 µs");
        assert_eq!(Unit::Nanos.show(1_500_000), "1.500 ms");
        assert_eq!(Unit::Thousandths.show(1_100), "1.100");
        assert_eq!(Unit::Share.show(99_950), "99.950 %");
        assert_eq!(Bound::Ratio(700).show(Unit::Nanos), "≤ 0.7 ×");
        assert_eq!(Bound::Ratio(1_000).show(Unit::Nanos), "≤ 1 ×");
    }
}
