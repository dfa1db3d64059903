//! The beginning and the end (`spec/vrrp-protocol.md` section 6.1, `spec/runtime.md` appendix B).

use crate::build::{config, instance};
use crate::lab::{Kernel, Lab};
use model::Micros;
use vrrp::{Input, Release, State};

#[test]
fn a_lone_router_becomes_master_after_the_master_down_interval() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100)]));
    assert_eq!(lab.state("V"), State::Backup);
    assert_eq!(lab.take_log(), ["(V) Entering BACKUP STATE (init)"]);
    assert_eq!(lab.take_fifo(), ["INSTANCE V BACKUP 100"]);
    lab.run_ms(3_609);
    assert_eq!(lab.adverts(), []);
    lab.run_ms(7_000);
    assert_eq!(lab.state("V"), State::Master);
    let expected: Vec<_> = (0..8).map(|second| (3_609 + second * 1_000, 100)).collect();
    assert_eq!(lab.adverts()[..7], expected[..7]);
    assert_eq!(lab.addresses(), ["eth0 10.0.0.100/32"]);
    assert_eq!(lab.take_fifo(), ["INSTANCE V MASTER 100"]);
    let announced: Vec<_> = lab.announcements().into_iter().map(|(time, _)| time).collect();
    assert_eq!(
        announced,
        [
            3_609, 3_609, 3_609, 3_609, 3_609, 8_609, 8_609, 8_609, 8_609, 8_609
        ]
    );
    assert!(lab.logged("(V) Receive advertisement timeout"));
    assert!(lab.logged("(V) Entering MASTER STATE"));
    assert!(lab.logged("(V) setting VIPs."));
}

#[test]
fn announcements_and_notifications_wait_for_the_kernel_but_adverts_do_not() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100)]));
    lab.kernel = Kernel::Held;
    lab.take_fifo();
    lab.run_ms(6_000);
    assert_eq!(lab.adverts().len(), 3);
    assert_eq!((lab.announcements().len(), lab.take_fifo().len()), (0, 0));
    lab.confirm();
    assert_eq!(lab.announcements().len(), 5);
    assert_eq!(lab.take_fifo(), ["INSTANCE V MASTER 100"]);
}

#[test]
fn an_owner_does_not_wait() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 255)]));
    assert_eq!(lab.take_fifo(), Vec::<String>::new());
    lab.run(Micros(1));
    assert_eq!(lab.state("V"), State::Master);
    assert_eq!(lab.adverts(), [(0, 255)]);
    assert_eq!(lab.take_fifo(), ["INSTANCE V MASTER 255"]);
}

/// `spec/runtime.md` appendix B: owner after 4.0 s, priority 100 after 6.6 s.
#[test]
fn a_startup_delay_comes_before_all_timers() {
    let instances = vec![instance("O", 50, 255), instance("V", 51, 100)];
    let mut lab = Lab::with(
        config(instances),
        crate::build::interfaces(),
        Micros::from_secs(3),
        &[],
    );
    assert!(lab.logged("Delaying startup for 3 seconds"));
    lab.run_ms(2_000);
    lab.hear("V", "10.0.0.9", 200);
    assert_eq!(lab.get("V").stats().advert_rcvd, 0);
    lab.run_ms(5_000);
    assert!(lab.logged("Delayed start completed"));
    let sent = std::mem::take(&mut lab.sent);
    let first = |vrid| {
        sent.iter()
            .find(|sent| sent.vrid() == vrid)
            .map(|sent| sent.time.0 - 1_000_000_000)
    };
    assert_eq!(first(50), Some(4_000_000));
    assert_eq!(first(51), Some(6_609_375));
}

#[test]
fn a_stop_says_so_removes_everything_and_ends_when_the_kernel_is_done() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100), instance("W", 52, 100)]));
    lab.run_ms(4_000);
    lab.hear("W", "10.0.0.9", 200);
    lab.adverts();
    lab.take_fifo();
    lab.kernel = Kernel::Held;
    lab.input(Input::Stop(Release::Everything));
    assert_eq!(lab.adverts(), [(4_000, 0)]);
    assert!(lab.logged("(V) sent 0 priority"));
    assert!(!lab.logged("(W) sent 0 priority"));
    assert!(!lab.router.is_stopped());
    while !lab.held.is_empty() {
        lab.confirm();
    }
    assert!(lab.router.is_stopped());
    assert_eq!(lab.addresses(), Vec::<String>::new());
    assert!(lab.sockets.is_empty());
    assert_eq!(lab.take_fifo(), ["INSTANCE W STOP 100", "INSTANCE V STOP 100"]);
    assert_eq!(lab.router.deadline(), None);
}

#[test]
fn a_stop_that_releases_nothing_leaves_the_addresses() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100)]));
    lab.run_ms(4_000);
    lab.adverts();
    lab.input(Input::Stop(Release::Nothing));
    assert_eq!(lab.adverts(), []);
    assert!(lab.router.is_stopped());
    assert_eq!(lab.addresses(), ["eth0 10.0.0.100/32"]);
}
