//! `UDP_CHECK` (`spec/checkers.md` section 4).

use super::super::effect::IPVS;
use super::super::{Block, Keyword, strict};
use super::common::{self, Checks};
use crate::diagnostics::Code;
use crate::lower::{CommonDraft, Context, RealServerDraft, UdpDraft};
use crate::tree::Statement;
use crate::values::hex::pattern;
use model::{CheckKind, ReplyContent, ReplyPattern, UdpCheck};

type Row = Keyword<UdpDraft>;

/// `max_reply_length` where the configuration names none.
const MAX_REPLY_LENGTH: u16 = 255;

impl Checks for UdpDraft {
    fn common(&mut self) -> &mut CommonDraft {
        &mut self.common
    }
}

static CONNECTION: [Row; 7] = common::connection();
static SCHEDULE: [Row; 6] = common::schedule();

pub(super) static UDP_CHECK: Block<UdpDraft> = Block {
    name: "UDP_CHECK",
    keywords: &[KEYWORDS, &CONNECTION, &SCHEDULE],
};

static KEYWORDS: &[Row] = &[
    Row::line("payload", "HEX ...", |u, line, cx| {
        if line.argument(0).is_none() {
            return cx.missing(line, "hexadecimal digits");
        }
        match pattern(line.arguments().map(crate::tree::Word::text)) {
            Some((bytes, masks)) if masks.iter().all(|mask| *mask == 0xff) => u.payload = Some(bytes),
            _ => not_hexadecimal(line, cx),
        }
    })
    .own_check()
    .range("hexadecimal digits, two a byte")
    .default("32 bytes of text")
    .means("Datagram that is sent")
    .effect(IPVS),
    Row::line("require_reply", "[HEX ...]", |u, line, cx| {
        u.require_reply = true;
        if line.argument(0).is_none() {
            return;
        }
        match pattern(line.arguments().map(crate::tree::Word::text)) {
            Some((bytes, mask)) => u.pattern = Some(ReplyPattern { bytes, mask }),
            None => not_hexadecimal(line, cx),
        }
    })
    .range("hexadecimal digits, two a byte; x is any digit")
    .default("silence is a success")
    .means("There has to be a reply, and it has to begin with these bytes")
    .effect(IPVS),
    Row::integer("min_reply_length", "N", strict(0, 0xffff), |u, n| {
        u.min_reply_length = n.number();
    })
    .default("0")
    .means("Shortest reply; with a pattern only")
    .effect(IPVS),
    Row::integer("max_reply_length", "N", strict(0, 0xffff), |u, n| {
        u.max_reply_length = n.number();
    })
    .default("255")
    .means("Longest reply; with a pattern only")
    .effect(IPVS),
];

fn not_hexadecimal(line: Statement<'_>, cx: &mut Context<'_>) {
    let message = format!(
        "`{}` takes hexadecimal digits; the others are ignored as a whole",
        line.name().text()
    );
    cx.error(Code::INVALID_VALUE, line.span(), message);
}

/// Reads a `UDP_CHECK` block.
pub(super) fn read(server: &mut RealServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    let mut check = UdpDraft {
        common: CommonDraft::new(block.name().span(), server.address, server.port),
        payload: None,
        require_reply: false,
        pattern: None,
        min_reply_length: 0,
        max_reply_length: MAX_REPLY_LENGTH,
    };
    UDP_CHECK.read(&mut check, block, cx);
    let (min_length, max_length) = (check.min_reply_length, check.max_reply_length);
    if min_length > max_length {
        let message = format!(
            "`min_reply_length` {min_length} is above `max_reply_length` {max_length}, so no reply passes"
        );
        cx.correct(Code::CONFLICT, block.name().span(), message);
    }
    if let Some(connection) = common::connect(&check.common, cx) {
        let kind = CheckKind::Udp(Box::new(UdpCheck {
            connection,
            payload: check.payload,
            require_reply: check.require_reply,
            content: check.pattern.map(|pattern| ReplyContent {
                pattern,
                min_length,
                max_length,
            }),
        }));
        server.checkers.push(check.common.check(kind));
    }
}
