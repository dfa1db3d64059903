//! The kernel itself as a back end.

use super::attributes::{Command, top};
use super::request::{encode, header};
use super::{
    Backend, ChangeError, DestinationStatistics, OpenError, Outcome, ServiceStatistics, SyncDaemon, SyncRole,
    Timeouts, Verdict, daemon, destination, family, service, statistics, timeouts,
};
use crate::netlink::message::attributes;
use crate::netlink::{Attributes, Batch, Connection, Refusal};
use model::ipvs::{Change, Destination, DestinationKey, DestinationSettings, Service, ServiceKey, Table};
use nix::errno::Errno;
use std::collections::HashSet;
use std::io;

/// Bytes of `struct genlmsghdr`.
const HEADER_LEN: usize = 4;

/// How many changes go with one system call. If the kernel refuses them all, as many answers have room in the socket's
/// buffer.
const BATCH: usize = 256;

/// The table of the network namespace in which it was opened.
#[derive(Debug)]
pub struct Ipvs {
    connection: Connection,
    family: u16,
    batch: Batch,
    body: Attributes,
    refusals: Vec<Refusal>,
}

impl Ipvs {
    /// Opens the table of the calling thread's network namespace, loading the module `ip_vs` if it is not there.
    pub fn open() -> Result<Self, OpenError> {
        let mut connection = Connection::open(libc::NETLINK_GENERIC)?;
        let family = family::find(&mut connection)?;
        let probe = Attributes::after(&header(Command::GetInfo));
        match connection.ask(family, &probe, |_| Some(())) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(OpenError::NotPermitted);
            }
            other => other?,
        };
        Ok(Self {
            connection,
            family,
            batch: Batch::default(),
            body: Attributes::default(),
            refusals: Vec::new(),
        })
    }

    /// Sends changes with one system call and judges each. What is to be done instead of a refused one comes with its
    /// position.
    fn send(&mut self, changes: &[Change], verdicts: &mut Vec<Verdict>) -> Vec<(usize, Change)> {
        self.batch.clear();
        self.refusals.clear();
        for change in changes {
            encode(change, &mut self.body);
            self.batch.push(self.family, 0, &self.body);
        }
        let exchanged = self.connection.exchange(&mut self.batch, &mut self.refusals);
        let start = verdicts.len();
        verdicts.extend(changes.iter().map(|_| Ok(Outcome::Done)));
        let mut instead = Vec::new();
        for Refusal {
            position,
            errno,
            detail,
        } in self.refusals.drain(..)
        {
            let change = &changes[position];
            verdicts[start + position] = match (change, errno) {
                (Change::AddService(key, settings), Errno::EEXIST) => {
                    instead.push((start + position, Change::SetService(*key, settings.clone())));
                    Ok(Outcome::WasThere)
                }
                (Change::AddDestination(key, one), Errno::EEXIST) => {
                    instead.push((start + position, Change::SetDestination(*key, *one)));
                    Ok(Outcome::WasThere)
                }
                (Change::SetDestination(key, one), Errno::ENOENT) => {
                    instead.push((start + position, Change::AddDestination(*key, *one)));
                    Ok(Outcome::Done)
                }
                (Change::RemoveService(_) | Change::RemoveDestination(..), Errno::ESRCH | Errno::ENOENT) => {
                    Ok(Outcome::WasGone)
                }
                _ => Err(ChangeError::new(change, errno, detail.as_deref())),
            };
        }
        if let Err(error) = exchanged {
            // Some of them may have been carried out; said to have failed, they are asked for again.
            let errno = error.raw_os_error().map_or(Errno::EIO, Errno::from_raw);
            for (change, verdict) in changes.iter().zip(&mut verdicts[start..]) {
                if verdict.is_ok() {
                    *verdict = Err(ChangeError::new(change, errno, None));
                }
            }
            instead.clear();
        }
        instead
    }

    /// Carries out what is to be done instead of refused changes.
    fn amend(&mut self, instead: Vec<(usize, Change)>, verdicts: &mut [Verdict]) {
        let (positions, changes): (Vec<_>, Vec<_>) = instead.into_iter().unzip();
        let mut second = Vec::with_capacity(changes.len());
        // Refused once more, it is by somebody who changes the same table at the same time.
        let _ = self.send(&changes, &mut second);
        for (position, verdict) in positions.into_iter().zip(second) {
            if let Err(error) = verdict {
                verdicts[position] = Err(error);
            }
        }
    }

    /// Sends one command and waits for its end.
    fn command(&mut self, command: Command, fill: impl FnOnce(&mut Attributes)) -> io::Result<()> {
        self.body.restart(&header(command));
        fill(&mut self.body);
        self.connection
            .ask(self.family, &self.body, |_| Some(()))
            .map(|_| ())
    }

    /// Asks for all objects of a kind; `each` sees what is in the attribute `kind` of every reply.
    fn list<T>(
        &mut self,
        command: Command,
        kind: u16,
        fill: impl FnOnce(&mut Attributes),
        each: impl Fn(&[u8]) -> Option<T>,
    ) -> io::Result<Vec<T>> {
        self.body.restart(&header(command));
        fill(&mut self.body);
        let mut found = Vec::new();
        self.connection.dump(
            self.family,
            &self.body,
            &mut found,
            Vec::clear,
            |found, message| {
                found.extend(nested(message.payload, kind).and_then(&each));
            },
        )?;
        Ok(found)
    }

    /// The services, each once.
    ///
    /// The kernel lists them by their places among those of all network namespaces: what is added to another one meanwhile makes
    /// it begin anew, and list some a second time.
    fn services<T>(
        &mut self,
        each: impl Fn(&[u8]) -> Option<(ServiceKey, T)>,
    ) -> io::Result<Vec<(ServiceKey, T)>> {
        let mut services = self.list(Command::GetService, top::SERVICE, |_| {}, each)?;
        let mut seen = HashSet::with_capacity(services.len());
        services.retain(|(key, _)| seen.insert(*key));
        Ok(services)
    }

    fn destinations(&mut self, key: &ServiceKey) -> io::Result<Vec<Destination>> {
        let family = key.family();
        let all = self.list_destinations(key, |bytes| destination::decode(family, bytes))?;
        let with_words = |(key, settings): (DestinationKey, Option<DestinationSettings>)| {
            settings.map(|settings| Destination { key, settings })
        };
        Ok(all.into_iter().filter_map(with_words).collect())
    }

    fn destination_statistics(&mut self, key: &ServiceKey) -> io::Result<Vec<DestinationStatistics>> {
        let family = key.family();
        self.list_destinations(key, |bytes| {
            let (key, _) = destination::decode(family, bytes)?;
            Some(statistics::of_destination(key, bytes))
        })
    }

    fn list_destinations<T>(
        &mut self,
        key: &ServiceKey,
        each: impl Fn(&[u8]) -> Option<T>,
    ) -> io::Result<Vec<T>> {
        let of_service = |body: &mut Attributes| {
            body.nested(top::SERVICE, |body| service::encode_key(key, body));
        };
        self.list(Command::GetDestination, top::DESTINATION, of_service, each)
    }
}

