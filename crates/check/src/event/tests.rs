use super::*;
use crate::failure::{ConnectFailure, Excerpt, Failure, Obstacle, StatusCode, Wait};
use crate::schedule::Verdict;
use model::{Micros, Protocol, Quorum, ServerWeight};

fn place() -> Place {
    let name = |text: &str| ServerName {
        address: text.parse().unwrap(),
        protocol: Some(Protocol::Tcp),
    };
    Place {
        server: name("10.0.0.3:80"),
        virtual_server: VirtualServerName::Address(name("10.0.0.1:80")),
    }
}

fn check(label: CheckLabel, news: CheckNews) -> String {
    Event::from(CheckEvent {
        label,
        place: place(),
        news,
    })
    .to_string()
}

fn failed(failure: Failure, retries: Option<u32>) -> CheckNews {
    CheckNews::Failed {
        failure,
        retries,
        retry_disabled: false,
    }
}

fn attempt(failure: Failure, attempt: u32) -> CheckNews {
    CheckNews::Attempt {
        failure,
        attempt,
        retry: 3,
    }
}

const fn timeout(waiting: Wait) -> Failure {
    Failure::TimedOut {
        waiting,
        after: Micros::from_secs(5),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table, a row for each line of the log")]
fn results_of_checks_print_the_reference_lines() {
    let refused = Failure::Connect(ConnectFailure::Refused);
    let mail_server = CheckLabel::Smtp("10.0.0.3:25".parse().unwrap());
    let rows = [
        (
            CheckLabel::Tcp,
            CheckNews::Passed,
            "TCP connection to [10.0.0.3]:tcp:80 success.",
        ),
        (
            CheckLabel::Tcp,
            failed(refused.clone(), None),
            "TCP_CHECK on service [10.0.0.3]:tcp:80 failed.",
        ),
        (
            CheckLabel::Tcp,
            failed(refused.clone(), Some(2)),
            "TCP_CHECK on service [10.0.0.3]:tcp:80 failed after 2 retries.",
        ),
        (
            CheckLabel::Tcp,
            attempt(timeout(Wait::Connect), 1),
            "TCP connection to [10.0.0.3]:tcp:80 timeout.",
        ),
        (
            CheckLabel::Tcp,
            attempt(refused.clone(), 1),
            "TCP connection to [10.0.0.3]:tcp:80 failed.",
        ),
        (
            CheckLabel::Udp,
            CheckNews::Passed,
            "UDP connection to [10.0.0.3]:tcp:80 success.",
        ),
        (
            CheckLabel::Udp,
            attempt(timeout(Wait::Reply), 1),
            "UDP connection to [10.0.0.3]:tcp:80 failed.",
        ),
        (
            CheckLabel::Udp,
            attempt(Failure::ReplyMismatch, 1),
            "UDP check to [10.0.0.3]:tcp:80 reply data mismatch.",
        ),
        (
            CheckLabel::Http,
            CheckNews::Passed,
            "Remote Web server [10.0.0.3]:tcp:80 succeed on service.",
        ),
        (
            CheckLabel::Http,
            CheckNews::UrlPassed {
                proof: "MD5 digest",
                path: "/a".into(),
            },
            "MD5 digest success to [10.0.0.3]:tcp:80 url(/a)",
        ),
        (
            CheckLabel::Http,
            attempt(Failure::Status(StatusCode(Some(503))), 1),
            "HTTP status code error to server [10.0.0.3]:tcp:80.",
        ),
        (
            CheckLabel::Ssl,
            failed(timeout(Wait::Rest), Some(1)),
            "SSL_CHECK on service [10.0.0.3]:tcp:80 failed after 1 retries.",
        ),
        (
            CheckLabel::Ssl,
            attempt(timeout(Wait::Rest), 1),
            "Timeout SSL read server [10.0.0.3]:tcp:80.",
        ),
        (
            mail_server.clone(),
            failed(Failure::Greeting(Excerpt::of(b"554")), Some(1)),
            "SMTP_CHECK Bad greeting banner from server [10.0.0.3]:25",
        ),
        (
            mail_server.clone(),
            failed(refused.clone(), Some(1)),
            "SMTP_CHECK Could not connect to server [10.0.0.3]:25",
        ),
        (
            mail_server.clone(),
            failed(Failure::Closed(Wait::Quit), Some(1)),
            "SMTP_CHECK Read failure from server [10.0.0.3]:25",
        ),
        (
            mail_server,
            CheckNews::Passed,
            "Remote SMTP server [10.0.0.3]:tcp:80 succeed on service.",
        ),
        (
            CheckLabel::Dns,
            failed(timeout(Wait::Reply), Some(3)),
            "DNS_CHECK ([10.0.0.3]:tcp:80) read timeout from socket after 3 retries",
        ),
        (
            CheckLabel::Dns,
            failed(Failure::DnsCode(3), Some(1)),
            "DNS_CHECK ([10.0.0.3]:tcp:80) read error occurred. (rcode = 3) after 1 retries",
        ),
        (
            CheckLabel::Dns,
            failed(Failure::Receive(ConnectFailure::Refused), None),
            "DNS_CHECK ([10.0.0.3]:tcp:80) failed to read socket; errno 111 (Connection refused)",
        ),
        (
            CheckLabel::Ping,
            attempt(timeout(Wait::Reply), 1),
            "ICMP connection to address [10.0.0.3]:tcp:80 timeout.",
        ),
        (
            CheckLabel::Ping,
            failed(timeout(Wait::Reply), Some(1)),
            "ICMP CHECK on service [10.0.0.3]:tcp:80 of [10.0.0.1]:tcp:80 failed after 1 retries.",
        ),
        (
            CheckLabel::Ping,
            failed(timeout(Wait::Reply), None),
            "ICMP CHECK on service [10.0.0.3]:tcp:80 failed.",
        ),
        (
            CheckLabel::Bfd("B".into()),
            CheckNews::Passed,
            "BFD check of [B] RS([10.0.0.3]:tcp:80) is UP",
        ),
        (
            CheckLabel::File("F".into()),
            failed(Failure::FileFault("F".into()), None),
            "([10.0.0.3]:tcp:80): tracked file F now FAULT state",
        ),
        (
            CheckLabel::Tcp,
            CheckNews::Postponed(Obstacle::Local {
                call: "bind",
                error: "Address not available".to_owned(),
            }),
            "TCP_CHECK on service [10.0.0.3]:tcp:80 could not be done: bind: Address not available",
        ),
    ];
    for (label, news, line) in rows {
        assert_eq!(check(label, news), line);
    }
}

#[test]
fn scripts_print_the_reference_lines() {
    let script = CheckLabel::Misc("/usr/bin/chk".into());
    let rows = [
        (
            script.clone(),
            CheckNews::Passed,
            "Misc check for [[10.0.0.3]:tcp:80 VS [10.0.0.1]:tcp:80] by [/usr/bin/chk] succeeded.",
        ),
        (
            script.clone(),
            CheckNews::Failed {
                failure: Failure::Exit(1),
                retries: None,
                retry_disabled: true,
            },
            "Misc check for [[10.0.0.3]:tcp:80 VS [10.0.0.1]:tcp:80] by [/usr/bin/chk] failed with retry disabled \
             (exited with status 1).",
        ),
        (
            script.clone(),
            failed(
                Failure::ScriptTimedOut {
                    after: Micros::SECOND,
                    signal: 15,
                },
                Some(1),
            ),
            "Misc check for [[10.0.0.3]:tcp:80 VS [10.0.0.1]:tcp:80] by [/usr/bin/chk] timed out after 1 retry \
             (due to signal 15).",
        ),
        (
            script.clone(),
            attempt(Failure::Exit(1), 1),
            "Misc check for [[10.0.0.3]:tcp:80 VS [10.0.0.1]:tcp:80] by [/usr/bin/chk] failed, will do 3 retries \
             (exited with status 1).",
        ),
        (
            script,
            attempt(Failure::Exit(1), 3),
            "Misc check for [[10.0.0.3]:tcp:80 VS [10.0.0.1]:tcp:80] by [/usr/bin/chk] failed on retry 2/3 \
             (exited with status 1).",
        ),
    ];
    for (label, news, line) in rows {
        assert_eq!(check(label, news), line);
    }
}

#[test]
fn servers_print_the_reference_lines() {
    let line = |news| {
        Event::from(ServerEvent {
            place: place(),
            news,
            cause: Cause::Reload,
        })
        .to_string()
    };
    let (server, vs) = ("[10.0.0.3]:tcp:80", "[10.0.0.1]:tcp:80");
    assert_eq!(
        line(ServerNews::Checking(Activation::Activating)),
        format!("Activating healthchecker for service {server} for VS {vs}")
    );
    assert_eq!(
        line(ServerNews::Up(Presence::Removed)),
        format!("Adding service {server} to VS {vs}")
    );
    assert_eq!(
        line(ServerNews::Up(Presence::Inhibited)),
        format!("Enabling service {server} of VS {vs}")
    );
    assert_eq!(
        line(ServerNews::Down(Presence::Removed)),
        format!("Removing service {server} from VS {vs}")
    );
    assert_eq!(
        line(ServerNews::Down(Presence::Inhibited)),
        format!("Disabling service {server} of VS {vs}")
    );
    assert_eq!(
        line(ServerNews::ShutDown(Presence::Inhibited)),
        format!("Shutting down (inhibited) service {server} from VS {vs}")
    );
    assert_eq!(
        line(ServerNews::Unconfigured),
        format!("service {server} no longer exist")
    );
    let weight = ServerNews::Weight {
        from: ServerWeight::clamp(10),
        to: ServerWeight::clamp(3),
        alive: false,
    };
    assert_eq!(
        line(weight),
        format!("Changing weight from 10 to 3 for inactive service {server} of VS {vs}")
    );
}

#[test]
fn quorums_print_the_reference_lines() {
    let figures = |weight| QuorumFigures {
        configured: Quorum {
            quorum: 2,
            hysteresis: 1,
        },
        weight,
    };
    let line = |news| {
        let virtual_server = place().virtual_server;
        Event::from(VirtualServerEvent {
            virtual_server,
            news,
            cause: Cause::Start,
        })
        .to_string()
    };
    let vs = "[10.0.0.1]:tcp:80";
    assert_eq!(
        line(VirtualServerNews::QuorumGained(figures(3))),
        format!("Gained quorum 2+1=3 <= 3 for VS {vs}")
    );
    assert_eq!(
        line(VirtualServerNews::QuorumLost(figures(0))),
        format!("Lost quorum 2-1=1 > 0 for VS {vs}")
    );
    assert_eq!(
        line(VirtualServerNews::QuorumMissing(figures(1))),
        format!("Starting with quorum down 2-1=3 > 1 for VS {vs}")
    );
    let sorry = place().server;
    assert_eq!(
        line(VirtualServerNews::SorryServerUp(sorry, Presence::Removed)),
        format!("Adding sorry server {sorry} to VS {vs}")
    );
    assert_eq!(
        line(VirtualServerNews::Unconfigured),
        format!("Removing Virtual Server {vs}")
    );
}

#[test]
fn mails_have_the_reference_texts() {
    let place = place();
    let mail = Mail::failed(
        place.clone(),
        Verdict::Down,
        &CheckLabel::Http,
        &Failure::Status(StatusCode(Some(503))),
    );
    assert_eq!(
        mail.subject.to_string(),
        "Realserver [10.0.0.3]:tcp:80 of virtual server [10.0.0.1]:tcp:80 - DOWN"
    );
    assert_eq!(
        mail.body,
        "=> CHECK failed on service : HTTP/SSL request failed <="
    );
    let figures = QuorumFigures {
        configured: Quorum {
            quorum: 2,
            hysteresis: 1,
        },
        weight: 0,
    };
    let lost = Mail::quorum(place.virtual_server.clone(), Verdict::Down, figures, false);
    assert_eq!(lost.subject.to_string(), "Virtualserver [10.0.0.1]:tcp:80 - DOWN");
    assert_eq!(lost.body, "=> Lost quorum 2+1=1 <= 0 <=");
    assert_eq!(
        Mail::quorum(place.virtual_server.clone(), Verdict::Up, figures, true).body,
        "=> Starting with quorum up 2+1=3 <= 0 <="
    );
    let long = CheckLabel::Bfd("b".repeat(200).into());
    assert_eq!(Mail::passed(place, Verdict::Up, &long).body.chars().count(), 79);
}

#[test]
fn notices_print_as_fifo_lines() {
    let place = place();
    let server = Notice::Server {
        place: place.clone(),
        verdict: Verdict::Up,
        script: None,
        reach: Reach::Everyone,
        cause: Cause::Start,
    };
    assert_eq!(server.to_string(), "RS [10.0.0.3]:tcp:80 [10.0.0.1]:tcp:80 UP");
    let virtual_server = Notice::VirtualServer {
        virtual_server: place.virtual_server,
        verdict: Verdict::Down,
        script: None,
        reach: Reach::Everyone,
        cause: Cause::Stop,
    };
    assert_eq!(virtual_server.to_string(), "VS [10.0.0.1]:tcp:80 DOWN");
}
