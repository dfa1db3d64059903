//! The IPVS sync daemon that follows an instance (`lvs_sync_daemon INTERFACE inst NAME`, `spec/ipvs.md` section 3).
//!
//! While the instance is master, the kernel sends its connections to the others; otherwise it receives those of the master. It
//! is told with the notifications, so after the addresses are there. The kernel may take its time to end a daemon, so a
//! thread of its own asks it. Only the last wish counts: roles that have been passed through meanwhile are left out.

use crate::ipvs_table;
use kernel::ipvs::{Backend, SyncDaemon, SyncRole};
use model::{Configuration, Vrid};
use nix::errno::Errno;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;
use std::time::Duration;
use vrrp::{Notice, Notification, NotifiedState, Router, State, Subject};

/// How long the end of the process waits for the end of the daemon.
const PATIENCE: Duration = Duration::from_secs(1);

/// A daemon in a role; nothing is none.
type Wish = Option<(SyncRole, SyncDaemon)>;

/// What a configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Following {
    instance: String,
    daemon: SyncDaemon,
    /// `net_namespace_ipvs`.
    namespace: Option<String>,
}

impl Following {
    /// What the configuration says, if it has such a daemon.
    pub(super) fn of(configuration: &Configuration) -> Option<Self> {
        let configured = configuration.globals.lvs.sync_daemon.as_ref()?;
        let instance = configured.instance.as_ref()?;
        let mut instances = configuration.vrrp.instances.iter();
        let followed = instances.find(|candidate| candidate.name == *instance)?;
        Some(Self {
            instance: instance.clone(),
            daemon: SyncDaemon::of(configured, Vrid::value(followed.vrid)),
            namespace: configuration.globals.identity.net_namespace_ipvs.clone(),
        })
    }

    /// Opens the kernel's IPVS, and loads its module if need be.
    pub(super) fn open(&self) -> Result<Box<dyn Backend>, String> {
        ipvs_table::open(self.namespace.as_deref())
    }
}

/// The handle of the thread, which is started with the first wish.
#[derive(Debug, Default)]
pub(super) struct SyncFollower {
    following: Option<Following>,
    role: Option<SyncRole>,
    thread: Option<Thread>,
}

#[derive(Debug)]
struct Thread {
    wishes: Sender<Wish>,
    /// Closed when the thread has ended.
    alive: Receiver<()>,
}

impl SyncFollower {
    /// Follows the instance of a configuration that is in force now.
    pub(super) fn configure(&mut self, following: Option<Following>, router: &Router) {
        if following == self.following {
            return;
        }
        let state = following.as_ref().and_then(|following| {
            let mut instances = router.instances();
            let instance = instances.find(|instance| **instance.name() == *following.instance)?;
            Some(instance.state())
        });
        self.role = match state {
            Some(State::Master) => Some(SyncRole::Master),
            Some(State::Backup | State::Fault) => Some(SyncRole::Backup),
            Some(State::Init) | None => None,
        };
        self.following = following;
        self.ask();
    }

    /// Goes by what is notified of the instance.
    pub(super) fn hear(&mut self, notification: &Notification) {
        let is_followed = |following: &Following| *notification.name == *following.instance;
        let Notice::Entered(state) = notification.notice else {
            return;
        };
        if !matches!(notification.subject, Subject::Instance(_))
            || !self.following.as_ref().is_some_and(is_followed)
        {
            return;
        }
        let role = match state {
            NotifiedState::Master => Some(SyncRole::Master),
            NotifiedState::Backup | NotifiedState::Fault => Some(SyncRole::Backup),
            NotifiedState::Stop | NotifiedState::Deleted => None,
        };
        if role != self.role {
            self.role = role;
            self.ask();
        }
    }

    fn ask(&mut self) {
        let wish = self.role.zip(self.following.as_ref());
        let wish = wish.map(|(role, following)| (role, following.daemon.clone()));
        if self.thread.is_none()
            && let Some(following) = &self.following
        {
            match Thread::start(following.clone()) {
                Ok(thread) => self.thread = Some(thread),
                Err(error) => tracing::error!("thread for the IPVS sync daemon: {error}"),
            }
        }
        if let Some(thread) = &self.thread {
            // Where the thread is gone, its panic has been logged.
            let _ = thread.wishes.send(wish);
        }
    }

    /// Ends the daemon. Nothing is followed any more.
    pub(super) fn stop(&mut self) {
        (self.following, self.role) = (None, None);
        self.ask();
    }

