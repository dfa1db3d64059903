//! Mail alerts, as a real mail server hears them: Debian's aiosmtpd.

use std::process::Command;

use anyhow::{Result, ensure};
use testbed::netns::{Node, PATIENCE};
use testbed::process::Process;

use super::World;
use super::lone::{ADVERT_INT, Lone, configuration};
use super::router::INSTANCE;

const SERVER: &str = include_str!("mail/server.py");
const PORT: &str = "2525";

/// What the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No encryption.
    Plain,
    /// Encryption once both want it, and a log-in.
    StartTls,
    /// Encryption from the start.
    Tls,
    /// It takes connections and says nothing.
    Silent,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::StartTls => "starttls",
            Self::Tls => "tls",
            Self::Silent => "silent",
        }
    }

    const fn settings(self) -> &'static str {
        match self {
            Self::Plain | Self::Silent => "",
            Self::StartTls => {
                "smtp_starttls mail.example\n    smtp_tls_ca /run/certificate.pem\n    smtp_auth router \"pass word\""
            }
            Self::Tls => "smtp_tls mail.example\n    smtp_tls_ca /run/certificate.pem",
        }
    }
}

/// A router with alerts about its one instance.
fn with_alerts(settings: &str) -> String {
    format!(
        "global_defs {{\n    router_id R\n    smtp_server 10.0.0.9 {PORT}\n    smtp_helo_name router.example\n    \
         smtp_connect_timeout 1\n    notification_email_from \"Keep Alive <router@example.net>\"\n    \
         notification_email {{\n        \"First One <first@example.net>\"\n        second@example.net\n    }}\n    \
         smtp_alert\n    {settings}\n}}\n{}",
        configuration("")
    )
}

/// Starts the server.
fn serve(node: &Node, kind: Kind) -> Result<Process> {
    let script = node.write("server.py", SERVER)?;
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script).args(["10.0.0.9", PORT, kind.word()]);
    if matches!(kind, Kind::StartTls | Kind::Tls) {
        command.args(["/run/certificate.pem", "/run/key.pem"]);
    }
    let mut server = Process::start(node, "mail server", command)?;
    server.wait_line("listening", PATIENCE)?;
    Ok(server)
}

/// A certificate of `mail.example`, for the server with its key and for the router to trust.
fn certify(lone: &Lone) -> Result<()> {
    let mut make = Command::new("openssl");
    make.args([
        "req",
        "-x509",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=mail.example",
    ]);
    make.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    make.args(["-addext", "subjectAltName=DNS:mail.example"]);
    make.args(["-keyout", "/run/key.pem", "-out", "/run/certificate.pem"]);
    lone.neighbour.stdout(make)?;
    let certificate = lone.neighbour.read("certificate.pem")?;
    lone.router.write("certificate.pem", &certificate)?;
    Ok(())
}

/// What a message says, but for its date.
fn message(subject: &str, body: &str) -> Vec<String> {
    [
        "| From: Keep Alive <router@example.net>",
        &format!("| Subject: [R] VRRP Instance {INSTANCE} - {subject}"),
        "| X-Mailer: Keepalived",
        "| To: First One <first@example.net>,",
        "|  second@example.net",
        "|",
        &format!("| => {body} <="),
        "|",
    ]
    .map(str::trim_end)
    .map(String::from)
    .to_vec()
}

/// The three messages of a short life.
fn messages() -> [Vec<String>; 3] {
    [
        message(
            "Entering BACKUP state",
            "VRRP Instance is no longer owning VRRP VIPs",
        ),
        message("Entering MASTER state", "VRRP Instance is now owning VRRP VIPs"),
        message("Stopping", "VRRP Instance stopping"),
    ]
}

/// The lines of the server that begin like this, without what no two runs have in common.
fn said(server: &mut Process, first: &str) -> Vec<String> {
    let lines = server.lines().iter().map(|line| line.text.trim_end());
    let wanted = lines.filter(|line| line.starts_with(first) && !line.starts_with("| Date: "));
    wanted.map(String::from).collect()
}

