//! The control socket: how commands such as `keepalived reload` reach the running daemon.
//!
//! It is a Unix stream socket beside the pid file of the supervisor, with `.sock` for its ending, mode 0600, or 0660 with
//! `control_group`. A client
//! writes one request as a line of JSON and reads one answer as a line of JSON. A signal could start a reload too,
//! but it brings no answer back, and a file with the result would leave open which of several reloads it is about. JSON
//! and not the children's encoding, because client and daemon may be of different versions after an upgrade.
//!
//! The supervisor never waits for a client: sockets do not block, answers are buffered, clients are few.

use crate::orders::Target;
use kernel::sys::peer_groups;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{getsockopt, sockopt};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{getegid, geteuid};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fs::Permissions;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::{fs, mem};

/// Most clients at one time; the oldest has to go when one more comes.
const CLIENTS: usize = 16;

/// Longest request in bytes.
const REQUEST: usize = 4096;

/// What a client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Ask for one thing, whatever it is.
    Operator,
    /// Ask for the status, again and again: the process that serves metrics.
    Reader,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "command")]
pub(crate) enum Request {
    /// Reload, and say how it went.
    Reload,
    /// Say what the daemon does.
    Status {
        /// How much of it.
        #[serde(default)]
        detail: Detail,
    },
    /// Have an instance or a sync group give up mastership.
    Failover {
        /// Its name.
        name: String,
        /// For this long it leaves masters of lower priority alone.
        hold_seconds: u32,
    },
    /// Keep all instances down, or no longer.
    Maintenance {
        /// Whether to.
        on: bool,
    },
    /// Keep new connections away from a real server.
    Drain(Target),
    /// No longer.
    Undrain(Target),
}

/// Who asks, as the kernel tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// User.
    pub(crate) uid: u32,
    /// Process.
    pub(crate) pid: i32,
}

/// How much a status tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// What is.
    #[default]
    Present,
    /// The last transitions as well.
    Past,
}

/// What it gets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// How it went.
    pub(crate) verdict: Verdict,
    /// What is to be said about it, for people.
    pub(crate) report: String,
    /// The reports on the configuration for programs, one JSON object a line. Older daemons give none.
    #[serde(default)]
    pub(crate) messages: String,
    /// The status, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Box<RawValue>>,
}

impl Answer {
    /// An answer in words alone.
    pub(crate) const fn new(verdict: Verdict, report: String) -> Self {
        Self {
            verdict,
            report,
            messages: String::new(),
            status: None,
        }
    }
}

/// How a command went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// It was carried out.
    Done,
    /// It was not, and nothing has changed.
    Refused,
}

/// A client that has asked for something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClientId(u64);

/// The listening socket and its clients.
#[derive(Debug)]
pub(crate) struct Control {
    path: PathBuf,
    listener: UnixListener,
    clients: Vec<Client>,
    next: u64,
    /// Whose members are admitted beside root.
    group: Option<u32>,
}

#[derive(Debug)]
struct Client {
    id: ClientId,
    role: Role,
    peer: Peer,
    stream: UnixStream,
    input: Vec<u8>,
    output: Vec<u8>,
    written: usize,
    has_asked: bool,
}

