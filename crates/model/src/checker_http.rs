//! `HTTP_GET` and `SSL_GET` (`spec/checkers.md` section 5).

use crate::Connection;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// `http_protocol`: the version of the request and whether it asks for the connection to be closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HttpProtocol {
    /// `1.0`.
    #[default]
    V1_0,
    /// `1.0C`: HTTP/1.0 with `Connection: close`.
    V1_0Close,
    /// `1.1`, with `Connection: close`.
    V1_1,
}

/// Digest of a body. Which one it is follows from the number of digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BodyDigest {
    /// 32 hexadecimal digits.
    Md5([u8; 16]),
    /// 64 hexadecimal digits; keepalived 2.4.3 has MD5 only.
    Sha256([u8; 32]),
}

impl BodyDigest {
    /// The bytes of the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Md5(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
        }
    }
}

impl fmt::Display for BodyDigest {
    /// Hexadecimal digits in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BodyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One item of `status_code`; 100 to 599, `first` is not larger than `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StatusRange {
    /// The lowest accepted code.
    pub first: u16,
    /// The highest accepted code.
    pub last: u16,
}

impl StatusRange {
    /// What is accepted where the configuration names nothing.
    pub const DEFAULT: Self = Self {
        first: 200,
        last: 299,
    };

    /// Whether the code is accepted.
    #[must_use]
    pub const fn contains(self, code: u16) -> bool {
        self.first <= code && code <= self.last
    }
}

impl fmt::Display for StatusRange {
    /// `200` or `200-299`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.first != self.last {
            write!(f, "-{}", self.last)?;
        }
        Ok(())
    }
}

/// `regex_options`: a set of PCRE2 compile options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RegexOptions(u32);

impl RegexOptions {
    /// The words of the configuration; each stands for the PCRE2 option of that name in upper case.
    pub const NAMES: [&'static str; 24] = [
        "allow_empty_class",
        "alt_bsux",
        "auto_callout",
        "caseless",
        "dollar_endonly",
        "dotall",
        "dupnames",
        "extended",
        "firstline",
        "match_unset_backref",
        "multiline",
        "never_ucp",
        "never_utf",
        "no_auto_capture",
        "no_auto_possess",
        "no_dotstar_anchor",
        "no_start_optimize",
        "ucp",
        "ungreedy",
        "utf",
        "never_backslash_c",
        "alt_circumflex",
        "alt_verbnames",
        "use_offset_limit",
    ];

    /// Adds the option of that name; `false` if there is none.
    pub fn insert(&mut self, name: &str) -> bool {
        let place = Self::NAMES.iter().position(|known| *known == name);
        if let Some(place) = place {
            self.0 |= 1 << place;
        }
        place.is_some()
    }

    /// The names of the options that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .enumerate()
            .filter(move |(place, _)| self.0 & (1 << place) != 0)
            .map(|(_, n)| n)
    }
}

/// `regex …` of a URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RegexCheck {
    /// `regex`: a PCRE2 pattern. Whether it compiles is only seen when the checker process takes it.
    pub pattern: String,
    /// `regex_options`.
    pub options: RegexOptions,
    /// `regex_no_match`: a match is the failure.
    pub no_match: bool,
    /// `regex_min_offset`: the match starts here in the body or later.
    pub min_offset: u64,
    /// `regex_max_offset`: the match starts here in the body or earlier.
    pub max_offset: Option<u64>,
}

/// One `url` block.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Url {
    /// `path`: the request target, sent as it is.
    pub path: String,
    /// `digest`.
    pub digest: Option<BodyDigest>,
    /// `status_code`; never empty.
    pub status_codes: Vec<StatusRange>,
    /// `virtualhost` of the URL itself.
    pub virtual_host: Option<String>,
    /// `regex…`.
    pub regex: Option<Box<RegexCheck>>,
    /// `tls_compliant` of the URL itself.
    pub tls_compliant: bool,
}

