use super::*;
use crate::operation::{OperationError, Sysctl};
use nix::errno::Errno;

const A: Owner = Owner(1);
const B: Owner = Owner(2);

fn object(path: &str, value: &str) -> Object {
    Object::from(Sysctl {
        path: path.into(),
        value: value.into(),
    })
}

fn failed(operation: &Operation) -> Verdict {
    Err(OperationError::new(operation, Errno::EPERM, None))
}

fn others(owner: Owner, object: &Object) -> Removal {
    Removal::Others(vec![(owner, object.clone())])
}

#[test]
fn a_transition_back_removes_what_is_still_queued() {
    let mut ledger = Ledger::default();
    let (x, y) = (object("x", "1"), object("y", "1"));
    assert_eq!(
        ledger.want(A, &[x.clone(), y.clone()]),
        [Operation::Add(x.clone()), Operation::Add(y.clone())]
    );
    assert_eq!(
        ledger.want(A, &[]),
        [Operation::Remove(x.clone()), Operation::Remove(y)]
    );
    assert_eq!(ledger.want(A, std::slice::from_ref(&x)), [Operation::Add(x)]);
}

#[test]
fn a_changed_object_is_replaced_and_an_equal_one_left_alone() {
    let mut ledger = Ledger::default();
    ledger.want(A, &[object("x", "1"), object("y", "1")]);
    assert_eq!(
        ledger.want(A, &[object("y", "1"), object("x", "2")]),
        [
            Operation::Remove(object("x", "1")),
            Operation::Add(object("x", "2"))
        ]
    );
}

#[test]
fn the_last_owner_removes() {
    let mut ledger = Ledger::default();
    let x = object("x", "1");
    ledger.want(A, std::slice::from_ref(&x));
    assert_eq!(
        ledger.want(B, std::slice::from_ref(&x)),
        [Operation::Add(x.clone())]
    );
    assert_eq!(ledger.want(A, &[]), []);
    assert_eq!(ledger.want(B, &[]), [Operation::Remove(x)]);
}

#[test]
fn what_failed_is_tried_again() {
    let mut ledger = Ledger::default();
    let x = object("x", "1");
    let add = Operation::Add(x.clone());
    ledger.want(A, std::slice::from_ref(&x));
    ledger.settled(A, &add, &failed(&add));
    assert_eq!(ledger.removed(&x.key()), Removal::Unwanted);
    let again = ledger.want(A, std::slice::from_ref(&x));
    assert_eq!(again.as_slice(), std::slice::from_ref(&add));
    ledger.settled(A, &add, &Ok(Outcome::Done));
    assert_eq!(ledger.want(A, std::slice::from_ref(&x)), []);
    assert_eq!(ledger.removed(&x.key()), others(A, &x));
}

#[test]
fn our_removals_are_told_from_those_of_others() {
    let mut ledger = Ledger::default();
    let x = object("x", "1");
    let (add, remove) = (Operation::Add(x.clone()), Operation::Remove(x.clone()));
    let wanted = [x.clone()];
    ledger.want(A, &wanted);
    ledger.want(A, &[]);
    ledger.want(A, &wanted);
    ledger.settled(A, &add, &Ok(Outcome::Done));
    ledger.settled(A, &remove, &Ok(Outcome::Done));
    ledger.settled(A, &add, &Ok(Outcome::Done));
    // The notification of the removal in the middle comes last, the next one is nobody's of ours.
    assert_eq!(ledger.removed(&x.key()), Removal::Ours);
    assert_eq!(ledger.removed(&x.key()), others(A, &x));
    assert_eq!(ledger.removed(&x.key()), Removal::Unwanted);
    assert_eq!(ledger.want(A, &wanted), [add]);
}

#[test]
fn a_removal_that_found_nothing_is_not_waited_for() {
    for verdict in [Ok(Outcome::WasSo), failed(&Operation::Remove(object("x", "1")))] {
        let mut ledger = Ledger::default();
        let x = object("x", "1");
        ledger.want(A, std::slice::from_ref(&x));
        ledger.want(A, &[]);
        ledger.want(A, std::slice::from_ref(&x));
        ledger.settled(A, &Operation::Remove(x.clone()), &verdict);
        assert_eq!(ledger.removed(&x.key()), others(A, &x));
    }
}

#[test]
fn lost_notifications_are_not_waited_for() {
    let mut ledger = Ledger::default();
    let (x, y) = (object("x", "1"), object("y", "1"));
    let wanted = [x.clone(), y.clone()];
    ledger.want(A, &wanted);
    ledger.want(A, &[]);
    ledger.want(A, &wanted);
    ledger.settled(A, &Operation::Remove(x.clone()), &Ok(Outcome::Done));
    ledger.resynchronised();
    assert_eq!(ledger.removed(&x.key()), others(A, &x));
    assert_eq!(ledger.removed(&y.key()), Removal::Ours, "still on its way");
}

#[test]
fn changes_one_by_one_are_accounted_for_as_well() {
    let mut ledger = Ledger::default();
    let (x, y) = (object("x", "1"), object("y", "1"));
    let (add_x, add_y) = (Operation::Add(x.clone()), Operation::Add(y.clone()));
    let both = vec![add_x.clone(), add_y];
    assert_eq!(ledger.change(A, both.clone()), both);
    assert_eq!(ledger.change(B, vec![add_x.clone()]), [add_x]);
    assert_eq!(
        ledger.change(
            A,
            vec![Operation::Remove(x.clone()), Operation::Remove(y.clone())]
        ),
        [Operation::Remove(y)]
    );
    assert_eq!(ledger.removed(&x.key()), others(B, &x));
    // What nobody is known to have can be removed too: a predecessor's.
    let leftover = vec![Operation::Remove(object("z", "1"))];
    assert_eq!(ledger.change(A, leftover.clone()), leftover);
}
