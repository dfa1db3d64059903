//! Servers of the tests: threads that do with each connection as they were last told.

use crate::lab::Lab;
use anyhow::Result;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a server does with a connection.
pub(crate) type Answer = Arc<dyn Fn(TcpStream) + Send + Sync>;

/// A TCP server that runs until the end of the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
}

impl Server {
    pub(crate) fn start(lab: &Lab, answer: Answer) -> Result<Self> {
        let listener = lab.make(|| TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let answer = Arc::new(Mutex::new(answer));
        let current = Arc::clone(&answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = Arc::clone(&current.lock().unwrap());
                thread::spawn(move || answer(stream));
            }
        });
        Ok(Self { address, answer })
    }

    /// Answers otherwise from now on.
    pub(crate) fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }
}

/// Reads up to an empty line.
pub(crate) fn request(stream: &mut impl Read) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|length| length == 1) {
        text.push(byte[0]);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Answers a request with these bytes, and closes.
pub(crate) fn says(text: &str) -> Answer {
    let text = text.to_owned();
    Arc::new(move |mut stream| {
        request(&mut stream);
        // The other side may have seen enough.
        let _ = stream.write_all(text.as_bytes());
    })
}

/// A UDP server that runs until the end of the test.
pub(crate) struct Datagrams {
    pub(crate) address: SocketAddr,
    answer: Arc<Mutex<Reply>>,
}

/// What a UDP server answers to a datagram, if it does.
pub(crate) type Reply = Arc<dyn Fn(&[u8]) -> Vec<Vec<u8>> + Send + Sync>;

impl Datagrams {
    pub(crate) fn start(lab: &Lab, answer: Reply) -> Result<Self> {
        let socket = lab.make(|| UdpSocket::bind("127.0.0.1:0"))?;
        let address = socket.local_addr()?;
        let answer = Arc::new(Mutex::new(answer));
        let current = Arc::clone(&answer);
        thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let answer = Arc::clone(&current.lock().unwrap());
                for datagram in answer(&buffer[..length]) {
                    let _ = socket.send_to(&datagram, from);
                }
            }
        });
        Ok(Self { address, answer })
    }

    pub(crate) fn answer(&self, answer: Reply) {
        *self.answer.lock().unwrap() = answer;
    }
}
