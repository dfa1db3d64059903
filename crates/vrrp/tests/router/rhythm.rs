//! When the adverts of many masters leave.

use crate::build::{config, instance, name, vip};
use crate::lab::Lab;
use model::Micros;
use std::collections::BTreeMap;

const INTERVAL: Micros = Micros::from_millis(100);

/// Two hundred owners, who become master in one moment.
fn crowd() -> Lab {
    let instances = (1..=200u8).map(|vrid| {
        let mut one = instance(&format!("V{vrid}"), vrid, 255);
        one.interface = Some(name("eth0"));
        one.virtual_addresses = vec![vip(&format!("10.0.1.{vrid}/32"))];
        one.advert_int = INTERVAL;
        one
    });
    Lab::new(config(instances.collect()))
}

/// The moments at which each virtual router sent, in microseconds.
fn moments(lab: &mut Lab) -> BTreeMap<u8, Vec<u64>> {
    let mut moments = BTreeMap::<u8, Vec<u64>>::new();
    for sent in lab.sent.drain(..) {
        moments.entry(sent.vrid()).or_default().push(sent.time.0);
    }
    moments
}

#[test]
fn masters_of_one_moment_are_moved_apart_once_and_keep_their_interval() {
    let mut lab = crowd();
    lab.run_ms(1_000);
    let moments = moments(&mut lab);
    assert_eq!(moments.len(), 200);
    let mut shortest = INTERVAL;
    for times in moments.values() {
        let intervals: Vec<_> = times.windows(2).map(|pair| Micros(pair[1] - pair[0])).collect();
        // The second one is the one in which an instance finds its place.
        assert_eq!(intervals[0], INTERVAL);
        assert!(intervals[2..].iter().all(|interval| *interval == INTERVAL));
        shortest = shortest.min(intervals[1]);
    }
    assert_eq!(shortest, Micros::from_millis(97));
    let mut together = BTreeMap::<u64, usize>::new();
    for times in moments.values() {
        *together.entry(times[5]).or_default() += 1;
    }
    assert_eq!(together.values().copied().collect::<Vec<_>>(), [8, 64, 64, 64]);
}

#[test]
fn lateness_does_not_move_an_advert_and_the_order_stays() {
    let mut lab = crowd();
    lab.run_ms(1_000);
    lab.sent.clear();
    for _ in 0..5 {
        // Less than an interval, so the rhythm holds.
        lab.oversleep(Micros::from_millis(30));
        lab.input(vrrp::Input::DeadlineReached);
        lab.run_ms(70);
    }
    lab.sent.clear();
    lab.run_ms(100);
    let order: Vec<_> = lab.sent.drain(..).map(|sent| sent.vrid()).collect();
    let mut by_place: Vec<u8> = (1..=200).collect();
    by_place.sort_by_key(|vrid| (std::cmp::Reverse((vrid - 1) / 64), *vrid));
    assert_eq!(order.len(), 200);
    let start = order.iter().position(|vrid| *vrid == by_place[0]).unwrap();
    let turned: Vec<_> = order[start..].iter().chain(&order[..start]).copied().collect();
    assert_eq!(turned, by_place);
}
