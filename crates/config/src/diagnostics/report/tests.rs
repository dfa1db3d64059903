use super::*;
use crate::diagnostics::Code;
use crate::source::Sources;
use std::path::Path;

fn span(start: u32, end: u32) -> Span {
    let source = Sources::default().add("f".into(), Path::new("/").into(), Vec::new().into(), None);
    Span {
        source,
        start,
        end,
        origin: None,
    }
}

fn report(reports: &[(Option<Class>, Option<Stop>)]) -> Report {
    let mut report = Report::default();
    for (index, (class, stop)) in reports.iter().enumerate() {
        let mut diagnostic = Diagnostic::note(Code::NUL, index.to_string());
        (diagnostic.class, diagnostic.stop) = (*class, *stop);
        report.push(diagnostic);
    }
    report
}

#[test]
fn statuses() {
    use Class::{BadIf, Deprecated, FileNotFound, GeneralError, MultipleFiles, SecurityError, Warning};
    for (reports, test, daemon) in [
        (vec![], 0, None),
        (vec![(None, None)], 0, None),
        (vec![(Some(BadIf), None)], 4, None),
        (vec![(Some(FileNotFound), None), (Some(BadIf), None)], 4, None),
        (vec![(Some(MultipleFiles), None)], 5, None),
        (vec![(Some(BadIf), None), (Some(GeneralError), None)], 5, None),
        (vec![(Some(Warning), None)], 5, None),
        (vec![(Some(Deprecated), None)], 5, None),
        (vec![(Some(SecurityError), None), (Some(Warning), None)], 6, None),
        (vec![(Some(GeneralError), Some(Stop::Permanent))], 5, Some(2)),
        (vec![(Some(FileNotFound), Some(Stop::Include))], 6, Some(6)),
        (
            vec![(Some(FileNotFound), Some(Stop::NoConfiguration))],
            6,
            Some(6),
        ),
        (
            vec![
                (Some(SecurityError), None),
                (Some(GeneralError), Some(Stop::MissingParameter)),
            ],
            2,
            Some(2),
        ),
        (
            vec![(None, Some(Stop::MissingParameter)), (None, Some(Stop::Include))],
            6,
            Some(6),
        ),
        (
            vec![
                (None, Some(Stop::Include)),
                (None, Some(Stop::MissingGlobalParameter)),
            ],
            2,
            Some(2),
        ),
    ] {
        let report = report(&reports);
        assert_eq!(
            (report.test_status(), report.daemon_status()),
            (test, daemon),
            "{reports:?}"
        );
        assert_eq!(report.is_stopped(), daemon.is_some());
    }
}

#[test]
fn one_mistake_is_one_message() {
    let mut report = Report::default();
    let at =
        |span: Span, message: &str| Diagnostic::error(Code::NUL, Class::GeneralError, message).at(span, "");
    report.push(at(span(0, 5), "a"));
    report.push(at(span(0, 5), "a"));
    report.push(at(span(0, 6), "a"));
    report.push(at(span(0, 5), "b"));
    assert_eq!(report.len(), 3);
    report.poison(span(10, 20));
    for (place, hidden) in [
        (span(10, 20), true),
        (span(20, 25), true),
        (span(5, 9), false),
        (span(21, 22), false),
    ] {
        let before = report.len();
        report.push(at(place, "c").stops(Stop::Permanent));
        assert_eq!(report.len() == before, hidden, "{place:?}");
    }
    assert!(report.is_stopped());
}

#[test]
fn reports_can_be_joined() {
    let mut one = report(&[(Some(Class::Warning), None)]);
    let mut two = report(&[(None, None), (Some(Class::SecurityError), Some(Stop::Permanent))]);
    two.poison(span(0, 5));
    two.push(
        Diagnostic::error(Code::NUL, Class::GeneralError, "hidden")
            .at(span(0, 5), "")
            .stops(Stop::Include),
    );
    one.append(two);
    assert_eq!(
        (one.len(), one.class(), one.daemon_status()),
        (2, Some(Class::SecurityError), Some(6))
    );
}
