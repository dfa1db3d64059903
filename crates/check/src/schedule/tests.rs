use super::*;
use crate::failure::{ConnectFailure, StatusCode};
use model::{Command, Connection, HttpCheck, HttpProtocol, MiscCheck, SmtpCheck, TcpCheck, Url};

const DELAY: Micros = Micros::from_secs(10);
const SOON: Micros = Micros::from_secs(2);

fn connection() -> Connection {
    Connection::to("10.0.0.3:80".parse().unwrap())
}

fn checker(kind: CheckKind, retry: u32) -> Checker {
    let mut checker = Checker::new(kind, DELAY);
    checker.schedule.retry = retry;
    checker.schedule.delay_before_retry = SOON;
    checker
}

fn tcp(retry: u32) -> Checker {
    checker(
        CheckKind::Tcp(Box::new(TcpCheck {
            connection: connection(),
        })),
        retry,
    )
}

fn http(paths: &[&str], retry: u32, fast_recovery: bool) -> Checker {
    let check = HttpCheck {
        connection: connection(),
        protocol: HttpProtocol::default(),
        virtual_host: None,
        host_fallback: None,
        fast_recovery,
        tls: None,
        urls: paths.iter().map(|path| Url::new(path)).collect(),
    };
    checker(CheckKind::Http(Box::new(check)), retry)
}

fn failure() -> Failure {
    Failure::Status(StatusCode(Some(503)))
}

/// One run: its result, and what is expected of it: the next delay, the verdict, and the URL of the next run.
type Row = (bool, Micros, Option<Verdict>, usize);

fn play(checker: &Checker, mut state: CheckState, rows: &[Row]) {
    for (number, (passed, next, verdict, url)) in rows.iter().enumerate() {
        let outcome = if *passed {
            Outcome::Succeeded
        } else {
            Outcome::Failed(failure())
        };
        let judgement = state.judge(checker, outcome, ServerWeight::ONE);
        if let Some(verdict) = judgement.verdict {
            state.up = verdict.is_up();
        }
        assert_eq!(
            (judgement.next, judgement.verdict, state.http.url),
            (*next, *verdict, *url),
            "row {number}"
        );
    }
}

const UP: Option<Verdict> = Some(Verdict::Up);
const DOWN: Option<Verdict> = Some(Verdict::Down);

#[test]
fn the_first_failure_counts_at_once_and_later_ones_are_retried() {
    let rows = [
        (false, DELAY, DOWN, 0),
        (false, DELAY, DOWN, 0),
        (true, DELAY, UP, 0),
        (false, SOON, None, 0),
        (false, SOON, None, 0),
        (true, DELAY, UP, 0),
        (false, SOON, None, 0),
        (false, SOON, None, 0),
        (false, DELAY, DOWN, 0),
        (true, DELAY, UP, 0),
    ];
    play(&tcp(2), CheckState::new(true), &rows);
    let alpha = [
        (false, DELAY, DOWN, 0),
        (true, DELAY, UP, 0),
        (false, SOON, None, 0),
    ];
    play(&tcp(1), CheckState::new(false), &alpha);
}

#[test]
fn smtp_is_retried_in_every_cycle() {
    let kind = SmtpCheck {
        connection: connection(),
        helo_name: String::new(),
    };
    let smtp = checker(CheckKind::Smtp(Box::new(kind)), 1);
    let rows = [
        (false, SOON, None, 0),
        (false, DELAY, DOWN, 0),
        (false, SOON, None, 0),
        (false, DELAY, DOWN, 0),
        (false, SOON, None, 0),
        (true, DELAY, UP, 0),
    ];
    play(&smtp, CheckState::new(true), &rows);
}

#[test]
fn a_single_url_recovers_with_the_second_success() {
    let rows = [
        (true, DELAY, UP, 0),
        (false, SOON, None, 0),
        (false, DELAY, DOWN, 0),
        (false, DELAY, None, 0),
        (true, DELAY, None, 0),
        (true, DELAY, UP, 0),
    ];
    play(&http(&["/"], 1, false), CheckState::new(true), &rows);
}

