//! Scripts, users and FIFOs (`spec/config-global.md` section 2.2).

use super::super::effect::IPVS;
use super::super::{Keyword, lenient};
use crate::diagnostics::Code;
use crate::lower::{At, CommandDraft, Context, GlobalsDraft, ScriptUser};
use crate::tree::Statement;
use model::{Credentials, Micros};

type Row = Keyword<GlobalsDraft>;

pub(super) static KEYWORDS: &[Keyword<GlobalsDraft>] = &[
    Row::line("script_user", "USER [[:]GROUP]", |g, line, cx| {
        let Some(user) = line.argument(0) else {
            return cx.missing(line, "a user");
        };
        g.script_user = match cx.credentials(user, line.argument(1)) {
            Ok(credentials) => ScriptUser::Known(credentials),
            Err(error) => {
                let message =
                    format!("`script_user`: {error}; scripts without a user of their own are dropped");
                cx.error(Code::UNKNOWN_USER, user.span(), message);
                ScriptUser::Unknown
            }
        };
    })
    .own_check()
    .default("keepalived_script if there is such a user, else who the daemon runs as")
    .means("User and group that scripts and FIFOs get where they name none"),
    Row::flag("enable_script_security", |g, _| g.model.script_security = true)
        .default("off")
        .means("Refuse scripts run as root whose path others than root can change"),
    Row::command("startup_script", "COMMAND [USER [[:]GROUP]]", |g, line, cx| {
        if let Some(command) = global_command(g, line, cx) {
            cx.once(&mut g.scripts.startup, line, command);
        }
    })
    .first_wins()
    .means("Run once before the child processes start"),
    Row::integer("startup_script_timeout", "SECS", lenient(1, 1_000), |g, secs| {
        g.model.startup_script_timeout = Some(Micros::from_secs(secs.number()));
    })
    .own_check()
    .default("10")
    .means("End startup_script after this"),
    Row::command("shutdown_script", "COMMAND [USER [[:]GROUP]]", |g, line, cx| {
        if let Some(command) = global_command(g, line, cx) {
            cx.once(&mut g.scripts.shutdown, line, command);
        }
    })
    .first_wins()
    .means("Run once after the child processes have ended"),
    Row::integer("shutdown_script_timeout", "SECS", lenient(1, 1_000), |g, secs| {
        g.model.shutdown_script_timeout = Some(Micros::from_secs(secs.number()));
    })
    .own_check()
    .default("10")
    .means("End shutdown_script after this"),
    Row::line("notify_fifo", "PATH [USER [[:]GROUP]]", |g, line, cx| {
        if let Some(fifo) = fifo(g, line, cx) {
            cx.once(&mut g.fifos.all, line, fifo);
        }
    })
    .own_check()
    .first_wins()
    .means("FIFO that gets every event of VRRP and of virtual servers"),
    Row::command(
        "notify_fifo_script",
        "COMMAND [USER [[:]GROUP]]",
        |g, line, cx| {
            if let Some(command) = global_command(g, line, cx) {
                cx.once(&mut g.fifos.all_script, line, command);
            }
        },
    )
    .first_wins()
    .means("Reader of notify_fifo; the path is its last argument"),
    Row::line("vrrp_notify_fifo", "PATH [USER [[:]GROUP]]", |g, line, cx| {
        if let Some(fifo) = fifo(g, line, cx) {
            cx.once(&mut g.fifos.vrrp, line, fifo);
        }
    })
    .own_check()
    .first_wins()
    .means("FIFO that gets the events of VRRP"),
    Row::command(
        "vrrp_notify_fifo_script",
        "COMMAND [USER [[:]GROUP]]",
        |g, line, cx| {
            if let Some(command) = global_command(g, line, cx) {
                cx.once(&mut g.fifos.vrrp_script, line, command);
            }
        },
    )
    .first_wins()
    .means("Reader of vrrp_notify_fifo; the path is its last argument"),
    Row::line("lvs_notify_fifo", "PATH [USER [[:]GROUP]]", |g, line, cx| {
        if let Some(fifo) = fifo(g, line, cx) {
            cx.once(&mut g.fifos.lvs, line, fifo);
        }
    })
    .own_check()
    .first_wins()
    .means("FIFO that gets the events of virtual servers")
    .effect(IPVS),
    Row::command(
        "lvs_notify_fifo_script",
        "COMMAND [USER [[:]GROUP]]",
        |g, line, cx| {
            if let Some(command) = global_command(g, line, cx) {
                cx.once(&mut g.fifos.lvs_script, line, command);
            }
        },
    )
    .first_wins()
    .means("Reader of lvs_notify_fifo; the path is its last argument")
    .effect(IPVS),
    Row::flag("fifo_write_vrrp_states_on_reload", |g, _| {
        g.model.fifos.vrrp_states_on_reload = true;
    })
    .default("off")
    .means("Write the state of each instance to the FIFOs after a reload"),
    Row::switch("vrrp_notify_priority_changes", |g, on| {
        g.model.vrrp.notify_priority_changes = on.value;
    })
    .default("false")
    .means("Default of notify_priority_changes"),
    Row::switch("vrrp_notify_ordered", |g, on| {
        g.model.vrrp.notify_ordered = on.value;
    })
    .default("false")
    .means("Default of notify_ordered; an extension"),
];

/// A command of `global_defs`: `script_user` counts for what follows it, so the default user is settled here.
fn global_command(g: &GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) -> Option<CommandDraft> {
    let mut command = cx.command(line)?;
    if command.credentials.is_none()
        && let ScriptUser::Known(credentials) = &g.script_user
    {
        command.credentials = Some(credentials.clone());
    }
    Some(command)
}

/// A FIFO with its owner. An owner that does not exist is left out.
fn fifo(
    g: &GlobalsDraft,
    line: Statement<'_>,
    cx: &mut Context<'_>,
) -> Option<At<(String, Option<Credentials>)>> {
    let Some(path) = line.argument(0) else {
        cx.missing(line, "a path");
        return None;
    };
    let named = line.argument(1).and_then(|user| {
        cx.credentials(user, line.argument(2))
            .map_err(|error| {
                let message = format!(
                    "`{}`: {error}; the FIFO gets the default owner",
                    line.name().text()
                );
                cx.log(Code::UNKNOWN_USER, user.span(), message);
            })
            .ok()
    });
    let owner = named.or_else(|| match &g.script_user {
        ScriptUser::Known(credentials) => Some(credentials.clone()),
        ScriptUser::Unset | ScriptUser::Unknown => None,
    });
    Some(At::new((path.text().to_owned(), owner), path.span()))
}
