//! Lines to the syslog daemon.

use super::output::Output;
use super::queue::Line;
use super::settings::Facility;
use super::stamp::Dates;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

/// Where the syslog daemon listens.
pub(super) const SOCKET: &str = "/dev/log";

/// The connection to the syslog daemon. It is made with the first line, and again when the daemon was replaced.
#[derive(Debug)]
pub(super) struct Syslog {
    path: PathBuf,
    facility: Facility,
    ident: String,
    socket: Option<UnixDatagram>,
    dates: Dates,
}

impl Syslog {
    /// A connection to be made to the socket at `path`.
    pub(super) fn new(path: &Path, facility: Facility, ident: String) -> Self {
        Self {
            path: path.to_owned(),
            facility,
            ident,
            socket: None,
            dates: Dates::of_syslog(),
        }
    }

    fn connect(&mut self) -> io::Result<&UnixDatagram> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(&self.path)?;
        Ok(self.socket.insert(socket))
    }
}

impl Output for Syslog {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        let datagram = format!(
            "<{}>{} {}[{}]: {}",
            self.facility.priority(line.severity),
            self.dates.at(line.at),
            self.ident,
            std::process::id(),
            line.text
        );
        let connected = match &self.socket {
            Some(socket) => socket,
            None => self.connect()?,
        };
        if connected.send(datagram.as_bytes()).is_ok() {
            return Ok(());
        }
        // A restarted daemon has a new socket under the old name.
        self.socket = None;
        self.connect()?.send(datagram.as_bytes())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Micros;

    fn line(text: &str) -> Line {
        Line {
            at: Micros::from_secs(1_794_052_801),
            severity: 6,
            text: text.to_owned(),
        }
    }

    fn receive(daemon: &UnixDatagram) -> String {
        let mut buffer = [0; 1024];
        let length = daemon.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn a_datagram_carries_facility_date_identity_and_pid() {
        let path = std::env::temp_dir().join(format!("keepalived-syslog-{}", std::process::id()));
        let daemon = UnixDatagram::bind(&path).unwrap();
        let mut syslog = Syslog::new(
            &path,
            Facility::named("local1").unwrap(),
            "Keepalived_vrrp".to_owned(),
        );
        syslog.write(&line("(VI_1) Entering MASTER STATE")).unwrap();
        let datagram = receive(&daemon);
        assert!(datagram.starts_with("<142>"), "{datagram}");
        let end = format!(
            " Keepalived_vrrp[{}]: (VI_1) Entering MASTER STATE",
            std::process::id()
        );
        assert!(datagram.ends_with(&end), "{datagram}");

        // A new daemon under the same name.
        drop(daemon);
        std::fs::remove_file(&path).unwrap();
        assert!(syslog.write(&line("nobody listens")).is_err());
        let daemon = UnixDatagram::bind(&path).unwrap();
        syslog.write(&line("again")).unwrap();
        assert!(receive(&daemon).ends_with(": again"));
        std::fs::remove_file(&path).unwrap();
    }
}
