//! The other end of the control socket: commands find the running daemon and ask it.

use crate::control::{Answer, Request};
use crate::pid_file::control_socket;
use nix::sys::socket::{getsockopt, sockopt};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where daemons have their sockets: beside their pid files, in `/run/keepalived` with `use_pid_dir` or an instance name,
/// and a directory below in a network namespace.
const PLACES: [&str; 2] = ["/run", "/run/keepalived"];

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("no daemon answers at {}: {error}", path.display())]
    Connect { path: PathBuf, error: std::io::Error },
    #[error("no running daemon found; name its pid file with --pid")]
    None,
    #[error("several daemons are running ({}); name the pid file of one with --pid", .0.join(", "))]
    Several(Vec<String>),
    #[error("the daemon gave no answer: {0}")]
    Silence(#[from] std::io::Error),
    #[error(
        "the daemon closed the connection; it may be of a version that cannot do this, or refuse this user"
    )]
    Closed,
    #[error("the daemon gave an answer that this version does not understand: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Connects to the daemon with this pid file; without one, to the daemon that the service manager means (`MAINPID`), or
/// to the only one.
pub(crate) fn find(pid_file: Option<&Path>) -> Result<UnixStream, ClientError> {
    if let Some(pid_file) = pid_file {
        return connect(&control_socket(pid_file));
    }
    let mut denied = None;
    let mut running: Vec<_> = sockets()
        .into_iter()
        .filter_map(|path| match UnixStream::connect(&path) {
            Ok(stream) => Some((stream, path)),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                denied = Some(ClientError::Connect { path, error });
                None
            }
            Err(_) => None,
        })
        .collect();
    let main_pid = std::env::var("MAINPID")
        .ok()
        .and_then(|pid| pid.parse::<i32>().ok());
    if let Some(pid) = main_pid {
        let is_main = |stream: &UnixStream| {
            getsockopt(stream, sockopt::PeerCredentials).is_ok_and(|peer| peer.pid() == pid)
        };
        running.retain(|(stream, _)| is_main(stream));
    }
    if running.len() > 1 {
        let names = running
            .iter()
            .map(|(_, path)| path.with_extension("pid").display().to_string());
        return Err(ClientError::Several(names.collect()));
    }
    let found = running.pop().map(|(stream, _)| stream);
    found.ok_or_else(|| denied.unwrap_or(ClientError::None))
}

/// Connects to a control socket.
pub(crate) fn connect(path: &Path) -> Result<UnixStream, ClientError> {
    UnixStream::connect(path).map_err(|error| ClientError::Connect {
        path: path.to_owned(),
        error,
    })
}

/// Asks, and waits for the answer for at most `patience`.
pub(crate) fn ask(
    mut daemon: UnixStream,
    request: &Request,
    patience: Duration,
) -> Result<Answer, ClientError> {
    daemon.set_read_timeout(Some(patience))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    daemon.write_all(&line)?;
    let mut answer = String::new();
    if BufReader::new(daemon).read_line(&mut answer)? == 0 {
        return Err(ClientError::Closed);
    }
    Ok(serde_json::from_str(&answer)?)
}

/// Everything that may be a control socket.
fn sockets() -> Vec<PathBuf> {
    let mut sockets = vec![PathBuf::from(PLACES[0]).join("keepalived.sock")];
    let mut directories = vec![PathBuf::from(PLACES[1])];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_namespace =
                directory == Path::new(PLACES[1]) && entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_namespace {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sock") {
                sockets.push(path);
            }
        }
    }
    sockets
}
