//! The sequences of `spec/ipvs.md` section 6.4 and of the notes about alpha, mails and stops.

use super::world::{World, address, configuration, refused, server, tcp_check, virtual_server};
use crate::Settings;
use crate::failure::{Obstacle, Outcome};
use model::{Forwarding, LvsConfiguration, LvsFlushOnStop, Micros, Quorum, SorryServer};

const VS: &str = "[10.1.0.1]:tcp:80";
const A: &str = "[10.0.0.2]:tcp:80";
const B: &str = "[10.0.0.3]:tcp:80";
const SORRY: &str = "[10.0.0.9]:tcp:80";

fn sorry_server(host: u8) -> SorryServer {
    SorryServer {
        address: address(&format!("10.0.0.{host}:80")),
        forwarding: Forwarding::Nat,
        inhibit_on_failure: false,
    }
}

/// Quorum 2, hysteresis 1, a sorry server; A has weight 1, B weight 2 and stays in IPVS when it fails.
fn reference() -> LvsConfiguration {
    let mut b = server(3, 2);
    b.inhibit_on_failure = true;
    let mut virtual_server = virtual_server(80, vec![server(2, 1), b]);
    virtual_server.quorum = Quorum {
        quorum: 2,
        hysteresis: 1,
    };
    virtual_server.sorry_server = Some(Box::new(sorry_server(9)));
    configuration(vec![virtual_server])
}

#[test]
fn quorum_with_sorry_server() {
    let settings = Settings {
        rs_init_notifies: true,
        ..Settings::default()
    };
    let mut world = World::with(reference(), settings);
    assert_eq!(
        world.take_log(),
        [
            format!("Gained quorum 2+1=3 <= 3 for VS {VS}"),
            format!("Activating healthchecker for service {A} for VS {VS}"),
            format!("Activating healthchecker for service {B} for VS {VS}"),
        ]
    );
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1", "10.0.0.3:80=2"]);
    world.set(3, refused());
    world.pass_second();
    assert_eq!(
        world.take_log(),
        [
            format!("TCP connection to {A} success."),
            format!("TCP_CHECK on service {B} failed."),
            format!("Disabling service {B} of VS {VS}"),
        ]
    );
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1", "10.0.0.3:80=0"]);
    world.set(2, refused());
    world.pass_second();
    assert_eq!(
        world.take_log(),
        [
            format!("TCP_CHECK on service {A} failed."),
            format!("Removing service {A} from VS {VS}"),
            format!("Lost quorum 2-1=1 > 0 for VS {VS}"),
            format!("Adding sorry server {SORRY} to VS {VS}"),
            format!("Removing alive servers from the pool for VS {VS}"),
        ]
    );
    assert_eq!(world.kernel.destinations(80), ["10.0.0.3:80=0", "10.0.0.9:80=1"]);
    world.set(2, Outcome::Succeeded);
    world.pass_second();
    assert_eq!(
        world.take_log(),
        [
            format!("TCP connection to {A} success."),
            format!("Adding service {A} to VS {VS}")
        ]
    );
    assert_eq!(world.kernel.destinations(80), ["10.0.0.3:80=0", "10.0.0.9:80=1"]);
    world.set(3, Outcome::Succeeded);
    world.pass_second();
    assert_eq!(
        world.take_log(),
        [
            format!("TCP connection to {B} success."),
            format!("Enabling service {B} of VS {VS}"),
            format!("Gained quorum 2+1=3 <= 3 for VS {VS}"),
            format!("Removing sorry server {SORRY} from VS {VS}"),
            format!("Adding alive servers to the pool for VS {VS}"),
        ]
    );
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1", "10.0.0.3:80=2"]);
    world.stop();
    assert_eq!(
        world.take_log(),
        [
            format!("Shutting down service {A} from VS {VS}"),
            format!("Shutting down service {B} from VS {VS}"),
        ]
    );
    assert!(world.kernel.is_empty());
    let rs = |name: &str, state: &str| format!("RS {name} {VS} {state}");
    assert_eq!(
        world.take_fifo(),
        [
            rs(A, "UP"),
            rs(B, "UP"),
            format!("VS {VS} UP"),
            rs(B, "DOWN"),
            rs(A, "DOWN"),
            format!("VS {VS} DOWN"),
            rs(A, "UP"),
            rs(B, "UP"),
            format!("VS {VS} UP"),
        ]
    );
}

