//! Which capability is for what.

use crate::handover::Kind;
use caps::Capability::{
    self, CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_IPC_LOCK, CAP_KILL, CAP_NET_ADMIN,
    CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN, CAP_SYS_NICE, CAP_SYS_PTRACE,
    CAP_SYS_RESOURCE,
};
use caps::CapsHashSet;
use model::{Command, Configuration, Notifications, ProcessSettings, ScriptKind};
use nix::unistd::{Uid, geteuid};
use std::fs;
use std::os::unix::fs::MetadataExt;

/// A capability that a configuration asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// Which.
    pub(crate) capability: Capability,
    /// What does not work without it.
    pub(crate) loss: &'static str,
    /// Whether nothing works without it.
    pub(crate) vital: bool,
}

/// What each child keeps whatever it is configured for, because a reload may bring the need for it: the kernel's tables and
/// sockets, ports below 1024, scheduling, limits and locked memory; files, FIFOs and directories of other users.
const OF_CHILDREN: [Capability; 9] = [
    CAP_NET_ADMIN,
    CAP_NET_RAW,
    CAP_NET_BIND_SERVICE,
    CAP_SYS_NICE,
    CAP_SYS_RESOURCE,
    CAP_IPC_LOCK,
    CAP_DAC_OVERRIDE,
    CAP_CHOWN,
    CAP_FOWNER,
];

/// What a child keeps.
pub(super) fn kept(kind: Kind, configuration: &Configuration) -> CapsHashSet {
    let mut kept: CapsHashSet = OF_CHILDREN.into_iter().collect();
    // A reload cannot change it. The namespace of another process is opened like its memory.
    let enters = has_ipvs(kind, configuration) && configuration.globals.identity.net_namespace_ipvs.is_some();
    // Where /proc hides the processes of others (hidepid).
    let looks = kind == Kind::Vrrp && !configuration.vrrp.track_processes.is_empty();
    // The kernel tells of processes in the first network namespace only, which the thread that listens has to enter.
    let goes_out = looks && (configuration.globals.identity.net_namespace.is_some() || !is_first_namespace());
    if enters || goes_out {
        kept.insert(CAP_SYS_ADMIN);
    }
    if enters || looks {
        kept.insert(CAP_SYS_PTRACE);
    }
    kept
}

/// Whether this is the network namespace of process 1.
fn is_first_namespace() -> bool {
    let number = |path| fs::metadata(path).map(|namespace| namespace.ino()).ok();
    number("/proc/self/ns/net") == number("/proc/1/ns/net")
}

/// Whether a child changes the kernel's IPVS: the VRRP process does for the sync daemon that follows an instance.
pub(super) fn has_ipvs(kind: Kind, configuration: &Configuration) -> bool {
    let sync_daemon = configuration.globals.lvs.sync_daemon.as_ref();
    match kind {
        Kind::Checker => true,
        Kind::Vrrp => sync_daemon.is_some_and(|daemon| daemon.instance.is_some()),
        Kind::Bfd => false,
    }
}

/// What the daemon needs for a configuration.
pub(crate) fn of_daemon(configuration: &Configuration) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut add = |capability, loss, vital| {
        needs.push(Need {
            capability,
            loss,
            vital,
        });
    };
    let has_vrrp = !configuration.vrrp.is_empty();
    let globals = &configuration.globals;
    if has_vrrp || configuration.has_virtual_servers {
        let loss = "addresses, routes, firewall entries and IPVS cannot be changed";
        add(CAP_NET_ADMIN, loss, true);
    }
    if has_vrrp {
        add(CAP_NET_RAW, "adverts can neither be sent nor heard", true);
    }
    let processes = [&globals.vrrp_process, &globals.checker_process];
    if processes.iter().any(|process| wants_priority(process)) || globals.max_auto_priority.unwrap_or(0) > 0 {
        add(
            CAP_SYS_NICE,
            "priorities of the processes stay the usual ones, and adverts may be late on a busy machine",
            false,
        );
    }
    if processes.iter().any(|process| process.no_swap) {
        add(CAP_IPC_LOCK, "memory can be swapped out", false);
    }
    if globals.identity.net_namespace.is_some() || globals.identity.net_namespace_ipvs.is_some() {
        add(CAP_SYS_ADMIN, "network namespaces cannot be entered", true);
    }
    if commands(configuration).any(runs_as_another) {
        let loss = "scripts that run as another user cannot be started";
        add(CAP_SETUID, loss, false);
        add(CAP_SETGID, loss, false);
        add(
            CAP_KILL,
            "scripts that run as another user cannot be ended",
            false,
        );
    }
    needs
}

/// Those that this process does not have.
pub(crate) fn missing(configuration: &Configuration, effective: &CapsHashSet) -> Vec<Need> {
    let mut needs = of_daemon(configuration);
    needs.retain(|need| !effective.contains(&need.capability));
    needs
}

