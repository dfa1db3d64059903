//! What of one configuration is still there in another (`spec/ipvs.md` section 5, `spec/checkers.md` section 12).

use crate::layout::{CheckId, Layout, ServerId, VirtualServerId};
use model::{
    CheckKind, Command, Connection, DnsName, DnsType, Family, Frontend, Protocol, Url, VirtualServer,
};
use std::collections::HashMap;
use std::hash::Hash;
use std::net::SocketAddr;
use std::num::NonZeroU32;

/// For each number of the new configuration the one it had in the old, if it was there.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) virtual_servers: Vec<Option<VirtualServerId>>,
    pub(crate) servers: Vec<Option<ServerId>>,
    pub(crate) checks: Vec<Option<CheckId>>,
}

impl Kept {
    /// Compares two configurations in linear time.
    pub(crate) fn new(old: &Layout, new: &Layout) -> Self {
        let virtual_servers = pair(
            &old.virtual_server_ids().collect::<Vec<_>>(),
            |id| Some(VirtualServerIdentity::of(old.virtual_server(id))),
            &new.virtual_server_ids().collect::<Vec<_>>(),
            |id| Some(VirtualServerIdentity::of(new.virtual_server(id))),
        );
        let servers = pair(
            &old.server_ids().collect::<Vec<_>>(),
            |id| Some((old.virtual_server_of(id), old.server(id).address)),
            &new.server_ids().collect::<Vec<_>>(),
            |id| {
                let virtual_server = virtual_servers[new.virtual_server_of(id).index()]?;
                Some((virtual_server, new.server(id).address))
            },
        );
        let checks = pair(
            &old.check_ids().collect::<Vec<_>>(),
            |id| Some((old.server_of(id), CheckIdentity::of(&old.checker(id).kind)?)),
            &new.check_ids().collect::<Vec<_>>(),
            |id| {
                let server = servers[new.server_of(id).index()]?;
                Some((server, CheckIdentity::of(&new.checker(id).kind)?))
            },
        );
        Self {
            virtual_servers,
            servers,
            checks,
        }
    }
}

/// Pairs equal keys, each old one with at most one new one; several that are equal in their order. What has no key
/// is never paired.
///
/// Most of a configuration stays where it is: what is equal at the beginning and at the end is paired without a
/// look at the rest.
fn pair<T: Copy, K: Hash + Eq>(
    old: &[T],
    old_key: impl Fn(T) -> Option<K>,
    new: &[T],
    new_key: impl Fn(T) -> Option<K>,
) -> Vec<Option<T>> {
    let same = |(old, new): &(&T, &T)| {
        let key = old_key(**old);
        key.is_some() && key == new_key(**new)
    };
    let head = old.iter().zip(new).take_while(same).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest
        .iter()
        .rev()
        .zip(new_rest.iter().rev())
        .take_while(same)
        .count();
    let (old_middle, old_tail) = old_rest.split_at(old_rest.len() - tail);
    let new_middle = &new_rest[..new_rest.len() - tail];

    let mut first: HashMap<K, usize> = HashMap::with_capacity(old_middle.len());
    let mut next = vec![None; old_middle.len()];
    for (place, one) in old_middle.iter().enumerate().rev() {
        if let Some(key) = old_key(*one) {
            next[place] = first.insert(key, place);
        }
    }
    let mut take = |one: T| {
        let key = new_key(one)?;
        let place = *first.get(&key)?;
        match next[place] {
            Some(other) => first.insert(key, other),
            None => first.remove(&key),
        };
        Some(old_middle[place])
    };
    let mut paired = Vec::with_capacity(new.len());
    paired.extend(old[..head].iter().copied().map(Some));
    paired.extend(new_middle.iter().map(|one| take(*one)));
    paired.extend(old_tail.iter().copied().map(Some));
    paired
}

/// What makes a virtual server the same one.
#[derive(Debug, PartialEq, Eq, Hash)]
enum VirtualServerIdentity<'a> {
    Address(SocketAddr, Option<Protocol>),
    Fwmark(Option<Family>, NonZeroU32),
    Group(&'a str, u32),
}

impl<'a> VirtualServerIdentity<'a> {
    fn of(server: &'a VirtualServer) -> Self {
        match &server.frontend {
            Frontend::Address(address) => Self::Address(*address, server.protocol),
            Frontend::Fwmark(mark) => Self::Fwmark(server.family, *mark),
            Frontend::Group { name, index } => Self::Group(name, *index),
        }
    }
}

/// What makes a check the same one, so that its state is kept. Timers, retries and `alpha` do not matter.
#[derive(Debug, PartialEq, Eq, Hash)]
enum CheckIdentity<'a> {
    Tcp(&'a Connection),
    Udp(&'a Connection),
    Ping(&'a Connection),
    Http {
        connection: &'a Connection,
        host: Option<&'a str>,
        sni_name: Option<&'a str>,
        urls: &'a [Url],
    },
    Smtp(&'a Connection, &'a str),
    Dns(&'a Connection, DnsType, &'a DnsName),
    Misc(&'a Command, bool),
    Bfd(&'a str),
}

impl<'a> CheckIdentity<'a> {
    /// Nothing for a check that is never kept.
    fn of(kind: &'a CheckKind) -> Option<Self> {
        Some(match kind {
            CheckKind::Tcp(check) => Self::Tcp(&check.connection),
            CheckKind::Udp(check) => Self::Udp(&check.connection),
            CheckKind::Ping(check) => Self::Ping(&check.connection),
            CheckKind::Http(check) => Self::Http {
                connection: &check.connection,
                host: check.virtual_host.as_deref(),
                sni_name: check.tls.as_ref().and_then(|tls| tls.sni_name.as_deref()),
                urls: &check.urls,
            },
            CheckKind::Smtp(check) => Self::Smtp(&check.connection, &check.helo_name),
            CheckKind::Dns(check) => Self::Dns(&check.connection, check.kind, &check.name),
            CheckKind::Misc(check) => Self::Misc(&check.script, check.dynamic),
            CheckKind::Bfd(check) => Self::Bfd(&check.instance),
            CheckKind::File(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(old: &str, new: &str) -> Vec<Option<usize>> {
        let key = |text: &str| {
            let text = text.as_bytes().to_vec();
            move |place: usize| text.get(place).copied().filter(|byte| *byte != b'-')
        };
        let places = |text: &str| (0..text.len()).collect::<Vec<_>>();
        pair(&places(old), key(old), &places(new), key(new))
    }

    #[test]
    fn equal_ones_are_paired_in_order() {
        assert_eq!(
            paired("abac", "xaaabd"),
            [None, Some(0), Some(2), None, Some(1), None]
        );
        assert_eq!(paired("abc", "abxc"), [Some(0), Some(1), None, Some(2)]);
        assert_eq!(paired("abc", "ac"), [Some(0), Some(2)]);
        assert_eq!(paired("aa", "aaa"), [Some(0), Some(1), None]);
        assert_eq!(paired("", "a"), [None]);
        assert_eq!(paired("a", ""), []);
    }

    #[test]
    fn what_has_no_key_is_never_paired() {
        assert_eq!(paired("-a-", "-a-"), [None, Some(1), None]);
    }
}
