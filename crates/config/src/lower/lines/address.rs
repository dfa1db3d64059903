//! Address lines (`spec/config-vrrp.md` section 3.1).

use super::cursor::Cursor;
use super::{Dropped, Owner, Step};
use crate::diagnostics::Code;
use crate::keywords::{Integer, U32_MAX, strict};
use crate::lower::Context;
use crate::tree::{Statement, Word};
use crate::values::address::{AddressWithLen, PrefixLen, address, prefix};
use crate::values::iproute2::Names;
use model::{Broadcast, Family, IfName, PreferredLifetime, Prefix, VirtualAddress};
use std::net::IpAddr;

/// Every option, for suggestions.
const OPTIONS: [&str; 15] = [
    "dev",
    "brd",
    "broadcast",
    "scope",
    "label",
    "peer",
    "home",
    "-nodad",
    "mngtmpaddr",
    "noprefixroute",
    "autojoin",
    "no_track",
    "preferred_lft",
    "use_vmac",
    "track_group",
];

const LIFETIME: Integer = strict(0, U32_MAX);

/// Reads an address line; nothing where it was reported and dropped.
pub(crate) fn address_line(
    line: Statement<'_>,
    owner: Owner,
    cx: &mut Context<'_>,
) -> Option<VirtualAddress> {
    let what = match owner {
        Owner::Instance => "virtual address",
        Owner::Static => "static address",
    };
    read(Cursor::new(what, line), owner, cx).ok()
}

/// A line while its options are read.
struct Reader<'t> {
    cursor: Cursor<'t>,
    owner: Owner,
    address: VirtualAddress,
    len: PrefixLen,
}

fn read(mut cursor: Cursor<'_>, owner: Owner, cx: &mut Context<'_>) -> Step<VirtualAddress> {
    let first = cursor.next().ok_or(Dropped)?;
    let Some(AddressWithLen { prefix, len }) = prefix(first.text()) else {
        let why = format!("'{}' is no address", first.text());
        return Err(cursor.drop(Code::INVALID_ADDRESS, first, &why, cx));
    };
    if len == PrefixLen::Invalid {
        let message = format!(
            "'{}' has no valid prefix length; /{} is used",
            first.text(),
            prefix.family().bits()
        );
        cx.correct(Code::INVALID_ADDRESS, first.span(), message);
    }
    let mut reader = Reader {
        cursor,
        owner,
        address: VirtualAddress::new(prefix),
        len,
    };
    while let Some(option) = reader.cursor.next() {
        reader.option(option, cx)?;
    }
    reader.finish(first, cx);
    Ok(reader.address)
}

impl<'t> Reader<'t> {
    fn family(&self) -> Family {
        self.address.family()
    }

    fn option(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        match option.text() {
            "dev" => self.dev(option, cx)?,
            "brd" | "broadcast" => self.broadcast(option, cx)?,
            "scope" => self.scope(option, cx),
            "label" => self.label(option, cx)?,
            "peer" => self.peer(option, cx),
            "home" => self.address.flags.home = true,
            "-nodad" => self.address.flags.leave_dad = true,
            "mngtmpaddr" => self.address.flags.mngtmpaddr = true,
            "noprefixroute" => self.address.flags.noprefixroute = true,
            "autojoin" => self.address.flags.autojoin = true,
            "no_track" => self.address.no_track = true,
            "preferred_lft" => self.preferred_lft(option, cx),
            "use_vmac" if self.owner == Owner::Instance => self.address.use_vmac = true,
            "track_group" if self.owner == Owner::Static => {
                self.address.track_group =
                    cx.track_group(&mut self.cursor.next(), option, self.address.track_group.take());
            }
            _ => cx.unknown_option(self.cursor.what, option, &OPTIONS),
        }
        Ok(())
    }

    fn dev(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let Some(word) = self.cursor.reported_value(option, cx) else {
            return Ok(());
        };
        if self.address.dev.is_some() {
            return Err(self
                .cursor
                .drop(Code::DUPLICATE, option, "`dev` is given twice", cx));
        }
        let name = cx.interface("dev", word).ok_or(Dropped)?;
        self.address.dev = Some(name.value);
        Ok(())
    }

