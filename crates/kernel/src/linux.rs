//! The kernel itself as a back end.

mod link;

use crate::netlink::{Batch, Connection, Refusal, address, route, rule};
#[cfg(feature = "nftables")]
use crate::nftables::{Firewall, FirewallSettings};
#[cfg(feature = "nftables")]
use crate::operation::FirewallEntry;
use crate::operation::{Backend, Object, Operation, OperationError, Outcome, Sysctl, Verdict, Way};
use crate::{ReceiveBuffer, sysctl};
#[cfg(feature = "nftables")]
use model::IfName;
use nix::errno::Errno;
use std::collections::HashMap;
use std::io;

const NLM_F_EXCL: u16 = 0x200;
const NLM_F_CREATE: u16 = 0x400;

/// Carries operations out in the network namespace of the thread that uses it.
#[derive(Debug)]
pub struct Linux {
    route: Connection,
    batch: Batch,
    refusals: Vec<Refusal>,
    /// Values of settings before we changed them.
    originals: HashMap<Box<str>, String>,
    #[cfg(feature = "nftables")]
    firewall: Firewall,
    /// The entries that go with links, by their names.
    #[cfg(feature = "nftables")]
    guarded: HashMap<IfName, FirewallEntry>,
}

impl Linux {
    /// Opens the sockets.
    pub fn open() -> io::Result<Self> {
        Self::open_with(ReceiveBuffer::Default)
    }

    /// Opens the sockets, the one for the answers of the kernel with this buffer.
    pub fn open_with(buffer: ReceiveBuffer) -> io::Result<Self> {
        let route = Connection::open(libc::NETLINK_ROUTE)?;
        buffer.apply(&route)?;
        Ok(Self {
            route,
            batch: Batch::default(),
            refusals: Vec::new(),
            originals: HashMap::new(),
            #[cfg(feature = "nftables")]
            firewall: Firewall::new(FirewallSettings::default()),
            #[cfg(feature = "nftables")]
            guarded: HashMap::new(),
        })
    }

    /// Sets how firewall tables are made, before the first entry.
    #[cfg(feature = "nftables")]
    #[must_use]
    pub fn with_firewall(mut self, settings: FirewallSettings) -> Self {
        self.firewall = Firewall::new(settings);
        self
    }

    /// Deletes firewall tables that a predecessor has left behind.
    #[cfg(feature = "nftables")]
    pub fn remove_leftover_tables(&mut self) -> io::Result<()> {
        self.firewall.remove_leftovers()
    }

    #[cfg(feature = "nftables")]
    fn apply_firewall(&mut self, operations: &[Operation], verdicts: &mut Vec<Verdict>) {
        self.firewall.apply(operations, verdicts);
    }

    #[cfg(not(feature = "nftables"))]
    #[expect(clippy::unused_self, reason = "the other build has a firewall in it")]
    fn apply_firewall(&mut self, operations: &[Operation], verdicts: &mut Vec<Verdict>) {
        let refused = |operation| Err(OperationError::new(operation, Errno::EOPNOTSUPP, None));
        verdicts.extend(operations.iter().map(refused));
    }

    /// Sends what is about routing in one datagram.
    fn apply_routing(&mut self, operations: &[Operation], verdicts: &mut Vec<Verdict>) {
        self.batch.clear();
        self.refusals.clear();
        for operation in operations {
            push(&mut self.batch, operation);
        }
        let exchanged = self.route.exchange(&mut self.batch, &mut self.refusals);
        let start = verdicts.len();
        verdicts.extend(operations.iter().map(|_| Ok(Outcome::Done)));
        for refusal in self.refusals.drain(..) {
            let operation = &operations[refusal.position];
            verdicts[start + refusal.position] = judge(operation, refusal.errno, refusal.detail.as_deref());
        }
        if let Err(error) = exchanged {
            // Some of them may have been carried out; said to have failed, they are asked for again.
            for (operation, verdict) in operations.iter().zip(&mut verdicts[start..]) {
                if verdict.is_ok() {
                    *verdict = Err(OperationError::new(operation, errno(&error), None));
                }
            }
        }
    }

