//! `METHOD` of `lb_kind`, `lvs_method` and `sorry_server_lvs_method` (`spec/config-virtual-server.md` section 5).

use super::strict;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, Context};
use crate::tree::{Statement, Word};
use model::{Forwarding, Tunnel, TunnelChecksum};

pub(super) const ARGUMENTS: &str = "NAT|DR|TUN [type ipip|gue|gre] [port N] [nocsum|csum|remcsum]";
pub(super) const RANGE: &str = "port 1 to 65535, with gue only; csum with gue and gre, remcsum with gue";

const METHODS: [&str; 3] = ["NAT", "DR", "TUN"];
const OPTIONS: [&str; 5] = ["type", "port", "nocsum", "csum", "remcsum"];
const TYPES: [&str; 3] = ["ipip", "gue", "gre"];

/// Reads a method into its slot. Wrong options leave those that were there, but the method itself counts.
pub(super) fn read(slot: &mut Option<Forwarding>, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    if !METHODS.contains(&word.text()) {
        return cx.unknown_value(line.name().text(), word, "forwarding method", &METHODS);
    }
    let options = options(line, cx);
    *slot = Some(match word.text() {
        "NAT" => Forwarding::Nat,
        "DR" => Forwarding::DirectRouting,
        _ => Forwarding::Tunnel(match (options, *slot) {
            (Some(tunnel), _) => tunnel,
            // compat: what an earlier line said of the tunnel stays.
            (None, Some(Forwarding::Tunnel(before))) => before,
            (None, _) => Tunnel::default(),
        }),
    });
}

/// The options behind the method; nothing where one of them is wrong.
fn options(line: Statement<'_>, cx: &mut Context<'_>) -> Option<Tunnel> {
    let what = line.name().text();
    let mut kind = "ipip";
    let mut port: Option<At<u16>> = None;
    let mut checksum: Option<(TunnelChecksum, Word<'_>)> = None;
    let mut words = line.arguments().skip(1);
    while let Some(option) = words.next() {
        match option.text() {
            "type" => {
                let value = value(what, option, words.next(), cx)?;
                let Some(known) = TYPES.into_iter().find(|known| *known == value.text()) else {
                    cx.unknown_value(what, value, "tunnel type", &TYPES);
                    return None;
                };
                kind = known;
            }
            "port" => {
                let value = value(what, option, words.next(), cx)?;
                port = Some(cx.integer(what, value, strict(1, 0xffff))?.narrow());
            }
            "nocsum" => checksum = Some((TunnelChecksum::None, option)),
            "csum" => checksum = Some((TunnelChecksum::Plain, option)),
            "remcsum" => checksum = Some((TunnelChecksum::Remote, option)),
            _ => {
                cx.unknown_option(what, option, &OPTIONS);
                return None;
            }
        }
    }
    if let Some(port) = port
        && kind != "gue"
    {
        let message = format!("`{what}`: a tunnel of type {kind} has no port; the options are ignored");
        cx.error(Code::CONFLICT, port.span, message);
        return None;
    }
    let allowed = match kind {
        "ipip" => TunnelChecksum::None,
        "gre" => TunnelChecksum::Plain,
        _ => TunnelChecksum::Remote,
    };
    if let Some((checksum, word)) = checksum
        && checksum > allowed
    {
        let message = format!(
            "`{what}`: a tunnel of type {kind} does not know '{}'; the options are ignored",
            word.text()
        );
        cx.error(Code::CONFLICT, word.span(), message);
        return None;
    }
    let checksum = checksum.map_or(TunnelChecksum::None, |(checksum, _)| checksum);
    match (kind, port) {
        ("ipip", _) => Some(Tunnel::Ipip),
        ("gre", _) => Some(Tunnel::Gre { checksum }),
        (_, Some(port)) => Some(Tunnel::Gue {
            port: port.value,
            checksum,
        }),
        (_, None) => {
            let message = format!("`{what}`: a tunnel of type gue needs a port; the options are ignored");
            cx.push(
                Diagnostic::error(Code::MISSING_PARAMETER, Class::GeneralError, message)
                    .at(line.span(), "")
                    .help("add `port N`"),
            );
            None
        }
    }
}

/// The word behind an option.
fn value<'t>(
    what: &str,
    option: Word<'t>,
    value: Option<Word<'t>>,
    cx: &mut Context<'_>,
) -> Option<Word<'t>> {
    if value.is_none() {
        let message = format!("`{what}`: '{}' is missing its value", option.text());
        cx.error(Code::MISSING_PARAMETER, option.span(), message);
    }
    value
}
