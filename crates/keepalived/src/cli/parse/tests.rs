use super::*;
use crate::log::{Detail, Facility};
use std::path::Path;

fn line(words: &[&str]) -> Parsed {
    parse(words.iter().map(OsString::from))
}

fn complaints(words: &[&str]) -> (Outcome, Vec<String>) {
    let parsed = line(words);
    (parsed.outcome, parsed.complaints)
}

#[test]
fn names_and_letters_are_distinct() {
    for (index, spec) in OPTIONS.iter().enumerate() {
        for other in &OPTIONS[index + 1..] {
            assert_ne!(spec.long, other.long);
            assert!(spec.short.is_none() || spec.short != other.short, "{}", spec.long);
        }
    }
}

#[test]
fn every_way_to_write_an_argument() {
    for words in [
        &["-f", "x"][..],
        &["-fx"],
        &["--use-file", "x"],
        &["--use-file=x"],
        &["--use", "x"],
        &["--us=x"],
        &["-Dfx"],
        &["-nDf", "x"],
        &["other", "-f", "x"],
    ] {
        let parsed = line(words);
        assert_eq!(
            parsed.options.config_file.as_deref(),
            Some(Path::new("x")),
            "{words:?}"
        );
        assert_eq!(parsed.outcome, Outcome::Run, "{words:?}");
    }
    assert_eq!(
        line(&["-f=x"]).options.config_file.as_deref(),
        Some(Path::new("=x"))
    );
    assert_eq!(
        line(&["-f", ""]).options.config_file.as_deref(),
        Some(Path::new(""))
    );
    assert_eq!(
        line(&["-f", "-n"]).options.config_file.as_deref(),
        Some(Path::new("-n"))
    );
}

#[test]
fn an_optional_argument_must_be_attached() {
    let tested = |words: &[&str]| line(words).options.config_test;
    assert_eq!(tested(&[]), None);
    assert_eq!(tested(&["-t"]), Some(None));
    assert_eq!(tested(&["-t/log"]), Some(Some("/log".into())));
    assert_eq!(tested(&["--config-test=/log"]), Some(Some("/log".into())));
    assert_eq!(tested(&["--config-t"]), Some(None));
    let parsed = line(&["-t", "/log"]);
    assert_eq!(
        (parsed.options.config_test, parsed.unexpected),
        (Some(None), vec!["/log".into()])
    );
    assert_eq!(line(&["-M"]).options.core_pattern, Some("core".into()));
    assert_eq!(line(&["-Mcore.%p"]).options.core_pattern, Some("core.%p".into()));
}

#[test]
fn a_prefix_counts_while_it_is_unambiguous() {
    assert_eq!(line(&["--ver"]).outcome, Outcome::Version);
    assert_eq!(line(&["--dont-f"]).outcome, Outcome::Run);
    // Exact names win over longer ones.
    assert!(!line(&["--vrrp"]).options.subsystems.checker);
    assert!(!line(&["--check"]).options.subsystems.vrrp);
    for ambiguous in ["--v", "--chec", "--c", "--dont-re", "--log"] {
        assert_eq!(
            complaints(&[ambiguous]),
            (Outcome::Refuse, vec![format!("Unknown option {ambiguous}")])
        );
    }
}

#[test]
fn all_mistakes_are_named() {
    assert_eq!(
        complaints(&["-Z", "--foo", "-nQ", "--foo=bar", "--vrrp=3", "-f"]).1,
        [
            "Unknown option -Z",
            "Unknown option --foo",
            "Unknown option -Q",
            "Unknown option --foo=bar",
            "Unknown option --vrrp=3",
            "Missing parameter for option -f",
        ]
    );
    for (words, complaint) in [
        (&["--use-file"][..], "Missing parameter for option --use-file"),
        (&["--use-file="], "Missing parameter for option --use-file"),
        (&["--signum"], "Missing parameter for option --signum"),
        (&["--signum=FOO"], "Unknown sigfunc FOO"),
        (&["--perf"], "Unknown option --perf"),
        (&["--debug"], "Unknown option --debug"),
        (&["--no-mem-check"], "Unknown option --no-mem-check"),
    ] {
        assert_eq!(
            complaints(words),
            (Outcome::Refuse, vec![complaint.to_owned()]),
            "{words:?}"
        );
    }
}