impl Url {
    /// A URL whose every setting but the path is at its default.
    #[must_use]
    pub fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            digest: None,
            status_codes: vec![StatusRange::DEFAULT],
            virtual_host: None,
            regex: None,
            tls_compliant: false,
        }
    }
}

/// What `SSL_GET` has and `HTTP_GET` has not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TlsSettings {
    /// `enable_sni` or `sni_name`: the server is told which name is meant.
    pub sni: bool,
    /// `sni_name` with a name.
    pub sni_name: Option<String>,
    /// The virtual server's `virtualhost`, the last resort for the name.
    pub sni_fallback: Option<String>,
    /// `tls_compliant`: a close-notify alert is sent at the end.
    pub compliant: bool,
    /// `tls_verify`.
    pub verification: TlsVerification,
}

/// Whether the certificate of a server is verified, and for whom it has to be (`tls_verify`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TlsVerification {
    /// It may be anybody's.
    #[default]
    Off,
    /// It has to be the one of the name that is asked for: that of the server name indication, else the `Host`, else the
    /// address that is connected to.
    Asked,
    /// It has to be the one of this name or address.
    Named(String),
}

/// Whose certificate is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerName<'a> {
    /// A host's.
    Host(&'a str),
    /// An address's.
    Address(IpAddr),
}

impl<'a> PeerName<'a> {
    /// From a name or address, behind which a port may be.
    fn of(text: &'a str) -> Self {
        let address = |text: &str| text.trim_start_matches('[').trim_end_matches(']').parse().ok();
        if let Some(address) = address(text) {
            return Self::Address(address);
        }
        let name = match text.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => text,
        };
        address(name).map_or(Self::Host(name), Self::Address)
    }
}

/// `HTTP_GET` or `SSL_GET`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HttpCheck {
    /// Where to.
    pub connection: Connection,
    /// `http_protocol`.
    pub protocol: HttpProtocol,
    /// `virtualhost` of the checker itself.
    pub virtual_host: Option<String>,
    /// The real server's `virtualhost`, or the virtual server's.
    pub host_fallback: Option<String>,
    /// `fast_recovery`: no delay between URLs at start and during recovery.
    pub fast_recovery: bool,
    /// The settings of `SSL_GET`; nothing for `HTTP_GET`.
    pub tls: Option<Box<TlsSettings>>,
    /// `url`, in file order; never empty.
    pub urls: Vec<Url>,
}

impl HttpCheck {
    /// The `virtualhost` that counts for a URL; without any the `Host` header names the destination.
    #[must_use]
    pub fn host<'a>(&'a self, url: &'a Url) -> Option<&'a str> {
        let own = url.virtual_host.as_ref().or(self.virtual_host.as_ref());
        own.or(self.host_fallback.as_ref()).map(String::as_str)
    }

    /// The name for the server name indication of a URL; nothing sends none.
    ///
    /// compat: the real server's `virtualhost` counts for `Host` but not here.
    #[must_use]
    pub fn sni<'a>(&'a self, url: &'a Url) -> Option<&'a str> {
        let tls = self.tls.as_ref().filter(|tls| tls.sni)?;
        let own = tls
            .sni_name
            .as_ref()
            .or(url.virtual_host.as_ref())
            .or(self.virtual_host.as_ref());
        own.or(tls.sni_fallback.as_ref()).map(String::as_str)
    }

    /// Whose certificate the server has to show for a URL; nothing where it is not verified.
    #[must_use]
    pub fn peer_name<'a>(&'a self, url: &'a Url) -> Option<PeerName<'a>> {
        match &self.tls.as_ref()?.verification {
            TlsVerification::Off => None,
            TlsVerification::Named(name) => Some(PeerName::of(name)),
            TlsVerification::Asked => Some(self.sni(url).or_else(|| self.host(url)).map_or_else(
                || PeerName::Address(self.connection.destination.ip()),
                PeerName::of,
            )),
        }
    }

