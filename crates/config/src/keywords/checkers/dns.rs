//! `DNS_CHECK` (`spec/checkers.md` section 7).

use super::super::effect::IPVS;
use super::super::{Block, Keyword};
use super::common::{self, Checks};
use crate::diagnostics::Code;
use crate::lower::{CommonDraft, Context, DnsDraft, RealServerDraft};
use crate::tree::Statement;
use model::{CheckKind, DnsCheck, DnsName, DnsNameError, DnsType};

type Row = Keyword<DnsDraft>;

impl Checks for DnsDraft {
    fn common(&mut self) -> &mut CommonDraft {
        &mut self.common
    }
}

static CONNECTION: [Row; 7] = common::connection();
static SCHEDULE: [Row; 6] = common::schedule();

pub(super) static DNS_CHECK: Block<DnsDraft> = Block {
    name: "DNS_CHECK",
    keywords: &[KEYWORDS, &CONNECTION, &SCHEDULE],
};

static KEYWORDS: &[Row] = &[
    Row::line(
        "type",
        "A|NS|CNAME|SOA|MX|TXT|AAAA|RRSIG|DNSKEY",
        |d, line, cx| {
            let Some(word) = cx.required(line, 0) else { return };
            match DnsType::named(word.text()) {
                Some(kind) => d.kind = kind,
                None => cx.unknown_value("type", word, "query type", &DnsType::ALL.map(DnsType::as_str)),
            }
        },
    )
    .default("SOA")
    .means("What is asked for")
    .effect(IPVS),
    Row::line("name", "DOMAIN", |d, line, cx| {
        let Some(word) = cx.required(line, 0) else { return };
        match DnsName::new(word.text()) {
            Ok(name) => cx.once(&mut d.name, line, name),
            Err(error @ DnsNameError::EmptyLabel(_)) => {
                cx.error(
                    Code::INVALID_VALUE,
                    word.span(),
                    format!("`name`: {error}; it is ignored"),
                );
            }
            // The original accepts it and sends a query that no server understands.
            Err(error) => cx.log(
                Code::INVALID_VALUE,
                word.span(),
                format!("`name`: {error}; it is ignored"),
            ),
        }
    })
    .first_wins()
    .default("the root")
    .means("Whose record is asked for")
    .effect(IPVS),
];

/// Reads a `DNS_CHECK` block.
pub(super) fn read(server: &mut RealServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    let mut check = DnsDraft {
        common: CommonDraft::new(block.name().span(), server.address, server.port),
        kind: DnsType::default(),
        name: None,
    };
    DNS_CHECK.read(&mut check, block, cx);
    if let Some(connection) = common::connect(&check.common, cx) {
        let kind = CheckKind::Dns(Box::new(DnsCheck {
            connection,
            kind: check.kind,
            name: check.name.unwrap_or_default(),
        }));
        server.checkers.push(check.common.check(kind));
    }
}
