//! Checks of every script that the configuration names, and who it runs as (`spec/config-global.md` section 2.2).

use super::script::{Rules, Unusable, Usable};
use crate::Purpose;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{
    CommandDraft, Context, Draft, GlobalsDraft, Named, NotificationsDraft, ScriptTarget, ScriptUser,
    TrackScriptDraft,
};
use crate::source::Span;
use model::{Command, Credentials, Globals, Instance, Notifications, ScriptKind, SyncGroup, VrrpScript};
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

/// User that scripts run as where there is one of this name.
const DEFAULT_USER: &str = "keepalived_script";

/// What became of the scripts.
pub(super) struct Scripts {
    /// `vrrp_script`, those that can be run.
    pub(super) tracked: Vec<VrrpScript>,
    /// Scripts of each instance, in file order.
    pub(super) instances: Vec<Notifications>,
    /// Scripts of each sync group, in file order.
    pub(super) groups: Vec<Notifications>,
}

/// Checks the scripts of the parent and of VRRP. Trackers of scripts that were dropped go with them.
pub(super) fn check(
    checker: &mut Checker,
    draft: &mut Draft,
    globals: &mut Globals,
    cx: &mut Context<'_>,
) -> Scripts {
    let parent = &mut draft.globals;
    globals.startup_script = checker.take(&mut parent.scripts.startup, Severity::Logged, cx);
    globals.shutdown_script = checker.take(&mut parent.scripts.shutdown, Severity::Logged, cx);
    fifos(checker, draft, globals, cx);
    let tracked = checker.track_scripts(&mut draft.scripts, cx);
    let instances = draft
        .instances
        .blocks
        .iter_mut()
        .map(|instance| checker.notifications(&mut instance.notifications, cx))
        .collect();
    let groups = draft
        .sync_groups
        .blocks
        .iter_mut()
        .map(|group| checker.notifications(&mut group.notifications, cx))
        .collect();
    let usable: HashSet<&str> = tracked.iter().map(|script| script.name.as_str()).collect();
    for tracking in draft
        .instances
        .blocks
        .iter_mut()
        .map(|instance| &mut instance.tracking)
        .chain(
            draft
                .sync_groups
                .blocks
                .iter_mut()
                .map(|group| &mut group.tracking),
        )
    {
        tracking
            .scripts
            .retain(|entry| usable.contains(entry.value.target.as_str()));
    }
    Scripts {
        tracked,
        instances,
        groups,
    }
}

/// FIFOs and their readers; names that are used twice.
fn fifos(checker: &mut Checker, draft: &mut Draft, globals: &mut Globals, cx: &mut Context<'_>) {
    let written = &mut draft.globals.fifos;
    let name = |fifo: &Option<crate::lower::At<(String, Option<Credentials>)>>| {
        fifo.as_ref().map(|fifo| fifo.value.0.clone())
    };
    let all = name(&written.all);
    for (what, fifo) in [
        ("vrrp_notify_fifo", &mut written.vrrp),
        ("lvs_notify_fifo", &mut written.lvs),
    ] {
        if all.is_some()
            && name(fifo) == all
            && let Some(dropped) = fifo.take()
        {
            let message = format!("`{what}` has the name of `notify_fifo` and is dropped");
            cx.log(Code::DUPLICATE, dropped.span, message);
        }
    }
    if written.vrrp.is_some()
        && name(&written.vrrp) == name(&written.lvs)
        && written.vrrp_script.is_some()
        && let Some(dropped) = written.lvs_script.take()
    {
        cx.log(
            Code::DUPLICATE,
            dropped.span,
            "`lvs_notify_fifo` has the name and a reader of `vrrp_notify_fifo`; this reader is dropped",
        );
    }
    let fifos = &mut globals.fifos;
    fifos.all = written.all.take().map(|fifo| fifo.value);
    fifos.vrrp = written.vrrp.take().map(|fifo| fifo.value);
    fifos.lvs = written.lvs.take().map(|fifo| fifo.value);
    fifos.all_script = checker.take(&mut written.all_script, Severity::Logged, cx);
    fifos.vrrp_script = checker.take(&mut written.vrrp_script, Severity::Logged, cx);
    fifos.lvs_script = checker.take(&mut written.lvs_script, Severity::Logged, cx);
}

/// Who a script runs as that names no user.
enum DefaultUser {
    Known(Credentials),
    /// As the daemon.
    Daemon,
    /// Nobody: such a script is dropped.
    None,
}

fn default_user(named: &ScriptUser, security: bool, cx: &Context<'_>) -> DefaultUser {
    match named {
        ScriptUser::Known(credentials) => DefaultUser::Known(credentials.clone()),
        ScriptUser::Unknown => DefaultUser::None,
        ScriptUser::Unset => match cx.env.users.user(DEFAULT_USER) {
            Some(user) => DefaultUser::Known(Credentials {
                uid: user.uid,
                gid: user.gid,
                supplementary_groups: Vec::new(),
            }),
            None if security => DefaultUser::None,
            None => DefaultUser::Daemon,
        },
    }
}

