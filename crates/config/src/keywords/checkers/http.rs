//! `HTTP_GET` and `SSL_GET` (`spec/checkers.md` section 5.1).

use super::super::effect::IPVS;
use super::super::{Block, Keyword, U32_MAX, lenient};
use super::common::{self, Checks};
use super::url::{self, URL};
use crate::diagnostics::Code;
use crate::lower::{CommonDraft, Context, HttpDraft, RealServerDraft};
use crate::tree::Statement;
use model::{CheckKind, HttpCheck, HttpProtocol, TlsSettings, TlsVerification};

type Row = Keyword<HttpDraft>;

impl Checks for HttpDraft {
    fn common(&mut self) -> &mut CommonDraft {
        &mut self.common
    }
}

static CONNECTION: [Row; 7] = common::connection();
static SCHEDULE: [Row; 6] = common::schedule();

pub(super) static HTTP_GET: Block<HttpDraft> = Block {
    name: "HTTP_GET",
    keywords: &[KEYWORDS, &CONNECTION, &SCHEDULE],
};

pub(super) static SSL_GET: Block<HttpDraft> = Block {
    name: "SSL_GET",
    keywords: &[KEYWORDS, SSL_ONLY, &CONNECTION, &SCHEDULE],
};

static KEYWORDS: &[Row] = &[
    Row::block("url", "", &URL, |h, block, cx| {
        if let Some(url) = url::read(block, cx) {
            h.urls.push(url);
        }
    })
    .means("A page that is asked for")
    .effect(IPVS),
    Row::line("http_protocol", "1.0|1.0C|1.1", protocol)
        .own_check()
        .default("1.0")
        .means("Version of the request; 1.0C and 1.1 ask for the connection to be closed")
        .effect(IPVS),
    Row::line("virtualhost", "NAME", |h, line, cx| {
        cx.virtual_host(&mut h.virtual_host, line);
    })
    .own_check()
    .default("that of the real server, else of the virtual server")
    .means("Host of URLs that name none")
    .effect(IPVS),
    Row::switch("fast_recovery", |h, on| h.fast_recovery = on.value)
        .default("off")
        .means("No delay between URLs at the start and while coming up again")
        .effect(IPVS),
    Row::switch("enable_sni", |h, on| h.tls.sni = on.value)
        .default("off")
        .means("Tell a TLS server the virtualhost that is meant")
        .effect(IPVS),
    Row::line("sni_name", "[NAME]", sni_name)
        .default("the virtualhost")
        .means("Tell a TLS server this name")
        .effect(IPVS),
    Row::line("nb_get_retry", "N", |h, line, cx| {
        cx.deprecated(line, "retry");
        if let Some(word) = cx.required(line, 0)
            && let Some(n) = cx.integer("nb_get_retry", word, lenient(0, U32_MAX))
        {
            h.common.own.retry = Some(n.number());
        }
    })
    .old_for("retry")
    .range("0 to 4294967295")
    .means("Attempts after a failed one")
    .effect(IPVS),
];

static SSL_ONLY: &[Row] = &[
    Row::switch("tls_compliant", |h, on| h.tls.compliant = on.value)
    .default("off")
    .means("End the connection with a close_notify alert")
    .effect(IPVS),
    Row::line("tls_verify", "[NAME]", |h, line, cx| {
        cx.extra_words(line, 1);
        h.tls.verification = match line.argument(0) {
            Some(name) => TlsVerification::Named(name.text().to_owned()),
            None => TlsVerification::Asked,
        };
    })
    .default("off; without a NAME the name that is asked for")
    .means(
        "The server's certificate has to be valid, signed by who is in ca of SSL (without one: whom the system trusts), and \
         for NAME; an extension",
    )
    .effect(IPVS),
];

/// Reads an `HTTP_GET` block.
pub(super) fn http(server: &mut RealServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    read(&HTTP_GET, server, block, cx, |_| None);
}

/// Reads an `SSL_GET` block.
pub(super) fn ssl(server: &mut RealServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    read(&SSL_GET, server, block, cx, |tls| Some(Box::new(tls)));
}

fn read(
    table: &Block<HttpDraft>,
    server: &mut RealServerDraft,
    block: Statement<'_>,
    cx: &mut Context<'_>,
    tls: fn(TlsSettings) -> Option<Box<TlsSettings>>,
) {
    let mut check = HttpDraft {
        common: CommonDraft::new(block.name().span(), server.address, server.port),
        protocol: HttpProtocol::default(),
        virtual_host: None,
        fast_recovery: false,
        tls: TlsSettings::default(),
        urls: Vec::new(),
    };
    table.read(&mut check, block, cx);
    if check.urls.is_empty() {
        // A URL that was there and cannot be used has been reported already.
        if !block.children().any(|line| line.name().text() == "url") {
            let message = format!("`{}` has no `url` and is dropped", table.name);
            cx.error(Code::INCOMPLETE_BLOCK, block.name().span(), message);
        }
        return;
    }
    let Some(connection) = common::connect(&check.common, cx) else {
        return;
    };
    let kind = CheckKind::Http(Box::new(HttpCheck {
        connection,
        protocol: check.protocol,
        virtual_host: check.virtual_host,
        host_fallback: None,
        fast_recovery: check.fast_recovery,
        tls: tls(check.tls),
        urls: check.urls,
    }));
    server.checkers.push(check.common.check(kind));
}

fn protocol(h: &mut HttpDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = line.argument(0) else {
        return cx.missing(line, "a version");
    };
    h.protocol = match word.text() {
        "1.0" => HttpProtocol::V1_0,
        "1.0C" | "1.0c" => HttpProtocol::V1_0Close,
        "1.1" => HttpProtocol::V1_1,
        _ => {
            return cx.unknown_value("http_protocol", word, "version", &["1.0", "1.0C", "1.1"]);
        }
    };
}

fn sni_name(h: &mut HttpDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let name = line.argument(0).map(|word| word.text().to_owned());
    if name.is_none() && h.tls.sni_name.is_some() {
        let message = "`sni_name` without a name is ignored: a name is given already";
        return cx.error(Code::CONFLICT, line.span(), message);
    }
    h.tls.sni = true;
    h.tls.sni_name = name;
}
