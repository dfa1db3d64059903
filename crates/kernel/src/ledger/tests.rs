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

fn queue(ledger: &mut Ledger, owner: Owner, wanted: &[Object]) -> Vec<Operation> {
    let operations = ledger.want(owner, wanted);
    for operation in &operations {
        ledger.queued(operation);
    }
    operations
}

fn failed(operation: &Operation) -> Verdict {
    Err(OperationError::new(operation, Errno::EPERM, None))
}

#[test]
fn a_transition_back_removes_what_is_still_queued() {
    let mut ledger = Ledger::default();
    let (x, y) = (object("x", "1"), object("y", "1"));
    assert_eq!(
        queue(&mut ledger, A, &[x.clone(), y.clone()]),
        [Operation::Add(x.clone()), Operation::Add(y.clone())]
    );
    assert_eq!(
        queue(&mut ledger, A, &[]),
        [Operation::Remove(x.clone()), Operation::Remove(y)]
    );
    assert_eq!(
        queue(&mut ledger, A, std::slice::from_ref(&x)),
        [Operation::Add(x)]
    );
}

#[test]
fn a_changed_object_is_replaced_and_an_equal_one_left_alone() {
    let mut ledger = Ledger::default();
    queue(&mut ledger, A, &[object("x", "1"), object("y", "1")]);
    assert_eq!(
        queue(&mut ledger, A, &[object("y", "1"), object("x", "2")]),
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
    queue(&mut ledger, A, std::slice::from_ref(&x));
    assert_eq!(
        queue(&mut ledger, B, std::slice::from_ref(&x)),
        [Operation::Add(x.clone())]
    );
    assert_eq!(queue(&mut ledger, A, &[]), []);
    assert_eq!(queue(&mut ledger, B, &[]), [Operation::Remove(x)]);
}

#[test]
fn what_failed_is_tried_again() {
    let mut ledger = Ledger::default();
    let x = object("x", "1");
    let add = Operation::Add(x.clone());
    queue(&mut ledger, A, std::slice::from_ref(&x));
    ledger.settled(A, &add, &failed(&add));
    assert_eq!(ledger.removed(&x.key()), Removal::Unwanted);
    let again = queue(&mut ledger, A, std::slice::from_ref(&x));
    assert_eq!(again.as_slice(), std::slice::from_ref(&add));
    ledger.settled(A, &add, &Ok(Outcome::Done));
    assert_eq!(queue(&mut ledger, A, std::slice::from_ref(&x)), []);
    assert_eq!(ledger.removed(&x.key()), Removal::Others(vec![A]));
}

#[test]
fn our_removals_are_told_from_those_of_others() {
    let mut ledger = Ledger::default();
    let x = object("x", "1");
    let (add, remove) = (Operation::Add(x.clone()), Operation::Remove(x.clone()));
    let wanted = [x.clone()];
    queue(&mut ledger, A, &wanted);
    queue(&mut ledger, A, &[]);
    queue(&mut ledger, A, &wanted);
    ledger.settled(A, &add, &Ok(Outcome::Done));
    ledger.settled(A, &remove, &Ok(Outcome::Done));
    ledger.settled(A, &add, &Ok(Outcome::Done));
    // The notification of the removal in the middle comes last, the next one is nobody's of ours.
    assert_eq!(ledger.removed(&x.key()), Removal::Ours);
    assert_eq!(ledger.removed(&x.key()), Removal::Others(vec![A]));
    assert_eq!(ledger.removed(&x.key()), Removal::Unwanted);
    assert_eq!(queue(&mut ledger, A, &wanted), [add]);
}

#[test]
fn a_removal_that_found_nothing_is_not_waited_for() {
    for verdict in [Ok(Outcome::WasSo), failed(&Operation::Remove(object("x", "1")))] {
        let mut ledger = Ledger::default();
        let x = object("x", "1");
        queue(&mut ledger, A, std::slice::from_ref(&x));
        queue(&mut ledger, A, &[]);
        queue(&mut ledger, A, std::slice::from_ref(&x));
        ledger.settled(A, &Operation::Remove(x.clone()), &verdict);
        assert_eq!(ledger.removed(&x.key()), Removal::Others(vec![A]));
    }
}

#[test]
fn lost_notifications_are_not_waited_for() {
    let mut ledger = Ledger::default();
    let (x, y) = (object("x", "1"), object("y", "1"));
    let wanted = [x.clone(), y.clone()];
    queue(&mut ledger, A, &wanted);
    queue(&mut ledger, A, &[]);
    queue(&mut ledger, A, &wanted);
    ledger.settled(A, &Operation::Remove(x.clone()), &Ok(Outcome::Done));
    ledger.resynchronised();
    assert_eq!(ledger.removed(&x.key()), Removal::Others(vec![A]));
    assert_eq!(ledger.removed(&y.key()), Removal::Ours, "still on its way");
}
