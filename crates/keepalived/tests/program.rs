//! The program as it is built, with real configurations.

#![expect(clippy::unwrap_used, reason = "functions of tests are tests too")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// Writes a configuration and tests it in a network namespace that has a loopback interface and `veth0`.
fn test(name: &str, configuration: &str, options: &[&str]) -> (i32, String) {
    let path = file(name, configuration);
    let output = keepalived(&[&["-t", "-f", path.to_str().unwrap()], options].concat());
    fs::remove_file(path).unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn file(name: &str, configuration: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("keepalived-{name}-{}.conf", std::process::id()));
    fs::write(&path, configuration).unwrap();
    path
}

fn keepalived(options: &[&str]) -> Output {
    Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c"])
        .arg("mount -t tmpfs none /run && ip link add veth0 type veth peer name veth1 && exec \"$0\" \"$@\"")
        .arg(env!("CARGO_BIN_EXE_keepalived"))
        .args(options)
        .output()
        .unwrap()
}

const GOOD: &str = "
vrrp_instance VI_1 {
    interface veth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.10/24
    }
}
";

#[test]
fn exit_statuses_of_a_test() {
    assert_eq!(test("good", GOOD, &[]), (0, String::new()));
    assert_eq!(test("empty", "", &[]).0, 0);
    for (name, from, to, status) in [
        ("unknown", "interface", "interfice", 5),
        ("absent", "veth0", "nonesuch", 5),
        ("brace", "}\n}", "}", 5),
        ("parameter", "virtual_router_id 51", "virtual_router_id", 2),
        (
            "include",
            "vrrp_instance",
            "global_defs {\ninclude_check\n}\ninclude /nonexistent\nvrrp_instance",
            6,
        ),
        (
            "script",
            "virtual_router_id",
            "notify_master /bin/true\nvirtual_router_id",
            6,
        ),
        (
            "interfaces",
            "vrrp_instance",
            "linkbeat_interfaces { nonesuch }\nvrrp_instance",
            4,
        ),
    ] {
        let (code, report) = test(name, &GOOD.replace(from, to), &[]);
        assert_eq!(code, status, "{name}: {report}");
        assert!(!report.is_empty(), "{name}");
    }
    let missing = keepalived(&["-t", "-f", "/nonexistent"]);
    assert_eq!(missing.status.code(), Some(6));
}

#[test]
fn a_report_names_file_line_and_remedy() {
    let (code, report) = test(
        "report",
        &GOOD.replace("virtual_router_id", "virtual_routerid"),
        &[],
    );
    assert_eq!(code, 5);
    let path = std::env::temp_dir().join(format!("keepalived-report-{}.conf", std::process::id()));
    assert!(
        report.contains(&format!(
            "({}: Line 4) unknown keyword `virtual_routerid`",
            path.display()
        )),
        "{report}"
    );
    assert!(report.contains("did you mean `virtual_router_id`?"), "{report}");
    let (_, absent) = test("interface", &GOOD.replace("veth0", "veth7"), &[]);
    assert!(absent.contains("veth0") && absent.contains("veth1"), "{absent}");
}

#[test]
fn a_daemon_with_a_bad_configuration_says_why_and_ends() {
    let path = file("daemon", &GOOD.replace("virtual_router_id 51", ""));
    let output = keepalived(&["-n", "-l", "-G", "-f", path.to_str().unwrap()]);
    fs::remove_file(path).unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{log}");
    assert!(log.contains("(VI_1)"), "{log}");
    assert!(!log.contains("child process"), "{log}");
}

#[test]
fn programs_get_one_json_object_a_line() {
    let wrong = GOOD
        .replace("virtual_router_id", "virtual_routerid")
        .replace("192.0.2.10/24", "192.0.2.255/24");
    let path = file("json", &wrong);
    let output = keepalived(&["-t", "--message-format=json", "-f", path.to_str().unwrap()]);
    fs::remove_file(&path).unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(output.stderr.is_empty());
    let text = String::from_utf8(output.stdout).unwrap();
    let messages: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [unknown] = &messages[..] else {
        panic!("{text}")
    };
    assert_eq!(unknown["code"], "KA0301");
    assert_eq!(unknown["severity"], "error");
    assert_eq!(unknown["class"], "UNKNOWN_KEYWORD");
    assert_eq!(unknown["file"], path.to_str().unwrap());
    assert_eq!((&unknown["line"], &unknown["column"]), (&4.into(), &5.into()));
    assert_eq!(unknown["help"][0], "did you mean `virtual_router_id`?");
    let span = &unknown["spans"][0];
    assert_eq!(span["primary"], true);
    assert_eq!((&span["end_line"], &span["end_column"]), (&4.into(), &21.into()));
    // A namespace that is not there is a report like others.
    let absent = keepalived(&["-t", "--message-format", "json", "-s", "nonesuch"]);
    assert_eq!(absent.status.code(), Some(6));
    let message: serde_json::Value = serde_json::from_slice(&absent.stdout).unwrap();
    assert_eq!(
        (&message["code"], &message["file"]),
        (&"KA0415".into(), &serde_json::Value::Null)
    );
}
