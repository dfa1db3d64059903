use super::*;
use crate::difference::difference;
use crate::operation::{Address, FirewallEntry, Link, LinkShape, Route, Rule};
use model::{Family, MacAddr, PreferredLifetime, Prefix, RuleAction};
use proptest::prelude::*;

fn index(number: u32) -> IfIndex {
    IfIndex::new(number).unwrap()
}

fn name(text: &str) -> IfName {
    IfName::new(text).unwrap()
}

fn kernel() -> Fake {
    let mut fake = Fake::with_links([(index(1), name("lo")), (index(2), name("eth0"))]);
    for number in 0..4 {
        fake.add_setting(&format!("s{number}"), "original");
    }
    fake
}

fn address(interface: u32, last: u8, label: Option<&str>) -> Object {
    Object::from(Address {
        interface: index(interface),
        interface_name: name("eth0"),
        prefix: Prefix {
            address: [192, 0, 2, last].into(),
            len: 32,
        },
        peer: None,
        broadcast: None,
        label: label.map(Into::into),
        scope: 0,
        preferred_lft: PreferredLifetime::Forever,
        flags: 0,
    })
}

fn sysctl(number: u8, value: u8) -> Object {
    Object::from(Sysctl {
        path: format!("s{number}").into(),
        value: value.to_string().into(),
    })
}

fn rule(preference: u32) -> Object {
    Object::from(Rule(model::Rule::new(
        Family::Ipv4,
        preference,
        RuleAction::Table(10),
    )))
}

fn route(last: u8, metric: u32) -> Object {
    let mut line = model::Route::new(
        Family::Ipv4,
        Some(Prefix {
            address: [198, 51, 100, last].into(),
            len: 32,
        }),
    );
    line.metric = Some(metric);
    Object::from(Route {
        line,
        table: Route::MAIN,
        interface: None,
        nexthop_interfaces: Vec::new(),
    })
}

/// An object that has one set of attributes only. (A setting has one way back only: to the value before the first
/// change.)
fn any_plain_object() -> impl Strategy<Value = Object> {
    prop_oneof![
        (0..4_u8).prop_map(|last| address(2, last, None)),
        (0..4_u32).prop_map(rule),
        (0..4_u8, 0..2_u32).prop_map(|(last, metric)| route(last, metric)),
        (0..4_u8).prop_map(|last| Object::from(FirewallEntry::Vip([192, 0, 2, last].into()))),
    ]
}

fn any_object() -> impl Strategy<Value = Object> {
    prop_oneof![
        (0..4_u8, prop::option::of(Just("label"))).prop_map(|(last, label)| address(2, last, label)),
        (0..4_u8, 0..2_u8).prop_map(|(number, value)| sysctl(number, value)),
        (0..4_u32).prop_map(rule),
        (0..4_u8, 0..2_u32).prop_map(|(last, metric)| route(last, metric)),
        (0..4_u8).prop_map(|last| Object::from(FirewallEntry::Vip([192, 0, 2, last].into()))),
    ]
}

fn apply(fake: &mut Fake, operations: &[Operation]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    fake.apply(operations, &mut verdicts);
    verdicts
}

proptest! {
    #[test]
    fn operations_then_their_undo_leave_the_kernel_as_it_was(
        objects in prop::collection::vec((any_plain_object(), any::<bool>()), 0..40),
    ) {
        let mut fake = kernel();
        let mut undo = Vec::new();
        for (object, add) in objects {
            let operation = if add { Operation::Add(object) } else { Operation::Remove(object) };
            if apply(&mut fake, std::slice::from_ref(&operation)) == [Ok(Outcome::Done)] {
                undo.push(operation.undo());
            }
        }
        undo.reverse();
        apply(&mut fake, &undo);
        prop_assert_eq!(fake, kernel());
    }

    #[test]
    fn the_difference_turns_one_state_into_the_other(
        first in prop::collection::vec(any_object(), 0..20),
        second in prop::collection::vec(any_object(), 0..20),
    ) {
        let mut fake = kernel();
        apply(&mut fake, &difference(&[], &first));
        apply(&mut fake, &difference(&first, &second));
        let mut straight = kernel();
        apply(&mut straight, &difference(&[], &second));
        prop_assert_eq!(&fake, &straight);
        apply(&mut fake, &difference(&second, &[]));
        prop_assert_eq!(fake, kernel());
    }
}

#[test]
fn verdicts_are_the_kernels() {
    let mut fake = kernel();
    let vip = address(2, 1, None);
    let nowhere = address(7, 1, None);
    let refused = address(2, 9, None);
    fake.refuse(refused.key(), Some(Errno::EPERM));
    let verdicts = apply(
        &mut fake,
        &[
            Operation::Add(vip.clone()),
            Operation::Add(vip.clone()),
            Operation::Remove(vip.clone()),
            Operation::Remove(vip),
            Operation::Add(nowhere),
            Operation::Add(refused.clone()),
        ],
    );
    assert_eq!(verdicts[..2], [Ok(Outcome::Done), Ok(Outcome::WasSo)]);
    assert_eq!(verdicts[2..4], [Ok(Outcome::Done), Ok(Outcome::WasSo)]);
    assert_eq!(verdicts[4].as_ref().unwrap_err().errno, Errno::ENODEV);
    assert_eq!(verdicts[5].as_ref().unwrap_err().errno, Errno::EPERM);
    fake.refuse(refused.key(), None);
    assert_eq!(
        apply(&mut fake, &[Operation::Add(refused.clone())]),
        [Ok(Outcome::Done)]
    );
    assert!(fake.has(&refused));
}

#[test]
fn a_link_takes_its_addresses_along() {
    let mut fake = kernel();
    let vmac = Object::from(Link {
        name: name("vrrp.51"),
        shape: LinkShape::Vmac(MacAddr([0, 0, 0x5e, 0, 1, 51])),
        base: index(2),
        base_name: name("eth0"),
        group: 0,
        vrf: None,
        settings: Vec::new(),
        reports: None,
    });
    let verdicts = apply(
        &mut fake,
        &[
            Operation::Add(vmac.clone()),
            Operation::Add(vmac.clone()),
            Operation::Add(address(3, 1, None)),
        ],
    );
    assert_eq!(
        verdicts,
        [
            Ok(Outcome::Created(index(3))),
            Ok(Outcome::Created(index(3))),
            Ok(Outcome::Done)
        ]
    );
    assert_eq!(apply(&mut fake, &[Operation::Remove(vmac)]), [Ok(Outcome::Done)]);
    assert_eq!(fake, kernel());
}

#[test]
fn a_setting_changed_by_others_is_not_restored() {
    let mut fake = kernel();
    apply(&mut fake, &[Operation::Add(sysctl(0, 1))]);
    assert_eq!(fake.setting("s0"), Some("1"));
    fake.add_setting("s0", "theirs");
    assert_eq!(
        apply(&mut fake, &[Operation::Remove(sysctl(0, 1))]),
        [Ok(Outcome::WasSo)]
    );
    assert_eq!(fake.setting("s0"), Some("theirs"));
}