#[test]
fn wrong_values_are_named_and_passed_over() {
    let parsed = line(&["-S", "9"]);
    assert_eq!(parsed.complaints, ["Invalid log facility '9'"]);
    assert_eq!(
        (
            parsed.outcome,
            parsed.options.facility,
            parsed.options.has_bad_value
        ),
        (Outcome::Run, Facility::DAEMON, true)
    );
    for (value, mask) in [
        ("022", Some(0o22)),
        ("18", Some(18)),
        ("0x1ff", Some(0o777)),
        ("0", Some(0)),
    ] {
        assert_eq!(line(&["-u", value]).options.umask, mask, "{value}");
    }
    for value in ["099", "99999", "x", "", "-1", "0x", "+5"] {
        let parsed = line(&["-u", value]);
        assert_eq!(parsed.complaints, [format!("Invalid --umask option {value}")]);
        assert_eq!((parsed.outcome, parsed.options.umask), (Outcome::Run, None));
    }
}

#[test]
fn options_that_print_end_the_line() {
    assert_eq!(line(&["-v", "-Z"]).complaints, [""; 0]);
    assert_eq!(
        complaints(&["-Z", "-v"]),
        (Outcome::Version, vec!["Unknown option -Z".to_owned()])
    );
    assert_eq!(line(&["-h"]).outcome, Outcome::Help);
    for (function, number) in [
        ("STOP", 15),
        ("RELOAD", 1),
        ("DATA", 10),
        ("STATS", 12),
        ("JSON", 36),
        ("STATS_CLEAR", 63),
    ] {
        let outcome = Outcome::SignalNumber(SignalNumber(number));
        assert_eq!(line(&["--signum", function]).outcome, outcome);
        assert_eq!(line(&[&format!("--signum={function}"), "-Z"]).outcome, outcome);
    }
}

#[test]
fn genhash_wants_to_be_first() {
    assert_eq!(complaints(&["-T", "-v"]), (Outcome::Genhash, vec![]));
    let warning = "Warning -- `-T` not used as first option, previous options ignored";
    assert_eq!(complaints(&["-DT"]), (Outcome::Genhash, vec![warning.to_owned()]));
}

#[test]
fn genhash_gets_the_words_behind_its_option() {
    let rest = |words: &[&str]| line(words).words_of_genhash;
    assert_eq!(rest(&["-T", "-s", "::1", "-Z", "x"]), ["-s", "::1", "-Z", "x"]);
    assert_eq!(rest(&["--genhash", "--url=/"]), ["--url=/"]);
    assert_eq!(rest(&["-TSu", "/"]), ["-Su", "/"]);
    assert!(rest(&["-D"]).is_empty());
}

#[test]
fn flags_add_up() {
    let options = line(&["-D"]).options;
    assert_eq!(options.detail, Detail::Detail);
    let options = line(&[
        "-DnD",
        "-lGXVIRadexm",
        "--ignore-sigint",
        "--flush-log-file",
        "--no-firewall",
        "-g",
    ])
    .options;
    assert_eq!(options.detail, Detail::Extra);
    assert!(options.foreground && options.log_console && options.no_syslog && options.release_vips);
    assert!(options.keep_vrrp && options.keep_ipvs && options.dont_respawn && options.address_monitoring);
    assert!(options.dump_configuration && options.all_config && options.snmp && options.core_dump);
    assert!(options.ignore_sigint && options.flush_log_file && options.without_firewall);
    assert_eq!(options.log_file, Some(None));
    let test = line(&["-t"]).options;
    assert!(test.foreground && test.dont_respawn && test.no_syslog);
    let all = line(&["-PCB", "--all"]).options.subsystems;
    assert!(all.checker && all.vrrp && all.bfd && all.unconfigured);
}

#[test]
fn what_follows_two_dashes_is_no_option() {
    let parsed = line(&["-n", "--", "-D", "x"]);
    assert_eq!(parsed.unexpected, ["-D", "x"]);
    assert_eq!(parsed.options.detail, Detail::Normal);
}
