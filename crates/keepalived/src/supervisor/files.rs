//! Files around the reading of a configuration.

use model::Files;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// `reload_file`: a file that is there while a reload reads the configuration.
#[derive(Debug)]
pub(super) struct Marker(PathBuf);

impl Marker {
    /// Makes the file that is configured, if one is. Without a name it is `default`.
    pub(super) fn make(files: &Files, default: &Path) -> Option<Self> {
        let path = marker_path(files, default)?;
        let made = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o644)
            .custom_flags(nix::libc::O_NOFOLLOW)
            .open(&path)
            .and_then(|file| file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644)));
        if let Err(error) = made {
            tracing::warn!("reload_file {}: {error}", path.display());
            return None;
        }
        Some(Self(path))
    }

    /// Removes one that a killed daemon left behind.
    pub(super) fn remove_stale(files: &Files, default: &Path) {
        if let Some(path) = marker_path(files, default) {
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn marker_path(files: &Files, default: &Path) -> Option<PathBuf> {
    files.reload_file.as_ref().map(|name| {
        if name.is_empty() {
            default.to_owned()
        } else {
            PathBuf::from(name)
        }
    })
}

/// `reload_check_config`: writes the report of a reload to its file.
pub(super) fn write_report(files: &Files, report: &str) {
    let Some(name) = files.reload_check_config.as_ref().filter(|name| !name.is_empty()) else {
        return;
    };
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o644)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(name)
        .and_then(|mut file| file.write_all(report.as_bytes()));
    if let Err(error) = written {
        tracing::warn!("reload_check_config {name}: {error}");
    }
}

/// `config_save_dir`: keeps the text of a configuration as `DIR/keepalived.conf.PID.N`. `number` counts from 0.
pub(super) fn save_copy(files: &Files, number: u64, copy: &[u8]) {
    let Some(directory) = files.config_save_dir.as_ref().map(Path::new) else {
        return;
    };
    let path = directory.join(format!("keepalived.conf.{}.{number}", std::process::id()));
    if let Err(error) = write_copy(directory, &path, copy) {
        tracing::warn!("config_save_dir {}: {error}", path.display());
    }
}

fn write_copy(directory: &Path, path: &Path, copy: &[u8]) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // Passwords are in it.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?
        .write_all(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn the_marker_is_there_while_it_is_held() {
        let directory = std::env::temp_dir().join(format!("keepalived-marker-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let default = directory.join("keepalived.reload");
        assert!(Marker::make(&Files::default(), &default).is_none());
        let named = directory.join("named");
        for (name, path) in [(String::new(), &default), (named.display().to_string(), &named)] {
            let files = Files {
                reload_file: Some(name),
                ..Files::default()
            };
            let marker = Marker::make(&files, &default).unwrap();
            assert_eq!(mode(path), 0o644);
            drop(marker);
            assert!(!path.exists());
            symlink("/etc/hostname", path).unwrap();
            assert!(Marker::make(&files, &default).is_none());
            Marker::remove_stale(&files, &default);
            assert!(!path.is_symlink());
        }
        fs::remove_dir(directory).unwrap();
    }

    #[test]
    fn copies_are_numbered_and_private() {
        let directory = std::env::temp_dir().join(format!("keepalived-copies-{}", std::process::id()));
        let files = Files {
            config_save_dir: Some(directory.display().to_string()),
            ..Files::default()
        };
        save_copy(&files, 0, b"first");
        save_copy(&files, 1, b"second");
        assert_eq!(mode(&directory), 0o700);
        for (number, content) in [(0, "first"), (1, "second")] {
            let path = directory.join(format!("keepalived.conf.{}.{number}", std::process::id()));
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(mode(&path), 0o600);
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_report_replaces_the_one_before() {
        let path = std::env::temp_dir().join(format!("keepalived-report-{}", std::process::id()));
        let files = Files {
            reload_check_config: Some(path.display().to_string()),
            ..Files::default()
        };
        for report in ["a long report\n", "short\n", ""] {
            write_report(&files, report);
            assert_eq!(fs::read_to_string(&path).unwrap(), report);
        }
        fs::remove_file(path).unwrap();
        write_report(
            &Files {
                reload_check_config: Some(String::new()),
                ..Files::default()
            },
            "nowhere",
        );
    }
}
