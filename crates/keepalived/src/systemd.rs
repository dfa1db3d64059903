//! Messages to the service manager.
//!
//! The protocol is one datagram of `NAME=value` lines to the socket in `NOTIFY_SOCKET`. It is sent here and not by a
//! library, because the libraries wait when the manager does not read, and the supervisor must not.

use crate::clock;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The variable that names the socket. Children do not get it.
pub(crate) const VARIABLE: &str = "NOTIFY_SOCKET";

/// Something that the service manager is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State<'a> {
    /// The start, or a reload, is complete.
    Ready,
    /// A reload has begun.
    Reloading,
    /// The stop has begun.
    Stopping,
    /// The daemon ends because of an error; its number.
    Error(i32),
    /// One line for `systemctl status`.
    Status(&'a str),
}

/// The connection to the service manager, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Notifier(Option<(UnixDatagram, SocketAddr)>);

impl Notifier {
    /// A connection to the socket that `NOTIFY_SOCKET` names.
    pub(crate) fn new(socket: Option<&OsStr>) -> io::Result<Self> {
        let Some(name) = socket else {
            return Ok(Self(None));
        };
        let address = match name.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(name)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self(Some((socket, address))))
    }

    /// Tells the service manager, if it is there and takes it.
    pub(crate) fn tell(&self, states: &[State<'_>]) {
        if let Some((socket, address)) = &self.0 {
            let text: String = states.iter().map(|state| line(*state)).collect();
            if let Err(error) = socket.send_to_addr(text.as_bytes(), address) {
                tracing::warn!(
                    "the service manager cannot be told {:?}: {error}",
                    text.trim_end()
                );
            }
        }
    }
}

fn line(state: State<'_>) -> String {
    match state {
        State::Ready => format!("READY=1\nMAINPID={}\n", std::process::id()),
        // Type=notify-reload wants to know that the message is younger than its own request.
        State::Reloading => format!("RELOADING=1\nMONOTONIC_USEC={}\n", clock::monotonic().0),
        State::Stopping => "STOPPING=1\n".to_owned(),
        State::Error(number) => format!("ERRNO={number}\n"),
        State::Status(text) => format!("STATUS={text}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(manager: &UnixDatagram) -> String {
        let mut buffer = [0; 512];
        let length = manager.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    #[test]
    fn the_manager_gets_lines_over_a_path_or_an_abstract_name() {
        let name = format!("keepalived-notify-{}", std::process::id());
        let path = std::env::temp_dir().join(&name);
        let abstract_address = SocketAddr::from_abstract_name(&name).unwrap();
        for (manager, variable) in [
            (UnixDatagram::bind(&path).unwrap(), path.clone().into_os_string()),
            (
                UnixDatagram::bind_addr(&abstract_address).unwrap(),
                format!("@{name}").into(),
            ),
        ] {
            let notifier = Notifier::new(Some(&variable)).unwrap();
            notifier.tell(&[State::Ready, State::Status("running")]);
            let ready = format!("READY=1\nMAINPID={}\nSTATUS=running\n", std::process::id());
            assert_eq!(receive(&manager), ready);
            notifier.tell(&[State::Reloading]);
            let reloading = receive(&manager);
            let micros = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
            assert!(micros.trim_end().parse::<u64>().unwrap() <= clock::monotonic().0);
            notifier.tell(&[State::Stopping, State::Error(22)]);
            assert_eq!(receive(&manager), "STOPPING=1\nERRNO=22\n");
        }
        std::fs::remove_file(path).unwrap();
        Notifier::new(None).unwrap().tell(&[State::Ready]);
    }

    #[test]
    fn a_manager_that_does_not_read_holds_nobody_up() {
        let path = std::env::temp_dir().join(format!("keepalived-stuck-{}", std::process::id()));
        let _manager = UnixDatagram::bind(&path).unwrap();
        let notifier = Notifier::new(Some(path.as_os_str())).unwrap();
        for _ in 0..10_000 {
            notifier.tell(&[State::Ready]);
        }
        std::fs::remove_file(path).unwrap();
    }
}
