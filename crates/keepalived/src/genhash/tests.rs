//! The tool against servers of this process.

mod server;

use super::options::{OPTIONS, Parsed, parse, usage};
use super::run;
use crate::exit::Exit;
use model::{HttpProtocol, Micros};
use server::{Secure, Server, refusing, silent};
use std::ffi::OsString;
use std::net::SocketAddr;

/// Of "hello".
const HELLO: &str = "5d41402abc4b2a76b9719d911017c592\n";

/// Of nothing.
const NOTHING: &str = "d41d8cd98f00b204e9800998ecf8427e\n";

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

/// Exit status, standard output and standard error.
fn genhash(line: &str) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run("genhash", words(line), &mut out, &mut err);
    (
        exit,
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
    )
}

fn to(address: SocketAddr, more: &str) -> (Exit, String, String) {
    genhash(&format!(
        "-s {} -p {} -u /page {more}",
        address.ip(),
        address.port()
    ))
}

/// What is printed about a server that answers so.
fn about(answer: &'static [u8]) -> (String, String) {
    let server = Server::start(answer);
    let (exit, out, err) = to(server.address, "");
    assert_eq!(exit, Exit::Normal);
    (out, err)
}

fn printed(out: &str) -> (String, String) {
    (out.to_owned(), String::new())
}

#[test]
fn options_become_a_check() {
    let Parsed::Job(job) = parse(words(
        "-vSI -P1.1 --serv=::1 -u /x?y=z -p 8443 -Vwww.example --timeout 7 -m 0x10",
    )) else {
        panic!("a line without mistakes is refused")
    };
    assert!(job.is_verbose);
    assert_eq!(job.url().path, "/x?y=z");
    assert_eq!(job.check.connection.destination, "[::1]:8443".parse().unwrap());
    assert_eq!(job.check.connection.timeout, Micros::from_secs(7));
    assert_eq!(job.check.connection.fwmark, 16);
    assert_eq!(job.check.protocol, HttpProtocol::V1_1);
    assert_eq!(job.check.host(job.url()), Some("www.example"));
    assert_eq!(job.check.sni(job.url()), Some("www.example"));
    let Parsed::Job(job) = parse(words("-p 80 -s 192.0.2.1 -u / -S -V www.example")) else {
        panic!("a line without mistakes is refused")
    };
    assert!(!job.is_verbose);
    assert_eq!(job.check.connection.timeout, Micros(4_294_967_295));
    assert_eq!(job.check.protocol, HttpProtocol::V1_0);
    assert_eq!(job.check.sni(job.url()), None);
}

#[test]
fn mistakes_are_named() {
    for (line, mistake) in [
        ("", "option --server is missing"),
        ("-s 192.0.2.1", "option --port is missing"),
        ("-s 192.0.2.1 -p 80", "option --url is missing"),
        (
            "-s www.example -p 80 -u /",
            "server should be an IP, not www.example",
        ),
        ("-p 0", "invalid port '0': 1 to 65535 is expected"),
        ("-p 65536", "invalid port '65536': 1 to 65535 is expected"),
        ("-p", "option -p needs a value"),
        ("--url=", "option --url needs a value"),
        ("-P 2", "invalid protocol '2': 1.0, 1.0c or 1.1 is expected"),
        ("-t 0", "invalid timeout '0': 1 to 4294 is expected"),
        ("-m -1", "invalid fwmark '-1': 0 to 4294967295 is expected"),
        ("--use", "unknown option --use"),
        ("-Z", "unknown option -Z"),
        ("--verbose=x", "unexpected argument for option '--verbose': \"x\""),
        ("-s 192.0.2.1 -p 80 -u / more", "unexpected argument 'more'"),
    ] {
        assert_eq!(parse(words(line)), Parsed::Mistake(mistake.to_owned()), "{line}");
    }
    let (exit, out, err) = genhash("-p 0");
    assert_eq!((exit, out.as_str()), (Exit::Fatal, ""));
    assert!(
        err.starts_with("invalid port '0': 1 to 65535 is expected\n\nUsage: genhash COMMAND [OPTIONS]\n"),
        "{err}"
    );
}

#[test]
fn help_is_the_usage_with_every_option() {
    assert_eq!(
        genhash("-v --help"),
        (Exit::Fatal, String::new(), usage("genhash"))
    );
    let usage = usage("keepalived --genhash");
    assert!(
        usage.starts_with("Usage: keepalived --genhash COMMAND [OPTIONS]\n"),
        "{usage}"
    );
    for option in OPTIONS {
        let start = format!("  -{}, --{}", option.short, option.long);
        assert!(usage.lines().any(|line| line.starts_with(&start)), "{usage}");
    }
}

