//! The findings as text for people and as JSON for programs.

use super::finding::{Finding, Verdict};
use serde::Serialize;
use std::fmt::Write as _;

/// Version of the JSON document; fields may be added without a new one.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    verdict: Verdict,
    findings: &'a [Finding],
}

/// The worst verdict of all.
pub(super) fn worst(findings: &[Finding]) -> Verdict {
    findings
        .iter()
        .map(|finding| finding.verdict)
        .max()
        .unwrap_or(Verdict::Good)
}

/// One document, a line.
pub(super) fn json(findings: &[Finding]) -> String {
    let document = Document {
        version: VERSION,
        verdict: worst(findings),
        findings,
    };
    let mut text = serde_json::to_string(&document).expect("strings and numbers only");
    text.push('\n');
    text
}

/// A line for each finding, the worst last, where a terminal shows them, and a summary.
pub(super) fn text(findings: &[Finding]) -> String {
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by_key(|finding| finding.verdict);
    let mut text = String::new();
    for finding in sorted {
        let word = match finding.verdict {
            Verdict::Good => "ok",
            Verdict::Unknown => "unknown",
            Verdict::Note => "note",
            Verdict::Problem => "PROBLEM",
        };
        let about = if finding.subject.is_empty() {
            String::new()
        } else {
            format!("{}: ", finding.subject)
        };
        let _ = writeln!(text, "{word:<8} {:<14} {about}{}", finding.check, finding.reason);
        for line in finding.remedy.iter().flat_map(|remedy| remedy.lines()) {
            let _ = writeln!(text, "{:<23} -> {line}", "");
        }
    }
    let count = |verdict| {
        findings
            .iter()
            .filter(|finding| finding.verdict == verdict)
            .count()
    };
    let _ = writeln!(
        text,
        "{} problems, {} notes, {} not examined, {} ok",
        count(Verdict::Problem),
        count(Verdict::Note),
        count(Verdict::Unknown),
        count(Verdict::Good)
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> Vec<Finding> {
        vec![
            Finding::problem(
                "firewall",
                "VI_1",
                "adverts are dropped",
                "first line\nsecond line",
            ),
            Finding::good("clock", "", "it is synchronised"),
        ]
    }

    #[test]
    fn people_read_the_worst_last() {
        let expected = "\
ok       clock          it is synchronised
PROBLEM  firewall       VI_1: adverts are dropped
                        -> first line
                        -> second line
1 problems, 0 notes, 0 not examined, 1 ok
";
        assert_eq!(text(&findings()), expected);
    }

    #[test]
    fn programs_read_one_versioned_document() {
        let value: serde_json::Value = serde_json::from_str(&json(&findings())).unwrap();
        assert_eq!(value["version"], 1);
        assert_eq!(value["verdict"], "problem");
        assert_eq!(value["findings"][0]["subject"], "VI_1");
        assert_eq!(value["findings"][1].get("remedy"), None);
    }

    #[test]
    fn nothing_found_is_good() {
        assert_eq!(worst(&[]), Verdict::Good);
    }
}
