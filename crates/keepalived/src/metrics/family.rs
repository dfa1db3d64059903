//! Families of metrics, and how they are written.

use std::fmt::Write as _;

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It goes up and down.
    Gauge,
    /// It only grows. Its name ends in `_total`.
    Counter,
    /// It only grows, under a name of others that does not say so.
    OldCounter,
    /// Times, in classes; see [`Sample::part`].
    Histogram,
}

/// How families are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// The older text format 0.0.4, which readers of files understand.
    Text,
}

impl Format {
    /// For `Content-Type`.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Metrics of one name.
#[derive(Clone, Debug)]
pub(super) struct Family {
    /// With `_total` where it is a [`Kind::Counter`].
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) samples: Vec<Sample>,
}

/// One number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// What follows the name: `_bucket`, `_sum` and `_count` of a histogram.
    pub(super) part: &'static str,
    pub(super) labels: Vec<(&'static str, String)>,
    pub(super) value: Value,
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(i64),
    /// Microseconds, which are written in seconds.
    Micros(u64),
}

/// The text.
pub(super) fn render(families: &[Family], format: Format) -> String {
    let mut text = String::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        let name = match (format, family.kind) {
            (Format::OpenMetrics, Kind::Counter) => family.name.strip_suffix("_total").unwrap_or(family.name),
            _ => family.name,
        };
        let kind = match (family.kind, format) {
            (Kind::Gauge, _) => "gauge",
            (Kind::Counter, _) | (Kind::OldCounter, Format::Text) => "counter",
            // A counter without `_total` is an error there.
            (Kind::OldCounter, Format::OpenMetrics) => "unknown",
            (Kind::Histogram, _) => "histogram",
        };
        // Writing into a string cannot fail.
        let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", family.help);
        for sample in &family.samples {
            let _ = write!(text, "{}{}", family.name, sample.part);
            for (position, (label, value)) in sample.labels.iter().enumerate() {
                let before = if position == 0 { '{' } else { ',' };
                let _ = write!(text, "{before}{label}=\"{}\"", escaped(value));
            }
            if !sample.labels.is_empty() {
                text.push('}');
            }
            match sample.value {
                Value::Number(number) => {
                    let _ = writeln!(text, " {number}");
                }
                Value::Micros(micros) => {
                    let _ = writeln!(text, " {}", seconds(micros));
                }
            }
        }
    }
    if format == Format::OpenMetrics {
        text.push_str("# EOF\n");
    }
    text
}

/// Seconds with as many decimals as are needed.
pub(super) fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let text = text.trim_end_matches('0');
    text.strip_suffix('.').unwrap_or(text).to_owned()
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn families() -> Vec<Family> {
        let sample = |part, value| Sample {
            part,
            labels: vec![("name", "a\"b\\c\n".to_owned())],
            value,
        };
        let family = |name, kind, value| Family {
            name,
            help: "Help",
            kind,
            samples: vec![sample("", value)],
        };
        vec![
            family("up", Kind::Gauge, Value::Number(-1)),
            family("sent_total", Kind::Counter, Value::Number(2)),
            family("old", Kind::OldCounter, Value::Number(3)),
            Family {
                samples: vec![sample("_sum", Value::Micros(1_500_000))],
                ..family("late", Kind::Histogram, Value::Number(0))
            },
            Family {
                samples: Vec::new(),
                ..family("nothing", Kind::Gauge, Value::Number(0))
            },
        ]
    }

    #[test]
    fn both_formats_are_written() {
        let lines = r#"
up{name="a\"b\\c\n"} -1
sent_total{name="a\"b\\c\n"} 2
old{name="a\"b\\c\n"} 3
late_sum{name="a\"b\\c\n"} 1.5
"#;
        let samples = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            lines.fold(String::new(), |text, line| text + line + "\n")
        };
        for (format, types, end) in [
            (
                Format::OpenMetrics,
                ["up gauge", "sent counter", "old unknown", "late histogram"],
                true,
            ),
            (
                Format::Text,
                ["up gauge", "sent_total counter", "old counter", "late histogram"],
                false,
            ),
        ] {
            let text = render(&families(), format);
            assert_eq!(samples(&text), lines.trim_start());
            for kind in types {
                assert!(text.contains(&format!("# TYPE {kind}\n")), "{text}");
            }
            assert_eq!(text.ends_with("# EOF\n"), end);
            assert!(!text.contains("nothing"));
        }
    }

    #[test]
    fn seconds_have_no_needless_decimals() {
        for (micros, text) in [(0, "0"), (1, "0.000001"), (2_500_000, "2.5"), (10_000_000, "10")] {
            assert_eq!(seconds(micros), text);
        }
    }
}
