//! `keepalived reload`: ask the running daemon, wait, print its verdict.

use crate::cli::Reload;
use crate::control::{Answer, Request, Verdict};
use crate::exit::Exit;
use crate::messages::MessageFormat;
use crate::pid_file::control_socket;
use crate::say;
use nix::sys::socket::{getsockopt, sockopt};
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest wait for a verdict: a little more than the supervisor gives its children.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where daemons have their sockets: beside their pid files, in `/run/keepalived` with `use_pid_dir` or an instance name,
/// and a directory below in a network namespace.
const PLACES: [&str; 2] = ["/run", "/run/keepalived"];

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
enum ReloadError {
    #[error("no daemon answers at {}: {error}", path.display())]
    Connect { path: PathBuf, error: std::io::Error },
    #[error("no running daemon found; name its pid file with --pid")]
    None,
    #[error("several daemons are running ({}); name the pid file of one with --pid", .0.join(", "))]
    Several(Vec<String>),
    #[error("the daemon gave no verdict: {0}")]
    Silence(#[from] std::io::Error),
    #[error("the daemon gave a verdict that this version does not understand: {0}")]
    Answer(#[from] serde_json::Error),
}

/// Reloads and says how it went: status 0 when the new configuration is in force, 1 otherwise.
pub(crate) fn run(arguments: &Reload) -> Exit {
    match find(arguments.pid.as_deref()).and_then(ask) {
        Ok(answer) => {
            match arguments.message_format {
                MessageFormat::Human if answer.report.is_empty() => {}
                MessageFormat::Human => say(answer.report.trim_end()),
                // A reader that has seen enough closes the pipe.
                MessageFormat::Json => drop(io::stdout().write_all(answer.messages.as_bytes())),
            }
            match answer.verdict {
                Verdict::Done => Exit::Normal,
                Verdict::Refused => Exit::Fatal,
            }
        }
        Err(error) => {
            say(&format!("keepalived reload: {error}"));
            Exit::Fatal
        }
    }
}

/// Connects to the daemon with this pid file; without one, to the daemon that the service manager means (`MAINPID`), or
/// to the only one.
fn find(pid_file: Option<&Path>) -> Result<UnixStream, ReloadError> {
    if let Some(pid_file) = pid_file {
        let path = control_socket(pid_file);
        return UnixStream::connect(&path).map_err(|error| ReloadError::Connect { path, error });
    }
    let mut running: Vec<_> = sockets()
        .into_iter()
        .filter_map(|path| Some((UnixStream::connect(&path).ok()?, path)))
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
        return Err(ReloadError::Several(names.collect()));
    }
    running.pop().map(|(stream, _)| stream).ok_or(ReloadError::None)
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

fn ask(mut daemon: UnixStream) -> Result<Answer, ReloadError> {
    daemon.set_read_timeout(Some(PATIENCE))?;
    let mut request = serde_json::to_vec(&Request::Reload)?;
    request.push(b'\n');
    daemon.write_all(&request)?;
    let mut line = String::new();
    if BufReader::new(daemon).read_line(&mut line)? == 0 {
        return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
    }
    Ok(serde_json::from_str(&line)?)
}
