//! `SMTP_CHECK` (`spec/checkers.md` section 6).

use super::super::effect::IPVS;
use super::super::{Block, Keyword};
use super::common::{self, Checks};
use super::plain::HOST;
use crate::lower::{CommonDraft, Context, PlainCheckDraft, RealServerDraft, SmtpDraft};
use crate::tree::Statement;
use model::{CheckKind, SmtpCheck};

type Row = Keyword<SmtpDraft>;

impl Checks for SmtpDraft {
    fn common(&mut self) -> &mut CommonDraft {
        &mut self.common
    }
}

static CONNECTION: [Row; 7] = common::connection();
static SCHEDULE: [Row; 6] = common::schedule();

pub(super) static SMTP_CHECK: Block<SmtpDraft> = Block {
    name: "SMTP_CHECK",
    keywords: &[KEYWORDS, &CONNECTION, &SCHEDULE],
};

static KEYWORDS: &[Row] = &[
    Row::line("helo_name", "NAME", |s, line, cx| {
        let Some(word) = line.argument(0) else {
            return cx.missing(line, "a name");
        };
        s.helo_name = Some(word.text().to_owned());
    })
    .own_check()
    .default(SmtpCheck::HELO_NAME)
    .means("Name behind HELO")
    .effect(IPVS),
    Row::block("host", "", &HOST, |s, block, cx| {
        let connection = &s.common.connection;
        let mut host = PlainCheckDraft {
            common: CommonDraft::new(block.name().span(), connection.address, connection.port),
        };
        HOST.read(&mut host, block, cx);
        s.hosts.push(host.common);
    })
    .means("Old way to name where to connect: each block is a check of its own")
    .effect(IPVS),
];

/// Reads an `SMTP_CHECK` block. Its first `host` takes the place of its own connection, if it has none.
pub(super) fn read(server: &mut RealServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    let mut check = SmtpDraft {
        common: CommonDraft::new(block.name().span(), server.address, server.port),
        helo_name: None,
        hosts: Vec::new(),
    };
    SMTP_CHECK.read(&mut check, block, cx);
    let helo_name = check.helo_name.unwrap_or_else(|| SmtpCheck::HELO_NAME.to_owned());
    let own = check.common.own;
    let log_all_failures = check.common.log_all_failures;
    let own_connection = check.common.connection.given || check.hosts.is_empty();
    let main = own_connection.then_some(check.common);
    for mut common in main.into_iter().chain(check.hosts) {
        common.own = common.own.over(own);
        common.log_all_failures |= log_all_failures;
        if let Some(connection) = common::connect(&common, cx) {
            let kind = CheckKind::Smtp(Box::new(SmtpCheck {
                connection,
                helo_name: helo_name.clone(),
            }));
            server.checkers.push(common.check(kind));
        }
    }
}