    fn apply_sysctl(&mut self, operation: &Operation) -> Verdict {
        let Object::Sysctl(setting) = operation.object() else {
            unreachable!("only settings are files");
        };
        let result = match operation {
            Operation::Add(_) => self.set(setting),
            Operation::Remove(_) => self.restore(setting),
        };
        result.or_else(|error| match operation {
            // The interface went away and took its settings with it.
            Operation::Remove(_) if error.kind() == io::ErrorKind::NotFound => Ok(Outcome::WasSo),
            _ => Err(OperationError::new(operation, errno(&error), None)),
        })
    }

    fn set(&mut self, setting: &Sysctl) -> io::Result<Outcome> {
        let before = sysctl::read(&setting.path)?;
        let outcome = if before == *setting.value {
            Outcome::WasSo
        } else {
            sysctl::write(&setting.path, &setting.value)?;
            Outcome::Done
        };
        self.originals.entry(setting.path.clone()).or_insert(before);
        Ok(outcome)
    }

    fn restore(&mut self, setting: &Sysctl) -> io::Result<Outcome> {
        match self.originals.remove(&setting.path) {
            // Somebody else has changed it since: theirs is the last word.
            Some(_) if sysctl::read(&setting.path)? != *setting.value => Ok(Outcome::WasSo),
            Some(before) => sysctl::write(&setting.path, &before).map(|()| Outcome::Done),
            None => Ok(Outcome::WasSo),
        }
    }
}

impl Backend for Linux {
    fn apply(&mut self, operations: &[Operation], verdicts: &mut Vec<Verdict>) {
        for run in operations.chunk_by(|a, b| a.way() == b.way()) {
            match run[0].way() {
                Way::Routing => self.apply_routing(run, verdicts),
                Way::Links => verdicts.extend(run.iter().map(|operation| self.apply_link(operation))),
                Way::Files => verdicts.extend(run.iter().map(|operation| self.apply_sysctl(operation))),
                Way::Firewall => self.apply_firewall(run, verdicts),
            }
        }
    }

    #[cfg(feature = "nftables")]
    fn finish(&mut self) {
        self.unguard_what_is_gone();
        // Tables that cannot be deleted are replaced by the next start.
        let _ = self.firewall.remove_empty_tables();
    }
}

/// Appends the request of an operation to the batch.
fn push(batch: &mut Batch, operation: &Operation) {
    let exclusive = NLM_F_CREATE | NLM_F_EXCL;
    match operation {
        Operation::Add(Object::Address(object)) => {
            batch.push(libc::RTM_NEWADDR, exclusive, &address::addition(object));
        }
        Operation::Remove(Object::Address(object)) => {
            batch.push(libc::RTM_DELADDR, 0, &address::removal(object));
        }
        Operation::Add(Object::Route(object)) => {
            let flags = route::addition_flags(object.line.mode);
            batch.push(libc::RTM_NEWROUTE, flags, &route::addition(object));
        }
        Operation::Remove(Object::Route(object)) => {
            batch.push(libc::RTM_DELROUTE, 0, &route::removal(object));
        }
        Operation::Add(Object::Rule(object)) => {
            batch.push(libc::RTM_NEWRULE, exclusive, &rule::body(object));
        }
        Operation::Remove(Object::Rule(object)) => batch.push(libc::RTM_DELRULE, 0, &rule::body(object)),
        Operation::Add(Object::Link(_) | Object::Sysctl(_) | Object::Firewall(_))
        | Operation::Remove(Object::Link(_) | Object::Sysctl(_) | Object::Firewall(_)) => {
            unreachable!("links, settings and firewall entries go other ways")
        }
    }
}

/// Whether an error number is a failure, or says that there was nothing to do.
///
/// An interface that is gone has taken its addresses and routes with it.
fn judge(operation: &Operation, errno: Errno, detail: Option<&str>) -> Verdict {
    match (operation, errno) {
        (Operation::Add(_), Errno::EEXIST)
        | (
            Operation::Remove(_),
            Errno::EADDRNOTAVAIL | Errno::ESRCH | Errno::ENOENT | Errno::ENODEV | Errno::ENXIO,
        ) => Ok(Outcome::WasSo),
        _ => Err(OperationError::new(operation, errno, detail)),
    }
}

fn errno(error: &io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
