//! Sync groups: what happens to one member happens to all.

use anyhow::Result;
use testbed::daemon::{Daemon, Implementation, Presence, State};
use testbed::netns::{Node, PATIENCE, Segment};

/// Two instances on two segments, and the group of both.
fn configuration(priority: u8) -> String {
    let instance = |name: &str, interface: &str, vrid: u8| {
        format!(
            "vrrp_instance {name} {{\n    interface {interface}\n    virtual_router_id {vrid}\n    version 3\n    \
             priority {priority}\n    advert_int 0.1\n    virtual_ipaddress {{\n        10.{vrid}.0.200/24 dev {interface}\n    \
             }}\n}}\n"
        )
    };
    format!(
        "vrrp_sync_group G {{\n    group {{\n        INNER\n        OUTER\n    }}\n}}\n{}{}",
        instance("INNER", "eth0", 1),
        instance("OUTER", "eth1", 2)
    )
}

/// `sync_group_tracking_weight`: a tracker of the group takes the priorities of all members below those of the other router,
/// and the group moves.
pub(super) fn weighted(leader: &Implementation, follower: &Implementation) -> Result<()> {
    let (inner, outer) = (Segment::new("inner")?, Segment::new("outer")?);
    let (one, two) = (
        router("one", 1, &inner, &outer)?,
        router("two", 2, &inner, &outer)?,
    );
    one.write("load", "0\n")?;
    let tracking = configuration(150).replace(
        "vrrp_sync_group G {",
        "vrrp_sync_group G {\n    sync_group_tracking_weight\n    track_file {\n        load weight -1\n    }",
    );
    let tracking = format!("track_file load {{\n    file /run/load\n}}\n{tracking}");
    let mut first = Daemon::start(&one, leader, &tracking)?;
    let mut second = Daemon::start(&two, follower, &configuration(100))?;
    for name in ["INNER", "OUTER"] {
        first.wait_state(name, State::Master, PATIENCE)?;
        second.wait_state(name, State::Backup, PATIENCE)?;
    }
    for (load, priorities, states) in [
        ("60\n", "from 150 to 90", (State::Backup, State::Master)),
        ("0\n", "from 90 to 150", (State::Master, State::Backup)),
    ] {
        let (first_mark, second_mark) = (first.process().mark(), second.process().mark());
        one.write("load", load)?;
        let line = format!("(INNER) Changing effective priority {priorities}");
        first.process().wait_line_from(first_mark, &line, PATIENCE)?;
        for name in ["INNER", "OUTER"] {
            first.wait_state_from(first_mark, name, states.0, PATIENCE)?;
            second.wait_state_from(second_mark, name, states.1, PATIENCE)?;
        }
    }
    first.stop()?;
    second.stop()?;
    Ok(())
}

fn router(name: &str, host: u8, inner: &Segment, outer: &Segment) -> Result<Node> {
    let node = Node::new(name)?;
    inner.plug(&node, "eth0", &[&format!("10.1.0.{host}/24")])?;
    outer.plug(&node, "eth1", &[&format!("10.2.0.{host}/24")])?;
    Ok(node)
}

/// The master loses one of its two segments: both instances move to the other router.
pub(super) fn moves_together(leader: &Implementation, follower: &Implementation) -> Result<()> {
    let (inner, outer) = (Segment::new("inner")?, Segment::new("outer")?);
    let (one, two) = (
        router("one", 1, &inner, &outer)?,
        router("two", 2, &inner, &outer)?,
    );
    let mut first = Daemon::start(&one, leader, &configuration(150))?;
    let mut second = Daemon::start(&two, follower, &configuration(100))?;
    for name in ["INNER", "OUTER"] {
        first.wait_state(name, State::Master, PATIENCE)?;
        second.wait_state(name, State::Backup, PATIENCE)?;
    }
    let (first_mark, second_mark) = (first.process().mark(), second.process().mark());
    outer.unplug(&one)?;
    for name in ["INNER", "OUTER"] {
        first.wait_state_from(first_mark, name, State::Fault, PATIENCE)?;
        second.wait_state_from(second_mark, name, State::Master, PATIENCE)?;
    }
    for (interface, address) in [("eth0", "10.1.0.200"), ("eth1", "10.2.0.200")] {
        first.wait_address(interface, address, Presence::Gone)?;
        second.wait_address(interface, address, Presence::There)?;
    }
    let (first_mark, second_mark) = (first.process().mark(), second.process().mark());
    outer.replug(&one)?;
    for name in ["INNER", "OUTER"] {
        first.wait_state_from(first_mark, name, State::Master, PATIENCE)?;
        second.wait_state_from(second_mark, name, State::Backup, PATIENCE)?;
    }
    first.stop()?;
    second.stop()?;
    Ok(())
}
