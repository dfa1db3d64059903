//! Metrics in a file, as the textfile collector of Prometheus reads it: written under another name and renamed.

use super::Running;
use super::family::Format;
use super::source::Source;
use model::Micros;
use nix::poll::{PollTimeout, poll};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

/// How long the thread may take to notice that it is not wanted any more.
const STEP: Duration = Duration::from_millis(500);

/// Starts the thread.
pub(super) fn start(path: &str, interval: Micros, source: Source, running: &Arc<Running>) -> io::Result<()> {
    let (path, running) = (PathBuf::from(path), Arc::clone(running));
    Builder::new().name("metrics file".to_owned()).spawn(move || {
        let mut complained = false;
        while running.is_wanted() {
            let text = source.text(Format::Text).map_err(io::Error::other);
            if !running.is_wanted() {
                return;
            }
            let written = text.and_then(|text| replace(&path, &text));
            if let Err(error) = &written
                && !complained
            {
                tracing::warn!("metrics_file {}: {error}", path.display());
            }
            complained = written.is_err();
            rest(interval, &running);
        }
    })?;
    Ok(())
}

fn rest(interval: Micros, running: &Running) {
    let mut left = Duration::from(interval);
    while running.is_wanted() && !left.is_zero() {
        let step = left.min(STEP);
        let _ = poll(&mut [], PollTimeout::try_from(step).unwrap_or(PollTimeout::MAX));
        left -= step;
    }
}

/// Replaces a file as a whole; others may read it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut other = path.as_os_str().to_owned();
    other.push(".tmp");
    let other = PathBuf::from(other);
    match fs::remove_file(&other) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(&other)?;
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.write_all(text.as_bytes())?;
    fs::rename(&other, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_file_is_replaced_as_a_whole_and_links_are_not_followed() {
        let directory = std::env::temp_dir().join(format!("keepalived-metrics-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let (path, victim) = (directory.join("keepalived.prom"), directory.join("victim"));
        fs::write(&victim, "victim").unwrap();
        symlink(&victim, directory.join("keepalived.prom.tmp")).unwrap();
        for text in ["one", "two"] {
            replace(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "victim");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2);
        fs::remove_dir_all(&directory).unwrap();
    }
}
