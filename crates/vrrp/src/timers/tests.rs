use super::*;
use proptest::prelude::*;

#[test]
fn moving_a_deadline_to_a_later_time_leaves_the_heap_alone() {
    let mut deadlines = Deadlines::default();
    deadlines.set(3, Some(Time(100)));
    for time in 101..200 {
        deadlines.set(3, Some(Time(time)));
    }
    assert_eq!(deadlines.heap.len(), 1);
    assert_eq!(deadlines.earliest(), Some(Time(100)));
    assert_eq!(deadlines.take_due(Time(50)), None);
    assert_eq!(
        deadlines.earliest(),
        Some(Time(199)),
        "corrected before anybody is woken for it"
    );
    assert_eq!(deadlines.take_due(Time(250)), Some((3, Time(199))));
    assert_eq!(deadlines.earliest(), None);
}

#[test]
fn moving_a_deadline_to_an_earlier_time_is_seen_at_once() {
    let mut deadlines = Deadlines::default();
    deadlines.set(0, Some(Time(100)));
    deadlines.set(0, Some(Time(50)));
    assert_eq!(deadlines.earliest(), Some(Time(50)));
    assert_eq!(deadlines.take_due(Time(60)), Some((0, Time(50))));
    assert_eq!(deadlines.take_due(Time(1000)), None, "the entry for 100 is stale");
}

#[test]
fn a_cancelled_deadline_never_passes() {
    let mut deadlines = Deadlines::default();
    deadlines.set(0, Some(Time(100)));
    deadlines.set(0, None);
    assert_eq!(deadlines.due(0), None);
    assert_eq!(deadlines.take_due(Time(1000)), None);
    deadlines.set(0, Some(Time(2000)));
    assert_eq!(deadlines.take_due(Time(2000)), Some((0, Time(2000))));
}

#[test]
fn alarms_pass_in_order_of_time_then_key() {
    let mut alarms = Alarms::default();
    for (key, time) in [('c', 5), ('a', 7), ('b', 5), ('d', 9)] {
        alarms.set(key, Time(time));
    }
    alarms.cancel('d');
    alarms.set('a', Time(6));
    let mut order = Vec::new();
    while let Some((key, _)) = alarms.take_due(Time(8)) {
        order.push(key);
    }
    assert_eq!(order, ['b', 'c', 'a']);
    assert_eq!(alarms.earliest(), None);
}

proptest! {
    /// Both kinds behave like a plain table of deadlines.
    #[test]
    fn deadlines_behave_like_a_table(steps in prop::collection::vec((0u32..8, prop::option::of(0u64..50_000), 0u64..4_000), 0..300)) {
        let (mut deadlines, mut alarms, mut table) = (Deadlines::default(), Alarms::default(), BTreeMap::new());
        let mut now = 0;
        for (key, delay, pass) in steps {
            let due = delay.map(|delay| Time(now + delay));
            deadlines.set(key, due);
            if let Some(due) = due {
                alarms.set(key, due);
                table.insert(key, due);
            } else {
                alarms.cancel(key);
                table.remove(&key);
            }
            now += pass;
            let earliest = table.values().min().copied();
            prop_assert_eq!(alarms.earliest(), earliest);
            if let Some(earliest) = earliest {
                prop_assert!(deadlines.earliest().is_some_and(|time| time <= earliest));
            }
            let mut expected: Vec<_> = table.iter().filter(|(_, due)| due.0 <= now).map(|(key, due)| (*key, *due)).collect();
            table.retain(|_, due| due.0 > now);
            expected.sort_unstable();
            let mut taken: Vec<_> = std::iter::from_fn(|| deadlines.take_due(Time(now))).collect();
            taken.sort_unstable();
            prop_assert_eq!(&taken, &expected);
            let mut taken: Vec<_> = std::iter::from_fn(|| alarms.take_due(Time(now))).collect();
            taken.sort_unstable();
            prop_assert_eq!(&taken, &expected);
            for key in 0..8 {
                prop_assert_eq!(deadlines.due(key), table.get(&key).copied());
            }
        }
    }
}
