//! SELinux and AppArmor.

use std::fs;

/// Most denials that are kept.
const DENIALS: usize = 5;
/// Where denials are recorded.
const RECORDS: [&str; 3] = ["/var/log/audit/audit.log", "/var/log/kern.log", "/var/log/syslog"];
/// How much of a record is read, from its end.
const TAIL: usize = 1 << 20;

/// What confines keepalived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::doctor) struct Confinement {
    /// SELinux is enforcing.
    pub(in crate::doctor) selinux_enforcing: bool,
    /// A profile of AppArmor has keepalived's name.
    pub(in crate::doctor) apparmor_profile: bool,
    /// Recorded denials for keepalived, the newest last.
    pub(in crate::doctor) denials: Vec<String>,
}

pub(super) fn gather() -> Confinement {
    let profiles = fs::read_to_string("/sys/kernel/security/apparmor/profiles").unwrap_or_default();
    Confinement {
        selinux_enforcing: fs::read_to_string("/sys/fs/selinux/enforce").is_ok_and(|text| text.trim() == "1"),
        apparmor_profile: profiles.lines().any(|line| line.contains("keepalived")),
        denials: RECORDS
            .iter()
            .find_map(|record| fs::read(record).ok())
            .map(|bytes| {
                let tail = &bytes[bytes.len().saturating_sub(TAIL)..];
                denials(&String::from_utf8_lossy(tail))
            })
            .unwrap_or_default(),
    }
}

/// The lines of SELinux and AppArmor that deny keepalived something.
fn denials(record: &str) -> Vec<String> {
    let is_denial = |line: &&str| {
        let denied = line.contains("avc:  denied") || line.contains("apparmor=\"DENIED\"");
        denied && line.contains("keepalived")
    };
    let mut lines: Vec<_> = record
        .lines()
        .rev()
        .filter(is_denial)
        .take(DENIALS)
        .map(str::to_owned)
        .collect();
    lines.reverse();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denials_of_keepalived_are_found_and_no_others() {
        let record = "\
type=AVC msg=audit(1.0:1): avc:  denied  { execute } for pid=7 comm=\"keepalived\" name=\"check.sh\"
type=AVC msg=audit(1.0:2): avc:  denied  { read } for pid=8 comm=\"nginx\" name=\"x\"
type=SYSCALL msg=audit(1.0:3): comm=\"keepalived\" success=yes
kernel: audit: type=1400 apparmor=\"DENIED\" operation=\"exec\" profile=\"/usr/sbin/keepalived\" name=\"/bin/sh\"
";
        let found = denials(record);
        assert_eq!(found.len(), 2);
        assert!(found[0].contains("check.sh") && found[1].contains("/bin/sh"));
    }
}
