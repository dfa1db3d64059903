//! Targets of the crate `config`.

use config::diagnostics::{Report, Style};
use config::read::{Input, MainFile, read as read_text};
use config::source::{Sources, Span};
use config::tree::Statement;
use config::{Environment, Limits, MemoryFiles, Purpose, Request, Resolver, User, Users, keywords, read};
use model::IncludeChecks;
use model::interface::Interfaces;
use std::net::IpAddr;
use std::path::Path;

const MAIN: &str = "/etc/keepalived/keepalived.conf";

/// Small enough to come back soon from text that multiplies itself.
const LIMITS: Limits = Limits {
    bytes: 1 << 20,
    files: 100,
    expansions: 10_000,
};

/// Any text: first into lines and blocks, then, if that did not stop it, into a whole configuration. A NUL byte ends
/// the main file and begins one that it may include.
pub fn configuration(data: &[u8]) {
    let mut files = MemoryFiles::default();
    let mut parts = data.splitn(3, |byte| *byte == 0);
    for name in [MAIN, "/etc/keepalived/a.conf", "/etc/keepalived/b.conf"] {
        if let Some(part) = parts.next() {
            files = files.with(name, part);
        }
    }
    if text(&files) {
        whole(&files);
    }
}

/// Reads the text alone. Gives whether there is something to go on with.
fn text(files: &MemoryFiles) -> bool {
    let input = Input {
        files,
        variables: &variable,
        config_id: "main",
        seed: 1,
        include_checks: IncludeChecks::default(),
        keep_copy: true,
        limits: LIMITS,
    };
    let reading = read_text(&input, &[MainFile::new(MAIN, Path::new("/"))]);
    let go_on = !reading.report.is_stopped();
    let (tree, report) = reading.tree(keywords::root());
    for statement in tree.statements() {
        walk(statement, tree.sources());
    }
    look(&report, tree.sources());
    go_on
}

fn walk(statement: Statement<'_>, sources: &Sources) {
    within(statement.span(), sources);
    for word in statement.words() {
        assert!(
            word.text().len() >= word.bytes().len().min(1),
            "{:?}",
            word.span()
        );
        within(word.part(1, 2), sources);
    }
    match statement.split_command() {
        Ok(Some(command)) => {
            for word in command.words.iter().chain(&command.rest) {
                within(word.span, sources);
            }
        }
        Ok(None) => {}
        Err(error) => _ = error.diagnostic(),
    }
    for child in statement.children() {
        walk(child, sources);
    }
}

/// A span is a place in its file.
fn within(span: Span, sources: &Sources) {
    assert!(span.start <= span.end, "{span:?}");
    assert!(
        span.end as usize <= sources.source(span.source).text().len(),
        "{span:?}"
    );
    assert!(sources.locate(span).line > 0);
}

/// Reads all of it, in each of the ways.
fn whole(files: &MemoryFiles) {
    let interfaces = Interfaces::default();
    let environment = Environment {
        files,
        users: &NoUsers,
        patterns: &|_| Ok(()),
        resolver: &NoResolver,
        interfaces: &interfaces,
        variables: &variable,
        node_name: "main.example.com",
        host_name: "main.example.com",
        uid: 0,
        gid: 0,
        processors: 2,
        seed: 1,
    };
    for purpose in [Purpose::Test, Purpose::Start, Purpose::Reload] {
        let reading = read(&Request::new(purpose), &environment);
        look(&reading.report, &reading.sources);
    }
}

/// A report of any text has a known status and can be shown.
fn look(report: &Report, sources: &Sources) {
    assert!(matches!(report.test_status(), 0 | 2 | 4 | 5 | 6));
    assert!(matches!(report.daemon_status(), None | Some(2 | 6)));
    for diagnostic in report.distinct(sources).iter().take(20) {
        assert!(!diagnostic.render(sources, Style::Plain).contains('\u{1b}'));
        assert!(!diagnostic.line(sources).contains('\u{1b}'));
    }
}

fn variable(name: &str) -> Option<String> {
    (name == "HOME").then(|| "/root".to_owned())
}

struct NoUsers;

impl Users for NoUsers {
    fn user(&self, _: &str) -> Option<User> {
        None
    }

    fn user_of_id(&self, _: u32) -> Option<User> {
        None
    }

    fn group(&self, _: &str) -> Option<u32> {
        None
    }

    fn groups_of(&self, _: &User) -> Vec<u32> {
        Vec::new()
    }
}

struct NoResolver;

impl Resolver for NoResolver {
    fn addresses(&self, _: &str) -> Vec<IpAddr> {
        Vec::new()
    }
}
