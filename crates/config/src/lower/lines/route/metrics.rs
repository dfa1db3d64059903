//! Metrics of a route.

use super::{Reader, U32};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::keywords::strict;
use crate::lower::Context;
use crate::lower::lines::{Dropped, Step};
use crate::tree::Word;
use crate::values::number::{DecimalRange, NumberError, Trailing, decimal};
use model::LockableMetric;

/// What a time may be, in milliseconds: the kernel's `TCP_RTO_MIN` and `TCP_RTO_MAX`.
const TIME: std::ops::RangeInclusive<u64> = 200..=120_000;

impl<'t> Reader<'t> {
    /// Reads a metric; false where the option is none.
    pub(super) fn metric_option(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<bool> {
        match option.text() {
            "mtu" => self.route.metrics.mtu = Some(self.lockable(option, cx)?),
            "advmss" => self.route.metrics.advmss = Some(self.lockable(option, cx)?),
            "reordering" => self.route.metrics.reordering = Some(self.lockable(option, cx)?),
            "cwnd" => self.route.metrics.cwnd = Some(self.lockable(option, cx)?),
            "ssthresh" => self.route.metrics.ssthresh = Some(self.lockable(option, cx)?),
            "rtt" => self.route.metrics.rtt = Some(self.time(option, 8, cx)?),
            "rttvar" => self.route.metrics.rttvar = Some(self.time(option, 4, cx)?),
            "rto_min" => self.route.metrics.rto_min = Some(self.time(option, 1, cx)?),
            "window" => self.route.metrics.window = Some(self.count(option, cx)?),
            "initcwnd" => self.route.metrics.initcwnd = Some(self.count(option, cx)?),
            "initrwnd" => self.route.metrics.initrwnd = Some(self.count(option, cx)?),
            "hoplimit" => {
                self.route.metrics.hoplimit = Some(self.cursor.number(option, strict(0, 255), cx)?.number());
            }
            "congctl" => {
                let locked = self.cursor.take("lock");
                let name = self.cursor.value(option, cx)?.text().to_owned();
                self.route.metrics.congctl = Some((name, locked));
            }
            "features" => {
                let word = self.cursor.value(option, cx)?;
                if word.text() == "ecn" {
                    self.route.metrics.ecn = true;
                } else {
                    cx.unknown_option("features", word, &["ecn"]);
                }
            }
            "quickack" => self.route.metrics.quickack = Some(self.bit(option, cx)?),
            "fastopen_no_cookie" => self.route.metrics.fastopen_no_cookie = Some(self.bit(option, cx)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn lockable(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<LockableMetric> {
        let locked = self.cursor.take("lock");
        let value = self.count(option, cx)?;
        Ok(LockableMetric { value, locked })
    }

    fn count(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<u32> {
        Ok(self.cursor.number(option, U32, cx)?.number())
    }

    fn bit(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<bool> {
        Ok(self.cursor.number(option, strict(0, 1), cx)?.value == 1)
    }

    /// A time in units of 1/`per_ms` milliseconds.
    fn time(&mut self, option: Word<'t>, per_ms: u32, cx: &mut Context<'_>) -> Step<LockableMetric> {
        let locked = self.cursor.take("lock");
        let word = self.cursor.value(option, cx)?;
        let text = word.text();
        let end = text
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(text.len());
        let (digits, unit) = text.split_at(end);
        // Thousandths of a second in one unit of the last decimal.
        let decimals = match unit {
            "s" | "sec" | "secs" => 3,
            "" | "ms" | "msec" | "msecs" => 0,
            _ => return Err(self.bad_time(option, word, cx)),
        };
        let range = DecimalRange::new(0, u64::from(u32::MAX), decimals);
        let value = match decimal(digits, range, Trailing::Refuse) {
            Ok(parsed) if decimals > 0 || !digits.contains('.') => parsed.value,
            Ok(_) | Err(NumberError::NotANumber(_) | NumberError::Negative(_)) => {
                return Err(self.bad_time(option, word, cx));
            }
            Err(error @ NumberError::OutOfRange { .. }) => {
                let message = format!("{} is dropped: `{}`: {error}", self.cursor.what, option.text());
                cx.push(
                    Diagnostic::error(Code::OUT_OF_RANGE, Class::InvalidNumber, message).at(word.span(), ""),
                );
                return Err(Dropped);
            }
        };
        let raw = unit.is_empty();
        let value = if raw {
            value
        } else {
            let used = value.clamp(*TIME.start(), *TIME.end());
            if used != value {
                let message = format!(
                    "`{} {text}` is outside 200 ms to 120 s; {used} ms is used",
                    option.text()
                );
                cx.correct(Code::OUT_OF_RANGE, word.span(), message);
            }
            used * u64::from(per_ms)
        };
        Ok(LockableMetric {
            value: u32::try_from(value).unwrap_or(u32::MAX),
            locked,
        })
    }

    fn bad_time(&self, option: Word<'_>, word: Word<'_>, cx: &mut Context<'_>) -> Dropped {
        let message = format!(
            "{} is dropped: `{}`: '{}' is no time",
            self.cursor.what,
            option.text(),
            word.text()
        );
        cx.push(
            Diagnostic::error(Code::INVALID_NUMBER, Class::InvalidNumber, message).at(
                word.span(),
                "a whole number, perhaps with ms, or a decimal one with s",
            ),
        );
        Dropped
    }
}
