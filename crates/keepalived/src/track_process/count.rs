//! How many processes match each pattern.

use super::pattern::Pattern;
use super::proc::Processes;
use kernel::process_events::ProcessEvent;
use model::TrackProcess;
use std::collections::HashMap;

/// Which patterns a process matches; few processes match any.
type Matches = Vec<usize>;

#[derive(Debug)]
pub(super) struct Counts {
    patterns: Vec<Pattern>,
    /// Whether any pattern looks at names, and at command lines.
    uses_names: bool,
    uses_lines: bool,
    /// The processes that match something.
    matching: HashMap<u32, Matches>,
    totals: Vec<u32>,
    /// Used again and again.
    text: Vec<u8>,
}

impl Counts {
    /// Nothing is counted yet.
    pub(super) fn new(processes: &[TrackProcess]) -> Self {
        let patterns: Vec<Pattern> = processes.iter().map(Pattern::new).collect();
        let is_name = |pattern: &Pattern| matches!(pattern, Pattern::Name(_));
        Self {
            uses_names: patterns.iter().any(is_name),
            uses_lines: !patterns.iter().all(is_name),
            matching: HashMap::new(),
            totals: vec![0; patterns.len()],
            text: Vec::new(),
            patterns,
        }
    }

    /// How many processes match the pattern in this place.
    pub(super) fn of(&self, place: usize) -> u32 {
        self.totals[place]
    }

    /// Counts all processes anew.
    pub(super) fn scan(&mut self, processes: &impl Processes) {
        self.matching.clear();
        self.totals.fill(0);
        for pid in processes.all() {
            self.look(pid, processes);
        }
    }

    /// Takes in what a process did.
    pub(super) fn note(&mut self, event: ProcessEvent, processes: &impl Processes) {
        match event {
            ProcessEvent::Forked { parent, child } => {
                // It has the name and the words of its parent until it changes them.
                let matches = self.matching.get(&parent).cloned().unwrap_or_default();
                self.set(child, matches);
            }
            ProcessEvent::Executed(pid) => self.look(pid, processes),
            ProcessEvent::Renamed(pid) if self.uses_names => self.look(pid, processes),
            ProcessEvent::Renamed(_) => {}
            ProcessEvent::Exited(pid) => self.set(pid, Matches::new()),
        }
    }

    /// Looks at a process as it is now.
    fn look(&mut self, pid: u32, processes: &impl Processes) {
        let mut matches = Matches::new();
        if self.uses_names {
            processes.name(pid, &mut self.text);
            self.compare(|pattern| matches!(pattern, Pattern::Name(_)), &mut matches);
        }
        if self.uses_lines {
            processes.command_line(pid, &mut self.text);
            self.compare(
                |pattern| matches!(pattern, Pattern::CommandLine { .. }),
                &mut matches,
            );
        }
        self.set(pid, matches);
    }

    fn compare(&self, is_meant: fn(&Pattern) -> bool, matches: &mut Matches) {
        let patterns = self.patterns.iter().enumerate();
        let matching = patterns.filter(|(_, pattern)| is_meant(pattern) && pattern.matches(&self.text));
        matches.extend(matching.map(|(place, _)| place));
    }

    fn set(&mut self, pid: u32, matches: Matches) {
        for place in &matches {
            self.totals[*place] += 1;
        }
        let before = if matches.is_empty() {
            self.matching.remove(&pid)
        } else {
            self.matching.insert(pid, matches)
        };
        for place in before.into_iter().flatten() {
            self.totals[place] -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track_process::tests::tracked;
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    /// Processes by their number: name, and command line.
    #[derive(Default)]
    struct Table(RefCell<BTreeMap<u32, (&'static str, &'static str)>>);

    impl Table {
        fn set(&self, pid: u32, name: &'static str, line: &'static str) {
            self.0.borrow_mut().insert(pid, (name, line));
        }
    }

    impl Processes for Table {
        fn all(&self) -> Vec<u32> {
            self.0.borrow().keys().copied().collect()
        }
        fn name(&self, pid: u32, name: &mut Vec<u8>) {
            *name = self
                .0
                .borrow()
                .get(&pid)
                .map(|(name, _)| name.as_bytes().to_vec())
                .unwrap_or_default();
        }
        fn command_line(&self, pid: u32, line: &mut Vec<u8>) {
            *line = self
                .0
                .borrow()
                .get(&pid)
                .map(|(_, line)| line.as_bytes().to_vec())
                .unwrap_or_default();
        }
    }

    #[test]
    fn events_and_scans_agree() {
        let by_line = TrackProcess {
            full_command: true,
            ..tracked("/usr/sbin/httpd")
        };
        let processes = [tracked("httpd"), by_line];
        let table = Table::default();
        table.set(1, "init", "init\0");
        table.set(10, "httpd", "/usr/sbin/httpd\0");
        let mut counts = Counts::new(&processes);
        let check = |counts: &Counts, wanted: [u32; 2]| {
            assert_eq!([counts.of(0), counts.of(1)], wanted);
            let mut anew = Counts::new(&processes);
            anew.scan(&table);
            assert_eq!([anew.of(0), anew.of(1)], wanted);
        };
        counts.scan(&table);
        check(&counts, [1, 1]);
        // A worker is like its master.
        table.set(11, "httpd", "/usr/sbin/httpd\0");
        for _ in 0..2 {
            // Told twice, since it was there when all were counted.
            counts.note(
                ProcessEvent::Forked {
                    parent: 10,
                    child: 11,
                },
                &table,
            );
        }
        check(&counts, [2, 2]);
        table.set(11, "worker", "/usr/sbin/httpd\0");
        counts.note(ProcessEvent::Renamed(11), &table);
        check(&counts, [1, 2]);
        table.set(11, "sh", "sh\0");
        counts.note(ProcessEvent::Executed(11), &table);
        check(&counts, [1, 1]);
        table.0.borrow_mut().remove(&10);
        for _ in 0..2 {
            counts.note(ProcessEvent::Exited(10), &table);
        }
        check(&counts, [0, 0]);
        // Gone before it was looked at.
        counts.note(ProcessEvent::Executed(12), &table);
        check(&counts, [0, 0]);
        assert!(counts.matching.is_empty());
    }
}