impl Control {
    /// Listens at `path`. The caller holds the lock of the pid file beside it, so a socket that is there already is
    /// nobody's.
    pub(crate) fn listen(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let before = umask(Mode::from_bits_truncate(0o177));
        let listener = UnixListener::bind(path);
        umask(before);
        let listener = listener?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            path: path.to_owned(),
            listener,
            clients: Vec::new(),
            next: 0,
            group: None,
        })
    }

    /// What to wait for: any of these means that [`serve`](Self::serve) has something to do.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = PollFd<'_>> {
        let listener = PollFd::new(self.listener.as_fd(), PollFlags::POLLIN);
        let clients = self.clients.iter().map(|client| {
            let output = if client.written == client.output.len() {
                PollFlags::empty()
            } else {
                PollFlags::POLLOUT
            };
            PollFd::new(client.stream.as_fd(), PollFlags::POLLIN | output)
        });
        std::iter::once(listener).chain(clients)
    }

    /// Takes new clients, reads what came and writes what can be written. Returns the requests.
    pub(crate) fn serve(&mut self) -> Vec<(ClientId, Peer, Request)> {
        self.accept();
        let mut requests = Vec::new();
        self.clients = mem::take(&mut self.clients)
            .into_iter()
            .filter_map(|mut client| match client.read() {
                Ok(request) => {
                    requests.extend(request.map(|request| (client.id, client.peer, request)));
                    client.write().ok().map(|()| client)
                }
                Err(_) => None,
            })
            .collect();
        requests
    }

    /// Answers a client. One that has gone gets nothing.
    pub(crate) fn answer(&mut self, id: ClientId, answer: &Answer) {
        if let Some(client) = self.clients.iter_mut().find(|client| client.id == id) {
            client.output = serde_json::to_vec(answer).unwrap_or_default();
            client.output.push(b'\n');
            client.written = 0;
            client.has_asked = client.role == Role::Operator;
            if client.write().is_err() {
                self.clients.retain(|client| client.id != id);
            }
        }
    }

    /// Lets the members of a group use the socket too, or no longer.
    pub(crate) fn open_to(&mut self, group: Option<u32>) -> io::Result<()> {
        if self.group == group {
            return Ok(());
        }
        let mode = if group.is_some() { 0o660 } else { 0o600 };
        let ours = getegid().as_raw();
        // Closed first: no other group is let in meanwhile.
        fs::set_permissions(&self.path, Permissions::from_mode(0o600))?;
        chown(&self.path, None, Some(group.unwrap_or(ours)))?;
        fs::set_permissions(&self.path, Permissions::from_mode(mode))?;
        self.group = group;
        Ok(())
    }

    /// Who a client is; nothing if it may not ask.
    fn admit(&self, stream: &UnixStream) -> Option<Peer> {
        let credentials = getsockopt(stream, sockopt::PeerCredentials).ok()?;
        let peer = Peer {
            uid: credentials.uid(),
            pid: credentials.pid(),
        };
        let is_member = |group| {
            credentials.gid() == group || peer_groups(stream).is_ok_and(|groups| groups.contains(&group))
        };
        let is_admitted = [0, geteuid().as_raw()].contains(&peer.uid) || self.group.is_some_and(is_member);
        if !is_admitted {
            tracing::warn!(
                "the control socket refuses user {}, process {}",
                peer.uid,
                peer.pid
            );
        }
        is_admitted.then_some(peer)
    }

    fn accept(&mut self) {
        for _ in 0..CLIENTS {
            let Ok((stream, _)) = self.listener.accept() else {
                return;
            };
            if stream.set_nonblocking(true).is_err() {
                continue;
            }
            // The permissions of the socket keep others out already, unless somebody has changed them.
            let Some(peer) = self.admit(&stream) else {
                continue;
            };
            self.make_room();
            self.add(stream, peer, Role::Operator);
        }
    }

    /// Has one more client, which may ask for the status as often as it likes, and for nothing else.
    pub(crate) fn attach(&mut self, stream: UnixStream) -> io::Result<()> {
        stream.set_nonblocking(true)?;
        let peer = Peer {
            uid: geteuid().as_raw(),
            pid: 0,
        };
        self.add(stream, peer, Role::Reader);
        Ok(())
    }

    fn add(&mut self, stream: UnixStream, peer: Peer, role: Role) {
        self.next += 1;
        self.clients.push(Client {
            id: ClientId(self.next),
            role,
            peer,
            stream,
            input: Vec::new(),
            output: Vec::new(),
            written: 0,
            has_asked: false,
        });
    }

    /// Has a client go where there are too many: the oldest that has asked for nothing, or the oldest.
    fn make_room(&mut self) {
        let operators = || {
            let all = self.clients.iter().enumerate();
            all.filter(|(_, client)| client.role == Role::Operator)
        };
        if operators().count() < CLIENTS {
            return;
        }
        let idle = operators().find(|(_, client)| !client.has_asked);
        if let Some((place, _)) = idle.or_else(|| operators().next()) {
            self.clients.remove(place);
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Client {
    /// Reads what has come. An error is a client that has gone, or that asks for what does not exist.
    fn read(&mut self) -> io::Result<Option<Request>> {
        let mut buffer = [0; REQUEST];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                // Nothing is wanted from a client that waits for its answer; one that goes on talking would be listened to
                // for ever.
                Ok(_) if self.has_asked => return Err(ErrorKind::InvalidData.into()),
                Ok(length) => self.input.extend(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
            if self.input.len() > REQUEST {
                return Err(ErrorKind::InvalidData.into());
            }
        }
        let Some(end) = self.input.iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        let request = serde_json::from_slice(&self.input[..end])?;
        if self.role == Role::Reader && !matches!(request, Request::Status { .. }) {
            return Err(ErrorKind::PermissionDenied.into());
        }
        self.input.clear();
        self.has_asked = true;
        Ok(Some(request))
    }

    /// Writes what can be written. The end of the answer is the end of the connection, which the client closes.
    fn write(&mut self) -> io::Result<()> {
        while self.written < self.output.len() {
            match self.stream.write(&self.output[self.written..]) {
                Ok(length) => self.written += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::poll::{PollTimeout, poll};
    use std::io::{BufRead, BufReader};

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("keepalived-control-{name}-{}.sock", std::process::id()))
    }

    /// Serves until there is a request.
    fn request(control: &mut Control) -> (ClientId, Peer, Request) {
        loop {
            let mut descriptors: Vec<_> = control.descriptors().collect();
            poll(&mut descriptors, PollTimeout::from(10_000_u16)).unwrap();
            if let Some(request) = control.serve().pop() {
                return request;
            }
        }
    }

    #[test]
    fn a_client_gets_its_answer() {
        let path = path("answer");
        fs::write(&path, "a stale one").unwrap();
        let mut control = Control::listen(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut client = UnixStream::connect(&path).unwrap();
        client.write_all(b"{\"command\":\"rel").unwrap();
        control.serve();
        client.write_all(b"oad\"}\n").unwrap();
        let (id, peer, wanted) = request(&mut control);
        assert_eq!(peer.pid, i32::try_from(std::process::id()).unwrap());
        assert_eq!(wanted, Request::Reload);
        // More than a socket takes at once.
        let answer = Answer::new(Verdict::Refused, "x".repeat(2_000_000));
        control.answer(id, &answer);
        let reader = std::thread::spawn(move || {
            let mut line = String::new();
            BufReader::new(client).read_line(&mut line).unwrap();
            line
        });
        while !control
            .clients
            .iter()
            .all(|client| client.written == client.output.len())
        {
            poll(
                &mut control.descriptors().collect::<Vec<_>>(),
                PollTimeout::from(10_000_u16),
            )
            .unwrap();
            control.serve();
        }
        let received: Answer = serde_json::from_str(&reader.join().unwrap()).unwrap();
        assert_eq!(
            (received.verdict, received.report),
            (answer.verdict, answer.report)
        );
        drop(control);
        assert!(!path.exists());
    }

    #[test]
    fn the_socket_is_opened_to_a_group_and_closed_again() {
        let path = path("group");
        let mut control = Control::listen(&path).unwrap();
        let ours = getegid().as_raw();
        for (group, mode) in [(Some(ours), 0o660), (None, 0o600)] {
            control.open_to(group).unwrap();
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, mode);
            assert_eq!(std::os::unix::fs::MetadataExt::gid(&metadata), ours);
        }
    }

    const RELOAD: &[u8] = b"{\"command\":\"reload\"}\n";

    /// More clients than there is room for, who say nothing.
    fn crowd(control: &mut Control, path: &Path) -> Vec<UnixStream> {
        let crowd = (0..3 * CLIENTS).map(|_| UnixStream::connect(path).unwrap());
        let crowd = crowd.collect();
        for _ in 0..4 {
            control.serve();
        }
        crowd
    }

    fn line(stream: &UnixStream) -> String {
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    }

    #[test]
    fn a_reader_asks_for_the_status_again_and_again_and_for_nothing_else() {
        let path = path("reader");
        let mut control = Control::listen(&path).unwrap();
        let (ours, mut reader) = UnixStream::pair().unwrap();
        control.attach(ours).unwrap();
        // Others do not drive it out.
        drop(crowd(&mut control, &path));
        for _ in 0..2 {
            reader.write_all(b"{\"command\":\"status\"}\n").unwrap();
            let (id, ..) = request(&mut control);
            control.answer(id, &Answer::new(Verdict::Done, "here".to_owned()));
            assert!(line(&reader).contains("here"));
        }
        reader.write_all(RELOAD).unwrap();
        assert!(control.serve().is_empty());
        assert!(control.clients.is_empty());
    }

    #[test]
    fn who_talks_on_while_the_answer_is_made_has_to_go() {
        let path = path("talks");
        let mut control = Control::listen(&path).unwrap();
        let mut client = UnixStream::connect(&path).unwrap();
        client.write_all(RELOAD).unwrap();
        request(&mut control);
        client.write_all(b"and another thing").unwrap();
        assert!(control.serve().is_empty());
        assert!(control.clients.is_empty());
    }

    #[test]
    fn who_has_asked_is_not_driven_out_by_those_who_have_not() {
        let path = path("asked");
        let mut control = Control::listen(&path).unwrap();
        let mut client = UnixStream::connect(&path).unwrap();
        client.write_all(RELOAD).unwrap();
        let (id, ..) = request(&mut control);
        let crowd = crowd(&mut control, &path);
        assert_eq!(control.clients.len(), CLIENTS);
        control.answer(id, &Answer::new(Verdict::Done, String::new()));
        assert!(line(&client).contains("done"));
        drop(crowd);
    }

    #[test]
    fn nonsense_and_crowds_do_no_harm() {
        let path = path("crowd");
        let mut control = Control::listen(&path).unwrap();
        let mut nonsense = UnixStream::connect(&path).unwrap();
        nonsense.write_all(b"nonsense\n").unwrap();
        assert!(control.serve().is_empty());
        assert!(control.clients.is_empty());
        let crowd = crowd(&mut control, &path);
        assert_eq!(control.clients.len(), CLIENTS);
        drop(crowd);
        control.serve();
        assert!(control.clients.is_empty());
    }
}
