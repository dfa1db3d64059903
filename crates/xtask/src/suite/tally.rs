//! Counting what was tested.

use std::collections::{BTreeMap, BTreeSet};

/// The kinds of tests, in the order of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Format, lints, crate dependencies, licences.
    Gate,
    /// Unit tests, tables, snapshots, documentation examples.
    Unit,
    /// Tests inside `proptest!`.
    Property,
    /// Cases with our own daemons only.
    Namespace,
    /// Cases with a peer.
    Interop,
    /// Cases in a guest.
    Guest,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Unit => "unit",
            Self::Property => "property",
            Self::Namespace => "namespace",
            Self::Interop => "interop",
            Self::Guest => "guest",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
}

/// What passed and what failed.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<Kind, Count>,
    simulated_hours: u64,
    simulation: Count,
    fuzz_seconds: u32,
    fuzz: Count,
    not_run: Vec<String>,
}

impl Tally {
    /// Counts one test.
    pub(super) fn count(&mut self, kind: Kind, passed: bool) {
        self.add(
            kind,
            Count {
                passed: passed.into(),
                failed: (!passed).into(),
            },
        );
    }

    /// Counts one failure.
    pub(super) fn fail(&mut self, kind: Kind) {
        self.count(kind, false);
    }

    fn add(&mut self, kind: Kind, more: Count) {
        let count = self.counts.entry(kind).or_default();
        count.passed += more.passed;
        count.failed += more.failed;
    }

    /// Counts the lines `test NAME ... ok` and `... FAILED` of Rust's test runner. A crate that did not compile has none,
    /// and shows by the exit code.
    pub(super) fn add_libtest(&mut self, output: &str, properties: &BTreeSet<String>) {
        for line in output.lines() {
            let Some((name, verdict)) = line
                .strip_prefix("test ")
                .and_then(|rest| rest.split_once(" ... "))
            else {
                continue;
            };
            let function = name.trim_end().rsplit("::").next().unwrap_or(name);
            let kind = if properties.contains(function) {
                Kind::Property
            } else {
                Kind::Unit
            };
            match verdict.split([' ', ',']).next() {
                Some("ok") => self.count(kind, true),
                Some("FAILED") => self.count(kind, false),
                Some("ignored") => self.not_run.push(format!("{name} (ignored)")),
                _ => {}
            }
        }
    }

    /// Counts the lines `counts KIND PASSED FAILED` and `not-run REASON` of `testbed cases`. Without them it died.
    pub(super) fn add_cases(&mut self, output: &str) {
        let mut seen = false;
        for line in output.lines() {
            if let Some(reason) = line.strip_prefix("not-run ") {
                self.not_run.push(reason.to_owned());
                seen = true;
            }
            let words: Vec<_> = line.split(' ').collect();
            let ["counts", name, passed, failed] = words[..] else {
                continue;
            };
            let kind = match name {
                "interop" => Kind::Interop,
                "guest" => Kind::Guest,
                _ => Kind::Namespace,
            };
            if let (Ok(passed), Ok(failed)) = (passed.parse(), failed.parse()) {
                self.add(kind, Count { passed, failed });
                seen = true;
            }
        }
        if !seen {
            self.fail(Kind::Namespace);
        }
    }

    /// Counts the simulation.
    pub(super) fn add_simulation(&mut self, hours: u64, passed: bool) {
        self.simulated_hours = hours;
        self.simulation = Count {
            passed: passed.into(),
            failed: (!passed).into(),
        };
    }

    /// Counts the fuzzing.
    pub(super) fn add_fuzzing(&mut self, seconds: u32, passed: bool) {
        self.fuzz_seconds = seconds;
        self.fuzz = Count {
            passed: passed.into(),
            failed: (!passed).into(),
        };
    }

    /// Names something that could not be run here, with the reason.
    pub(super) fn add_not_run(&mut self, what: String) {
        self.not_run.push(what);
    }

    /// What could not be run here, with the reason.
    pub(super) fn not_run(&self) -> &[String] {
        &self.not_run
    }

    /// How many failed.
    pub(super) fn failed(&self) -> u64 {
        self.all().map(|count| count.failed).sum()
    }

    fn all(&self) -> impl Iterator<Item = Count> {
        self.counts.values().copied().chain([self.simulation, self.fuzz])
    }

    /// The one line: `unit 412, property 38, simulation 3000 h, namespace 21, interop 14, guest 9, fuzz 60 s: all passed`.
    pub(super) fn summary(&self) -> String {
        let of = |kind: Kind| {
            let count = self.counts.get(&kind).copied().unwrap_or_default();
            format!("{} {}", kind.name(), count.passed + count.failed)
        };
        let parts = [
            of(Kind::Unit),
            of(Kind::Property),
            format!("simulation {} h", self.simulated_hours),
            of(Kind::Namespace),
            of(Kind::Interop),
            of(Kind::Guest),
            format!("fuzz {} s", self.fuzz_seconds),
        ];
        let mut verdict = match self.failed() {
            0 => "all passed".to_owned(),
            failed => format!("{failed} failed"),
        };
        if !self.not_run.is_empty() {
            verdict += ", but not all were run";
        }
        format!("{}: {verdict}", parts.join(", "))
    }

    /// The line that CI reads: `N passed, N failed`.
    pub(super) fn closing_line(&self) -> String {
        let passed: u64 = self.all().map(|count| count.passed).sum();
        format!("{passed} passed, {} failed", self.failed())
    }
}

/// The output of Rust's test runner without what nobody reads after a failure.
pub(super) fn without_passed(output: &str) -> String {
    let boring = |line: &str| {
        line.trim().is_empty()
            || line.starts_with("test ") && line.ends_with(" ... ok")
            || line.starts_with("running ")
            || line.starts_with("test result: ok.")
            || ["Compiling", "Doc-tests", "Finished"]
                .iter()
                .any(|word| line.trim_start().starts_with(word))
    };
    output
        .lines()
        .filter(|line| !boring(line))
        .map(|line| line.to_owned() + "\n")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 3 tests
test advert::tests::captured ... ok
test advert::tests::any_bytes ... ok
test wrong ... FAILED

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
test slow ... ignored, takes an hour
";

    #[test]
    fn tests_are_counted_by_kind() {
        let mut tally = Tally::default();
        tally.add_libtest(OUTPUT, &BTreeSet::from(["any_bytes".to_owned()]));
        tally.add_cases(
            "pass x\ncounts namespace 20 1\ncounts interop 14 0\ncounts guest 3 0\nnot-run z (needs root)\n",
        );
        tally.add_simulation(3_000, true);
        tally.add_fuzzing(60, true);
        assert_eq!(
            tally.summary(),
            "unit 2, property 1, simulation 3000 h, namespace 21, interop 14, guest 3, fuzz 60 s: 2 failed, but not all were run"
        );
        assert_eq!(tally.closing_line(), "41 passed, 2 failed");
        assert_eq!(tally.not_run(), ["slow (ignored)", "z (needs root)"]);
    }

    #[test]
    fn cases_that_say_nothing_have_failed() {
        let mut tally = Tally::default();
        tally.add_cases("error: no such program\n");
        assert_eq!(tally.failed(), 1);
    }

    #[test]
    fn after_a_failure_only_the_failure_is_shown() {
        let shown = without_passed(OUTPUT);
        assert!(shown.contains("test wrong ... FAILED"), "{shown}");
        assert!(!shown.contains("captured"), "{shown}");
    }
}
