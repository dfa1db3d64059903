//! The command line of `genhash`.

use lexopt::{Arg, Parser};
use model::{Connection, HttpCheck, HttpProtocol, Micros, TlsSettings, Url};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// compat: without `--timeout` what 32 bits of microseconds hold, a little more than an hour.
const NO_TIMEOUT: Micros = Micros(u32::MAX as u64);

/// Column where the explanations of the usage begin.
const COLUMN: usize = 32;

/// What an option does.
#[derive(Debug)]
pub enum Act {
    /// Asks for the usage.
    Help,
    /// Sets something.
    Flag(fn(&mut Draft)),
    /// Takes a value, called so, in the given way.
    Value(&'static str, fn(&mut Draft, String) -> Result<(), String>),
}

/// An option, as the parser, the usage and the manual page have it.
#[derive(Debug)]
pub struct OptionSpec {
    /// Its letter.
    pub short: char,
    /// Its long name.
    pub long: &'static str,
    /// What it does.
    pub act: Act,
    /// What it is for.
    pub help: &'static str,
}

/// All options, in the order of the usage.
pub static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        short: 's',
        long: "server",
        act: Act::Value("ADDRESS", |draft, value| {
            let address = value.parse();
            draft.server = Some(address.map_err(|_| format!("server should be an IP, not {value}"))?);
            Ok(())
        }),
        help: "Address of the server (required)",
    },
    OptionSpec {
        short: 'p',
        long: "port",
        act: Act::Value("PORT", |draft, value| {
            draft.port = Some(number(&value, 1, u16::MAX.into(), "port")?);
            Ok(())
        }),
        help: "Port of the server, 1 to 65535 (required)",
    },
    OptionSpec {
        short: 'u',
        long: "url",
        act: Act::Value("PATH", |draft, value| {
            draft.path = Some(value);
            Ok(())
        }),
        help: "What to ask for, sent as it is (required)",
    },
    OptionSpec {
        short: 'S',
        long: "use-ssl",
        act: Act::Flag(|draft| draft.uses_tls = true),
        help: "Speak TLS; the certificate is not verified",
    },
    OptionSpec {
        short: 'I',
        long: "use-sni",
        act: Act::Flag(|draft| draft.uses_sni = true),
        help: "Name the virtual host in the TLS handshake",
    },
    OptionSpec {
        short: 'V',
        long: "use-virtualhost",
        act: Act::Value("HOST", |draft, value| {
            draft.host = Some(value);
            Ok(())
        }),
        help: "Virtual host to ask, in place of ADDRESS:PORT",
    },
    OptionSpec {
        short: 'P',
        long: "protocol",
        act: Act::Value("VERSION", |draft, value| {
            draft.protocol = match value.as_str() {
                "1.0" => HttpProtocol::V1_0,
                "1.0c" | "1.0C" => HttpProtocol::V1_0Close,
                "1.1" => HttpProtocol::V1_1,
                _ => {
                    return Err(format!(
                        "invalid protocol '{value}': 1.0, 1.0c or 1.1 is expected"
                    ));
                }
            };
            Ok(())
        }),
        help: "Version of HTTP: 1.0 (default), 1.0c (with 'Connection: close') or 1.1",
    },
    OptionSpec {
        short: 't',
        long: "timeout",
        act: Act::Value("SECONDS", |draft, value| {
            let most = u32::try_from(NO_TIMEOUT.as_secs()).unwrap_or(u32::MAX);
            let seconds: u32 = number(&value, 1, most, "timeout")?;
            draft.timeout = Micros::from_secs(seconds.into());
            Ok(())
        }),
        help: "How long to wait for the connection, and for more of the response",
    },
    OptionSpec {
        short: 'm',
        long: "fwmark",
        act: Act::Value("NUMBER", |draft, value| {
            draft.fwmark = number(&value, 0, u32::MAX, "fwmark")?;
            Ok(())
        }),
        help: "Mark of the packets (SO_MARK)",
    },
    OptionSpec {
        short: 'v',
        long: "verbose",
        act: Act::Flag(|draft| draft.is_verbose = true),
        help: "Show header, body and digest as bytes, and the time it took",
    },
    OptionSpec {
        short: 'h',
        long: "help",
        act: Act::Help,
        help: "Show this",
    },
];

/// What the options have said so far.
#[derive(Debug)]
pub struct Draft {
    server: Option<IpAddr>,
    port: Option<u16>,
    path: Option<String>,
    uses_tls: bool,
    uses_sni: bool,
    host: Option<String>,
    protocol: HttpProtocol,
    timeout: Micros,
    fwmark: u32,
    is_verbose: bool,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// The check that would send the same request; it has one URL.
    pub(super) check: HttpCheck,
    /// More than the digest is shown.
    pub(super) is_verbose: bool,
}

impl Job {
    /// The URL that is asked for.
    pub(super) fn url(&self) -> &Url {
        self.check.urls.first().expect("a job is made with one URL")
    }
}