    fn broadcast(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let Some(word) = self.cursor.reported_value(option, cx) else {
            return Ok(());
        };
        if self.family() == Family::Ipv6 {
            return Err(self.cursor.drop(
                Code::CONFLICT,
                option,
                "an IPv6 address has no broadcast address",
                cx,
            ));
        }
        self.address.broadcast = match word.text() {
            "+" => Some(Broadcast::HostBitsSet),
            "-" => Some(Broadcast::HostBitsCleared),
            text => {
                if let Some(IpAddr::V4(broadcast)) = address(text) {
                    Some(Broadcast::Address(broadcast))
                } else {
                    let why = format!("'{text}' is no broadcast address");
                    return Err(self.cursor.drop(Code::INVALID_ADDRESS, word, &why, cx));
                }
            }
        };
        Ok(())
    }

    fn scope(&mut self, option: Word<'t>, cx: &mut Context<'_>) {
        let Some(word) = self.cursor.reported_value(option, cx) else {
            return;
        };
        if self.family() == Family::Ipv6 {
            return self.ignored(option, "is for IPv4 only", cx);
        }
        if let Some(scope) = cx.iproute2.number(Names::Scopes, word.text(), u32::from(u8::MAX)) {
            self.address.scope = u8::try_from(scope).unwrap_or_default();
        } else {
            let message = format!(
                "{}: '{}' is no scope and is ignored",
                self.cursor.what,
                word.text()
            );
            cx.error(Code::UNKNOWN_NAME, word.span(), message);
        }
    }

    fn label(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let Some(word) = self.cursor.reported_value(option, cx) else {
            return Ok(());
        };
        if self.family() == Family::Ipv6 {
            self.ignored(option, "is for IPv4 only", cx);
        } else if word.text().len() > IfName::MAX_LEN {
            let why = format!("label '{}' is longer than {} bytes", word.text(), IfName::MAX_LEN);
            return Err(self.cursor.drop(Code::INVALID_VALUE, word, &why, cx));
        } else {
            self.address.label = Some(word.text().to_owned());
        }
        Ok(())
    }

    fn peer(&mut self, option: Word<'t>, cx: &mut Context<'_>) {
        let Some(word) = self.cursor.reported_value(option, cx) else {
            return;
        };
        if self.address.peer.is_some() {
            return self.ignored(option, "is given twice", cx);
        }
        match address(word.text()) {
            Some(peer) if Family::of(peer) == self.family() => {
                if self.len == PrefixLen::Given {
                    self.ignored(option, "makes the prefix length of the address one host", cx);
                }
                let len = self.family().bits();
                self.address.prefix.len = len;
                self.address.peer = Some(Prefix { address: peer, len });
            }
            Some(_) => self.ignored(option, "is of the other family", cx),
            None => self.ignored(option, "needs an address without a mask", cx),
        }
    }

    fn preferred_lft(&mut self, option: Word<'t>, cx: &mut Context<'_>) {
        let Some(word) = self.cursor.reported_value(option, cx) else {
            return;
        };
        self.address.preferred_lft = match word.text() {
            "forever" => Some(PreferredLifetime::Forever),
            _ => cx
                .integer("preferred_lft", word, LIFETIME)
                .map(|secs| PreferredLifetime::Seconds(secs.number())),
        };
    }

    fn ignored(&self, option: Word<'_>, why: &str, cx: &mut Context<'_>) {
        let message = format!("{}: `{}` {why}; it is ignored", self.cursor.what, option.text());
        cx.error(Code::CONFLICT, option.span(), message);
    }

    /// Checks the options against each other.
    fn finish(&mut self, first: Word<'_>, cx: &mut Context<'_>) {
        let Some(broadcast) = self.address.broadcast else {
            return;
        };
        let why = if self.address.peer.is_some() {
            "a point-to-point address has no broadcast address"
        } else if !matches!(broadcast, Broadcast::Address(_)) && self.address.prefix.len > 30 {
            "a prefix longer than 30 bits has no broadcast address"
        } else {
            return;
        };
        self.address.broadcast = None;
        cx.correct(
            Code::CONFLICT,
            first.span(),
            format!("{}: {why}", self.cursor.what),
        );
    }
}
