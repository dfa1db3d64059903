//! The mail server, and the dialogue with it.

use super::Letter;
use super::waiting::Waiting;
use crate::log;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use model::{Mail, MailAccount, MailEncryption, Micros};
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

/// `smtp_connect_timeout` where it is not configured.
const TIMEOUT: Micros = Micros::from_secs(30);

/// How the server may be logged in to, the better one first.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// How a certificate in PEM form ends.
const PEM_END: &str = "-----END CERTIFICATE-----";

/// A mail server and how it is spoken to.
#[derive(Debug)]
pub(super) struct Relay {
    server: SocketAddr,
    /// The host as it is written.
    name: String,
    hello: String,
    timeout: Micros,
    encryption: MailEncryption,
    trusted: Option<String>,
    account: Option<MailAccount>,
}

/// Why letters were not sent.
#[derive(Debug)]
pub(super) struct RelayError {
    server: SocketAddr,
    /// The command that failed.
    command: &'static str,
    reason: Reason,
}

#[derive(Debug)]
enum Reason {
    /// The server said so.
    Status { code: String, permanent: bool },
    /// Anything else.
    Other(String),
}

impl fmt::Display for RelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, .. } = self;
        let server = Shown(self.server);
        match &self.reason {
            Reason::Status { code, .. } => write!(
                f,
                "Error processing {command} cmd on SMTP server {server}. SMTP status code = {code}"
            ),
            Reason::Other(why) => write!(f, "Error processing {command} cmd on SMTP server {server}: {why}"),
        }
    }
}

impl RelayError {
    /// Whether the same letter would be refused again.
    const fn is_permanent(&self) -> bool {
        matches!(self.reason, Reason::Status { permanent: true, .. })
    }
}

/// A message as it is sent after `DATA`: with the closing dot, and a dot more at each line that begins with one (RFC 5321
/// §4.5.2).
///
/// All in one piece: a closing dot in a write of its own waits until the server acknowledges the text, which Linux delays by
/// 40 ms.
fn with_end(text: &[u8]) -> String {
    // The first line is a header.
    String::from_utf8_lossy(text).replace("\r\n.", "\r\n..") + "\r\n.\r\n"
}

/// `[ADDRESS]:PORT`.
struct Shown(SocketAddr);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]:{}", self.0.ip(), self.0.port())
    }
}

impl Relay {
    pub(super) fn new(server: SocketAddr, mail: &Mail) -> Self {
        Self {
            server,
            name: mail
                .server_name
                .clone()
                .unwrap_or_else(|| server.ip().to_string()),
            hello: mail.helo_name.clone().unwrap_or_else(|| "localhost".to_owned()),
            timeout: mail.connect_timeout.unwrap_or(TIMEOUT),
            encryption: mail.encryption.clone(),
            trusted: mail.trusted.clone(),
            account: mail.account.clone(),
        }
    }

