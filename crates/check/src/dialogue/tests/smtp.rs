use super::{TIMEOUT, at, begin, connection, failed, succeeded};
use crate::dialogue::{Dialogue, Incoming, Step};
use crate::failure::{ConnectFailure, Excerpt, Failure, Wait};
use model::{CheckKind, SmtpCheck};

fn dialogue() -> Dialogue {
    let check = SmtpCheck {
        connection: connection(),
        helo_name: SmtpCheck::HELO_NAME.to_owned(),
    };
    let mut dialogue = begin(&CheckKind::Smtp(Box::new(check)));
    assert_eq!(dialogue.handle(at(0), Incoming::Connected), Step::Wait);
    dialogue
}

/// What the last reply leads to, after the commands that come before it.
fn after(replies: &[&[u8]]) -> Step {
    let mut dialogue = dialogue();
    let mut step = Step::Wait;
    for reply in replies {
        step = dialogue.handle(at(1), Incoming::Received(reply));
        if let Step::Send(_) = step {
            assert_eq!(dialogue.handle(at(1), Incoming::Sent), Step::Wait);
        }
    }
    step
}

fn greeting(line: &str) -> Step {
    failed(Failure::Greeting(Excerpt::of(line.as_bytes())))
}

#[test]
fn says_hello_and_goodbye() {
    let helo = Step::Send(b"HELO smtpchecker.keepalived.org\r\n".to_vec());
    let quit = Step::Send(b"QUIT\r\n".to_vec());
    assert_eq!(after(&[b"220 mail.example ESMTP\r\n"]), helo);
    assert_eq!(after(&[b"220\n"]), helo);
    assert_eq!(after(&[b"220 x\r\n220 y\r\n"]), helo);
    assert_eq!(after(&[b"2", b"20 x", b"\r", b"\n"]), helo);
    assert_eq!(after(&[b"220 x\r\n", b"250 hello\r\n"]), quit);
    assert_eq!(
        after(&[b"220 x\r\n", b"250 hello\r\n", b"221 bye\r\n"]),
        succeeded()
    );
    assert_eq!(
        after(&[b"220 x\r\n", b"250 hello\r\n", b"nonsense\n"]),
        succeeded()
    );
}

#[test]
fn other_replies_are_failures() {
    assert_eq!(after(&[b"554 no\r\n"]), greeting("554 no"));
    assert_eq!(after(&[b"220-x\r\n220 y\r\n"]), greeting("220-x"));
    assert_eq!(after(&[b"220\r\n"]), greeting("220"));
    assert_eq!(after(&[b"\n"]), greeting(""));
    assert_eq!(after(&[b"22\n"]), greeting("22"));
    assert_eq!(
        after(&[b"220 x\r\n", b"502 what\r\n"]),
        failed(Failure::Helo(Excerpt::of(b"502 what")))
    );
}

#[test]
fn each_reply_has_its_own_limit_and_no_more() {
    let mut dialogue = dialogue();
    assert_eq!(dialogue.deadline(), at(5));
    dialogue.handle(at(4), Incoming::Received(b"2"));
    assert_eq!(dialogue.deadline(), at(5), "a byte does not prolong it");
    dialogue.handle(at(4), Incoming::Received(b"20 x\n"));
    assert_eq!(dialogue.deadline(), at(9));
    dialogue.handle(at(6), Incoming::Sent);
    assert_eq!(dialogue.deadline(), at(11));
    let timeout = Failure::TimedOut {
        waiting: Wait::Helo,
        after: TIMEOUT,
    };
    assert_eq!(dialogue.handle(at(11), Incoming::TimedOut), failed(timeout));
}

#[test]
fn errors_name_what_was_going_on() {
    assert_eq!(
        dialogue().handle(at(1), Incoming::Closed),
        failed(Failure::Closed(Wait::Greeting))
    );
    let reset = ConnectFailure::Reset;
    assert_eq!(
        dialogue().handle(at(1), Incoming::Failed(reset)),
        failed(Failure::Receive(reset))
    );
    let mut sending = dialogue();
    sending.handle(at(1), Incoming::Received(b"220 x\n"));
    assert_eq!(
        sending.handle(at(1), Incoming::Failed(reset)),
        failed(Failure::Send(reset))
    );
}

#[test]
fn a_line_that_is_too_long_begins_anew() {
    let mut long = vec![b'x'; 511];
    long.extend(b"220 y\n");
    assert!(matches!(after(&[&long]), Step::Send(_)));
    assert_eq!(after(&[&vec![b'x'; 100_000]]), Step::Wait);
}