#[test]
fn all_urls_have_to_pass_after_the_one_that_failed() {
    let rows = [
        (true, DELAY, None, 1),
        (true, DELAY, UP, 0),
        (true, DELAY, None, 1),
        (false, SOON, None, 1),
        (false, DELAY, DOWN, 1), // only the second from now on
        (false, DELAY, None, 1),
        (true, DELAY, None, 0), // all anew
        (true, DELAY, None, 1),
        (false, SOON, None, 1), // fails again during recovery: soon again
        (true, DELAY, UP, 0),
    ];
    play(&http(&["/a", "/b"], 1, false), CheckState::new(true), &rows);
}

#[test]
fn fast_recovery_does_not_wait_between_urls() {
    let rows = [
        (true, Micros::ZERO, None, 1),
        (true, DELAY, UP, 0),
        (false, DELAY, DOWN, 0),
        (true, Micros::ZERO, None, 0),
        (false, SOON, None, 0), // a failure is never asked again without a delay
        (true, Micros::ZERO, None, 1),
        (true, DELAY, UP, 0),
        (true, DELAY, None, 1),
    ];
    play(&http(&["/a", "/b"], 0, true), CheckState::new(true), &rows);
}

#[test]
fn a_slow_retry_delay_counts_for_a_url_that_is_down() {
    let mut slow = http(&["/"], 0, false);
    slow.schedule.delay_before_retry = Micros::from_secs(30);
    let rows = [
        (false, Micros::from_secs(30), DOWN, 0),
        (false, Micros::from_secs(30), None, 0),
    ];
    play(&slow, CheckState::new(true), &rows);
}

#[test]
fn logs_tell_what_is_worth_telling() {
    let mut verbose = tcp(2);
    verbose.log_all_failures = true;
    let mut state = CheckState::new(true);
    let mut report = |passed| {
        let refused = Failure::Connect(ConnectFailure::Refused);
        let outcome = if passed {
            Outcome::Succeeded
        } else {
            Outcome::Failed(refused)
        };
        let judgement = state.judge(&verbose, outcome, ServerWeight::ONE);
        state.up = judgement.verdict.map_or(state.up, Verdict::is_up);
        judgement.report
    };
    let refused = Failure::Connect(ConnectFailure::Refused);
    assert_eq!(
        report(false),
        Report::Failed {
            failure: refused.clone(),
            retries: None
        }
    );
    assert_eq!(report(false), Report::Nothing);
    assert_eq!(report(true), Report::Success);
    assert_eq!(report(true), Report::Nothing);
    assert_eq!(
        report(false),
        Report::Attempt {
            failure: refused.clone(),
            attempt: 1
        }
    );
    assert_eq!(
        report(false),
        Report::Attempt {
            failure: refused.clone(),
            attempt: 2
        }
    );
    assert_eq!(
        report(false),
        Report::Failed {
            failure: refused,
            retries: Some(2)
        }
    );
}

#[test]
fn exit_statuses_are_failures_unless_they_are_weights() {
    let misc = |dynamic| {
        let script = Command {
            argv: vec!["/chk".to_owned()],
            ..Command::default()
        };
        checker(
            CheckKind::Misc(Box::new(MiscCheck {
                script,
                timeout: DELAY,
                dynamic,
            })),
            0,
        )
    };
    let ten = ServerWeight::clamp(10);
    let verdict = |dynamic, status| {
        let mut state = CheckState::new(true);
        let judgement = state.judge(&misc(dynamic), Outcome::Exited(status), ten);
        (judgement.verdict, state.contribution)
    };
    assert_eq!(verdict(false, 0), (UP, 0));
    assert_eq!(verdict(false, 2), (DOWN, 0));
    assert_eq!(verdict(true, 0), (UP, 0));
    assert_eq!(verdict(true, 1), (DOWN, 0));
    assert_eq!(verdict(true, 2), (UP, -10));
    assert_eq!(verdict(true, 255), (UP, 243));
}
