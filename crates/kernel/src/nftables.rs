//! nftables: the rule set of VMACs and of `no_accept` (`spec/vrrp-protocol.md` section 13), and the marks of groups of
//! virtual servers, without libnftnl.
//!
//! Every call of [`Firewall::apply`] is one transaction, and so takes effect as a whole. Tables, sets, chains and rules
//! are made with the first entry that needs them, in the same transaction; a predecessor's table of the same name is
//! replaced then.

mod expression;
mod marks;
mod message;
mod ruleset;

pub use marks::{MarkError, MarkSettings, Marks};

use crate::netlink::{Batch, Connection, Refusal};
use crate::operation::{FirewallEntry, Object, Operation, OperationError, Outcome, Verdict};
use message::Family;
use nix::errno::Errno;
use ruleset::Table;
use std::io;

/// How the tables are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirewallSettings {
    /// `nftables`: name of the tables, one for each family.
    pub table: String,
    /// `nftables_priority` of the chains.
    pub priority: i32,
    /// `nftables_counters`: rules count packets.
    pub counters: bool,
    /// `nftables_ifindex`: link-local addresses are told apart by the index of their interface, not by its name.
    pub ifindex: bool,
}

impl Default for FirewallSettings {
    fn default() -> Self {
        Self {
            table: "keepalived".to_owned(),
            priority: -1,
            counters: false,
            ifindex: false,
        }
    }
}

/// Tables of ours and what is in them.
#[derive(Debug)]
pub(crate) struct Firewall {
    settings: FirewallSettings,
    connection: Option<Connection>,
    tables: [Table; 2],
}

impl Firewall {
    pub(crate) fn new(settings: FirewallSettings) -> Self {
        Self {
            settings,
            connection: None,
            tables: [Table::new(Family::Ip), Table::new(Family::Ip6)],
        }
    }

    /// Carries out operations on firewall entries in one transaction. If that is refused, they are tried one by one, so
    /// that a bad one does not take the others along.
    pub(crate) fn apply(&mut self, operations: &[Operation], verdicts: &mut Vec<Verdict>) {
        match self.transact(operations) {
            Ok(()) => verdicts.extend(operations.iter().map(|_| Ok(Outcome::Done))),
            Err(error) if operations.len() == 1 => verdicts.push(judge(&operations[0], error)),
            Err(_) => {
                for operation in operations {
                    self.apply(std::slice::from_ref(operation), verdicts);
                }
            }
        }
    }

    fn transact(&mut self, operations: &[Operation]) -> Result<(), Failure> {
        let mut batch = Batch::default();
        message::begin(&mut batch);
        let mut tables = self.tables.clone();
        for operation in operations {
            let Object::Firewall(entry) = operation.object() else {
                unreachable!("only entries of the firewall come here");
            };
            let table = &mut tables[position(entry)];
            match operation {
                Operation::Add(_) => table.add(&self.settings, entry, &mut batch),
                Operation::Remove(_) => table.remove(&self.settings, entry, &mut batch),
            }
        }
        self.commit(batch)?;
        self.tables = tables;
        Ok(())
    }

    fn commit(&mut self, batch: Batch) -> Result<(), Failure> {
        commit(&mut self.connection, batch)
    }

    /// Deletes the tables that we made and that have no entry any more.
    pub(crate) fn remove_empty_tables(&mut self) -> io::Result<()> {
        let mut batch = Batch::default();
        message::begin(&mut batch);
        for table in &mut self.tables {
            table.delete_if_empty(&self.settings, &mut batch);
        }
        self.commit(batch).map_err(io::Error::from)
    }

    /// Deletes tables of this name that a predecessor has left behind.
    pub(crate) fn remove_leftovers(&mut self) -> io::Result<()> {
        let mut batch = Batch::default();
        message::begin(&mut batch);
        for table in &self.tables {
            table.delete_leftover(&self.settings, &mut batch);
        }
        self.commit(batch).map_err(io::Error::from)
    }
}

const fn position(entry: &FirewallEntry) -> usize {
    match entry.family() {
        model::Family::Ipv4 => 0,
        model::Family::Ipv6 => 1,
    }
}

/// Ends a transaction and has it carried out, over a connection that is opened if it is not.
fn commit(connection: &mut Option<Connection>, mut batch: Batch) -> Result<(), Failure> {
    let before = batch.count();
    message::end(&mut batch);
    if before == 1 {
        return Ok(());
    }
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(Connection::open(libc::NETLINK_NETFILTER)?),
    };
    let mut refusals = Vec::new();
    connection.transact(&mut batch, &mut refusals)?;
    match refusals.pop() {
        Some(refusal) => Err(Failure::Refused(refusal)),
        None => Ok(()),
    }
}

/// Why a transaction did not happen.
#[derive(Debug)]
enum Failure {
    Refused(Refusal),
    Exchange(io::Error),
}

impl Failure {
    /// The error number, and the kernel's explanation.
    fn into_parts(self) -> (Errno, Option<Box<str>>) {
        match self {
            Self::Refused(refusal) => (refusal.errno, refusal.detail),
            Self::Exchange(error) => (error.raw_os_error().map_or(Errno::EIO, Errno::from_raw), None),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Exchange(error)
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.errno.into(),
            Failure::Exchange(error) => error,
        }
    }
}

fn judge(operation: &Operation, failure: Failure) -> Verdict {
    let (errno, detail) = failure.into_parts();
    match (operation, errno) {
        (Operation::Remove(_), Errno::ENOENT) | (Operation::Add(_), Errno::EEXIST) => Ok(Outcome::WasSo),
        _ => Err(OperationError::new(operation, errno, detail.as_deref())),
    }
}
