//! The text of a mail, and its addresses.

use super::Alert;
use crate::clock;
use model::{Mail, Micros};

/// Longest subject, body and message in bytes.
const SUBJECT: usize = 255;
const BODY: usize = 511;
const MESSAGE: usize = 1_023;

/// Characters that a display name can only have in quotes.
const SPECIALS: &str = "()<>[]:;@\\,.\"";

/// Who sends and who gets a mail, as the server is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    /// `<addr>`.
    pub(super) from: String,
    /// `<addr>` each.
    pub(super) to: Vec<String>,
}

impl Envelope {
    pub(super) fn new(mail: &Mail) -> Self {
        Self {
            from: path(mail.from.as_deref().unwrap_or_default()),
            to: mail.to.iter().map(|address| path(address)).collect(),
        }
    }
}

/// The address of a mailbox in angle brackets: what stands in them at its end, or all of it.
fn path(mailbox: &str) -> String {
    let mailbox = one_line(mailbox);
    match mailbox.rfind('<') {
        Some(start) if mailbox.ends_with('>') => mailbox[start..].to_owned(),
        _ => format!("<{mailbox}>"),
    }
}

/// The mailbox for a header. A display name with special characters gets quotes.
fn mailbox(written: &str) -> String {
    let written = one_line(written);
    let Some(start) = written.rfind('<').filter(|_| written.ends_with('>')) else {
        return written;
    };
    let (name, address) = (written[..start].trim(), &written[start..]);
    let is_quoted = name.len() > 1 && name.starts_with('"') && name.ends_with('"');
    if name.is_empty() {
        address.to_owned()
    } else if !is_quoted && name.contains(|c| SPECIALS.contains(c)) {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{name}\" {address}")
    } else {
        format!("{name} {address}")
    }
}

/// A text without line ends, which would begin another header.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// The first `most` bytes of a text, or a little less so that no character is cut.
fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The message, but for its closing dot. Each line ends with CR LF.
pub(super) fn text(mail: &Mail, router_id: &str, alert: &Alert, at: Micros) -> Vec<u8> {
    let subject = one_line(&format!("[{router_id}] {}", alert.subject));
    let to: Vec<String> = mail.to.iter().map(|address| mailbox(address)).collect();
    let mut text = format!(
        "Date: {}\r\nFrom: {}\r\nSubject: {}\r\nX-Mailer: Keepalived\r\n",
        clock::local(at).strftime("%a, %d %b %Y %H:%M:%S %z"),
        mailbox(mail.from.as_deref().unwrap_or_default()),
        cut(&subject, SUBJECT),
    );
    if !to.is_empty() {
        text.push_str("To: ");
        text.push_str(&to.join(",\r\n "));
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    // Headers are never cut: a list of many recipients leaves less of the body instead.
    let room = MESSAGE.saturating_sub(text.len() + 2).min(BODY);
    text.push_str(cut(&alert.body, room));
    text.push_str("\r\n");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(from: &str, to: &[&str]) -> Mail {
        Mail {
            from: Some(from.to_owned()),
            to: to.iter().map(|&address| address.to_owned()).collect(),
            ..Mail::default()
        }
    }

    fn alert(subject: &str, body: &str) -> Alert {
        Alert {
            subject: subject.to_owned(),
            body: body.to_owned(),
        }
    }

    #[test]
    fn the_message_is_as_it_always_was() {
        let mail = mail(
            "ka@example.com",
            &["ops@example.com", "Sec Ond <x@y>", "Third, A. <z@y>"],
        );
        let text = text(
            &mail,
            "RTR",
            &alert("VRRP Instance I - Entering MASTER state", "=> body <="),
            Micros::from_secs(1_795_533_585),
        );
        let text = String::from_utf8(text).unwrap();
        let (date, rest) = text.split_once("\r\n").unwrap();
        // The zone is that of the machine.
        assert!(
            date.starts_with("Date: ") && date.contains(" Nov 2026 "),
            "{date}"
        );
        assert_eq!(date.len(), "Date: Tue, 24 Nov 2026 15:19:45 +0000".len());
        assert_eq!(
            rest,
            "From: ka@example.com\r\n\
             Subject: [RTR] VRRP Instance I - Entering MASTER state\r\n\
             X-Mailer: Keepalived\r\n\
             To: ops@example.com,\r\n Sec Ond <x@y>,\r\n \"Third, A.\" <z@y>\r\n\
             \r\n\
             => body <=\r\n"
        );
        assert_eq!(
            Envelope::new(&mail),
            Envelope {
                from: "<ka@example.com>".to_owned(),
                to: ["<ops@example.com>", "<x@y>", "<z@y>"]
                    .map(str::to_owned)
                    .to_vec(),
            }
        );
    }

    #[test]
    fn lengths_are_limited_between_characters() {
        let long = "ä".repeat(600);
        let text = text(&mail("a@b", &["c@d"]), "R", &alert(&long, &long), Micros(0));
        let text = String::from_utf8(text).unwrap();
        let subject = text
            .lines()
            .find_map(|line| line.strip_prefix("Subject: "))
            .unwrap();
        assert_eq!(subject.len(), 254, "[R] and 125 characters of two bytes");
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        assert_eq!(body.trim_end().len(), 510);
        let many: Vec<String> = (0..200)
            .map(|number| format!("user{number}@example.com"))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let text = super::text(&mail("a@b", &many), "R", &alert("s", "body"), Micros(0));
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.contains("user199@example.com\r\n\r\n\r\n"),
            "no room for a body is left"
        );
    }

    #[test]
    fn a_name_cannot_begin_a_header() {
        let text = text(
            &mail("a@b", &["c@d\r\nBcc: e@f"]),
            "R",
            &alert("s\r\nBcc: e@f", "b"),
            Micros(0),
        );
        let text = String::from_utf8(text).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
    }
}
