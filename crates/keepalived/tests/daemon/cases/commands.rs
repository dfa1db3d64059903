//! What ends at once.

use crate::lab::{Lab, finish};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

fn keepalived(options: &[&str]) -> (i32, String) {
    finish(&mut Lab::new().command(options))
}

pub(super) fn a_wrong_option_ends_with_1() {
    for (options, text) in [
        (&["-Z"][..], "Unknown option -Z\n"),
        (
            &["--foo", "-f"],
            "Unknown option --foo\nMissing parameter for option -f\n",
        ),
        (&["--signum=FOO"], "Unknown sigfunc FOO\n"),
    ] {
        assert_eq!(keepalived(options), (1, text.to_owned()));
    }
    let (code, text) = keepalived(&["reload", "--nonsense"]);
    assert_eq!(code, 1);
    assert!(text.contains("--nonsense"), "{text}");
}

pub(super) fn version_and_help_go_to_standard_error() {
    let (code, text) = keepalived(&["-v"]);
    assert_eq!(code, 0);
    assert!(text.starts_with("Keepalived v2.4.3 ("), "{text}");
    assert!(text.contains("--enable-json"), "{text}");
    let (code, text) = keepalived(&["--help"]);
    assert_eq!(code, 0);
    assert!(text.starts_with("Usage: "), "{text}");
}

pub(super) fn signal_numbers_go_to_standard_output() {
    let output = Lab::new().command(&["--signum=JSON"]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"36\n");
    assert!(output.stderr.is_empty());
}

pub(super) fn other_words_are_named_and_passed_over() {
    let lab = Lab::new();
    lab.configure("idle");
    let files = lab.files();
    let options = ["-t", &files[0], &files[1], "a", "b"];
    let output = lab.command(&options).output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, b"Unexpected argument(s): a b \n");
}

pub(super) fn genhash_is_there_by_option_and_by_name() {
    let (code, text) = keepalived(&["-T", "-s", "192.0.2.1"]);
    assert_eq!(code, 1);
    let (mistake, usage) = text.split_once("\n\n").unwrap();
    assert_eq!(mistake, "option --port is missing");
    assert!(usage.starts_with("Usage: "), "{text}");
    assert!(usage.contains(" --genhash COMMAND [OPTIONS]\n"), "{text}");
    let mut command = Command::new(std::env::current_exe().unwrap());
    let (code, text) = finish(
        command
            .arg0("/usr/bin/genhash")
            .arg("-h")
            .env("KEEPALIVED_TEST_DAEMON", "1"),
    );
    assert_eq!(code, 1);
    assert!(text.starts_with("Usage: genhash COMMAND [OPTIONS]\n"), "{text}");
}

pub(super) fn a_test_reports_and_touches_nothing() {
    let lab = Lab::new();
    let files = lab.files();
    let test: Vec<_> = std::iter::once("-t")
        .chain(files.iter().map(String::as_str))
        .collect();
    lab.configure("idle");
    assert_eq!(finish(&mut lab.command(&test)), (0, String::new()));
    lab.configure("broken");
    assert_eq!(
        finish(&mut lab.command(&test)),
        (5, "keepalived.conf: this file is broken\n".to_owned())
    );
    // A wrong facility counts too, though it has been named by then.
    lab.configure("idle");
    let facility = [&["-S", "9"], &test[..]].concat();
    assert_eq!(
        finish(&mut lab.command(&facility)),
        (5, "Invalid log facility '9'\n".to_owned())
    );
    let left: Vec<_> = fs::read_dir(&lab.directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["keepalived.conf"]);
}

pub(super) fn a_report_is_appended_to_its_file() {
    let lab = Lab::new();
    lab.configure("broken");
    let report = lab.path("report");
    let files = lab.files();
    let to_file = format!("--config-test={}", report.display());
    let test = [to_file.as_str(), &files[0], &files[1]];
    for _ in 0..2 {
        assert_eq!(finish(&mut lab.command(&test)), (5, String::new()));
    }
    assert_eq!(
        fs::read_to_string(&report).unwrap(),
        "keepalived.conf: this file is broken\n".repeat(2)
    );
    assert_eq!(fs::metadata(&report).unwrap().permissions().mode() & 0o777, 0o600);
    fs::remove_file(&report).unwrap();
    symlink(lab.path("elsewhere"), &report).unwrap();
    assert_eq!(finish(&mut lab.command(&test)).0, 1);
    assert!(!lab.path("elsewhere").exists());
}

pub(super) fn a_namespace_that_is_not_there_ends_with_6() {
    let lab = Lab::new();
    lab.configure("idle");
    let files = lab.files();
    let (code, text) = finish(&mut lab.command(&["-t", "-s", "nowhere", &files[0], &files[1]]));
    assert_eq!(code, 6);
    assert!(
        text.starts_with("Unable to set network namespace nowhere - exiting"),
        "{text}"
    );
    let (code, text) = finish(&mut lab.daemon_command(&["-s", "nowhere"]));
    assert_eq!(code, 6);
    assert!(
        text.contains("Unable to set network namespace nowhere - exiting"),
        "{text}"
    );
}

pub(super) fn keywords_are_explained() {
    let output = Lab::new().command(&["explain", "priority"]).output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout.starts_with(b"priority "));
    let output = Lab::new().command(&["explain", "--list"]).output().unwrap();
    assert!(output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .any(|line| line.starts_with("virtual_router_id "))
    );
    let (code, text) = keepalived(&["explain", "pirority"]);
    assert_eq!(code, 1);
    assert!(text.contains("did you mean `priority`?"), "{text}");
}
