use super::*;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};

/// A server, and the daemon's end of its connection.
fn server() -> (SocketAddr, UnixStream, JoinHandle<io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let server = Server::new(listener, theirs).unwrap();
    (address, ours, thread::spawn(|| server.serve()))
}

fn connect(address: SocketAddr, text: &[u8]) -> TcpStream {
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(text).unwrap();
    client
}

fn rest(mut client: TcpStream) -> String {
    let mut text = String::new();
    // A reset is an end as well.
    let _ = client.read_to_string(&mut text);
    text
}

fn ask(daemon: &UnixStream) -> String {
    let mut line = String::new();
    BufReader::new(daemon).read_line(&mut line).unwrap();
    line
}

const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\n\r\n";

#[test]
fn the_daemon_is_asked_once_for_all_who_wait_and_its_end_is_the_end() {
    let (address, mut daemon, thread) = server();
    let first = connect(address, REQUEST);
    assert_eq!(ask(&daemon), "{\"command\":\"status\",\"detail\":\"present\"}\n");
    // These come when the daemon has been asked: they get an answer of their own, both the same.
    let others = [connect(address, REQUEST), connect(address, REQUEST)];
    // A request that has been answered says that the others have been read.
    assert!(rest(connect(address, b"GET / HTTP/1.1\r\n\r\n")).starts_with("HTTP/1.1 404 "));
    daemon
        .write_all(b"{\"verdict\":\"refused\",\"report\":\"\"}\n")
        .unwrap();
    assert!(rest(first).starts_with("HTTP/1.1 503 "));
    ask(&daemon);
    daemon.write_all(b"{}\n").unwrap();
    for other in others {
        assert!(rest(other).starts_with("HTTP/1.1 503 "));
    }
    drop(daemon);
    thread.join().unwrap().unwrap();
}

#[test]
fn slow_clients_crowds_and_long_requests_hold_nobody_up() {
    let (address, daemon, thread) = server();
    let crowd: Vec<_> = (0..3 * CLIENTS).map(|_| connect(address, b"GET /met")).collect();
    let long = connect(address, &vec![b'a'; 12 * 1024]);
    assert!(rest(connect(address, b"GET / HTTP/1.1\r\n\r\n")).starts_with("HTTP/1.1 404 "));
    assert_eq!(rest(long), "");
    // Nobody has asked for a status, and those who say nothing more have to go.
    for client in crowd {
        assert_eq!(rest(client), "");
    }
    daemon.set_nonblocking(true).unwrap();
    assert_eq!(
        (&daemon).read(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    drop(daemon);
    thread.join().unwrap().unwrap();
}
