//! When checks run.

use super::world::{World, address, configuration, refused, server, tcp_check, virtual_server};
use crate::Input;
use crate::failure::Outcome;
use model::{LvsConfiguration, Micros, RealServer, Time};

fn one(delay: Micros, warmup: Micros, before_retry: Micros) -> LvsConfiguration {
    let mut server = server(2, 1);
    let schedule = &mut server.checkers[0].schedule;
    schedule.delay_loop = delay;
    schedule.warmup = warmup;
    schedule.delay_before_retry = before_retry;
    schedule.retry = 1;
    configuration(vec![virtual_server(80, vec![server])])
}

#[test]
fn the_first_run_is_after_a_second_and_the_warm_up() {
    let world = World::new(one(Micros::SECOND, Micros::ZERO, Micros::SECOND));
    assert_eq!(world.director.deadline(), Some(world.now + Micros::SECOND));
    // Many spread over the warm-up.
    let servers = (0..200u8).map(|host| {
        let mut server = RealServer::new(address(&format!("10.0.0.{host}:80")));
        let mut checker = tcp_check(server.address);
        checker.schedule.warmup = Micros::from_secs(10);
        server.checkers = vec![checker];
        server
    });
    let mut world = World::new(configuration(vec![virtual_server(80, servers.collect())]));
    let start = world.now;
    let mut spread = [0; 11];
    while let Some(deadline) = world.director.deadline() {
        world.now = deadline;
        world.input(Input::DeadlineReached);
        for _ in world.started.drain(..) {
            spread[usize::try_from(deadline.since(start).as_secs()).unwrap()] += 1;
        }
    }
    assert_eq!(spread[0], 0);
    assert_eq!(spread.iter().sum::<u32>(), 200);
    assert!(
        spread[1..].iter().all(|count| (5..=40).contains(count)),
        "{spread:?}"
    );
}

#[test]
fn the_next_run_counts_from_the_end_of_the_last() {
    let mut world = World::new(one(Micros::from_secs(10), Micros::ZERO, Micros::from_secs(2)));
    let mut run = |lasts: u64, outcome: Outcome| {
        world.now = world.director.deadline().unwrap();
        world.input(Input::DeadlineReached);
        assert_eq!(world.director.deadline(), None, "no second run beside the first");
        let run = world.started.pop().unwrap().run;
        world.now += Micros::from_secs(lasts);
        world.input(Input::Finished { run, outcome });
        world.director.deadline().unwrap().since(world.now)
    };
    assert_eq!(run(3, Outcome::Succeeded), Micros::from_secs(10));
    assert_eq!(run(5, refused()), Micros::from_secs(2));
    assert_eq!(run(5, refused()), Micros::from_secs(10));
    assert_eq!(run(0, refused()), Micros::from_secs(10));
    assert_eq!(run(0, Outcome::Succeeded), Micros::from_secs(10));
}

#[test]
fn a_late_call_starts_everything_that_is_due_once() {
    let mut world = World::new(configuration(vec![virtual_server(
        80,
        vec![server(2, 1), server(3, 1)],
    )]));
    world.now = Time(world.now.0 + 60_000_000);
    world.input(Input::DeadlineReached);
    assert_eq!(world.started.len(), 2);
    world.input(Input::DeadlineReached);
    assert_eq!(world.started.len(), 2);
}

#[test]
fn a_late_call_for_many_starts_them_in_portions() {
    let servers = (0..200).map(|host| server(host, 1)).collect();
    let mut world = World::new(configuration(vec![virtual_server(80, servers)]));
    world.now = Time(world.now.0 + 60_000_000);
    let mut portions = Vec::new();
    while world
        .director
        .deadline()
        .is_some_and(|deadline| deadline <= world.now)
    {
        let before = world.started.len();
        world.input(Input::DeadlineReached);
        portions.push(world.started.len() - before);
    }
    assert_eq!(portions, [64, 64, 64, 8]);
}
