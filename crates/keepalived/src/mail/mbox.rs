//! `smtp_alert_file`: alerts in a file that mail readers can open.

use super::Letter;
use crate::clock;
use model::Micros;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Appends a letter. The file is made with mode 0644 less the umask, and a link in its place is not followed.
pub(super) fn append(path: &Path, letter: &Letter, at: Micros) -> io::Result<()> {
    let sender = letter.envelope.from.trim_matches(['<', '>']);
    let sender = if sender.is_empty() {
        "MAILER-DAEMON"
    } else {
        sender
    };
    let date = clock::local(at).strftime("%a %b %e %H:%M:%S %Y");
    let mut entry = format!("From {sender} {date}\n");
    for line in String::from_utf8_lossy(&letter.text).lines() {
        // A line that looks like the beginning of the next letter.
        if line.trim_start_matches('>').starts_with("From ") {
            entry.push('>');
        }
        entry.push_str(line);
        entry.push('\n');
    }
    entry.push('\n');
    // In one write, so that letters of two processes do not mix.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o644)
        .custom_flags(nix::libc::O_NOFOLLOW)
        .open(path)?
        .write_all(entry.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::Envelope;
    use std::fs;

    #[test]
    fn letters_follow_each_other() {
        let path = std::env::temp_dir().join(format!("keepalived-mbox-{}", std::process::id()));
        for text in [
            "Subject: a\r\n\r\nFrom here\r\n",
            "Subject: b\r\n\r\n>From there\r\n",
        ] {
            let letter = Letter {
                envelope: Envelope {
                    from: "<ka@example.com>".to_owned(),
                    to: Vec::new(),
                },
                text: text.into(),
            };
            append(&path, &letter, Micros::from_secs(1_795_533_585)).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("From ka@example.com Tue Nov 24 ") || lines[0].contains(" Nov 2"));
        assert_eq!(lines[1..5], ["Subject: a", "", ">From here", ""]);
        assert_eq!(lines[6..], ["Subject: b", "", ">>From there", ""]);
    }
}
