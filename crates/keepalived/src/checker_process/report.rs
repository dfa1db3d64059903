//! What happened, as log lines.

use crate::log;
use check::event::{CheckLabel, CheckNews, Event};
use check::failure::Failure;

/// Logs an event. Behind the words that programs know stands, in brackets, why a check failed.
pub(super) fn log_event(event: &Event) {
    match (event, reason(event)) {
        (Event::Check(check), _) if matches!(check.label, CheckLabel::File(_)) => {
            tracing::info!(target: log::DETAIL, "{event}");
        }
        (Event::Check(check), _) if matches!(check.news, CheckNews::Postponed(_)) => {
            tracing::warn!("{event}");
        }
        (_, Some(failure)) => tracing::info!("{event} ({failure})"),
        (_, None) => tracing::info!("{event}"),
    }
}

/// Why a check failed, where the line does not say it.
fn reason(event: &Event) -> Option<&Failure> {
    let Event::Check(check) = event else { return None };
    let (CheckNews::Failed { failure, .. } | CheckNews::Attempt { failure, .. }) = &check.news else {
        return None;
    };
    let says_it_itself = matches!(
        check.label,
        CheckLabel::Misc(_) | CheckLabel::File(_) | CheckLabel::Bfd(_)
    );
    (!says_it_itself).then_some(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use check::event::{CheckEvent, Place};
    use check::failure::ConnectFailure;
    use model::{Protocol, ServerName, VirtualServerName};

    #[test]
    fn only_lines_without_reason_get_one() {
        let name = ServerName {
            address: "10.0.0.3:80".parse().unwrap(),
            protocol: Some(Protocol::Tcp),
        };
        let event = |label, failure| {
            Event::Check(CheckEvent {
                label,
                place: Place {
                    server: name,
                    virtual_server: VirtualServerName::Address(name),
                },
                news: CheckNews::Failed {
                    failure,
                    retries: None,
                    retry_disabled: true,
                },
            })
        };
        let refused = Failure::Connect(ConnectFailure::Refused);
        assert_eq!(reason(&event(CheckLabel::Tcp, refused.clone())), Some(&refused));
        assert_eq!(
            reason(&event(CheckLabel::Misc("x".into()), Failure::Exit(1))),
            None
        );
    }
}
