//! From a `tracing` event to a line.

use super::queue::{Line, Sender};
use super::{ALERT, DETAIL, Detail, EXTRA, held};
use crate::clock;
use std::fmt::{self, Write};
use std::sync::Arc;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

/// Puts the events of all threads into the queues of the outputs. Spans are not used.
#[derive(Debug)]
pub(super) struct LineSubscriber {
    detail: Detail,
    outputs: Vec<Sender>,
}

impl LineSubscriber {
    /// A subscriber for lines up to this detail.
    pub(super) const fn new(detail: Detail, outputs: Vec<Sender>) -> Self {
        Self { detail, outputs }
    }

    /// The queues that lines go into.
    pub(super) fn outputs(&self) -> &[Sender] {
        &self.outputs
    }
}

impl Subscriber for LineSubscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let needed = match metadata.target() {
            DETAIL => Detail::Detail,
            EXTRA => Detail::Extra,
            _ => Detail::Normal,
        };
        metadata.is_event() && *metadata.level() <= Level::INFO && self.detail >= needed
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::with_capacity(USUAL));
        event.record(&mut text);
        let (at, severity) = (clock::wall(), severity(event.metadata()));
        for text in printable(text.0) {
            held::pass(Arc::new(Line { at, severity, text }), &self.outputs);
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Syslog's number.
fn severity(metadata: &Metadata<'_>) -> u8 {
    match *metadata.level() {
        _ if metadata.target() == ALERT => 1,
        Level::ERROR => 3,
        Level::WARN => 4,
        _ => 6,
    }
}

/// A text as lines without control characters: names from elsewhere must not forge lines or drive terminals.
fn printable(text: String) -> Vec<String> {
    if !text.contains(char::is_control) {
        return vec![text];
    }
    let escaped = |line: &str| {
        let parts = line.chars().map(|c| {
            if c.is_control() {
                c.escape_default().to_string()
            } else {
                c.to_string()
            }
        });
        parts.collect()
    };
    text.lines().map(escaped).collect()
}

/// Room for a usual line, so that it need not grow word by word.
const USUAL: usize = 120;

/// The message, then the other fields as `name=value`.
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing into a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue::{self, Entry};
    use super::*;

    fn lines(detail: Detail, log: impl FnOnce()) -> Vec<(u8, String)> {
        let (sender, receiver) = queue::bounded(queue::CAPACITY);
        tracing::subscriber::with_default(LineSubscriber::new(detail, vec![sender]), log);
        let mut lines = Vec::new();
        while let Some(Entry::Line(line)) = receiver.next(|| ()) {
            lines.push((line.severity, line.text.clone()));
        }
        lines
    }

    #[test]
    fn a_line_has_no_control_characters() {
        let logged = lines(Detail::Normal, || {
            tracing::info!("first\nsecond\u{1b}[31m\r{}\t.", "é");
        });
        let texts: Vec<_> = logged.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["first", "second\\u{1b}[31m\\ré\\t."]);
    }

    fn log_all() {
        tracing::info!("plain");
        tracing::warn!("warning {}", 7);
        tracing::error!("error");
        tracing::error!(target: ALERT, "alert");
        tracing::info!(target: DETAIL, "detail");
        tracing::info!(target: EXTRA, "extra");
        tracing::debug!("debug");
    }

    #[test]
    fn severities_and_detail_follow_level_and_target() {
        let normal = [(6, "plain"), (4, "warning 7"), (3, "error"), (1, "alert")];
        let all = [&normal[..], &[(6, "detail"), (6, "extra")]].concat();
        for (detail, expected) in [
            (Detail::Normal, &all[..4]),
            (Detail::Detail, &all[..5]),
            (Detail::Extra, &all[..]),
        ] {
            let logged = lines(detail, log_all);
            let logged: Vec<_> = logged
                .iter()
                .map(|(severity, text)| (*severity, text.as_str()))
                .collect();
            assert_eq!(logged, expected, "{detail:?}");
        }
    }
}