/// A command line that has been read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    /// It says what to do.
    Job(Box<Job>),
    /// It asks for the usage.
    Help,
    /// It has a mistake, described here.
    Mistake(String),
}

/// Reads the words behind the name of the program. The first mistake counts.
pub(super) fn parse(words: impl IntoIterator<Item = OsString>) -> Parsed {
    let mut parser = Parser::from_args(words);
    // getopt takes "-u=x" for the path "=x".
    parser.set_short_equals(false);
    let mut draft = Draft {
        server: None,
        port: None,
        path: None,
        uses_tls: false,
        uses_sni: false,
        host: None,
        protocol: HttpProtocol::default(),
        timeout: NO_TIMEOUT,
        fwmark: 0,
        is_verbose: false,
    };
    loop {
        match next(&mut parser, &mut draft) {
            Ok(Next::Option) => {}
            Ok(Next::Help) => return Parsed::Help,
            Ok(Next::End) => break,
            Err(mistake) => return Parsed::Mistake(mistake),
        }
    }
    draft
        .finish()
        .map_or_else(Parsed::Mistake, |job| Parsed::Job(Box::new(job)))
}

enum Next {
    Option,
    Help,
    End,
}

fn next(parser: &mut Parser, draft: &mut Draft) -> Result<Next, String> {
    let (written, spec) = match parser.next().map_err(|error| error.to_string())? {
        None => return Ok(Next::End),
        Some(Arg::Value(word)) => return Err(format!("unexpected argument '{}'", word.display())),
        Some(Arg::Short(letter)) => (
            format!("-{letter}"),
            OPTIONS.iter().find(|spec| spec.short == letter),
        ),
        Some(Arg::Long(name)) => (format!("--{name}"), by_prefix(name)),
    };
    match &spec.ok_or_else(|| format!("unknown option {written}"))?.act {
        Act::Help => return Ok(Next::Help),
        // A value that is attached to it is a mistake, which the parser finds next.
        Act::Flag(act) => act(draft),
        Act::Value(_, act) => {
            let value = parser
                .value()
                .ok()
                .filter(|value| !value.is_empty())
                .ok_or_else(|| format!("option {written} needs a value"))?;
            let value = value
                .into_string()
                .map_err(|_| format!("the value of {written} is not UTF-8"))?;
            act(draft, value)?;
        }
    }
    Ok(Next::Option)
}

/// The option with this long name, or the only one that begins with it.
fn by_prefix(name: &str) -> Option<&'static OptionSpec> {
    let exact = OPTIONS.iter().find(|spec| spec.long == name);
    let mut matching = OPTIONS.iter().filter(|spec| spec.long.starts_with(name));
    exact.or_else(|| matching.next().filter(|_| matching.next().is_none()))
}

/// A number between two others, both included; hexadecimal behind `0x`.
fn number<N: TryFrom<u32>>(text: &str, least: u32, most: u32, what: &str) -> Result<N, String> {
    let value = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    value
        .ok()
        .filter(|value| (least..=most).contains(value))
        .and_then(|value| N::try_from(value).ok())
        .ok_or_else(|| format!("invalid {what} '{text}': {least} to {most} is expected"))
}

impl Draft {
    fn finish(self) -> Result<Job, String> {
        let missing = |long: &str| format!("option --{long} is missing");
        let server = self.server.ok_or_else(|| missing("server"))?;
        let port = self.port.ok_or_else(|| missing("port"))?;
        let path = self.path.ok_or_else(|| missing("url"))?;
        let mut connection = Connection::to(SocketAddr::new(server, port));
        connection.timeout = self.timeout;
        connection.fwmark = self.fwmark;
        let tls = self.uses_tls.then(|| {
            Box::new(TlsSettings {
                sni: self.uses_sni,
                ..TlsSettings::default()
            })
        });
        Ok(Job {
            check: HttpCheck {
                connection,
                protocol: self.protocol,
                virtual_host: self.host,
                host_fallback: None,
                fast_recovery: false,
                tls,
                urls: vec![Url::new(&path)],
            },
            is_verbose: self.is_verbose,
        })
    }
}

/// What is printed for `--help` and after a mistake.
pub(super) fn usage(program: &str) -> String {
    let mut text = format!(
        "Usage: {program} COMMAND [OPTIONS]\n\nCommands:\n  \
         {program} -s ADDRESS -p PORT -u PATH\n  \
         {program} -S -s ADDRESS -p PORT -u PATH\n  \
         {program} -h\n\nOptions:\n"
    );
    for spec in OPTIONS {
        let value = match spec.act {
            Act::Value(name, _) => format!("={name}"),
            Act::Flag(_) | Act::Help => String::new(),
        };
        let synopsis = format!("  -{}, --{}{value}", spec.short, spec.long);
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{synopsis:COLUMN$}{}", spec.help);
    }
    text
}
