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
        let identity = |layout, id| VirtualServerIdentity::of(Layout::virtual_server(layout, id));
        let old_ids: Vec<_> = old.virtual_server_ids().collect();
        let virtual_servers = pair(
            &old_ids,
            |id| Some(identity(old, *id)),
            new.virtual_server_ids().map(|id| Some(identity(new, id))),
        );
        let old_ids: Vec<_> = old.server_ids().collect();
        let servers = pair(
            &old_ids,
            |id| Some((old.virtual_server_of(*id), old.server(*id).address)),
            new.server_ids().map(|id| {
                let virtual_server = virtual_servers[new.virtual_server_of(id).index()]?;
                Some((virtual_server, new.server(id).address))
            }),
        );
        let old_ids: Vec<_> = old.check_ids().collect();
        let checks = pair(
            &old_ids,
            |id| Some((old.server_of(*id), CheckIdentity::of(&old.checker(*id).kind)?)),
            new.check_ids().map(|id| {
                let server = servers[new.server_of(id).index()]?;
                Some((server, CheckIdentity::of(&new.checker(id).kind)?))
            }),
        );
        Self {
            virtual_servers,
            servers,
            checks,
        }
    }
}

/// Pairs equal keys: the first of the new ones with the first of the old ones, the second with the second. What
/// has no key is never paired.
fn pair<T: Copy, K: Hash + Eq>(
    old: &[T],
    key: impl Fn(&T) -> Option<K>,
    new: impl Iterator<Item = Option<K>>,
) -> Vec<Option<T>> {
    let mut first: HashMap<K, usize> = HashMap::with_capacity(old.len());
    let mut next = vec![None; old.len()];
    for (place, one) in old.iter().enumerate().rev() {
        if let Some(key) = key(one) {
            next[place] = first.insert(key, place);
        }
    }
    new.map(|key| {
        let key = key?;
        let place = *first.get(&key)?;
        match next[place] {
            Some(other) => first.insert(key, other),
            None => first.remove(&key),
        };
        Some(old[place])
    })
    .collect()
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

    #[test]
    fn equal_ones_are_paired_in_order() {
        let old = ["a", "b", "a", "c"];
        let places: Vec<usize> = (0..old.len()).collect();
        let new = ["a", "a", "a", "d", "b"];
        let paired = pair(&places, |place| Some(old[*place]), new.into_iter().map(Some));
        assert_eq!(paired, [Some(0), Some(2), None, None, Some(1)]);
        assert_eq!(
            pair(&places, |_| None::<&str>, [Some("a"), None].into_iter()),
            [None, None]
        );
    }
}
