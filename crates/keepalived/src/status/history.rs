//! `keepalived history`.

use super::document::{InstanceStatus, Status, TransitionStatus};
use super::{show, table};
use crate::cli::History;
use crate::control::Detail;
use crate::exit::Exit;
use crate::say;
use serde::Serialize;
use std::io::{self, Write};

/// A transition in the JSON of the history.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    instance: &'a str,
    #[serde(flatten)]
    transition: &'a TransitionStatus,
}

/// Prints the transitions of one instance or of all, oldest first.
pub(crate) fn run(arguments: &History) -> Exit {
    let status = match show::fetch(arguments.pid.as_deref(), Detail::Past) {
        Ok((status, _)) => status,
        Err(error) => {
            say(&format!("keepalived history: {error}"));
            return Exit::Fatal;
        }
    };
    match entries(&status, arguments.instance.as_deref()) {
        Ok(entries) => {
            let text = if arguments.json {
                json(&entries)
            } else {
                lines(&entries)
            };
            // Whoever does not read it any more has what it wanted.
            let _ = io::stdout().write_all(text.as_bytes());
            Exit::Normal
        }
        Err(reason) => {
            say(&format!("keepalived history: {reason}"));
            Exit::Fatal
        }
    }
}

fn entries<'a>(status: &'a Status, instance: Option<&str>) -> Result<Vec<Entry<'a>>, String> {
    let Some(vrrp) = &status.vrrp else {
        return Err("there is no VRRP process, or it does not answer".to_owned());
    };
    let is_wanted = |one: &&InstanceStatus| instance.is_none_or(|name| one.name == name);
    let mut found = vrrp.instances.iter().filter(is_wanted).peekable();
    if let (None, Some(name)) = (found.peek(), instance) {
        let known: Vec<_> = vrrp.instances.iter().map(|one| one.name.as_str()).collect();
        return Err(format!(
            "there is no instance {name}; there are: {}",
            known.join(", ")
        ));
    }
    let mut entries: Vec<_> = found
        .flat_map(|one| {
            let transitions = one.transitions.iter().flatten();
            transitions.map(|transition| Entry {
                instance: &one.name,
                transition,
            })
        })
        .collect();
    entries.sort_by_key(|entry| entry.transition.at_us);
    Ok(entries)
}

fn json(entries: &[Entry<'_>]) -> String {
    let mut text = serde_json::to_string(entries).expect("strings and numbers only");
    text.push('\n');
    text
}

fn lines(entries: &[Entry<'_>]) -> String {
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            let TransitionStatus {
                at_us,
                from,
                to,
                cause,
            } = entry.transition;
            [
                table::moment(*at_us),
                entry.instance.to_owned(),
                from.clone(),
                to.clone(),
                cause.clone(),
            ]
        })
        .collect();
    table::columns(["TIME", "INSTANCE", "FROM", "TO", "CAUSE"], &rows)
}

#[cfg(test)]
mod tests {
    use super::super::testing::status;
    use super::*;

    fn with_history() -> Status {
        let mut status = status();
        let instances = &mut status.vrrp.as_mut().unwrap().instances;
        instances.push(InstanceStatus {
            name: "VI_2".to_owned(),
            ..InstanceStatus::default()
        });
        for (place, at_us, cause) in [(0, 3, "third"), (1, 2, "second"), (0, 1, "first")] {
            let transition = TransitionStatus {
                at_us,
                from: "BACKUP".to_owned(),
                to: "MASTER".to_owned(),
                cause: cause.to_owned(),
            };
            let transitions = &mut instances[place].transitions;
            transitions.get_or_insert_default().insert(0, transition);
        }
        status
    }

    #[test]
    fn the_transitions_of_all_instances_are_in_order() {
        let status = with_history();
        let causes = |instance| {
            let entries = entries(&status, instance).unwrap();
            entries
                .iter()
                .map(|entry| entry.transition.cause.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(causes(None), ["first", "second", "third"]);
        assert_eq!(causes(Some("VI_2")), ["second"]);
        let error = entries(&status, Some("VI_3")).unwrap_err();
        assert_eq!(error, "there is no instance VI_3; there are: VI_1, VI_2");
    }

    #[test]
    fn programs_get_a_list() {
        let status = with_history();
        let value: serde_json::Value =
            serde_json::from_str(&json(&entries(&status, Some("VI_2")).unwrap())).unwrap();
        assert_eq!(value[0]["instance"], "VI_2");
        assert_eq!(value[0]["at_us"], 2);
        assert_eq!(value[0]["cause"], "second");
    }
}
