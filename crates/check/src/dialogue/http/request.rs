//! The bytes of a request (`spec/checkers.md` section 5.3).

use model::{HttpCheck, HttpProtocol, Url};
use std::net::SocketAddr;

/// compat: what does not fit is cut off.
const MAX_LEN: usize = 2047;

/// The request for a URL; `genhash` sends the same.
#[must_use]
pub fn request(check: &HttpCheck, url: &Url) -> Vec<u8> {
    let (minor, close) = match check.protocol {
        HttpProtocol::V1_0 => (0, ""),
        HttpProtocol::V1_0Close => (0, "Connection: close\r\n"),
        HttpProtocol::V1_1 => (1, "Connection: close\r\n"),
    };
    let host = check
        .host(url)
        .map_or_else(|| name(check.connection.destination), str::to_owned);
    let path = &url.path;
    let mut request =
        format!("GET {path} HTTP/1.{minor}\r\nUser-Agent: KeepAliveClient\r\n{close}Host: {host}\r\n\r\n")
            .into_bytes();
    request.truncate(MAX_LEN);
    request
}

/// `ADDR:PORT` or `[V6ADDR]:PORT`, the port even where it is the usual one.
fn name(destination: SocketAddr) -> String {
    match destination {
        SocketAddr::V4(four) => format!("{}:{}", four.ip(), four.port()),
        SocketAddr::V6(six) => format!("[{}]:{}", six.ip(), six.port()),
    }
}
