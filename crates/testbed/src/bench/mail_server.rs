//! A mail server that takes every letter and remembers the subjects (RFC 5321, as much as a client alone needs).

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::pipe2;
use testbed::netns::Node;

/// A server at a loopback address of a node. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct MailServer {
    address: SocketAddr,
    subjects: Arc<Mutex<Vec<String>>>,
    /// Closing it ends the thread.
    _stop: OwnedFd,
}

impl MailServer {
    /// Starts it in `node`.
    pub(super) fn start(node: &Node) -> Result<Self> {
        let listener = node
            .run(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .context("listening for mail")?;
        let address = listener
            .local_addr()
            .context("asking for the mail server's port")?;
        let subjects = Arc::new(Mutex::new(Vec::new()));
        let (stopped, stop) = pipe2(OFlag::O_CLOEXEC).context("making a pipe")?;
        let kept = Arc::clone(&subjects);
        thread::Builder::new()
            .name("mail server".into())
            .spawn(move || serve(&listener, &stopped, &kept))
            .context("starting a thread")?;
        Ok(Self {
            address,
            subjects,
            _stop: stop,
        })
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The subjects of all letters so far.
    pub(super) fn subjects(&self) -> Vec<String> {
        self.subjects
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn serve(listener: &TcpListener, stopped: &OwnedFd, subjects: &Arc<Mutex<Vec<String>>>) {
    loop {
        let mut waiting = [
            PollFd::new(stopped.as_fd(), PollFlags::POLLIN),
            PollFd::new(listener.as_fd(), PollFlags::POLLIN),
        ];
        let ready = poll(&mut waiting, PollTimeout::NONE);
        if ready.is_err() || waiting[0].any() != Some(false) {
            return;
        }
        let Ok((client, _)) = listener.accept() else {
            return;
        };
        let kept = Arc::clone(subjects);
        // A client that goes away in the middle has not delivered its letter: the count shows it.
        thread::spawn(move || drop(converse(&client, &kept)));
    }
}

/// The dialogue with one client, to its end.
fn converse(mut client: &TcpStream, subjects: &Mutex<Vec<String>>) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    client.write_all(b"220 mail.example ESMTP\r\n")?;
    let (mut is_letter, mut subject) = (false, String::new());
    for line in BufReader::new(client).lines() {
        let line = line?;
        if is_letter {
            if let Some(found) = line.strip_prefix("Subject: ") {
                found.clone_into(&mut subject);
            } else if line == "." {
                is_letter = false;
                subjects
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(std::mem::take(&mut subject));
                client.write_all(b"250 taken\r\n")?;
            }
            continue;
        }
        let command = line.split_whitespace().next().unwrap_or_default().to_uppercase();
        match &*command {
            "DATA" => {
                is_letter = true;
                client.write_all(b"354 go on\r\n")?;
            }
            "QUIT" => return client.write_all(b"221 bye\r\n"),
            _ => client.write_all(b"250 mail.example\r\n")?,
        }
    }
    Ok(())
}
