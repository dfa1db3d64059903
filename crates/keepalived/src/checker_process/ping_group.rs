//! The groups that may open the sockets of `PING_CHECK` (`spec/checkers.md` section 9).
//!
//! The sockets need no right but a group within `net.ipv4.ping_group_range`, whose default is no group at all. While there is a
//! `PING_CHECK` its low end is 0, so that root's group is within it.

use model::{CheckKind, LvsConfiguration};
use std::fs;
use std::io;

const FILE: &str = "/proc/sys/net/ipv4/ping_group_range";

/// The range, changed for as long as this lives.
#[derive(Debug)]
pub(super) struct PingGroup {
    before: String,
}

impl PingGroup {
    /// Changes the range where the configuration has a `PING_CHECK` and it has to be changed.
    pub(super) fn of(lvs: &LvsConfiguration) -> Option<Self> {
        let servers = lvs
            .virtual_servers
            .iter()
            .flat_map(|virtual_server| &virtual_server.real_servers);
        let mut checkers = servers.flat_map(|server| &server.checkers);
        if !checkers.any(|checker| matches!(checker.kind, CheckKind::Ping(_))) {
            return None;
        }
        widen()
            .inspect_err(|error| tracing::warn!("{FILE}: {error}; PING_CHECK may be refused"))
            .ok()
            .flatten()
    }
}

fn widen() -> io::Result<Option<PingGroup>> {
    let before = fs::read_to_string(FILE)?;
    let Some((low, high)) = range(&before) else {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    };
    if low == 0 {
        return Ok(None);
    }
    let is_empty = low > high;
    fs::write(FILE, format!("0\t{}", if is_empty { 0 } else { high }))?;
    if !is_empty {
        tracing::info!("net.ipv4.ping_group_range {low} - {high} now begins with 0, for PING_CHECK");
    }
    Ok(Some(PingGroup { before }))
}

fn range(text: &str) -> Option<(u32, u32)> {
    let mut words = text.split_whitespace().map(str::parse);
    Some((words.next()?.ok()?, words.next()?.ok()?))
}

impl Drop for PingGroup {
    fn drop(&mut self) {
        if let Err(error) = fs::write(FILE, &self.before) {
            tracing::warn!("{FILE}: {error}; the range before was {}", self.before.trim());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_two_numbers() {
        assert_eq!(range("1\t0\n"), Some((1, 0)));
        assert_eq!(range("0\t2147483647\n"), Some((0, 2_147_483_647)));
        assert_eq!(range("1"), None);
    }
}
