//! `MISC_CHECK` (`spec/checkers.md` section 8).

use super::super::effect::IPVS;
use super::super::{Block, Keyword, lenient};
use super::common::{self, Checks};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{CheckerDraft, CommonDraft, Context, MiscDraft, RealServerDraft};
use crate::tree::Statement;
use model::{CheckKind, Command, Micros, MiscCheck};

type Row = Keyword<MiscDraft>;

impl Checks for MiscDraft {
    fn common(&mut self) -> &mut CommonDraft {
        &mut self.common
    }
}

static SCHEDULE: [Row; 6] = common::schedule();

pub(super) static MISC_CHECK: Block<MiscDraft> = Block {
    name: "MISC_CHECK",
    keywords: &[KEYWORDS, &SCHEDULE],
};

static KEYWORDS: &[Row] = &[
    Row::command("misc_path", "COMMAND", |m, line, cx| {
        if line.argument(0).is_none() && line.split_command().is_ok() {
            return cx.missing(line, "a command");
        }
        if let Some(mut command) = cx.command(line) {
            // User and group have a keyword of their own here; further words are ignored.
            command.credentials = None;
            m.script = Some(command);
        }
    })
    .own_check()
    .means("Command that is run; status 0 is a success")
    .effect(IPVS),
    Row::integer("misc_timeout", "SECS", lenient(0, 4_294), |m, n| {
        m.timeout = n.number();
    })
    .default("the delay_loop of the virtual server")
    .means("A run that takes longer is ended and has failed")
    .effect(IPVS),
    Row::flag("misc_dynamic", |m, _| m.dynamic = true)
        .default("off")
        .means("Status 2 to 255 is a success that sets the weight to the status less 2")
        .effect(IPVS),
    Row::line("user", "USER [[:]GROUP]", user)
        .own_check()
        .default("script_user")
        .means("User and group that the command runs under")
        .effect(IPVS),
];

fn user(m: &mut MiscDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = line.argument(0) else {
        return cx.missing(line, "a user");
    };
    match cx.credentials(word, line.argument(1)) {
        Ok(credentials) => m.credentials = Some(credentials),
        Err(error) => {
            m.unknown_user = true;
            let message = format!("`user`: {error}; the check is dropped");
            cx.push(Diagnostic::error(Code::UNKNOWN_USER, Class::GeneralError, message).at(word.span(), ""));
        }
    }
}

/// Reads a `MISC_CHECK` block. One without a command or with an unknown user is dropped.
pub(super) fn read(server: &mut RealServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    let mut check = MiscDraft {
        common: CommonDraft::new(block.name().span(), server.address, server.port),
        script: None,
        timeout: 0,
        dynamic: false,
        credentials: None,
        unknown_user: false,
    };
    MISC_CHECK.read(&mut check, block, cx);
    if check.unknown_user {
        return;
    }
    let Some(mut script) = check.script else {
        // A command that was there and cannot be used has been reported already.
        if !block.children().any(|line| line.name().text() == "misc_path") {
            let message = "`MISC_CHECK` has no `misc_path` and is dropped";
            cx.error(Code::INCOMPLETE_BLOCK, block.name().span(), message);
        }
        return;
    };
    script.credentials = check.credentials;
    let kind = CheckKind::Misc(Box::new(MiscCheck {
        script: Command::default(),
        timeout: Micros::from_secs(u64::from(check.timeout)),
        dynamic: check.dynamic,
    }));
    server.checkers.push(CheckerDraft {
        script: Some(script),
        ..check.common.check(kind)
    });
}
