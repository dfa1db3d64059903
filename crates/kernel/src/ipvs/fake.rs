//! A table in memory that answers as the kernel's does.

use super::{Backend, ChangeError, Outcome, ServiceStatistics, SyncDaemon, SyncRole, Timeouts, Verdict};
use model::ipvs::{Change, Destination, DestinationKey, Service, ServiceKey, Table};
use nix::errno::Errno;
use std::collections::HashMap;
use std::io;

/// A kernel's table in memory. Services and destinations are in the order in which they were added.
#[derive(Debug)]
pub struct Fake {
    table: Table,
    statistics: HashMap<ServiceKey, ServiceStatistics>,
    timeouts: Timeouts,
    daemons: Vec<(SyncRole, SyncDaemon)>,
    refusals: HashMap<(ServiceKey, Option<DestinationKey>), Errno>,
}

impl Default for Fake {
    /// An empty table, with the timeouts of Linux.
    fn default() -> Self {
        Self {
            table: Table::default(),
            statistics: HashMap::new(),
            timeouts: Timeouts {
                tcp: 900,
                tcp_fin: 120,
                udp: 300,
            },
            daemons: Vec::new(),
            refusals: HashMap::new(),
        }
    }
}

impl Fake {
    /// Refuses changes of this service, or of this destination of it, from now on with `errno`, or no longer.
    pub fn refuse(&mut self, service: ServiceKey, destination: Option<DestinationKey>, errno: Option<Errno>) {
        match errno {
            Some(errno) => self.refusals.insert((service, destination), errno),
            None => self.refusals.remove(&(service, destination)),
        };
    }

    /// Says what a service has done.
    pub fn count(&mut self, service: ServiceKey, statistics: ServiceStatistics) {
        self.statistics.insert(service, statistics);
    }

    fn find(&mut self, key: &ServiceKey) -> Result<&mut Service, Errno> {
        let found = self.table.0.iter_mut().find(|service| service.key == *key);
        found.ok_or(Errno::ESRCH)
    }

    fn carry_out(&mut self, change: &Change) -> Result<Outcome, Errno> {
        if let Some(errno) = subject(change).and_then(|subject| self.refusals.get(&subject)) {
            return Err(*errno);
        }
        match change {
            Change::Flush => self.table.0.clear(),
            Change::AddService(key, settings) => {
                if let Ok(service) = self.find(key) {
                    service.settings = settings.clone();
                    return Ok(Outcome::WasThere);
                }
                self.table.0.push(Service {
                    key: *key,
                    settings: settings.clone(),
                    destinations: Vec::new(),
                });
            }
            Change::SetService(key, settings) => self.find(key)?.settings = settings.clone(),
            Change::RemoveService(key) => {
                let before = self.table.0.len();
                self.table.0.retain(|service| service.key != *key);
                if self.table.0.len() == before {
                    return Ok(Outcome::WasGone);
                }
            }
            Change::AddDestination(key, one) => return self.find(key).map(|service| put(service, *one)),
            Change::SetDestination(key, one) => {
                self.find(key).map(|service| put(service, *one))?;
            }
            Change::RemoveDestination(key, one) => {
                let Ok(service) = self.find(key) else {
                    return Ok(Outcome::WasGone);
                };
                let before = service.destinations.len();
                service.destinations.retain(|destination| destination.key != *one);
                if service.destinations.len() == before {
                    return Ok(Outcome::WasGone);
                }
            }
        }
        Ok(Outcome::Done)
    }
}

fn put(service: &mut Service, one: Destination) -> Outcome {
    let there = service
        .destinations
        .iter_mut()
        .find(|destination| destination.key == one.key);
    if let Some(destination) = there {
        *destination = one;
        return Outcome::WasThere;
    }
    service.destinations.push(one);
    Outcome::Done
}

/// What a change is about.
const fn subject(change: &Change) -> Option<(ServiceKey, Option<DestinationKey>)> {
    match change {
        Change::Flush => None,
        Change::AddService(key, _) | Change::SetService(key, _) | Change::RemoveService(key) => {
            Some((*key, None))
        }
        Change::AddDestination(key, one) | Change::SetDestination(key, one) => Some((*key, Some(one.key))),
        Change::RemoveDestination(key, one) => Some((*key, Some(*one))),
    }
}

impl Backend for Fake {
    fn apply(&mut self, changes: &[Change], verdicts: &mut Vec<Verdict>) {
        for change in changes {
            let end = self.carry_out(change);
            verdicts.push(end.map_err(|errno| ChangeError::new(change, errno, None)));
        }
    }

    fn table(&mut self) -> io::Result<Table> {
        Ok(self.table.clone())
    }

    fn statistics(&mut self, service: &ServiceKey) -> io::Result<Option<ServiceStatistics>> {
        let counted = self.statistics.get(service).cloned();
        Ok(self.find(service).ok().map(|_| counted.unwrap_or_default()))
    }

    fn all_statistics(&mut self) -> io::Result<Vec<(ServiceKey, ServiceStatistics)>> {
        let keys = self.table.0.iter().map(|service| service.key);
        let counted = |key| (key, self.statistics.get(&key).cloned().unwrap_or_default());
        Ok(keys.map(counted).collect())
    }

    fn timeouts(&mut self) -> io::Result<Timeouts> {
        Ok(self.timeouts)
    }

    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()> {
        let or = |new, old| if new == 0 { old } else { new };
        self.timeouts = Timeouts {
            tcp: or(timeouts.tcp, self.timeouts.tcp),
            tcp_fin: or(timeouts.tcp_fin, self.timeouts.tcp_fin),
            udp: or(timeouts.udp, self.timeouts.udp),
        };
        Ok(())
    }

    fn start_sync_daemon(&mut self, role: SyncRole, daemon: &SyncDaemon) -> io::Result<()> {
        if self.daemons.iter().any(|(other, _)| *other == role) {
            return Err(Errno::EEXIST.into());
        }
        self.daemons.push((role, daemon.clone()));
        Ok(())
    }

    fn stop_sync_daemon(&mut self, role: SyncRole, _: &SyncDaemon) -> io::Result<()> {
        let before = self.daemons.len();
        self.daemons.retain(|(other, _)| *other != role);
        if self.daemons.len() == before {
            return Err(Errno::ESRCH.into());
        }
        Ok(())
    }

    fn sync_daemons(&mut self) -> io::Result<Vec<(SyncRole, SyncDaemon)>> {
        Ok(self.daemons.clone())
    }

    fn zero(&mut self, service: Option<&ServiceKey>) -> io::Result<()> {
        match service {
            None => self.statistics.clear(),
            Some(key) => {
                self.find(key)?;
                self.statistics.remove(key);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