const fn wants_priority(process: &ProcessSettings) -> bool {
    let nice = matches!(process.nice, Some(i8::MIN..0));
    nice || process.rt_priority.is_some()
}

fn runs_as_another(command: &Command) -> bool {
    let other = |uid| Uid::from_raw(uid) != geteuid();
    command.credentials.as_ref().is_some_and(|who| other(who.uid))
}

/// The commands that most configurations have: of VRRP.
fn commands(configuration: &Configuration) -> impl Iterator<Item = &Command> {
    let vrrp = &configuration.vrrp;
    let of_scripts = vrrp.scripts.iter().filter_map(|script| match &script.kind {
        ScriptKind::Command(command) => Some(command),
        ScriptKind::OpenTest(_) => None,
    });
    let of_instances = vrrp.instances.iter().map(|instance| &instance.notifications);
    let of_groups = vrrp.sync_groups.iter().map(|group| &group.notifications);
    of_scripts.chain(of_instances.chain(of_groups).flat_map(of_notifications))
}

fn of_notifications(notifications: &Notifications) -> impl Iterator<Item = &Command> {
    [
        &notifications.master,
        &notifications.backup,
        &notifications.fault,
        &notifications.stop,
        &notifications.deleted,
        &notifications.any,
        &notifications.master_rx_lower_pri,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track_process::tests::tracked;
    use caps::Capability::{CAP_SETPCAP, CAP_SYS_MODULE};
    use model::{Credentials, Family, IfName, Instance, LvsSyncDaemon, Vrid};

    fn configuration() -> Configuration {
        let mut configuration = Configuration::default();
        let vrid = Vrid::try_from(51).unwrap();
        let instance = Instance::new("V", Family::Ipv4, vrid);
        configuration.vrrp.instances.push(instance);
        configuration
    }

    fn names(configuration: &Configuration) -> Vec<String> {
        let needs = of_daemon(configuration);
        needs.iter().map(|need| need.capability.to_string()).collect()
    }

    #[test]
    fn each_feature_asks_for_its_capability() {
        assert!(of_daemon(&Configuration::default()).is_empty());
        let mut configuration = configuration();
        let mut expected = vec!["CAP_NET_ADMIN", "CAP_NET_RAW"];
        assert_eq!(names(&configuration), expected);
        configuration.globals.vrrp_process.rt_priority = Some(50);
        configuration.globals.checker_process.no_swap = true;
        configuration.globals.identity.net_namespace = Some("x".to_owned());
        expected.extend(["CAP_SYS_NICE", "CAP_IPC_LOCK", "CAP_SYS_ADMIN"]);
        assert_eq!(names(&configuration), expected);
        configuration.vrrp.instances[0].notifications.master = Some(Command {
            credentials: Some(Credentials {
                uid: geteuid().as_raw() + 1,
                gid: 1,
                supplementary_groups: Vec::new(),
            }),
            ..Command::default()
        });
        expected.extend(["CAP_SETUID", "CAP_SETGID", "CAP_KILL"]);
        assert_eq!(names(&configuration), expected);
    }

    #[test]
    fn what_is_there_is_not_missing() {
        let effective = [CAP_NET_ADMIN].into_iter().collect();
        let missing = missing(&configuration(), &effective);
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].capability, CAP_NET_RAW);
        assert!(missing[0].vital);
    }

    #[test]
    fn nobody_keeps_the_right_to_everything() {
        let mut configuration = configuration();
        for kind in Kind::ALL {
            let kept = kept(kind, &configuration);
            for capability in [
                CAP_SYS_ADMIN,
                CAP_SYS_PTRACE,
                CAP_SYS_MODULE,
                CAP_SETUID,
                CAP_SETPCAP,
            ] {
                assert!(!kept.contains(&capability), "{kind}: {capability}");
            }
        }
        configuration.globals.identity.net_namespace_ipvs = Some(String::new());
        assert!(kept(Kind::Checker, &configuration).contains(&CAP_SYS_ADMIN));
        assert!(!kept(Kind::Vrrp, &configuration).contains(&CAP_SYS_ADMIN));
        configuration.globals.lvs.sync_daemon = Some(LvsSyncDaemon {
            interface: IfName::new("eth1").unwrap(),
            instance: Some("V".to_owned()),
            sync_id: None,
            max_len: None,
            port: None,
            ttl: None,
            group: None,
        });
        assert!(kept(Kind::Vrrp, &configuration).contains(&CAP_SYS_ADMIN));
    }

    #[test]
    fn who_tracks_processes_from_another_namespace_may_leave_it() {
        let mut configuration = configuration();
        configuration.globals.identity.net_namespace = Some("x".to_owned());
        assert!(!kept(Kind::Vrrp, &configuration).contains(&CAP_SYS_ADMIN));
        configuration.vrrp.track_processes.push(tracked("httpd"));
        assert!(kept(Kind::Vrrp, &configuration).contains(&CAP_SYS_ADMIN));
        assert!(!kept(Kind::Checker, &configuration).contains(&CAP_SYS_ADMIN));
    }
}
