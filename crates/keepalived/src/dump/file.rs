//! The file of a dump: its name, and how it is replaced.

use crate::handover::Kind;
use crate::settings::Settings;
use model::Dump;
use nix::fcntl::OFlag;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Which side of a reload a copy of the data shows (`config_save_dir`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Before it.
    Before,
    /// After it.
    After,
}

/// Where the dumps of a process go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DumpFiles<'a> {
    settings: &'a Settings,
    dump: &'a Dump,
}

impl<'a> DumpFiles<'a> {
    /// By the command line and the configuration.
    pub(crate) const fn new(settings: &'a Settings, dump: &'a Dump) -> Self {
        Self { settings, dump }
    }

    /// The data of a child or, without a kind, of the parent: `keepalived.data`, `keepalived_check.data`, or what
    /// `state_dump_file` and `data_use_instance` make of it.
    pub(crate) fn data(&self, kind: Option<Kind>) -> DumpFile {
        let mut inserted = match kind {
            None => "_parent".to_owned(),
            Some(Kind::Vrrp) => String::new(),
            Some(kind @ (Kind::Checker | Kind::Bfd)) => format!("_{}", kind.file_word()),
        };
        if self.dump.use_instance {
            let names = &self.settings.log;
            let names: Vec<_> = [&names.namespace, &names.instance]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect();
            if !names.is_empty() {
                inserted.push('.');
                inserted.push_str(&names.join("_"));
            }
        }
        let path = self.place(self.dump.state.as_deref(), "keepalived.data");
        DumpFile {
            path: insert_before_dot(&path, &inserted),
        }
    }

    /// The statistics: `keepalived.stats`, or `stats_dump_file`.
    pub(crate) fn stats(&self) -> DumpFile {
        DumpFile {
            path: self.place(self.dump.stats.as_deref(), "keepalived.stats"),
        }
    }

    /// JSON: `keepalived.json`, or `json_dump_file`.
    pub(crate) fn json(&self) -> DumpFile {
        DumpFile {
            path: self.place(self.dump.json.as_deref(), "keepalived.json"),
        }
    }

    /// A path that ends in `/` is a directory; one that does not begin with `/` is below the directory of dumps.
    fn place(&self, configured: Option<&str>, name: &str) -> PathBuf {
        let directory = &self.settings.temporary_directory;
        match configured {
            None => directory.join(name),
            Some(path) if path.ends_with('/') => directory.join(path).join(name),
            Some(path) => directory.join(path),
        }
    }
}

fn insert_before_dot(path: &Path, inserted: &str) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(inserted);
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Where a dump goes. Its mode is what the umask leaves, 0600 by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DumpFile {
    path: PathBuf,
}

impl DumpFile {
    /// `config_save_dir`: the copy of a process's data from one side of a reload, the first of which has number 1.
    pub(crate) fn saved(directory: &str, kind: Kind, reload: u64, side: Side) -> Self {
        let extension = match side {
            Side::Before => "pre",
            Side::After => "post",
        };
        let name = format!(
            "keepalived_{}.{}.{reload}.{extension}",
            kind.file_word(),
            std::process::id()
        );
        Self {
            path: Path::new(directory).join(name),
        }
    }

    /// Replaces the file, or logs why that is not possible.
    pub(crate) fn write_or_log(&self, text: &str) {
        if let Err(error) = self.write(text) {
            tracing::warn!("writing {}: {error}", self.path.display());
        }
    }

    /// Replaces the file.
    ///
    /// It is written under another name and renamed when it is complete, so that nobody reads half of it. Then the file of
    /// the final name is opened for writing and closed once more: some readers wait for the rename, others for the end of
    /// writing to the final name.
    fn write(&self, text: &str) -> io::Result<()> {
        let mut other = OsString::from(&self.path);
        other.push(format!(".{}", std::process::id()));
        let other = PathBuf::from(other);
        let written = write_new(&other, text).and_then(|()| fs::rename(&other, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&other);
        }
        written?;
        OpenOptions::new()
            .append(true)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(&self.path)
            .map(drop)
    }
}

