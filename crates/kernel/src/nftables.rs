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
use std::collections::HashSet;
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
    entries: HashSet<FirewallEntry>,
}

impl Firewall {
    pub(crate) fn new(settings: FirewallSettings) -> Self {
        Self {
            settings,
            connection: None,
            tables: NO_TABLES,
            entries: HashSet::new(),
        }
    }

    /// Carries out operations on firewall entries in one transaction. If that is refused, they are tried one by one, so
    /// that a bad one does not take the others along.
    pub(crate) fn apply(&mut self, operations: &[Operation], verdicts: &mut Vec<Verdict>) {
        let done = self.transact(operations, verdicts).or_else(|failure| {
            if failure.says_that_something_is_missing() && self.make_anew() {
                self.transact(operations, verdicts)
            } else {
                Err(failure)
            }
        });
        match done {
            Ok(()) => {}
            Err(failure) if operations.len() == 1 => verdicts.push(judge(&operations[0], failure)),
            Err(_) => {
                for operation in operations {
                    self.apply(std::slice::from_ref(operation), verdicts);
                }
            }
        }
    }

    /// Appends a verdict for each operation, or nothing where it fails.
    fn transact(&mut self, operations: &[Operation], verdicts: &mut Vec<Verdict>) -> Result<(), Failure> {
        let mut batch = Batch::default();
        message::begin(&mut batch);
        let mut tables = self.tables.clone();
        let mut outcomes = Vec::with_capacity(operations.len());
        let mut changed = Vec::new();
        for operation in operations {
            let Object::Firewall(entry) = operation.object() else {
                unreachable!("only entries of the firewall come here");
            };
            let table = &mut tables[position(entry)];
            let news = match operation {
                Operation::Add(_) => self.entries.insert(entry.clone()),
                Operation::Remove(_) => self.entries.remove(entry),
            };
            match operation {
                _ if !news => {}
                Operation::Add(_) => table.add(&self.settings, entry, &mut batch),
                Operation::Remove(_) => table.remove(&self.settings, entry, &mut batch),
            }
            if news {
                changed.push(operation);
            }
            outcomes.push(if news { Outcome::Done } else { Outcome::WasSo });
        }
        if let Err(failure) = self.commit(batch) {
            for operation in changed.into_iter().rev() {
                if let (Operation::Add(_), Object::Firewall(entry)) = (operation, operation.object()) {
                    self.entries.remove(entry);
                } else if let Object::Firewall(entry) = operation.object() {
                    self.entries.insert(entry.clone());
                }
            }
            return Err(failure);
        }
        self.tables = tables;
        verdicts.extend(outcomes.into_iter().map(Ok));
        Ok(())
    }

    /// Makes the tables anew with everything that is in them, since somebody has deleted them (a firewall script that
    /// begins with `flush ruleset`). Says whether that was so.
    fn make_anew(&mut self) -> bool {
        let mut batch = Batch::default();
        message::begin(&mut batch);
        let mut tables = NO_TABLES;
        for entry in &self.entries {
            tables[position(entry)].add(&self.settings, entry, &mut batch);
        }
        let made = self.tables.iter().any(Table::is_made) && self.commit(batch).is_ok();
        if made {
            self.tables = tables;
        }
        made
    }

    fn commit(&mut self, batch: Batch) -> Result<(), Failure> {
        commit(&mut self.connection, batch)
    }

    /// Deletes the tables that we made and that have no entry any more.
    pub(crate) fn remove_empty_tables(&mut self) -> io::Result<()> {
        let mut batch = Batch::default();
        message::begin(&mut batch);
        for (number, table) in self.tables.iter_mut().enumerate() {
            if !self.entries.iter().any(|entry| position(entry) == number) {
                table.delete(&self.settings, &mut batch);
            }
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

const NO_TABLES: [Table; 2] = [Table::new(Family::Ip), Table::new(Family::Ip6)];

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
    /// The kernel knows no table, set or element of that name.
    fn says_that_something_is_missing(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.errno == Errno::ENOENT)
    }

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