    /// Waits for what was asked for, for a while.
    pub(super) fn finish(self) {
        if let Some(Thread { wishes, alive }) = self.thread {
            drop(wishes);
            if alive.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                tracing::warn!(
                    "IPVS: the kernel has not ended the sync daemon within a second; it is left to it"
                );
            }
        }
    }
}

impl Thread {
    fn start(following: Following) -> io::Result<Self> {
        let (wishes, inbox) = channel::<Wish>();
        let (life, alive) = channel();
        Builder::new().name("sync daemon".to_owned()).spawn(move || {
            let _life: Sender<()> = life;
            let mut switch = Switch::default();
            while let Ok(wish) = inbox.recv() {
                let wish = inbox.try_iter().last().unwrap_or(wish);
                if wish.is_some() && switch.backend.is_none() {
                    match following.open() {
                        Ok(backend) => switch.backend = Some(backend),
                        Err(error) => tracing::error!("lvs_sync_daemon: {error}"),
                    }
                }
                switch.turn(wish);
            }
        })?;
        Ok(Self { wishes, alive })
    }
}

/// The kernel's daemons, of which one is ours.
#[derive(Default)]
struct Switch {
    /// Nothing where it could not be opened; it is tried again with the next wish.
    backend: Option<Box<dyn Backend>>,
    running: Wish,
}

impl Switch {
    fn turn(&mut self, wish: Wish) {
        if wish == self.running {
            return;
        }
        let Some(backend) = &mut self.backend else { return };
        if let Some((role, daemon)) = self.running.take()
            && let Err(error) = backend.stop_sync_daemon(role, &daemon)
        {
            tracing::warn!("IPVS: stopping the {role} sync daemon: {error}");
        }
        let Some((role, daemon)) = wish else { return };
        for role in SyncRole::BOTH {
            // One of a killed predecessor, or of others, is in the way.
            let _ = backend.stop_sync_daemon(role, &daemon);
        }
        match backend.start_sync_daemon(role, &daemon) {
            Ok(()) => {
                tracing::info!(
                    "IPVS: {role} sync daemon started on {}, id {}",
                    daemon.interface,
                    daemon.sync_id
                );
                self.running = Some((role, daemon));
            }
            Err(error) => tracing::error!("IPVS: starting the {role} sync daemon: {}", explained(&error)),
        }
    }
}

/// The error with a way out, where there is one.
fn explained(error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENODEV) => format!("{error}; does the interface of `lvs_sync_daemon` exist?"),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::ipvs::Fake;
    use model::{Family, IfName, Instance, LvsSyncDaemon};

    fn configuration(sync_id: Option<u8>) -> Configuration {
        let mut configuration = Configuration::default();
        let vrid = Vrid::try_from(51).unwrap();
        configuration.vrrp.instances = vec![Instance::new("V", Family::Ipv4, vrid)];
        configuration.globals.lvs.sync_daemon = Some(LvsSyncDaemon {
            interface: IfName::new("eth1").unwrap(),
            instance: Some("V".to_owned()),
            sync_id,
            max_len: None,
            port: None,
            ttl: None,
            group: None,
        });
        configuration
    }

    #[test]
    fn the_identifier_is_that_of_the_virtual_router() {
        let id = |sync_id| Following::of(&configuration(sync_id)).unwrap().daemon.sync_id;
        assert_eq!([id(None), id(Some(0)), id(Some(7))], [51, 0, 7]);
        let mut both = configuration(None);
        both.globals.lvs.sync_daemon.as_mut().unwrap().instance = None;
        assert_eq!(Following::of(&both), None, "that one is the checkers'");
    }

    #[test]
    fn one_role_runs_at_a_time_and_a_predecessors_goes() {
        let daemon = Following::of(&configuration(None)).unwrap().daemon;
        let mut fake = Fake::default();
        for role in SyncRole::BOTH {
            fake.start_sync_daemon(role, &daemon).unwrap();
        }
        let mut switch = Switch {
            backend: Some(Box::new(fake)),
            running: None,
        };
        let mut running = |wish: Wish| {
            switch.turn(wish);
            let running = switch.backend.as_mut().unwrap().sync_daemons().unwrap();
            running.into_iter().map(|(role, _)| role).collect::<Vec<_>>()
        };
        let as_role = |role| Some((role, daemon.clone()));
        assert_eq!(running(as_role(SyncRole::Backup)), [SyncRole::Backup]);
        assert_eq!(running(as_role(SyncRole::Backup)), [SyncRole::Backup]);
        assert_eq!(running(as_role(SyncRole::Master)), [SyncRole::Master]);
        assert_eq!(running(None), []);
    }
}
