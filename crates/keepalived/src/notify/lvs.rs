//! What the events of virtual and real servers mean for scripts, FIFOs and mail (`spec/ipvs.md` section 6).

use super::queue::{Limit, Waiting};
use crate::mail::Alert;
use crate::scripts::Program;
use check::event::{Cause, Mail, Notice, Reach};

/// The script to start, if there is one. A stop does not wait for long for it.
pub(super) fn script(notice: &Notice) -> Option<Waiting> {
    let (Notice::Server {
        script, reach, cause, ..
    }
    | Notice::VirtualServer {
        script, reach, cause, ..
    }) = notice;
    let command = script.as_ref().filter(|_| *reach == Reach::Everyone)?;
    Some(Waiting {
        program: Program::new(command, []),
        ordered: None,
        limit: if *cause == Cause::Stop {
            Limit::Stop
        } else {
            Limit::None
        },
    })
}

/// The line for FIFOs, with its end.
///
/// compat: a NUL follows the line feed.
pub(super) fn line(notice: &Notice) -> Option<String> {
    let (Notice::Server { reach, .. } | Notice::VirtualServer { reach, .. }) = notice;
    (*reach == Reach::Everyone).then(|| format!("{notice}\n\0"))
}

/// The mail, without the name of the router before its subject.
pub(super) fn alert(mail: &Mail) -> Alert {
    Alert {
        subject: mail.subject.to_string(),
        body: mail.body.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use check::Verdict;
    use check::event::Place;
    use model::{Protocol, ServerName, VirtualServerName};

    fn name(address: &str) -> ServerName {
        ServerName {
            address: address.parse().unwrap(),
            protocol: Some(Protocol::Tcp),
        }
    }

    fn notice(reach: Reach, cause: Cause) -> Notice {
        Notice::Server {
            place: Place {
                server: name("10.0.0.3:80"),
                virtual_server: VirtualServerName::Address(name("10.0.0.1:80")),
            },
            verdict: Verdict::Down,
            script: Some(Box::new(model::Command {
                argv: vec!["/etc/down.sh".to_owned()],
                ..model::Command::default()
            })),
            reach,
            cause,
        }
    }

    #[test]
    fn a_line_ends_with_a_nul() {
        assert_eq!(
            line(&notice(Reach::Everyone, Cause::Start)).as_deref(),
            Some("RS [10.0.0.3]:tcp:80 [10.0.0.1]:tcp:80 DOWN\n\0")
        );
    }

    #[test]
    fn a_stop_without_omega_is_for_traps_alone() {
        let notice = notice(Reach::TrapOnly, Cause::Stop);
        assert_eq!((line(&notice), script(&notice)), (None, None));
    }

    #[test]
    fn scripts_of_a_stop_are_limited() {
        let limit = |cause| script(&notice(Reach::Everyone, cause)).map(|waiting| waiting.limit);
        assert_eq!(limit(Cause::Reload), Some(Limit::None));
        assert_eq!(limit(Cause::Stop), Some(Limit::Stop));
    }
}
