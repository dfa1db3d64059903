//! What a status means for probes: whether the daemon lives, and whether it serves.

use super::document::Status;

/// Why the daemon does not live as it should; nothing if it does.
pub(super) fn not_live(status: &Status) -> Option<String> {
    let needed = status.processes.iter().filter(|process| process.needed);
    let mut silent = needed.filter(|process| !process.running || !process.answers);
    silent.next().map(|process| {
        let what = if process.running {
            "does not answer"
        } else {
            "does not run"
        };
        format!("the {} process {what}", process.name)
    })
}

/// Why the daemon cannot do all that is configured; nothing if it can.
pub(super) fn not_ready(status: &Status) -> Option<String> {
    if let Some(reason) = not_live(status) {
        return Some(reason);
    }
    if let Some(process) = status
        .processes
        .iter()
        .find(|process| process.needed && !process.up_to_date)
    {
        return Some(format!(
            "the {} process has not taken the configuration over",
            process.name
        ));
    }
    if status.daemon.maintenance_since_us.is_some() {
        return Some("maintenance".to_owned());
    }
    let mut instances = status.vrrp.iter().flat_map(|vrrp| &vrrp.instances);
    if let Some(instance) = instances.find(|instance| !matches!(instance.state.as_str(), "MASTER" | "BACKUP"))
    {
        let cause = instance.faults.first().cloned().unwrap_or_default();
        return Some(format!("{} is in {} {cause}", instance.name, instance.state));
    }
    let mut servers = status.lvs.iter().flat_map(|lvs| &lvs.virtual_servers);
    servers
        .find(|server| !server.quorum_up && !server.suspended)
        .map(|server| format!("{} has no quorum", server.name))
}

#[cfg(test)]
mod tests {
    use super::super::testing::status;
    use super::*;

    #[test]
    fn a_daemon_without_faults_is_live_and_ready() {
        assert_eq!(not_live(&status()), None);
        assert_eq!(not_ready(&status()), None);
    }

    #[test]
    fn a_process_that_does_not_answer_is_not_live() {
        let mut silent = status();
        silent.processes[0].answers = false;
        assert_eq!(not_live(&silent).unwrap(), "the vrrp process does not answer");
        assert!(not_ready(&silent).is_some());
    }

    #[test]
    fn whatever_does_not_serve_is_not_ready() {
        let mut fault = status();
        fault.vrrp.as_mut().unwrap().instances[0].state = "FAULT".to_owned();
        fault.vrrp.as_mut().unwrap().instances[0].faults = vec!["interface eth0 down".to_owned()];
        assert_eq!(not_ready(&fault).unwrap(), "VI_1 is in FAULT interface eth0 down");
        let mut quorum = status();
        quorum.lvs.as_mut().unwrap().virtual_servers[0].quorum_up = false;
        assert_eq!(not_ready(&quorum).unwrap(), "[192.0.2.10]:tcp:80 has no quorum");
        let mut maintenance = status();
        maintenance.daemon.maintenance_since_us = Some(1);
        assert_eq!(not_ready(&maintenance).unwrap(), "maintenance");
        assert_eq!(not_live(&maintenance), None);
        let mut reload = status();
        reload.processes[0].up_to_date = false;
        assert!(not_ready(&reload).is_some());
    }
}
