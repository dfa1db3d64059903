//! A kernel in memory, for tests: the same operations, with the same verdicts.
//!
//! Left out is what one object does to another beyond the deletion of a link: no secondary addresses, no routes that
//! vanish with the address that made their gateway reachable.

use crate::operation::{Backend, Key, Object, Operation, OperationError, Outcome, Sysctl, Verdict};
use model::{IfIndex, IfName};
use nix::errno::Errno;
use std::collections::{BTreeMap, HashMap};

/// Addresses, routes, rules, links, settings and firewall entries that are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fake {
    links: BTreeMap<IfIndex, IfName>,
    present: HashMap<Key, Object>,
    settings: BTreeMap<Box<str>, Box<str>>,
    originals: BTreeMap<Box<str>, Box<str>>,
    refusals: HashMap<Key, Errno>,
}

impl Fake {
    /// A kernel with these interfaces and nothing on them.
    #[must_use]
    pub fn with_links(links: impl IntoIterator<Item = (IfIndex, IfName)>) -> Self {
        Self {
            links: links.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Adds a setting with its value; others do not exist.
    pub fn add_setting(&mut self, path: &str, value: &str) {
        self.settings.insert(path.into(), value.into());
    }

    /// Refuses operations on this object from now on with `errno`, or no longer.
    pub fn refuse(&mut self, key: Key, errno: Option<Errno>) {
        match errno {
            Some(errno) => self.refusals.insert(key, errno),
            None => self.refusals.remove(&key),
        };
    }

    /// Whether the object is there with exactly these attributes.
    #[must_use]
    pub fn has(&self, object: &Object) -> bool {
        match object {
            Object::Sysctl(sysctl) => self.setting(&sysctl.path) == Some(&*sysctl.value),
            _ => self.present.get(&object.key()) == Some(object),
        }
    }

    /// The value of a setting, where it exists.
    #[must_use]
    pub fn setting(&self, path: &str) -> Option<&str> {
        self.settings.get(path).map(|value| &**value)
    }

    /// Number of objects other than settings.
    #[must_use]
    pub fn count(&self) -> usize {
        self.present.len()
    }

    /// Removes a link that somebody else deletes, with what is on it.
    pub fn delete_link(&mut self, index: IfIndex) {
        if let Some(name) = self.links.remove(&index) {
            self.present.remove(&Key::Link(name));
            self.present
                .retain(|_, object| interface_of(object) != Some(index));
        }
    }

    fn carry_out(&mut self, operation: &Operation) -> Result<Outcome, Errno> {
        let key = operation.object().key();
        if let Some(errno) = self.refusals.get(&key) {
            return Err(*errno);
        }
        match operation {
            Operation::Add(Object::Sysctl(sysctl)) => self.set(sysctl),
            Operation::Remove(Object::Sysctl(sysctl)) => Ok(self.restore(sysctl)),
            Operation::Add(object) => self.add(key, object),
            Operation::Remove(object) => {
                if self.present.remove(&key).is_none() {
                    return Ok(Outcome::WasSo);
                }
                if let Object::Link(link) = object
                    && let Some(index) = self.index_of(&link.name)
                {
                    self.delete_link(index);
                }
                Ok(Outcome::Done)
            }
        }
    }

    fn add(&mut self, key: Key, object: &Object) -> Result<Outcome, Errno> {
        if let Some(index) = interface_of(object)
            && !self.links.contains_key(&index)
        {
            return Err(Errno::ENODEV);
        }
        if let Object::Link(link) = object {
            if let Some(index) = self.index_of(&link.name) {
                return Ok(Outcome::Created(index));
            }
            if !self.links.contains_key(&link.base) {
                return Err(Errno::ENODEV);
            }
            let last = self.links.last_key_value().map_or(0, |(index, _)| index.value());
            let index = IfIndex::new(last + 1).expect("one more than a number");
            self.links.insert(index, link.name.clone());
            self.present.insert(key, object.clone());
            return Ok(Outcome::Created(index));
        }
        if self.present.contains_key(&key) {
            return Ok(Outcome::WasSo);
        }
        self.present.insert(key, object.clone());
        Ok(Outcome::Done)
    }

    fn index_of(&self, name: &IfName) -> Option<IfIndex> {
        self.links
            .iter()
            .find(|(_, other)| *other == name)
            .map(|(index, _)| *index)
    }

    fn set(&mut self, sysctl: &Sysctl) -> Result<Outcome, Errno> {
        let value = self.settings.get_mut(&sysctl.path).ok_or(Errno::ENOENT)?;
        let before = std::mem::replace(value, sysctl.value.clone());
        let outcome = if before == sysctl.value {
            Outcome::WasSo
        } else {
            Outcome::Done
        };
        self.originals.entry(sysctl.path.clone()).or_insert(before);
        Ok(outcome)
    }

    fn restore(&mut self, sysctl: &Sysctl) -> Outcome {
        let original = self.originals.remove(&sysctl.path);
        match (original, self.settings.get_mut(&sysctl.path)) {
            (Some(original), Some(value)) if *value == sysctl.value => {
                *value = original;
                Outcome::Done
            }
            _ => Outcome::WasSo,
        }
    }
}

fn interface_of(object: &Object) -> Option<IfIndex> {
    match object {
        Object::Address(address) => Some(address.interface),
        Object::Route(route) => route.interface,
        Object::Link(_) | Object::Sysctl(_) | Object::Firewall(_) | Object::Rule(_) => None,
    }
}

impl Backend for Fake {
    fn apply(&mut self, operations: &[Operation], verdicts: &mut Vec<Verdict>) {
        for operation in operations {
            let end = self.carry_out(operation);
            verdicts.push(end.map_err(|errno| OperationError::new(operation, errno, None)));
        }
    }
}

#[cfg(test)]
mod tests;