#[test]
fn a_sorry_server_that_is_a_real_server_is_one_destination() {
    // Worked example 7: both servers are down and stay with weight 0; the shared one serves as sorry server.
    let mut servers = vec![server(2, 1), server(3, 1)];
    for server in &mut servers {
        server.inhibit_on_failure = true;
    }
    let mut virtual_server = virtual_server(80, servers);
    virtual_server.sorry_server = Some(Box::new(sorry_server(3)));
    virtual_server.sorry_server.as_mut().unwrap().inhibit_on_failure = true;
    let mut world = World::new(configuration(vec![virtual_server]));
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1", "10.0.0.3:80=1"]);
    world.set(2, refused());
    world.set(3, refused());
    world.pass_second();
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=0", "10.0.0.3:80=1"]);
    world.set(2, Outcome::Succeeded);
    world.pass_second();
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1", "10.0.0.3:80=0"]);
}

#[test]
fn alive_servers_stay_when_there_is_no_sorry_server() {
    let mut virtual_server = virtual_server(80, vec![server(2, 1), server(3, 1)]);
    virtual_server.quorum = Quorum {
        quorum: 2,
        hysteresis: 0,
    };
    let mut world = World::new(configuration(vec![virtual_server]));
    world.set(2, refused());
    world.pass_second();
    assert_eq!(world.kernel.destinations(80), ["10.0.0.3:80=1"]);
    assert!(
        world
            .take_log()
            .contains(&format!("Lost quorum 2-0=2 > 1 for VS {VS}"))
    );
}

#[test]
fn too_few_from_the_start_is_told_only_with_a_sorry_server() {
    let mut lone = virtual_server(80, vec![server(2, 1)]);
    lone.real_servers[0].checkers[0].alpha = true;
    let mut world = World::new(configuration(vec![lone.clone()]));
    assert_eq!(world.take_fifo(), [""; 0]);
    assert_eq!(world.kernel.destinations(80), [""; 0]);
    world.pass_second();
    assert_eq!(
        world.take_fifo(),
        [format!("RS {A} {VS} UP"), format!("VS {VS} UP")]
    );

    lone.sorry_server = Some(Box::new(sorry_server(9)));
    let mut world = World::new(configuration(vec![lone]));
    assert_eq!(world.take_fifo(), [format!("VS {VS} DOWN")]);
    assert_eq!(
        world.take_log()[..3],
        [
            format!("Starting with quorum down 1-0=1 > 0 for VS {VS}"),
            format!("Adding sorry server {SORRY} to VS {VS}"),
            format!("Removing alive servers from the pool for VS {VS}"),
        ]
    );
    assert_eq!(world.kernel.destinations(80), ["10.0.0.9:80=1"]);
}

#[test]
fn each_alpha_check_tells_once_that_it_failed_from_the_start() {
    let mut down = virtual_server(80, vec![server(2, 1)]);
    let mut other = tcp_check(address("10.0.0.2:80"));
    other.schedule.delay_loop = Micros::from_secs(3);
    down.real_servers[0].checkers.push(other);
    for checker in &mut down.real_servers[0].checkers {
        checker.alpha = true;
    }
    let mut world = World::new(configuration(vec![down]));
    world.set(2, refused());
    world.pass(Micros::from_secs(20));
    assert_eq!(
        world.take_fifo(),
        [format!("RS {A} {VS} DOWN"), format!("RS {A} {VS} DOWN")]
    );
    assert_eq!(world.mails, [""; 0]);
}

