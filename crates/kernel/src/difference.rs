//! From what is there and what should be there to the operations between them.

use crate::operation::{Key, Object, Operation};
use std::cmp::Reverse;
use std::collections::HashMap;

/// The operations that turn `present` into `wanted`.
///
/// Objects are taken away before others are put there. Additions are in the order of the classes (firewall,
/// addresses, routes, rules), removals in the opposite one; within a class the order of the lists is kept. An object
/// whose key stays while its attributes change is removed and added again. Where a list names a key twice, the last
/// one counts.
#[must_use]
pub fn difference(present: &[Object], wanted: &[Object]) -> Vec<Operation> {
    let had = by_key(present);
    let wants = by_key(wanted);
    let mut removals = only_in(present, &had, &wants);
    removals.sort_by_key(|object| Reverse(object.class()));
    let mut additions = only_in(wanted, &wants, &had);
    additions.sort_by_key(|object| object.class());
    let remove = |object: &Object| Operation::Remove(object.clone());
    let add = |object: &Object| Operation::Add(object.clone());
    removals
        .into_iter()
        .map(remove)
        .chain(additions.into_iter().map(add))
        .collect()
}

fn by_key(objects: &[Object]) -> HashMap<Key, &Object> {
    objects.iter().map(|object| (object.key(), object)).collect()
}

/// The objects of `list` that `other` lacks or has with other attributes; `own` is `list` by key.
fn only_in<'a>(
    list: &'a [Object],
    own: &HashMap<Key, &'a Object>,
    other: &HashMap<Key, &Object>,
) -> Vec<&'a Object> {
    list.iter()
        .filter(|object| {
            let key = object.key();
            let counts = own.get(&key).is_some_and(|last| std::ptr::eq(*last, *object));
            counts && other.get(&key).is_none_or(|other| other != object)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{FirewallEntry, Sysctl};

    fn sysctl(path: &str, value: &str) -> Object {
        Object::from(Sysctl {
            path: path.into(),
            value: value.into(),
        })
    }

    #[test]
    fn equal_states_need_nothing() {
        let state = [sysctl("a", "1"), sysctl("b", "1")];
        let turned = [state[1].clone(), state[0].clone()];
        assert_eq!(difference(&state, &turned), []);
    }

    #[test]
    fn classes_are_ordered_and_lists_kept_within_them() {
        let vip = |last: u8| Object::from(FirewallEntry::Vip([192, 0, 2, last].into()));
        let wanted = [vip(2), sysctl("b", "1"), vip(1), sysctl("a", "1")];
        assert_eq!(
            difference(&[], &wanted),
            [&wanted[1], &wanted[3], &wanted[0], &wanted[2]].map(|object| Operation::Add(object.clone()))
        );
        assert_eq!(
            difference(&wanted, &[]),
            [&wanted[0], &wanted[2], &wanted[1], &wanted[3]].map(|object| Operation::Remove(object.clone()))
        );
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        assert_eq!(
            difference(
                &[sysctl("a", "1"), sysctl("a", "2")],
                &[sysctl("a", "3"), sysctl("a", "2")]
            ),
            []
        );
    }
}
