use super::*;
use crate::notify::testing::{group, instance};

fn command(name: &str, arguments: &[&str]) -> Command {
    Command {
        argv: std::iter::once(name)
            .chain(arguments.iter().copied())
            .map(str::to_owned)
            .collect(),
        ..Command::default()
    }
}

fn with_scripts(mut notification: Notification) -> Notification {
    notification.settings = Arc::new(model::Notifications {
        master: Some(command("master", &["x"])),
        backup: Some(command("backup", &[])),
        fault: Some(command("fault", &[])),
        stop: Some(command("stop", &[])),
        deleted: Some(command("deleted", &[])),
        master_rx_lower_pri: Some(command("rx", &["y"])),
        any: Some(command("any", &["a", "b c"])),
        ..model::Notifications::default()
    });
    notification
}

fn said(notification: &Notification) -> Vec<Vec<String>> {
    scripts(notification)
        .map(|program| program.words().to_vec())
        .collect()
}

#[test]
fn the_specific_script_comes_before_the_generic_one() {
    use NotifiedState::{Backup, Deleted, Fault, Master, Stop};
    for (state, name) in [
        (Master, "MASTER"),
        (Backup, "BACKUP"),
        (Fault, "FAULT"),
        (Stop, "STOP"),
        (Deleted, "DELETED"),
    ] {
        let notification = with_scripts(instance("V 1", Notice::Entered(state), 110));
        let mut specific = vec![name.to_lowercase()];
        if state == Master {
            specific.push("x".to_owned());
        }
        let generic = ["any", "a", "b c", "INSTANCE", "V 1", name, "110"].map(str::to_owned);
        assert_eq!(said(&notification), [specific, generic.to_vec()]);
    }
    let notification = with_scripts(group("G", Notice::Entered(Master)));
    assert_eq!(said(&notification)[1][3..], ["GROUP", "G", "MASTER", "0"]);
    let notification = with_scripts(instance("V", Notice::MasterReceivedLowerPriority, 1));
    assert_eq!(said(&notification), [["rx", "y"]]);
    for notice in [
        Notice::Kept(Backup),
        Notice::MasterPriorityChanged,
        Notice::BackupPriorityChanged,
    ] {
        assert!(said(&with_scripts(instance("V", notice, 1))).is_empty());
    }
}

#[test]
fn lines_of_fifos() {
    use NotifiedState::{Backup, Deleted, Fault, Master, Stop};
    for (notification, wanted) in [
        (
            instance("VI_1", Notice::Entered(Master), 110),
            "INSTANCE \"VI_1\" MASTER 110\n",
        ),
        (
            instance("VI_1", Notice::Entered(Deleted), 1),
            "INSTANCE \"VI_1\" DELETED 1\n",
        ),
        (
            instance("VI_1", Notice::Kept(Backup), 7),
            "INSTANCE \"VI_1\" BACKUP 7\n",
        ),
        (
            instance("VI_1", Notice::MasterReceivedLowerPriority, 255),
            "INSTANCE \"VI_1\" MASTER_RX_LOWER_PRI 255\n",
        ),
        (
            instance("VI_1", Notice::MasterPriorityChanged, 90),
            "INSTANCE \"VI_1\" MASTER_PRIORITY 90\n",
        ),
        (
            instance("VI_1", Notice::BackupPriorityChanged, 90),
            "INSTANCE \"VI_1\" BACKUP_PRIORITY 90\n",
        ),
        (group("G", Notice::Entered(Fault)), "GROUP \"G\" FAULT 0\n"),
        (group("G", Notice::Entered(Stop)), "GROUP \"G\" STOP 0\n"),
    ] {
        assert_eq!(line(&notification), wanted);
    }
}

#[test]
fn lines_are_what_the_reader_of_vyos_takes() {
    // `^\w+ "[\w-]+" \w+ \d+$`
    let line = line(&instance(
        "eth0-v4_10",
        Notice::Entered(NotifiedState::Master),
        200,
    ));
    let words: Vec<&str> = line.strip_suffix('\n').unwrap().split(' ').collect();
    let [kind, name, state, priority] = words[..] else {
        panic!("{line}")
    };
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    assert!(is_word(kind) && is_word(state));
    let name = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
        .unwrap();
    assert!(
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    );
    assert!(priority.parse::<u8>().is_ok());
}

#[test]
fn subjects_and_bodies_of_mails() {
    use NotifiedState::{Backup, Deleted, Fault, Master, Stop};
    let instance = Who::of(&instance("I", Notice::Entered(Master), 1));
    let group = Who::of(&group("G", Notice::Entered(Master)));
    let no_longer = "=> VRRP Instance is no longer owning VRRP VIPs <=";
    for (who, state, subject, body) in [
        (
            &instance,
            Master,
            "VRRP Instance I - Entering MASTER state",
            "=> VRRP Instance is now owning VRRP VIPs <=",
        ),
        (
            &instance,
            Backup,
            "VRRP Instance I - Entering BACKUP state",
            no_longer,
        ),
        (
            &instance,
            Fault,
            "VRRP Instance I - Entering FAULT state",
            no_longer,
        ),
        (
            &instance,
            Stop,
            "VRRP Instance I - Stopping",
            "=> VRRP Instance stopping <=",
        ),
        (
            &instance,
            Deleted,
            "VRRP Instance I - Deleted",
            "=> VRRP Deleted at reload <=",
        ),
        (
            &group,
            Backup,
            "VRRP Group G - Entering BACKUP state",
            "=> All VRRP group instances are now in BACKUP state <=",
        ),
        (
            &group,
            Stop,
            "VRRP Group G - Stopping",
            "=> All VRRP group instances are now stopping <=",
        ),
    ] {
        let alert = alert(who, state);
        assert_eq!((alert.subject.as_str(), alert.body.as_str()), (subject, body));
    }
}
