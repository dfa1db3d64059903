//! What happens outside when VRRP or a server changes: notify scripts, FIFO lines, mails; and the runs of the scripts that
//! track and check.
//!
//! [`Notify`] is the handle that the loop of the VRRP or the checker process holds. It hands over what the core says, and
//! nothing of that waits for anything; a thread of its own does the work ([`service`]):
//!
//! ```text
//! core ─► outbox ─► Notify ──channel──► service ─┬─► launcher process: scripts     (crate::scripts)
//!                      ▲                         ├─► FIFOs, never blocking          (fifo)
//!                      └──────── findings ───────┴─► thread of the mails            (crate::mail)
//! ```
//!
//! A notification becomes, in this order, its specific script, the generic script, a line for each FIFO, a mail
//! (`spec/runtime.md` section 7.4). Lines are written at once and in the order of the events. Scripts start in that order
//! and run beside each other, as they always have; `notify_ordered` has those of an instance wait for each other.
//!
//! A thousand instances that fail over at once are a thousand scripts and as many mails. They wait in a [`queue`]: until the
//! kernel has the addresses of all, for two seconds at most; scripts then for each other, a bounded number at a time. None is
//! lost. Even waking the thread for each of them would cost the addresses time, so it sleeps until then unless there is a FIFO.

mod event;
mod fifo;
mod lvs;
mod queue;
mod service;
#[cfg(test)]
mod testing;

use crate::findings::{Finding, Guard};
use crate::handover::Kind;
use crate::mail::MailSettings;
use crate::runtime::inbox::{Inbox, Poster};
use crate::scripts::{Origin, Program, ScriptSignal};
use fifo::FifoPlan;
use model::{
    CheckKind, Checker, Configuration, Globals, LvsConfiguration, Notifications, ScriptKind, Time,
    VirtualServer, VrrpConfiguration,
};
use service::{Order, Service};
use std::io;
use std::os::fd::OwnedFd;
use std::thread::Builder;
use vrrp::{Notification, ScriptCommand};

/// Who starts the reader of the FIFO for all events, which one process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedReader {
    /// This process.
    Ours,
    /// The checker process.
    Checkers,
}

/// What a configuration says about notification.
#[derive(Clone, Debug)]
pub struct NotifySettings {
    fifos: Vec<FifoPlan>,
    mail: MailSettings,
    /// `fifo_write_vrrp_states_on_reload`.
    writes_kept_states: bool,
    /// Some script will be run.
    has_scripts: bool,
    /// Whose FIFOs they are, in the log.
    whose: &'static str,
}

impl NotifySettings {
    /// What the configuration says.
    #[must_use]
    pub fn new(globals: &Globals, vrrp: &VrrpConfiguration, shared: SharedReader) -> Self {
        let fifos = FifoPlan::of_vrrp(&globals.fifos, shared);
        let has_scripts = vrrp.instances.iter().any(|i| has_script(&i.notifications))
            || vrrp.sync_groups.iter().any(|g| has_script(&g.notifications))
            || vrrp
                .scripts
                .iter()
                .any(|script| matches!(script.kind, ScriptKind::Command(_)))
            || fifos.iter().any(FifoPlan::has_reader);
        Self {
            fifos,
            mail: MailSettings::new(globals),
            writes_kept_states: globals.fifos.vrrp_states_on_reload,
            has_scripts,
            whose: "vrrp",
        }
    }

    /// What the configuration says to the checker process.
    #[must_use]
    pub fn of_checkers(globals: &Globals, lvs: &LvsConfiguration) -> Self {
        let fifos = FifoPlan::of_lvs(&globals.fifos);
        let has_scripts =
            lvs.virtual_servers.iter().any(runs_scripts) || fifos.iter().any(FifoPlan::has_reader);
        Self {
            fifos,
            mail: MailSettings::new(globals),
            writes_kept_states: false,
            has_scripts,
            whose: "lvs",
        }
    }
}

/// Whether a child of this kind has programs to run.
pub(crate) fn runs_programs(kind: Kind, configuration: &Configuration) -> bool {
    let Configuration {
        globals, vrrp, lvs, ..
    } = configuration;
    match kind {
        Kind::Checker => NotifySettings::of_checkers(globals, lvs).has_scripts,
        Kind::Vrrp => NotifySettings::new(globals, vrrp, SharedReader::Ours).has_scripts,
        Kind::Bfd => false,
    }
}

fn runs_scripts(virtual_server: &VirtualServer) -> bool {
    let is_misc = |checker: &Checker| matches!(checker.kind, CheckKind::Misc(_));
    virtual_server.quorum_up.is_some()
        || virtual_server.quorum_down.is_some()
        || virtual_server.real_servers.iter().any(|server| {
            server.notify_up.is_some() || server.notify_down.is_some() || server.checkers.iter().any(is_misc)
        })
}