/// What is in an attribute of a message.
fn nested(payload: &[u8], wanted: u16) -> Option<&[u8]> {
    attributes(payload.get(HEADER_LEN..)?)
        .find(|(kind, _)| *kind == wanted)
        .map(|(_, value)| value)
}

impl Backend for Ipvs {
    fn apply(&mut self, changes: &[Change], verdicts: &mut Vec<Verdict>) {
        for some in changes.chunks(BATCH) {
            let instead = self.send(some, verdicts);
            if !instead.is_empty() {
                self.amend(instead, verdicts);
            }
        }
    }

    fn table(&mut self) -> io::Result<Table> {
        let services = self.services(service::decode)?;
        let mut table = Table::default();
        for (key, settings) in services {
            let Some(settings) = settings else { continue };
            let destinations = self.destinations(&key)?;
            table.0.push(Service {
                key,
                settings,
                destinations,
            });
        }
        Ok(table)
    }

    fn statistics(&mut self, key: &ServiceKey) -> io::Result<Option<ServiceStatistics>> {
        self.body.restart(&header(Command::GetService));
        self.body
            .nested(top::SERVICE, |body| service::encode_key(key, body));
        let counters = self.connection.ask(self.family, &self.body, |payload| {
            nested(payload, top::SERVICE).map(statistics::of_service)
        });
        let counters = match counters {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => return Ok(None),
            other => other?.unwrap_or_default(),
        };
        Ok(Some(ServiceStatistics {
            counters,
            destinations: self.destination_statistics(key)?,
        }))
    }

    fn all_statistics(&mut self) -> io::Result<Vec<(ServiceKey, ServiceStatistics)>> {
        let services = self.services(|bytes| {
            let (key, _) = service::decode(bytes)?;
            Some((key, statistics::of_service(bytes)))
        })?;
        let with_destinations = |(key, counters): (ServiceKey, _)| {
            let destinations = self.destination_statistics(&key)?;
            Ok((
                key,
                ServiceStatistics {
                    counters,
                    destinations,
                },
            ))
        };
        services.into_iter().map(with_destinations).collect()
    }

    fn timeouts(&mut self) -> io::Result<Timeouts> {
        let request = Attributes::after(&header(Command::GetConfig));
        let answer = self.connection.ask(self.family, &request, |payload| {
            payload.get(HEADER_LEN..).map(timeouts::decode)
        })?;
        Ok(answer.unwrap_or_default())
    }

    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()> {
        self.command(Command::SetConfig, |body| timeouts::encode(timeouts, body))
    }

    fn start_sync_daemon(&mut self, role: SyncRole, daemon: &SyncDaemon) -> io::Result<()> {
        self.command(Command::NewDaemon, |body| {
            body.nested(top::DAEMON, |body| daemon::encode(role, daemon, body));
        })
    }

    fn stop_sync_daemon(&mut self, role: SyncRole, daemon: &SyncDaemon) -> io::Result<()> {
        self.command(Command::DeleteDaemon, |body| {
            body.nested(top::DAEMON, |body| daemon::encode_key(role, daemon, body));
        })
    }

    fn sync_daemons(&mut self) -> io::Result<Vec<(SyncRole, SyncDaemon)>> {
        self.list(Command::GetDaemon, top::DAEMON, |_| {}, daemon::decode)
    }

    fn zero(&mut self, service: Option<&ServiceKey>) -> io::Result<()> {
        self.command(Command::Zero, |body| {
            if let Some(key) = service {
                body.nested(top::SERVICE, |body| service::encode_key(key, body));
            }
        })
    }
}