    /// Whether a close-notify alert ends the exchange about a URL.
    #[must_use]
    pub fn is_compliant(&self, url: &Url) -> bool {
        self.tls
            .as_ref()
            .is_some_and(|tls| tls.compliant || url.tls_compliant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check() -> HttpCheck {
        HttpCheck {
            connection: Connection::to("10.0.0.3:443".parse().unwrap()),
            protocol: HttpProtocol::default(),
            virtual_host: None,
            host_fallback: Some("server.example".to_owned()),
            fast_recovery: false,
            tls: Some(Box::new(TlsSettings {
                sni: true,
                sni_name: None,
                sni_fallback: Some("virtual.example".to_owned()),
                compliant: false,
                verification: TlsVerification::Off,
            })),
            urls: vec![Url::new("/")],
        }
    }

    #[test]
    fn host_and_server_name_come_from_the_nearest_level() {
        let mut http = check();
        assert_eq!(http.host(&http.urls[0]), Some("server.example"));
        assert_eq!(http.sni(&http.urls[0]), Some("virtual.example"));
        http.virtual_host = Some("checker.example".to_owned());
        assert_eq!(http.sni(&http.urls[0]), Some("checker.example"));
        http.urls[0].virtual_host = Some("url.example".to_owned());
        assert_eq!(http.host(&http.urls[0]), Some("url.example"));
        http.tls.as_mut().unwrap().sni_name = Some("sni.example".to_owned());
        assert_eq!(http.sni(&http.urls[0]), Some("sni.example"));
        http.tls.as_mut().unwrap().sni = false;
        assert_eq!(http.sni(&http.urls[0]), None);
    }

    #[test]
    fn a_certificate_has_to_be_the_one_of_what_is_asked_for() {
        let mut http = check();
        let name = |http: &mut HttpCheck, verification| {
            http.tls.as_mut().unwrap().verification = verification;
            http.peer_name(&http.urls[0]).map(|name| format!("{name:?}"))
        };
        assert_eq!(name(&mut http, TlsVerification::Off), None);
        let asked = name(&mut http, TlsVerification::Asked);
        assert_eq!(asked.as_deref(), Some("Host(\"virtual.example\")"));
        http.tls.as_mut().unwrap().sni = false;
        http.host_fallback = Some("server.example:8443".to_owned());
        let asked = name(&mut http, TlsVerification::Asked);
        assert_eq!(asked.as_deref(), Some("Host(\"server.example\")"));
        http.host_fallback = None;
        let asked = name(&mut http, TlsVerification::Asked);
        let address = http.connection.destination.ip();
        assert_eq!(asked, Some(format!("Address({address})")));
        for (text, shown) in [
            ("a.example", "Host(\"a.example\")"),
            ("192.0.2.1", "Address(192.0.2.1)"),
            ("192.0.2.1:443", "Address(192.0.2.1)"),
            ("2001:db8::1", "Address(2001:db8::1)"),
            ("[2001:db8::1]:443", "Address(2001:db8::1)"),
        ] {
            let named = name(&mut http, TlsVerification::Named(text.to_owned()));
            assert_eq!(named.as_deref(), Some(shown));
        }
    }

    #[test]
    fn options_are_a_set_of_names() {
        let mut options = RegexOptions::default();
        assert!(options.insert("utf") && options.insert("caseless") && options.insert("utf"));
        assert!(!options.insert("perl"));
        assert_eq!(options.names().collect::<Vec<_>>(), ["caseless", "utf"]);
    }

    #[test]
    fn digests_and_ranges_print_as_configured() {
        assert_eq!(BodyDigest::Md5([0xab; 16]).to_string(), "ab".repeat(16));
        assert_eq!(StatusRange::DEFAULT.to_string(), "200-299");
        assert_eq!(
            StatusRange {
                first: 404,
                last: 404
            }
            .to_string(),
            "404"
        );
        assert!(StatusRange::DEFAULT.contains(204) && !StatusRange::DEFAULT.contains(300));
    }
}
