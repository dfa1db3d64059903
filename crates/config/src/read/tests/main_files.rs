//! Section 1: which files are read.

use super::*;
use crate::FileKind;
use crate::diagnostics::Class;

fn files() -> MemoryFiles {
    MemoryFiles::default()
        .with("/etc/keepalived/keepalived.conf", "usual")
        .with("/opt/b.conf", "b")
        .with("/opt/a.conf", "a\ninclude x")
        .with("/opt/x", "x")
        .with("/x", "wrong x")
        .with("/top.conf", "top\ninclude opt/x")
        .with_status("/opt/run.conf", FileKind::Regular, 0o744, "no")
        .with_status("/opt/secret.conf", FileKind::Regular, 0, "no")
        .with_status("/dev/pipe", FileKind::Fifo, 0o644, "")
}

/// The lines, the codes, and the status of a test and of the daemon.
fn read_main(
    files: &MemoryFiles,
    pattern: Option<&str>,
    default: &str,
) -> (Vec<String>, Vec<String>, u8, Option<u8>) {
    let mut report = Report::default();
    let main = main_files(pattern, default, files, &mut report);
    let input = Input {
        files,
        variables: &|_| None,
        config_id: "main",
        seed: 1,
        include_checks: IncludeChecks::default(),
        keep_copy: true,
        limits: Limits::default(),
    };
    let reading = read(&input, &main);
    let lines = reading.lines();
    report.append(reading.report);
    let codes = report
        .iter()
        .map(|diagnostic| diagnostic.code.to_string())
        .collect();
    (lines, codes, report.test_status(), report.daemon_status())
}

#[test]
fn what_the_pattern_names() {
    let files = files();
    for (pattern, lines, codes, test, daemon) in [
        ("/opt/a.conf", vec!["a", "x"], vec![], 0, None),
        ("opt/a.conf", vec!["a", "x"], vec![], 0, None),
        ("top.conf", vec!["top", "x"], vec![], 0, None),
        ("/opt/[ab].conf", vec!["a", "x", "b"], vec!["KA0003"], 5, None),
        ("/opt/{b,a}.conf", vec!["b", "a", "x"], vec!["KA0003"], 5, None),
        ("/opt/gone.conf", vec![], vec!["KA0001"], 6, Some(6)),
        ("/opt/gone*", vec![], vec!["KA0001"], 6, Some(6)),
        ("/opt", vec![], vec!["KA0001"], 6, Some(6)),
        ("/opt/run.conf", vec![], vec!["KA0001"], 6, Some(6)),
        ("/opt/secret.conf", vec![], vec!["KA0001"], 6, Some(6)),
        ("/dev/pipe", vec![], vec!["KA0001"], 6, Some(6)),
        (
            "/opt/{a,run}.conf",
            vec!["a", "x"],
            vec!["KA0003", "KA0001"],
            5,
            None,
        ),
        (
            "/opt/{run,secret}.conf",
            vec![],
            vec!["KA0003", "KA0001", "KA0001"],
            6,
            Some(6),
        ),
    ] {
        let expected = (
            lines.iter().map(ToString::to_string).collect(),
            codes.iter().map(ToString::to_string).collect(),
            test,
            daemon,
        );
        assert_eq!(
            read_main(&files, Some(pattern), USUAL_FILE),
            expected,
            "{pattern}"
        );
    }
}

#[test]
fn the_default_file() {
    let usual = |codes: &[&str]| {
        (
            vec!["usual".to_owned()],
            codes.iter().map(ToString::to_string).collect(),
            0,
            None,
        )
    };
    assert_eq!(read_main(&files(), None, USUAL_FILE), usual(&[]));
    assert_eq!(
        read_main(&files(), None, "/usr/local/etc/keepalived/keepalived.conf"),
        usual(&["KA0004"])
    );
    assert_eq!(read_main(&files(), None, "/opt/b.conf").0, ["b"]);
    let gone = read_main(
        &MemoryFiles::default().with("/x", ""),
        None,
        "/usr/local/etc/keepalived/keepalived.conf",
    );
    assert_eq!(gone, (vec![], vec!["KA0001".to_owned()], 6, Some(6)));
}

#[test]
fn an_empty_file_is_a_configuration() {
    let files = MemoryFiles::default().with("/empty", "");
    assert_eq!(
        read_main(&files, Some("/empty"), USUAL_FILE),
        (vec![], vec![], 0, None)
    );
}

#[test]
fn several_files_are_reported_once_with_the_first() {
    let mut report = Report::default();
    main_files(Some("/opt/*.conf"), USUAL_FILE, &files(), &mut report);
    let diagnostic = report.iter().next().unwrap();
    assert_eq!(diagnostic.class, Some(Class::MultipleFiles));
    assert_eq!(
        diagnostic.message,
        "`/opt/*.conf` names 4 files, `/opt/a.conf` the first; all are read"
    );
}