/// A life with a server of this kind: what it heard, from the first command to the last message.
pub(super) fn recorded(world: &World, kind: Kind) -> Result<()> {
    let lone = Lone::new()?;
    if kind != Kind::Plain {
        certify(&lone)?;
    }
    let mut server = serve(&lone.neighbour, kind)?;
    let mut daemon = lone.master(&world.ours, &with_alerts(kind.settings()))?;
    let subject = format!("| Subject: [R] VRRP Instance {INSTANCE} - Entering MASTER state");
    server.wait_line(&subject, PATIENCE)?;
    let mark = server.mark();
    daemon.stop()?;
    server.wait_line_from(mark, "C QUIT", PATIENCE)?;

    ensure!(
        said(&mut server, "|") == messages().concat(),
        "other messages: {:#?}",
        said(&mut server, "|")
    );
    let dates = server
        .lines()
        .iter()
        .filter(|line| line.text.starts_with("| Date: "));
    ensure!(dates.count() == 3, "messages without a date");
    let way = if kind == Kind::Plain {
        "in the clear"
    } else {
        "encrypted"
    };
    let envelope = format!("message {way} from router@example.net to first@example.net second@example.net");
    ensure!(
        said(&mut server, "message") == vec![envelope; 3],
        "other envelopes: {:#?}",
        said(&mut server, "message")
    );
    let commands = said(&mut server, "C ");
    let opening: &[&str] = match kind {
        Kind::StartTls => &["C EHLO router.example", "C STARTTLS", "C EHLO router.example"],
        _ => &["C EHLO router.example"],
    };
    ensure!(
        commands.starts_with(&opening.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "{commands:#?}"
    );
    let logged_in = said(&mut server, "logged in");
    ensure!(
        logged_in.is_empty() == (kind != Kind::StartTls),
        "log-ins: {logged_in:?}"
    );
    let letter: Vec<_> = commands
        .iter()
        .skip_while(|command| !command.starts_with("C MAIL"))
        .take(4)
        .collect();
    ensure!(
        letter
            == [
                "C MAIL FROM:<router@example.net>",
                "C RCPT TO:<first@example.net>",
                "C RCPT TO:<second@example.net>",
                "C DATA"
            ],
        "{letter:#?}"
    );
    ensure!(
        commands.last().is_some_and(|last| last == "C QUIT"),
        "{commands:#?}"
    );
    Ok(())
}

/// A server whose certificate is another's gets no mail, and the log says why.
pub(super) fn wrong_certificate(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    certify(&lone)?;
    let mut server = serve(&lone.neighbour, Kind::Tls)?;
    let settings = Kind::Tls.settings().replace("mail.example", "other.example");
    let mut daemon = lone.master(&world.ours, &with_alerts(&settings))?;
    daemon
        .process()
        .wait_line("certificate verify failed", PATIENCE)?;
    daemon.stop()?;
    ensure!(said(&mut server, "message").is_empty(), "it got mail");
    Ok(())
}

/// A server that says nothing holds up neither adverts nor the file; what was to be sent reaches the next one, in order.
pub(super) fn dead_relay(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut silent = serve(&lone.neighbour, Kind::Silent)?;
    let mut daemon = lone.master(&world.ours, &with_alerts("smtp_alert_file /run/alerts"))?;
    silent.wait_line("connected", PATIENCE)?;
    let (mark, frame) = (daemon.process().mark(), lone.capture.mark());
    daemon
        .process()
        .wait_line_from(mark, "SMTP server [10.0.0.9]:2525", PATIENCE)?;
    lone.next_advert("an advert meanwhile", |advert| advert.priority == 100)?;
    lone.ensure_no_gap(frame, ADVERT_INT * 3)?;
    drop(silent);

    let mut server = serve(&lone.neighbour, Kind::Plain)?;
    let subject = format!("| Subject: [R] VRRP Instance {INSTANCE} - Entering MASTER state");
    server.wait_line(&subject, PATIENCE)?;
    ensure!(!daemon.left_master_since(mark), "the mail moved the instance");
    let mark = server.mark();
    daemon.stop()?;
    server.wait_line_from(mark, "C QUIT", PATIENCE)?;
    let heard = said(&mut server, "|");
    ensure!(heard == messages().concat(), "other messages: {heard:#?}");
    let file = lone.router.read("alerts")?;
    let subjects: Vec<_> = file
        .lines()
        .filter(|line| line.starts_with("Subject: "))
        .collect();
    ensure!(subjects.len() == 3, "the file has {file}");
    Ok(())
}
