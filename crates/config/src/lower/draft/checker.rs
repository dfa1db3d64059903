//! Drafts of the checker blocks of `real_server`.

use super::objects::CommandDraft;
use super::virtual_server::CheckDefaultsDraft;
use crate::source::Span;
use model::{
    BodyDigest, CheckKind, Connection, Credentials, DnsName, DnsType, HttpProtocol, IfName, RegexOptions,
    Sense, StatusRange, TlsSettings, Url,
};
use std::net::{IpAddr, SocketAddr};

/// A check whose own block is complete; what it inherits is filled in when the virtual server is.
pub(crate) struct CheckerDraft {
    /// What it does, with the inherited parts still at their defaults.
    pub(crate) kind: CheckKind,
    pub(crate) own: CheckDefaultsDraft,
    pub(crate) log_all_failures: bool,
    /// `misc_path` of a `MISC_CHECK`.
    pub(crate) script: Option<CommandDraft>,
}

/// The keywords that checks have in common.
pub(crate) struct CommonDraft {
    /// The keyword of the block.
    pub(crate) span: Span,
    pub(crate) own: CheckDefaultsDraft,
    pub(crate) log_all_failures: bool,
    pub(crate) connection: ConnectionDraft,
}

impl CommonDraft {
    /// The keywords of a check of the server at this address and port.
    pub(crate) fn new(span: Span, address: IpAddr, port: u16) -> Self {
        Self {
            span,
            own: CheckDefaultsDraft::default(),
            log_all_failures: false,
            connection: ConnectionDraft {
                address,
                port,
                bind_address: None,
                bind_port: 0,
                interface: None,
                fwmark: 0,
                given: false,
            },
        }
    }

    /// The check of these keywords.
    pub(crate) fn check(self, kind: CheckKind) -> CheckerDraft {
        CheckerDraft {
            kind,
            own: self.own,
            log_all_failures: self.log_all_failures,
            script: None,
        }
    }
}

/// The connection keywords.
#[derive(Clone)]
pub(crate) struct ConnectionDraft {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) bind_address: Option<IpAddr>,
    pub(crate) bind_port: u16,
    pub(crate) interface: Option<IfName>,
    pub(crate) fwmark: u32,
    /// One of the keywords was there.
    pub(crate) given: bool,
}

impl ConnectionDraft {
    /// The connection as the model has it, but for the inherited timeout.
    pub(crate) fn complete(self) -> Connection {
        Connection {
            bind: self
                .bind_address
                .map(|address| SocketAddr::new(address, self.bind_port)),
            interface: self.interface,
            fwmark: self.fwmark,
            ..Connection::to(SocketAddr::new(self.address, self.port))
        }
    }
}

/// A block of nothing but the common keywords: `TCP_CHECK`, `PING_CHECK`, `host` of `SMTP_CHECK`.
pub(crate) struct PlainCheckDraft {
    pub(crate) common: CommonDraft,
}

/// `HTTP_GET` and `SSL_GET`.
pub(crate) struct HttpDraft {
    pub(crate) common: CommonDraft,
    pub(crate) protocol: HttpProtocol,
    pub(crate) virtual_host: Option<String>,
    pub(crate) fast_recovery: bool,
    pub(crate) tls: TlsSettings,
    pub(crate) urls: Vec<Url>,
}

/// `url`.
#[derive(Default)]
pub(crate) struct UrlDraft {
    pub(crate) path: Option<String>,
    pub(crate) digest: Option<BodyDigest>,
    pub(crate) status_codes: Vec<StatusRange>,
    pub(crate) virtual_host: Option<String>,
    pub(crate) tls_compliant: bool,
    /// The pattern, and where it is.
    pub(crate) regex: Option<(String, Span)>,
    pub(crate) regex_options: RegexOptions,
    pub(crate) regex_no_match: bool,
    pub(crate) regex_min_offset: u64,
    pub(crate) regex_max_offset: Option<u64>,
    /// The first keyword that needs `regex`.
    pub(crate) needs_regex: Option<Span>,
}

/// `SMTP_CHECK`.
pub(crate) struct SmtpDraft {
    pub(crate) common: CommonDraft,
    pub(crate) helo_name: Option<String>,
    pub(crate) hosts: Vec<CommonDraft>,
}

/// `DNS_CHECK`.
pub(crate) struct DnsDraft {
    pub(crate) common: CommonDraft,
    pub(crate) kind: DnsType,
    pub(crate) name: Option<DnsName>,
}

/// `UDP_CHECK`.
pub(crate) struct UdpDraft {
    pub(crate) common: CommonDraft,
    pub(crate) payload: Option<Vec<u8>>,
    pub(crate) require_reply: bool,
    pub(crate) pattern: Option<model::ReplyPattern>,
    pub(crate) min_reply_length: u16,
    pub(crate) max_reply_length: u16,
}

/// `MISC_CHECK`.
pub(crate) struct MiscDraft {
    pub(crate) common: CommonDraft,
    pub(crate) script: Option<CommandDraft>,
    /// Seconds; 0 is the delay loop of the virtual server.
    pub(crate) timeout: u32,
    pub(crate) dynamic: bool,
    pub(crate) credentials: Option<Credentials>,
    /// `user` names one that does not exist: the check is dropped.
    pub(crate) unknown_user: bool,
}

/// `FILE_CHECK`.
pub(crate) struct FileCheckDraft {
    pub(crate) file: Option<String>,
    pub(crate) weight: Option<i32>,
    pub(crate) sense: Option<Sense>,
    /// A mistake in `track_file` was reported.
    pub(crate) reported: bool,
}

/// `BFD_CHECK`.
pub(crate) struct BfdCheckDraft {
    pub(crate) instance: Option<String>,
    pub(crate) alpha: Option<bool>,
    /// A mistake in `name` was reported.
    pub(crate) reported: bool,
}
