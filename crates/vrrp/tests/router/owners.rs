//! Two routers with priority 255 (`spec/vrrp-protocol.md` section 6.3).

use crate::build::{config, instance};
use crate::lab::Lab;
use vrrp::State;

fn owner() -> Lab {
    let mut lab = Lab::new(config(vec![instance("V", 51, 255)]));
    lab.run_ms(1_500);
    assert_eq!(lab.state("V"), State::Master);
    lab.take_log();
    lab
}

#[test]
fn the_owner_with_the_lower_address_yields() {
    let mut lab = owner();
    lab.hear("V", "10.0.0.9", 255);
    assert_eq!(lab.state("V"), State::Backup);
    assert!(lab.logged(
        "(V) CONFIGURATION ERROR: local instance and 10.0.0.9 are both configured as address owner, please resolve"
    ));
}

#[test]
fn the_other_one_goes_on_when_the_rogue_falls_silent() {
    let mut lab = owner();
    lab.hear("V", "10.0.0.0", 255);
    assert!(
        lab.logged(
            "(V) Received advert from 10.0.0.0 with lower priority 255, ours 255, forcing new election"
        )
    );
    lab.run_ms(3_500);
    assert_eq!(lab.state("V"), State::Master);
    assert!(lab.logged("(V): rogue address owner appears to have stopped advertising"));
    assert_eq!(lab.get("V").effective_priority(), 255);
}

#[test]
fn an_owner_backs_off_when_the_rogue_goes_on_and_comes_back_when_it_is_gone() {
    let mut lab = owner();
    for _ in 0..4 {
        lab.hear("V", "10.0.0.0", 255);
        lab.run_ms(1_000);
    }
    assert!(lab.logged(
        "(V) 10.0.0.0 is still advertising as address owner, please resolve - reducing our priority"
    ));
    assert_eq!(lab.get("V").effective_priority(), 254);
    lab.hear("V", "10.0.0.0", 255);
    assert_eq!(lab.state("V"), State::Backup);
    lab.hear("V", "10.0.0.0", 255);
    assert_eq!(lab.get("V").effective_priority(), 254);
    lab.hear("V", "10.0.0.7", 254);
    assert_eq!(lab.get("V").effective_priority(), 255);
    lab.adverts();
    lab.run_ms(4_000);
    assert_eq!(lab.state("V"), State::Master);
    assert_eq!(lab.adverts()[0].1, 255);
}

#[test]
fn an_owner_may_be_told_to_ignore_everybody() {
    let mut v = instance("V", 51, 255);
    v.owner_ignore_adverts = true;
    let mut lab = Lab::new(config(vec![v]));
    lab.run_ms(1_500);
    lab.hear("V", "10.0.0.9", 255);
    assert_eq!(lab.state("V"), State::Master);
    assert_eq!(
        (
            lab.get("V").stats().owner_ignored,
            lab.get("V").stats().advert_rcvd
        ),
        (1, 0)
    );
}
