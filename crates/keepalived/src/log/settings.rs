//! Where log lines go, under which name, and which there are.

use crate::handover::Kind;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Which lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Detail {
    /// Without `-D`.
    #[default]
    Normal,
    /// With `-D`.
    Detail,
    /// With `-D -D`.
    Extra,
}

/// A syslog facility, as the number that syslog gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facility(u8);

impl Facility {
    /// `daemon`, the default.
    pub const DAEMON: Self = Self(3);
    /// `user`.
    pub const USER: Self = Self(1);

    /// The facility that `-S` names: `0` to `7`, `local0` to `local7`, `user` or `daemon`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "daemon" => return Some(Self::DAEMON),
            "user" => return Some(Self::USER),
            _ => {}
        }
        match name.strip_prefix("local").unwrap_or(name).as_bytes() {
            [digit @ b'0'..=b'7'] => Some(Self(16 + digit - b'0')),
            _ => None,
        }
    }

    /// The number that starts a syslog datagram.
    pub(super) const fn priority(self, severity: u8) -> u8 {
        self.0 << 3 | severity
    }
}

/// `-g`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFile {
    /// Absolute name of the parent's file; those of the children and namespaces are made from it.
    pub path: PathBuf,
    /// `--flush-log-file`: write each line at once.
    pub flush: bool,
}

/// Everything about the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSettings {
    /// Which lines are written.
    pub detail: Detail,
    /// Syslog, unless `-G`.
    pub syslog: Option<Facility>,
    /// Standard error: `-l` together with `-n`.
    pub console: bool,
    /// A file.
    pub file: Option<LogFile>,
    /// Network namespace, which is part of the names.
    pub namespace: Option<String>,
    /// `instance`, which is part of the names.
    pub instance: Option<String>,
}

impl LogSettings {
    /// The identity in syslog: `Keepalived`, `Keepalived_vrrp`, `Keepalived_ns1_inst1`.
    #[must_use]
    pub fn ident(&self, kind: Option<Kind>) -> String {
        let mut ident = String::from("Keepalived");
        ident.push_str(kind.map_or("", Kind::ident_suffix));
        for name in [&self.namespace, &self.instance].into_iter().flatten() {
            ident.push('_');
            ident.push_str(name);
        }
        ident
    }

    /// The file of a process: what tells it from the others is inserted before the last dot of the name.
    pub(super) fn file_path(&self, file: &LogFile, kind: Option<Kind>) -> PathBuf {
        let mut inserted = OsString::new();
        let words = [
            kind.map(Kind::file_word),
            self.namespace.as_deref(),
            self.instance.as_deref(),
        ];
        for word in words.into_iter().flatten() {
            inserted.push("_");
            inserted.push(word);
        }
        insert_before_dot(&file.path, &inserted)
    }
}

fn insert_before_dot(path: &Path, inserted: &OsString) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(inserted);
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facilities_by_name_and_digit() {
        assert_eq!(Facility::named("daemon"), Some(Facility(3)));
        assert_eq!(Facility::named("user"), Some(Facility(1)));
        assert_eq!(Facility::named("0"), Some(Facility(16)));
        assert_eq!(Facility::named("local7"), Some(Facility(23)));
        for wrong in ["8", "local8", "local", "", "kern", "-1", "07"] {
            assert_eq!(Facility::named(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn identities_name_process_namespace_and_instance() {
        let mut settings = LogSettings::default();
        assert_eq!(settings.ident(None), "Keepalived");
        assert_eq!(settings.ident(Some(Kind::Vrrp)), "Keepalived_vrrp");
        assert_eq!(settings.ident(Some(Kind::Checker)), "Keepalived_healthcheckers");
        assert_eq!(settings.ident(Some(Kind::Bfd)), "Keepalived_bfd");
        settings.namespace = Some("ns1".to_owned());
        settings.instance = Some("inst1".to_owned());
        assert_eq!(settings.ident(None), "Keepalived_ns1_inst1");
    }

    #[test]
    fn each_process_has_its_own_file() {
        let file = LogFile {
            path: "/tmp/keepalived.log".into(),
            flush: false,
        };
        let mut settings = LogSettings::default();
        assert_eq!(settings.file_path(&file, None), Path::new("/tmp/keepalived.log"));
        assert_eq!(
            settings.file_path(&file, Some(Kind::Checker)),
            Path::new("/tmp/keepalived_check.log")
        );
        settings.namespace = Some("ns1".to_owned());
        settings.instance = Some("i".to_owned());
        assert_eq!(
            settings.file_path(&file, Some(Kind::Vrrp)),
            Path::new("/tmp/keepalived_vrrp_ns1_i.log")
        );
        let file = LogFile {
            path: "/tmp/log".into(),
            flush: false,
        };
        assert_eq!(
            settings.file_path(&file, Some(Kind::Bfd)),
            Path::new("/tmp/log_bfd_ns1_i")
        );
    }
}
