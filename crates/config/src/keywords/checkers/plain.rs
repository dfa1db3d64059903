//! `TCP_CHECK` and `PING_CHECK`, which have no keywords of their own (`spec/checkers.md` sections 3 and 9).

use super::super::{Block, Keyword};
use super::common::{self, Checks};
use crate::lower::{CommonDraft, Context, PlainCheckDraft, RealServerDraft};
use crate::tree::Statement;
use model::{CheckKind, Connection, PingCheck, TcpCheck};

impl Checks for PlainCheckDraft {
    fn common(&mut self) -> &mut CommonDraft {
        &mut self.common
    }
}

static CONNECTION: [Keyword<PlainCheckDraft>; 7] = common::connection();
static SCHEDULE: [Keyword<PlainCheckDraft>; 6] = common::schedule();

pub(super) static TCP_CHECK: Block<PlainCheckDraft> = Block {
    name: "TCP_CHECK",
    keywords: &[&CONNECTION, &SCHEDULE],
};

pub(super) static PING_CHECK: Block<PlainCheckDraft> = Block {
    name: "PING_CHECK",
    keywords: &[&CONNECTION, &SCHEDULE],
};

/// `host` of `SMTP_CHECK`.
pub(super) static HOST: Block<PlainCheckDraft> = Block {
    name: "host",
    keywords: &[&CONNECTION, &SCHEDULE],
};

/// Reads a `TCP_CHECK` block.
pub(super) fn tcp(server: &mut RealServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    read(&TCP_CHECK, server, block, cx, |connection| {
        CheckKind::Tcp(Box::new(TcpCheck { connection }))
    });
}

/// Reads a `PING_CHECK` block.
pub(super) fn ping(server: &mut RealServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    read(&PING_CHECK, server, block, cx, |connection| {
        CheckKind::Ping(Box::new(PingCheck { connection }))
    });
}

fn read(
    table: &Block<PlainCheckDraft>,
    server: &mut RealServerDraft,
    block: Statement<'_>,
    cx: &mut Context<'_>,
    kind: fn(Connection) -> CheckKind,
) {
    let mut check = PlainCheckDraft {
        common: CommonDraft::new(block.name().span(), server.address, server.port),
    };
    table.read(&mut check, block, cx);
    if let Some(connection) = common::connect(&check.common, cx) {
        server.checkers.push(check.common.check(kind(connection)));
    }
}