fn has_script(notifications: &Notifications) -> bool {
    let Notifications {
        master,
        backup,
        fault,
        stop,
        deleted,
        any,
        master_rx_lower_pri,
        ..
    } = notifications;
    [master, backup, fault, stop, deleted, any, master_rx_lower_pri]
        .into_iter()
        .any(Option::is_some)
}

/// Whether the kernel's writer has something to do that must not be held up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelWork {
    /// It has.
    UnderWay,
    /// Everything asked for is done.
    Done,
}

/// What is wanted of the script of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckScript {
    /// Start it; [`Finding::CheckScriptEnded`] follows.
    Start(check::RunId, Program),
    /// Send a signal to its process group, if it has not ended.
    Signal(check::RunId, ScriptSignal),
    /// End it, with `SIGTERM` and a second later `SIGKILL`: nobody waits for its result.
    Abandon(check::RunId),
}

/// The handle of the thread.
///
/// Dropping it is a stop.
#[derive(Debug)]
pub struct Notify {
    orders: Poster<Order>,
    /// What the thread was told last.
    work: KernelWork,
    has_fifos: bool,
    /// Since when something waits that the thread was not woken for.
    left: Option<Time>,
}

impl Notify {
    /// Starts the thread. What it finds out goes to `findings`. Signals that are blocked here are blocked there.
    pub(crate) fn start(
        origin: Origin,
        settings: NotifySettings,
        findings: Poster<Finding>,
    ) -> io::Result<Self> {
        let (orders, inbox) = Inbox::new()?;
        let guard = Guard::new(findings.clone(), "notify");
        let has_fifos = !settings.fifos.is_empty();
        let service = Service::new(inbox, findings, orders.clone(), origin);
        Builder::new().name("notify".to_owned()).spawn(move || {
            let _guard = guard;
            service.live();
        })?;
        orders.post(Order::Configure(Box::new(settings)));
        Ok(Self {
            orders,
            work: KernelWork::Done,
            has_fifos,
            left: None,
        })
    }

    /// Takes a new configuration over. FIFOs that stay the same stay open, and their readers run on.
    pub fn configure(&mut self, settings: NotifySettings) {
        self.has_fifos = !settings.fifos.is_empty();
        self.orders.post(Order::Configure(Box::new(settings)));
    }

    /// Uses a launcher that the supervisor has started. Call it before the configuration that wants one.
    pub(crate) fn adopt_launcher(&self, connection: OwnedFd) {
        self.orders.post(Order::Launcher(connection));
    }

    /// Tells scripts, FIFOs and mail. [`kernel_work`](Self::kernel_work), at the end of the turn, sees to it that it is heard.
    pub fn notify(&mut self, now: Time, notification: &Notification) {
        self.orders.leave(Order::Notify(Box::new(notification.clone())));
        self.left.get_or_insert(now);
    }

    /// Starts or ends a track script.
    pub fn script(&self, command: ScriptCommand) {
        self.orders.post(Order::Script(command));
    }

    /// Tells scripts and FIFOs of a virtual or real server.
    pub fn notice(&self, notice: Box<check::event::Notice>) {
        self.orders.post(Order::Notice(notice));
    }

    /// Sends a mail about a virtual or real server.
    pub fn mail(&self, mail: Box<check::event::Mail>) {
        self.orders.post(Order::Mail(mail));
    }

    /// Starts or ends the script of a check.
    pub fn check_script(&self, command: CheckScript) {
        self.orders.post(Order::Check(command));
    }

    /// Scripts and mails wait while the kernel is given addresses. Call it at the end of each turn.
    pub fn kernel_work(&mut self, now: Time, work: KernelWork) {
        let is_news = work != self.work;
        if is_news {
            self.work = work;
            self.orders.post(Order::KernelWork(work));
        }
        let may_wait =
            |since: Time| work == KernelWork::UnderWay && !self.has_fifos && now < since + queue::PATIENCE;
        match self.left {
            Some(_) if is_news => self.left = None,
            Some(since) if !may_wait(since) => {
                self.left = None;
                self.orders.wake();
            }
            _ => {}
        }
    }

    /// Ends everything: scripts of the stop get a second, the others `SIGTERM` and a second. [`Finding::Quiet`] says that it is
    /// done.
    pub fn stop(&self) {
        self.orders.post(Order::Stop);
    }
}

impl Drop for Notify {
    fn drop(&mut self) {
        self.stop();
    }
}