#[test]
fn the_digest_is_that_of_the_body() {
    assert_eq!(about(b"HTTP/1.0 200 OK\r\n\r\nhello"), printed(HELLO));
    assert_eq!(about(b"HTTP/1.0 200 OK\r\n\r\n"), printed(NOTHING));
    // The status does not matter, and what is behind Content-Length does not count.
    assert_eq!(
        about(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello, world"),
        printed(HELLO)
    );
    // compat: the framing of chunks is part of it. `printf '5\r\nhello\r\n0\r\n\r\n' | md5sum`
    assert_eq!(
        about(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        printed("79e9489e3bd3f0cb0158215341de046d\n")
    );
}

#[test]
fn the_request_is_that_of_the_checker() {
    let server = Server::start(b"HTTP/1.0 200 OK\r\n\r\nhello");
    let address = server.address;
    assert_eq!(to(address, "").1, HELLO);
    assert_eq!(
        server.request(),
        format!("GET /page HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: {address}\r\n\r\n")
    );
    let server = Server::start(b"HTTP/1.0 200 OK\r\n\r\nhello");
    assert_eq!(to(server.address, "-P 1.1 -V www.example").1, HELLO);
    assert_eq!(
        server.request(),
        "GET /page HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: www.example\r\n\r\n"
    );
}

#[test]
fn a_response_that_is_none_is_named_on_standard_error() {
    let nothing = (
        String::new(),
        "no data received from remote webserver\n".to_owned(),
    );
    assert_eq!(about(b""), nothing);
    assert_eq!(about(b"HTTP/1.0 200 OK\r\nServer: x\r\n"), nothing);
}

#[test]
fn of_a_header_without_end_a_part_is_kept() {
    let server = Server::endless(b"X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
    let (exit, out, err) = to(server.address, "");
    assert_eq!((exit, out.as_str()), (Exit::Normal, ""));
    assert_eq!(err, "no data received from remote webserver\n");
    // It ends because this side has hung up, not because the server has.
    server.request();
}

#[test]
fn a_refused_connection_is_named_on_standard_output() {
    let (_socket, address) = refusing();
    assert_eq!(
        to(address, ""),
        (Exit::Normal, "Connection failed\n".to_owned(), String::new())
    );
}

#[test]
fn silence_ends_with_the_timeout() {
    let listener = silent();
    let address = listener.local_addr().unwrap();
    assert_eq!(to(address, "-t 1").1, "Timeout WEB read\n");
    assert_eq!(to(address, "-t 1 -S").1, "Timeout connecting\n");
}

#[test]
fn tls_takes_any_certificate_and_names_the_host_when_asked() {
    let secure = Secure::new();
    for (options, name) in [
        ("-S", None),
        ("-S -V www.example", None),
        ("-S -I", None),
        ("-SI -V www.example", Some("www.example")),
    ] {
        let server = secure.start(b"HTTP/1.0 200 OK\r\n\r\nhello");
        let (exit, out, err) = to(server.address, options);
        assert_eq!(
            (exit, out.as_str(), err.as_str()),
            (Exit::Normal, HELLO, ""),
            "{options}"
        );
        assert_eq!(server.name().as_deref(), name, "{options}");
    }
}

#[test]
fn what_is_no_tls_is_named() {
    let server = Server::start(b"HTTP/1.0 400 Bad Request\r\n\r\n");
    let (exit, out, err) = to(server.address, "-S");
    assert_eq!(exit, Exit::Normal);
    assert_eq!(out, "SSL handshake/communication error connecting to\n");
    assert_eq!(err, "");
}

#[test]
fn verbose_shows_header_body_and_digest() {
    let server = Server::start(b"HTTP/1.0 200 OK\r\nX: \x1b[2J\r\n\r\nhello");
    let (_, out, err) = to(server.address, "-v");
    assert_eq!(err, "");
    let (shown, time) = out
        .split_once("\nGlobal response time for [/page] = ")
        .unwrap_or_else(|| panic!("{out}"));
    let expected = "\
-----------------------[    HTTP Header Buffer    ]-----------------------
0000  48 54 54 50 2f 31 2e 30 - 20 32 30 30 20 4f 4b 0d   HTTP/1.0 200 OK.
0016  0a 58 3a 20 1b 5b 32 4a - 0d 0a 0d 0a               .X: .[2J....    
-----------------------[ HTTP Header Ascii Buffer ]-----------------------
HTTP/1.0 200 OK
X: .[2J

-----------------------[        HTML Buffer        ]-----------------------
0000  68 65 6c 6c 6f          -                           hello           

-----------------------[    HTML hash resulting    ]-----------------------
0000  5d 41 40 2a bc 4b 2a 76 - b9 71 9d 91 10 17 c5 92   ]A@*.K*v.q......
-----------------------[ HTML hash final resulting ]-----------------------
5d41402abc4b2a76b9719d911017c592
";
    assert_eq!(shown, expected);
    let time = time.strip_suffix(" usecs\n").unwrap();
    assert!(time.parse::<u64>().is_ok(), "{time}");
}
