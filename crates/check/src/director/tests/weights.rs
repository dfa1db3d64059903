//! Dynamic weights (`spec/checkers.md` section 8.3 and the reference weights of `spec/ipvs.md`).

use super::world::{World, configuration, server, virtual_server};
use crate::Input;
use crate::failure::{Failure, Outcome};
use model::{CheckKind, Checker, Command, Micros, MiscCheck, Quorum, Time, VirtualServer};

fn script(name: &str) -> Checker {
    let kind = CheckKind::Misc(Box::new(MiscCheck {
        script: Command {
            argv: vec![name.to_owned()],
            ..Command::default()
        },
        timeout: Micros::SECOND,
        dynamic: true,
    }));
    let mut checker = Checker::new(kind, Micros::from_secs(10));
    checker.schedule.warmup = Micros::ZERO;
    checker
}

fn two_scripts() -> VirtualServer {
    let mut server = server(2, 10);
    server.checkers = vec![script("/a"), script("/b")];
    virtual_server(80, vec![server])
}

impl World {
    /// Runs both scripts to their ends.
    fn scripts(&mut self, outcomes: [Outcome; 2]) {
        self.now = self.now.max(self.director.deadline().unwrap());
        self.input(Input::DeadlineReached);
        let started = std::mem::take(&mut self.started);
        assert_eq!(started.len(), 2);
        for (started, outcome) in started.into_iter().zip(outcomes) {
            self.input(Input::Finished {
                run: started.run,
                outcome,
            });
        }
    }

    fn exits(&mut self, statuses: [u8; 2]) {
        self.scripts(statuses.map(Outcome::Exited));
    }
}

#[test]
fn exit_statuses_of_several_scripts_add_up() {
    let mut world = World::new(configuration(vec![two_scripts()]));
    let rows = [
        ([0, 0], 10),
        ([20, 0], 18),
        ([20, 5], 11),
        ([2, 2], 0),
        ([255, 0], 253),
    ];
    for (statuses, weight) in rows {
        world.exits(statuses);
        assert_eq!(
            world.kernel.destinations(80),
            [format!("10.0.0.2:80={weight}")],
            "{statuses:?}"
        );
    }
    world.exits([1, 5]);
    assert_eq!(world.kernel.destinations(80), [""; 0]);
    world.exits([20, 5]);
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=11"]);
}

#[test]
fn a_failed_script_has_no_say_however_it_ended() {
    for failure in [
        Failure::Signal(9),
        Failure::ScriptTimedOut {
            after: Micros::SECOND,
            signal: 15,
        },
    ] {
        let mut world = World::new(configuration(vec![two_scripts()]));
        world.exits([20, 0]);
        world.scripts([Outcome::Failed(failure), Outcome::Exited(0)]);
        assert_eq!(world.kernel.destinations(80), [""; 0]);
        world.exits([0, 0]);
        assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=10"]);
    }
}

#[test]
fn a_weight_can_cost_the_quorum() {
    let mut heavy = two_scripts();
    heavy.quorum = Quorum {
        quorum: 10,
        hysteresis: 2,
    };
    let mut world = World::new(configuration(vec![heavy]));
    world.take_log();
    world.exits([20, 0]);
    world.take_log();
    world.exits([5, 0]);
    let log = world.take_log();
    assert!(
        log.contains(
            &"Changing weight from 18 to 3 for active service [10.0.0.2]:tcp:80 of VS [10.1.0.1]:tcp:80"
                .to_owned()
        )
    );
    assert!(log.contains(&"Lost quorum 10-2=8 > 3 for VS [10.1.0.1]:tcp:80".to_owned()));
}

#[test]
fn the_next_run_of_a_script_counts_from_its_start() {
    let mut world = World::new(configuration(vec![two_scripts()]));
    let start = world.director.deadline().unwrap();
    world.now = start;
    world.input(Input::DeadlineReached);
    let [first, second] = world.started[..] else {
        panic!("two runs")
    };
    world.now = Time(start.0 + 4_000_000);
    world.input(Input::Finished {
        run: first.run,
        outcome: Outcome::Exited(0),
    });
    assert_eq!(world.director.deadline(), Some(start + Micros::from_secs(10)));
    // One that took longer than its delay is due at once.
    world.now = Time(start.0 + 25_000_000);
    world.input(Input::Finished {
        run: second.run,
        outcome: Outcome::Exited(0),
    });
    assert_eq!(world.director.deadline(), Some(start + Micros::from_secs(10)));
    world.started.clear();
    world.input(Input::DeadlineReached);
    assert_eq!(world.started.len(), 2);
}

#[test]
fn a_kept_script_fits_its_share_to_a_new_weight() {
    let mut world = World::new(configuration(vec![two_scripts()]));
    world.exits([20, 0]);
    let mut changed = two_scripts();
    changed.real_servers[0].weight = model::ServerWeight::clamp(15);
    changed.real_servers[0].checkers.pop();
    world.apply(configuration(vec![changed]), crate::Settings::default());
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=18"]);
}
