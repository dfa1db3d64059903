//! `TCP_CHECK` and `SMTP_CHECK`.

use crate::lab::{Lab, VIP, configuration, connection, name, server};
use crate::servers::{Answer, Server};
use anyhow::Result;
use model::{CheckKind, SmtpCheck, TcpCheck};
use socket2::{Domain, Socket, Type};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

fn tcp_check(address: SocketAddr) -> CheckKind {
    CheckKind::Tcp(Box::new(TcpCheck {
        connection: connection(address),
    }))
}

pub(crate) fn tcp() -> Result<()> {
    let lab = Lab::new()?;
    let listener = lab.make(|| TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let mut director = lab.start(&configuration(vec![server(address, tcp_check(address))]))?;
    let (rs, vs) = (name(address), name(VIP.parse()?));
    director.expect_each([
        &*format!("Activating healthchecker for service {rs} for VS {vs}"),
        &format!("Gained quorum 1+0=1 <= 1 for VS {vs}"),
        &format!("ipvs add 10.0.0.1:tcp:80 -> {address} weight 1"),
        &format!("TCP connection to {rs} success."),
    ])?;
    drop(listener);
    director.expect_all([
        &*format!("TCP_CHECK on service {rs} failed. (connection refused)"),
        &format!("Removing service {rs} from VS {vs}"),
        &format!("Lost quorum 1-0=1 > 0 for VS {vs}"),
        &format!("ipvs remove 10.0.0.1:tcp:80 -> {address}"),
    ])?;
    let _listener = lab.make(move || TcpListener::bind(address))?;
    director.expect_all([
        &*format!("TCP connection to {rs} success."),
        &format!("Adding service {rs} to VS {vs}"),
        &format!("ipvs add 10.0.0.1:tcp:80 -> {address} weight 1"),
    ])?;
    director.stop()?;
    director.expect_all([
        &*format!("Shutting down service {rs} from VS {vs}"),
        "ipvs remove 10.0.0.1:tcp:80",
        "Stopped",
    ])
}

/// A server whose queue is full drops what comes, as a machine behind a firewall does.
pub(crate) fn tcp_without_answer() -> Result<()> {
    let lab = Lab::new()?;
    let (_listener, _queued, address) = lab.make(|| {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        listener.listen(0)?;
        let address = listener.local_addr()?;
        let mut queued = Vec::new();
        for _ in 0..4 {
            let socket = Socket::new(Domain::IPV4, Type::STREAM.nonblocking(), None)?;
            // The first fills the queue, the others wait.
            let _ = socket.connect(&address);
            queued.push(socket);
        }
        Ok((listener, queued, address.as_socket().unwrap()))
    })?;
    let mut director = lab.start(&configuration(vec![server(address, tcp_check(address))]))?;
    let reason = "(timeout after 0.25s connecting)";
    director.expect(&format!(
        "TCP_CHECK on service {} failed. {reason}",
        name(address)
    ))
}

/// A server that says these lines, each after a line of the client but the first.
fn mail_server(lines: &[&str]) -> Answer {
    let lines: Vec<String> = lines.iter().map(|line| format!("{line}\r\n")).collect();
    Arc::new(move |mut stream| {
        let mut heard = BufReader::new(stream.try_clone().unwrap());
        for line in &lines {
            if stream.write_all(line.as_bytes()).is_err() || heard.read_line(&mut String::new()).is_err() {
                return;
            }
        }
    })
}

pub(crate) fn smtp() -> Result<()> {
    let lab = Lab::new()?;
    let good = ["220 mail.example", "250 hello", "221 bye"];
    let mail = Server::start(&lab, mail_server(&good))?;
    let address = mail.address;
    let check = CheckKind::Smtp(Box::new(SmtpCheck {
        connection: connection(address),
        helo_name: "helo.example".to_owned(),
    }));
    let mut director = lab.start(&configuration(vec![server(address, check)]))?;
    let rs = name(address);
    let up = format!("Remote SMTP server {rs} succeed on service.");
    director.expect(&up)?;
    let to = format!("server [{}]:{}", address.ip(), address.port());
    let cases: [(&[&str], String); 3] = [
        (
            &["554 go away"],
            format!("SMTP_CHECK Bad greeting banner from {to} (bad greeting '554 go away')"),
        ),
        (
            &["220 mail.example", "500 what"],
            format!("SMTP_CHECK Bad HELO response from {to} (bad reply to HELO '500 what')"),
        ),
        (
            &[],
            format!("SMTP_CHECK Read failure from {to} (connection closed before the greeting)"),
        ),
    ];
    for (lines, down) in cases {
        mail.answer(mail_server(lines));
        director.expect(&down)?;
        director.expect("Removing service")?;
        mail.answer(mail_server(&good));
        director.expect(&up)?;
        director.expect("Adding service")?;
    }
    Ok(())
}