/// Whether a script that cannot be run is a report or only logged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    Reported,
    Logged,
}

/// Looks at one script after the other.
pub(crate) struct Checker {
    /// `script_user`.
    named: ScriptUser,
    /// Who scripts without a user run as. It is looked up for the first of them: a look-up of a name loads libraries and
    /// may ask the network, which nobody should wait for without a script.
    default: OnceCell<DefaultUser>,
    search_path: String,
    keep_links: bool,
    all_groups: bool,
    security: bool,
    /// Programs that were looked at; thousands of instances may name the same one.
    known: HashMap<(String, Credentials), Result<Usable, Unusable>>,
    /// The first script that can be run.
    first: Option<Span>,
    any_insecure: bool,
    /// Programs whose flaw was told.
    logged: HashSet<String>,
}

impl Checker {
    /// With the globals as they are written.
    pub(crate) fn new(globals: &GlobalsDraft, cx: &Context<'_>) -> Self {
        Self {
            named: globals.script_user.clone(),
            default: OnceCell::new(),
            search_path: (cx.env.variables)("PATH").unwrap_or_default(),
            keep_links: globals.model.use_symlink_paths,
            all_groups: globals.model.set_supplementary_groups,
            security: globals.model.script_security,
            known: HashMap::new(),
            first: None,
            any_insecure: false,
            logged: HashSet::new(),
        }
    }

    /// After the last script: what is to be said of all of them, and who they run as.
    pub(super) fn finish(self, globals: &mut Globals, cx: &mut Context<'_>) {
        self.report_security(cx);
        globals.script_user = match (self.default.into_inner(), self.named) {
            (Some(DefaultUser::Known(credentials)), _) | (None, ScriptUser::Known(credentials)) => {
                Some(credentials)
            }
            (Some(DefaultUser::Daemon | DefaultUser::None) | None, _) => None,
        };
    }

    /// Checks the command of a slot; nothing where there is none, or it cannot be run.
    pub(super) fn take(
        &mut self,
        slot: &mut Option<CommandDraft>,
        severity: Severity,
        cx: &mut Context<'_>,
    ) -> Option<Command> {
        let command = slot.take()?;
        self.check(command, severity, cx).map(|(command, _)| command)
    }

    /// Checks one command; gives it with its path and user, and whether others could change it.
    fn check(
        &mut self,
        command: CommandDraft,
        severity: Severity,
        cx: &mut Context<'_>,
    ) -> Option<(Command, bool)> {
        let program = command.argv.first()?.clone();
        let daemon = || Credentials {
            uid: cx.env.uid,
            gid: cx.env.gid,
            supplementary_groups: Vec::new(),
        };
        let default = || {
            self.default
                .get_or_init(|| default_user(&self.named, self.security, cx))
        };
        let user = match command.credentials {
            Some(named) => Some((named, false)),
            None => match default() {
                DefaultUser::Known(default) => Some((default.clone(), false)),
                DefaultUser::Daemon => Some((daemon(), true)),
                DefaultUser::None => None,
            },
        };
        let Some((mut user, as_daemon)) = user else {
            let message = format!("script '{program}' is dropped: there is no default user to run it");
            cx.push(
                Diagnostic::error(Code::UNKNOWN_USER, Class::GeneralError, message)
                    .at(command.span, "")
                    .help(format!(
                        "create the user {DEFAULT_USER} or name one with `script_user`"
                    )),
            );
            return None;
        };
        if self.all_groups
            && user.supplementary_groups.is_empty()
            && let Some(account) = cx.env.users.user_of_id(user.uid)
        {
            user.supplementary_groups = cx.env.users.groups_of(&account);
        }
        let rules = Rules {
            files: cx.env.files,
            search_path: &self.search_path,
            keep_links: self.keep_links,
        };
        let found = self
            .known
            .entry((program.clone(), user.clone()))
            .or_insert_with(|| rules.look(&program, &user))
            .clone();
        let usable = match found {
            Ok(usable) => usable,
            Err(reason) => {
                Self::refuse(&program, &reason, command.span, severity, cx);
                return None;
            }
        };
        if usable.searched && self.logged.insert(program.clone()) {
            cx.log(
                Code::SCRIPT_SEARCHED,
                command.span,
                format!(
                    "script '{program}' was found as {}; name its full path",
                    usable.path.display()
                ),
            );
        }
        let insecure = usable.insecure.is_some();
        if let Some(flaw) = &usable.insecure {
            self.any_insecure = true;
            if self.security {
                Self::refuse(
                    &program,
                    &Unusable::Unsafe(flaw.clone()),
                    command.span,
                    severity,
                    cx,
                );
                return None;
            }
            if self.logged.insert(program.clone()) {
                cx.push(
                    Diagnostic::logged(
                        Code::INSECURE_SCRIPT,
                        format!("script '{program}' is not safe: {flaw}"),
                    )
                    .at(command.span, "root would run it")
                    .help(flaw.remedy()),
                );
            }
        }
        self.first.get_or_insert(command.span);
        let path = usable.path.to_string_lossy().into_owned();
        let command = Command {
            path: (path != program).then_some(path),
            argv: command.argv,
            credentials: (!as_daemon || !user.supplementary_groups.is_empty()).then_some(user),
        };
        Some((command, insecure))
    }