    /// Sends letters until none waits. Those that the server refuses for good are dropped; any other failure ends the attempt
    /// and leaves the letter for the next one.
    pub(super) fn deliver(&self, waiting: &mut Waiting) -> Result<(), RelayError> {
        let mut connection = None;
        while let Some(letter) = waiting.front() {
            let open = match connection.take() {
                Some(open) => open,
                None => self.connect()?,
            };
            match self.send(open, letter) {
                Ok(open) => {
                    tracing::info!(target: log::DETAIL, "SMTP alert successfully sent.");
                    connection = Some(open);
                    waiting.pop();
                }
                Err(error) if error.is_permanent() => {
                    tracing::error!("{error}; the mail is dropped");
                    waiting.pop();
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(mut open) = connection {
            // All letters are there, whatever it answers.
            let _ = open.quit();
        }
        Ok(())
    }

    fn connect(&self) -> Result<SmtpConnection, RelayError> {
        let timeout = Some(Duration::from(self.timeout));
        let hello = ClientId::Domain(self.hello.clone());
        let tls = match &self.encryption {
            MailEncryption::Tls(name) => Some(self.tls(name.as_deref())?),
            MailEncryption::None | MailEncryption::StartTls(_) => None,
        };
        let mut connection = SmtpConnection::connect(self.server, timeout, &hello, tls.as_ref(), None)
            .map_err(|error| self.failed("EHLO", &error))?;
        tracing::info!(target: log::DETAIL, "Remote SMTP server {} connected.", Shown(self.server));
        if let MailEncryption::StartTls(name) = &self.encryption {
            let tls = self.tls(name.as_deref())?;
            connection
                .starttls(&tls, &hello)
                .map_err(|error| self.failed("STARTTLS", &error))?;
        }
        if let Some(account) = &self.account {
            let password = String::from_utf8_lossy(account.password.expose()).into_owned();
            let credentials = Credentials::new(account.user.clone(), password);
            connection
                .auth(&MECHANISMS, &credentials)
                .map_err(|error| self.failed("AUTH", &error))?;
        }
        Ok(connection)
    }

    fn tls(&self, name: Option<&str>) -> Result<TlsParameters, RelayError> {
        let mut parameters = TlsParameters::builder(name.unwrap_or(&self.name).to_owned());
        if let Some(path) = &self.trusted {
            let unusable =
                |error: &dyn fmt::Display| self.other("TLS", format!("smtp_tls_ca {path}: {error}"));
            let text = fs::read_to_string(path).map_err(|error| unusable(&error))?;
            for certificate in text
                .split_inclusive(PEM_END)
                .filter(|part| part.contains(PEM_END))
            {
                let certificate = Certificate::from_pem(certificate.trim_start().as_bytes())
                    .map_err(|error| unusable(&error))?;
                parameters = parameters.add_root_certificate(certificate);
            }
        }
        parameters
            .build()
            .map_err(|error| self.other("TLS", error.to_string()))
    }

    /// One letter, over a connection that is given back if it can be used again.
    fn send(&self, mut connection: SmtpConnection, letter: &Letter) -> Result<SmtpConnection, RelayError> {
        let sent = self.dialogue(&mut connection, letter);
        match sent {
            Ok(_) => Ok(connection),
            Err(error) => {
                connection.abort();
                Err(error)
            }
        }
    }

    fn dialogue(&self, connection: &mut SmtpConnection, letter: &Letter) -> Result<Response, RelayError> {
        let from = format!("MAIL FROM:{}\r\n", letter.envelope.from);
        connection
            .command(from)
            .map_err(|error| self.failed("MAIL", &error))?;
        let mut refused = None;
        let mut has_recipient = false;
        for recipient in &letter.envelope.to {
            let answer = connection.command(format!("RCPT TO:{recipient}\r\n"));
            match answer.map_err(|error| self.failed("RCPT", &error)) {
                Ok(_) => has_recipient = true,
                // The others shall have it nevertheless.
                Err(error) if error.is_permanent() => {
                    tracing::error!("{error}: no mail to {recipient}");
                    refused = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = refused
            && !has_recipient
        {
            return Err(error);
        }
        connection
            .command("DATA\r\n")
            .map_err(|error| self.failed("DATA", &error))?;
        connection
            .command(with_end(&letter.text))
            .map_err(|error| self.failed("BODY", &error))
    }

    fn failed(&self, command: &'static str, error: &lettre::transport::smtp::Error) -> RelayError {
        let reason = match error.status() {
            Some(code) => Reason::Status {
                code: code.to_string(),
                // A server that does not want us at all is no judgement of the letter.
                permanent: error.is_permanent() && matches!(command, "MAIL" | "RCPT" | "DATA" | "BODY"),
            },
            None => Reason::Other(chain(error)),
        };
        RelayError {
            server: self.server,
            command,
            reason,
        }
    }

    fn other(&self, command: &'static str, why: String) -> RelayError {
        RelayError {
            server: self.server,
            command,
            reason: Reason::Other(why),
        }
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_in_the_text_does_not_end_the_message() {
        assert_eq!(
            with_end(b"Date: d\r\n\r\n.\r\n.a.\r\n"),
            "Date: d\r\n\r\n..\r\n..a.\r\n\r\n.\r\n"
        );
    }
}
