//! Virtual interfaces: made while they are down, given everything that has to be in place before a packet leaves, and
//! then taken up.

use super::{Linux, NLM_F_CREATE, NLM_F_EXCL, errno, judge};
use crate::netlink::{link, link_request};
#[cfg(feature = "nftables")]
use crate::operation::FirewallEntry;
use crate::operation::{Link, LinkShape, Object, Operation, OperationError, Outcome, Sysctl, Verdict};
use crate::sysctl;
use model::IfIndex;
use model::interface::{Interface, LinkKind};
use nix::errno::Errno;
use std::io;

/// Why a link cannot be made whose name is in use.
const NAME_TAKEN: &str = "another interface has this name";

impl Linux {
    pub(super) fn apply_link(&mut self, operation: &Operation) -> Verdict {
        let Object::Link(link) = operation.object() else {
            unreachable!("only links are alone");
        };
        match operation {
            Operation::Add(_) => self.make_link(operation, link),
            Operation::Remove(_) => self.delete_link(operation, link),
        }
    }

    /// Makes a link. One that is there already, from a former run perhaps, is given what it lacks.
    fn make_link(&mut self, operation: &Operation, link: &Link) -> Verdict {
        let exclusive = NLM_F_CREATE | NLM_F_EXCL;
        self.batch.clear();
        self.batch
            .push(libc::RTM_NEWLINK, exclusive, &link_request::creation(link));
        self.exchange_for_link(operation, |_, _| false)?;
        let index = self.find_link(operation, link)?;
        // The link serves without these too, so what is refused of them is only told in the end.
        let set = link.settings.iter().try_for_each(put);
        let guarded = self.guard_reports(link, index);
        self.take_link_up(operation, link)?;
        set.and(guarded).map(|()| Outcome::Created(index))
    }

    fn take_link_up(&mut self, operation: &Operation, link: &Link) -> Verdict {
        self.batch.clear();
        if matches!(link.shape, LinkShape::Vmac(_)) {
            let request = link_request::without_own_address(link);
            self.batch.push(libc::RTM_NEWLINK, 0, &request);
        }
        let last = self.batch.count() as usize;
        let request = link_request::activation(link);
        self.batch.push(libc::RTM_NEWLINK, 0, &request);
        self.exchange_for_link(operation, |position, errno| {
            if position < last {
                // A machine without IPv6 makes no address by itself anyway.
                errno == Errno::EAFNOSUPPORT
            } else {
                // The interface below is down. Whoever sees it come up asks for the link again.
                errno == Errno::ENETDOWN
            }
        })
    }

    fn delete_link(&mut self, operation: &Operation, link: &Link) -> Verdict {
        let request = link_request::named(&link.name);
        self.batch.clear();
        self.batch.push(libc::RTM_DELLINK, 0, &request);
        let outcome = self.exchange_for_link(operation, |_, _| false)?;
        // Not before: as long as the link is there, it has groups to report.
        self.unguard_reports(link);
        Ok(outcome)
    }

    /// Sends the batch about a link. Refusals for which `excused` holds, by their position, are none.
    fn exchange_for_link(
        &mut self,
        operation: &Operation,
        excused: impl Fn(usize, Errno) -> bool,
    ) -> Verdict {
        self.refusals.clear();
        self.route
            .exchange(&mut self.batch, &mut self.refusals)
            .map_err(|error| OperationError::new(operation, errno(&error), None))?;
        let mut outcome = Outcome::Done;
        for refusal in self.refusals.drain(..) {
            if !excused(refusal.position, refusal.errno) {
                outcome = judge(operation, refusal.errno, refusal.detail.as_deref())?;
            }
        }
        Ok(outcome)
    }

    /// The index of the link, if what has its name is what was asked for.
    fn find_link(&mut self, operation: &Operation, link: &Link) -> Result<IfIndex, OperationError> {
        let request = link_request::named(&link.name);
        let found = self
            .route
            .ask(libc::RTM_GETLINK, &request, link::decode)
            .and_then(|found| found.ok_or_else(|| Errno::ENODEV.into()))
            .map_err(|error| OperationError::new(operation, errno(&error), None))?;
        if is_as_asked_for(&found, link) {
            Ok(found.index)
        } else {
            Err(OperationError::new(operation, Errno::EEXIST, Some(NAME_TAKEN)))
        }
    }

    /// Has the firewall lead the reports of a link away, and forget a former link of that name.
    #[cfg(feature = "nftables")]
    fn guard_reports(&mut self, link: &Link, index: IfIndex) -> Result<(), OperationError> {
        let Some(family) = link.reports else {
            return Ok(());
        };
        let entry = FirewallEntry::Vmac {
            family,
            vmac: index,
            base: link.base,
        };
        let before = self.guarded.insert(link.name.clone(), entry.clone());
        let stale = before.filter(|before| *before != entry);
        let operations: Vec<_> = stale
            .map(|entry| Operation::Remove(Object::from(entry)))
            .into_iter()
            .chain([Operation::Add(Object::from(entry))])
            .collect();
        let mut verdicts = Vec::with_capacity(operations.len());
        self.firewall.apply(&operations, &mut verdicts);
        verdicts.into_iter().try_for_each(|verdict| verdict.map(|_| ()))
    }

    #[cfg(feature = "nftables")]
    fn unguard_reports(&mut self, link: &Link) {
        if let Some(entry) = self.guarded.remove(&link.name) {
            // One that cannot be removed goes with its table, and speaks of no interface meanwhile.
            let operation = Operation::Remove(Object::from(entry));
            self.firewall.apply(&[operation], &mut Vec::new());
        }
    }

    /// Removes the entries of links that others have deleted.
    #[cfg(feature = "nftables")]
    pub(super) fn unguard_what_is_gone(&mut self) {
        let mut gone = Vec::new();
        for (name, entry) in &self.guarded {
            let request = link_request::named(name);
            // An answer that says so, not a failure to ask.
            let found = self.route.ask(libc::RTM_GETLINK, &request, link::index);
            let is_gone = found.is_err_and(|error| errno(&error) == Errno::ENODEV);
            if is_gone {
                gone.push(Operation::Remove(Object::from(entry.clone())));
            }
        }
        self.firewall.apply(&gone, &mut Vec::new());
    }

    #[cfg(not(feature = "nftables"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the other build has a firewall in it"
    )]
    fn guard_reports(&mut self, _: &Link, _: IfIndex) -> Result<(), OperationError> {
        Ok(())
    }

    #[cfg(not(feature = "nftables"))]
    #[expect(clippy::unused_self, reason = "the other build has a firewall in it")]
    fn unguard_reports(&mut self, _: &Link) {}
}

fn is_as_asked_for(found: &Interface, link: &Link) -> bool {
    match link.shape {
        LinkShape::Vmac(mac) => found.kind == LinkKind::PrivateMacvlan && found.mac == Some(mac),
        LinkShape::Ipvlan(_) => found.kind == LinkKind::Ipvlan,
    }
}

/// Makes a setting of the link's own, which ends with the link. Where the kernel has no such setting (IPv6 is switched
/// off), there is nothing to set.
fn put(setting: &Sysctl) -> Result<(), OperationError> {
    let made = sysctl::read(&setting.path).and_then(|before| {
        if before == *setting.value {
            Ok(())
        } else {
            sysctl::write(&setting.path, &setting.value)
        }
    });
    match made {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            let operation = Operation::Add(Object::from(setting.clone()));
            Err(OperationError::new(&operation, errno(&error), None))
        }
        _ => Ok(()),
    }
}