    fn refuse(program: &str, reason: &Unusable, span: Span, severity: Severity, cx: &mut Context<'_>) {
        let message = format!("script '{program}' is not run: {reason}");
        let mut diagnostic = match severity {
            Severity::Reported => Diagnostic::error(Code::SCRIPT_UNUSABLE, Class::GeneralError, message),
            Severity::Logged => Diagnostic::logged(Code::SCRIPT_UNUSABLE, message),
        }
        .at(span, "");
        if let Unusable::Unsafe(flaw) = reason {
            diagnostic = diagnostic.help(flaw.remedy());
        }
        cx.push(diagnostic);
    }

    fn notifications(&mut self, written: &mut NotificationsDraft, cx: &mut Context<'_>) -> Notifications {
        let mut take = |slot: &mut Option<CommandDraft>| self.take(slot, Severity::Logged, cx);
        Notifications {
            master: take(&mut written.master),
            backup: take(&mut written.backup),
            fault: take(&mut written.fault),
            stop: take(&mut written.stop),
            deleted: take(&mut written.deleted),
            any: take(&mut written.any),
            master_rx_lower_pri: take(&mut written.master_rx_lower_pri),
            report_deleted: written.report_deleted,
            timeout: written.timeout,
            // The defaults of these come from the group and the globals.
            priority_changes: false,
            smtp_alert: false,
            ordered: false,
        }
    }

    fn track_scripts(
        &mut self,
        scripts: &mut Named<TrackScriptDraft>,
        cx: &mut Context<'_>,
    ) -> Vec<VrrpScript> {
        let mut names = HashSet::new();
        let mut usable = Vec::new();
        for script in scripts.blocks.drain(..) {
            // References find the first of a name, so the others are never run.
            if script.unknown_user || !names.insert(script.name.value.clone()) {
                continue;
            }
            let (kind, insecure) = match script.target {
                None => continue,
                Some(ScriptTarget::OpenTest(path)) => (ScriptKind::OpenTest(path), false),
                Some(ScriptTarget::Command(mut command)) => {
                    command.credentials = script.credentials;
                    match self.check(command, Severity::Reported, cx) {
                        Some((command, insecure)) => (ScriptKind::Command(command), insecure),
                        None => continue,
                    }
                }
            };
            usable.push(VrrpScript {
                name: script.name.value,
                kind,
                interval: script.interval,
                timeout: script.timeout.unwrap_or(script.interval),
                weight: script.weight,
                sense: script.sense,
                rise: script.rise,
                fall: script.fall,
                init_fail: script.init_fail,
                insecure,
            });
        }
        usable
    }

    /// Scripts run, and nobody asked for them to be safe.
    fn report_security(&self, cx: &mut Context<'_>) {
        let Some(first) = self.first.filter(|_| !self.security) else {
            return;
        };
        let more = if self.any_insecure {
            "; some of them are not safe"
        } else {
            ""
        };
        cx.push(
            Diagnostic::warning(
                Code::NO_SCRIPT_SECURITY,
                Class::SecurityError,
                format!("scripts are run without `enable_script_security`{more}"),
            )
            .at(first, "the first script")
            .help("add `enable_script_security` to `global_defs`"),
        );
    }
}

/// Scripts that something tracks. A test keeps the others.
pub(super) fn used(
    scripts: Vec<VrrpScript>,
    instances: &[Instance],
    groups: &[SyncGroup],
    cx: &mut Context<'_>,
) -> Vec<VrrpScript> {
    if cx.purpose == Purpose::Test {
        return scripts;
    }
    let tracked: HashSet<&str> = instances
        .iter()
        .map(|instance| &instance.tracking)
        .chain(groups.iter().map(|group| &group.tracking))
        .flat_map(|tracking| tracking.scripts.iter().map(|entry| entry.target.as_str()))
        .collect();
    let (kept, unused): (Vec<_>, Vec<_>) = scripts
        .into_iter()
        .partition(|script| tracked.contains(script.name.as_str()));
    for script in unused {
        cx.error_anywhere(
            Code::UNUSED_SCRIPT,
            format!("`vrrp_script` {} is not used and not run", script.name),
        );
    }
    kept
}