#[test]
fn every_check_mails_unless_only_the_server_counts() {
    let mut watched = virtual_server(80, vec![server(2, 1)]);
    watched.real_servers[0]
        .checkers
        .push(tcp_check(address("10.0.0.2:81")));
    let run = |settings| {
        let mut world = World::with(configuration(vec![watched.clone()]), settings);
        world.set(2, refused());
        world.outcomes.insert(address("10.0.0.2:81"), refused());
        world.pass_second();
        world.outcomes.clear();
        world.pass_second();
        world.mails
    };
    let mail =
        |state, body| format!("Realserver {A} of virtual server {VS} - {state}: => TCP CHECK {body} <=");
    assert_eq!(
        run(Settings::default()),
        [
            mail("DOWN", "failed on service"),
            mail("DOWN", "failed on service"),
            mail("DOWN", "succeed on service"),
            mail("UP", "succeed on service"),
        ]
    );
    assert_eq!(
        run(Settings {
            no_checker_emails: true,
            ..Settings::default()
        }),
        [
            mail("DOWN", "failed on service"),
            mail("UP", "succeed on service")
        ]
    );
}

#[test]
fn what_could_not_be_done_changes_nothing() {
    let mut world = World::new(configuration(vec![virtual_server(80, vec![server(2, 1)])]));
    world.take_log();
    let obstacle = Obstacle::Local {
        call: "bind",
        error: "no such address".to_owned(),
    };
    world.set(2, Outcome::Postponed(obstacle));
    world.pass(Micros::from_secs(2));
    let line = format!("TCP_CHECK on service {A} could not be done: bind: no such address");
    assert_eq!(world.take_log(), [line.clone(), line]);
    assert_eq!(world.kernel.destinations(80), ["10.0.0.2:80=1"]);
}

#[test]
fn stopping_tells_those_with_omega() {
    let mut loud = virtual_server(80, vec![server(2, 1), server(3, 1)]);
    loud.omega = true;
    loud.smtp_alert = true;
    let mut world = World::new(configuration(vec![loud.clone()]));
    world.set(3, refused());
    world.pass_second();
    world.take_fifo();
    world.mails.clear();
    world.stop();
    assert_eq!(
        world.take_fifo(),
        [format!("RS {A} {VS} DOWN"), format!("VS {VS} DOWN")]
    );
    assert_eq!(
        world.mails,
        [
            format!("Realserver {A} of virtual server {VS} - DOWN: => Shutting down <="),
            format!("Virtualserver {VS} - DOWN: => Shutting down <="),
        ]
    );
    for flush_on_stop in [LvsFlushOnStop::All, LvsFlushOnStop::VirtualServers] {
        let settings = Settings {
            flush_on_stop,
            ..Settings::default()
        };
        let mut world = World::with(configuration(vec![loud.clone()]), settings);
        world.pass_second();
        world.take_fifo();
        world.take_log();
        world.stop();
        assert_eq!(world.take_fifo(), [format!("VS {VS} DOWN")]);
        assert_eq!(world.take_log(), [""; 0]);
        if flush_on_stop == LvsFlushOnStop::VirtualServers {
            assert!(world.kernel.is_empty());
        }
    }
}

#[test]
fn each_attempt_is_told_where_that_is_wanted() {
    let mut verbose = virtual_server(80, vec![server(2, 1)]);
    let checker = &mut verbose.real_servers[0].checkers[0];
    checker.schedule.retry = 1;
    checker.log_all_failures = true;
    let mut world = World::new(configuration(vec![verbose]));
    world.pass_second();
    world.take_log();
    world.set(2, refused());
    world.pass(Micros::from_secs(4));
    let failed = format!("TCP connection to {A} failed.");
    assert_eq!(
        world.take_log()[..4],
        [
            failed.clone(),
            failed,
            format!("TCP_CHECK on service {A} failed after 1 retries."),
            format!("Removing service {A} from VS {VS}"),
        ]
    );
}