/// Writes a file that must not be there: in a directory that others can write to, it would be theirs.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?
        .write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::LogSettings;
    use std::os::unix::fs::symlink;

    fn settings(names: [Option<&str>; 2]) -> Settings {
        let [namespace, instance] = names.map(|name| name.map(str::to_owned));
        Settings {
            log: LogSettings {
                namespace,
                instance,
                ..LogSettings::default()
            },
            temporary_directory: "/tmp".into(),
            ..Settings::default()
        }
    }

    fn data_names(settings: &Settings, dump: &Dump) -> Vec<String> {
        let files = DumpFiles::new(settings, dump);
        let kinds = [None, Some(Kind::Vrrp), Some(Kind::Checker), Some(Kind::Bfd)];
        kinds
            .map(|kind| files.data(kind).path.display().to_string())
            .to_vec()
    }

    #[test]
    fn what_tells_the_processes_apart_stands_before_the_last_dot() {
        let plain = settings([None, None]);
        let dump = |state: Option<&str>| Dump {
            state: state.map(str::to_owned),
            ..Dump::default()
        };
        for (state, parent, vrrp) in [
            (None, "/tmp/keepalived_parent.data", "/tmp/keepalived.data"),
            (Some("custom.st"), "/tmp/custom_parent.st", "/tmp/custom.st"),
            (Some("/run/a.b/state"), "/run/a.b/state_parent", "/run/a.b/state"),
            (
                Some("/run/ka/"),
                "/run/ka/keepalived_parent.data",
                "/run/ka/keepalived.data",
            ),
        ] {
            assert_eq!(data_names(&plain, &dump(state))[..2], [parent, vrrp], "{state:?}");
        }
        let names = data_names(&plain, &Dump::default());
        assert_eq!(
            names[2..],
            ["/tmp/keepalived_check.data", "/tmp/keepalived_bfd.data"]
        );
    }

    #[test]
    fn data_use_instance_puts_the_names_into_the_name() {
        let dump = Dump {
            use_instance: true,
            ..Dump::default()
        };
        for (names, parent, vrrp) in [
            (
                [None, None],
                "/tmp/keepalived_parent.data",
                "/tmp/keepalived.data",
            ),
            (
                [None, Some("i")],
                "/tmp/keepalived_parent.i.data",
                "/tmp/keepalived.i.data",
            ),
            (
                [Some("n"), None],
                "/tmp/keepalived_parent.n.data",
                "/tmp/keepalived.n.data",
            ),
            (
                [Some("n"), Some("i")],
                "/tmp/keepalived_parent.n_i.data",
                "/tmp/keepalived.n_i.data",
            ),
        ] {
            assert_eq!(data_names(&settings(names), &dump)[..2], [parent, vrrp]);
        }
    }

    #[test]
    fn statistics_and_json_have_keywords_of_their_own() {
        let settings = settings([None, Some("i")]);
        let dump = Dump {
            stats: Some("/run/s".to_owned()),
            json: Some("j/".to_owned()),
            use_instance: true,
            ..Dump::default()
        };
        let files = DumpFiles::new(&settings, &dump);
        assert_eq!(files.stats().path, Path::new("/run/s"));
        assert_eq!(files.json().path, Path::new("/tmp/j/keepalived.json"));
        let dump = Dump::default();
        let files = DumpFiles::new(&settings, &dump);
        assert_eq!(files.stats().path, Path::new("/tmp/keepalived.stats"));
        assert_eq!(files.json().path, Path::new("/tmp/keepalived.json"));
    }

    #[test]
    fn a_file_is_replaced_and_a_link_not_followed() {
        let directory = std::env::temp_dir().join(format!("keepalived-dump-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let (path, victim) = (directory.join("keepalived.stats"), directory.join("victim"));
        fs::write(&victim, "untouched").unwrap();
        symlink(&victim, &path).unwrap();
        let file = DumpFile { path: path.clone() };
        for text in ["longer", "new"] {
            file.write(text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2);
        fs::remove_dir_all(&directory).unwrap();
    }
}
