//! Sync groups: what happens to one member happens to all.

use anyhow::Result;
use testbed::daemon::{Daemon, Presence, State};
use testbed::netns::{Node, PATIENCE, Segment};

use super::World;

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

fn router(name: &str, host: u8, inner: &Segment, outer: &Segment) -> Result<Node> {
    let node = Node::new(name)?;
    inner.plug(&node, "eth0", &[&format!("10.1.0.{host}/24")])?;
    outer.plug(&node, "eth1", &[&format!("10.2.0.{host}/24")])?;
    Ok(node)
}

/// The master loses one of its two segments: both instances move to the other router.
pub(super) fn moves_together(world: &World) -> Result<()> {
    let (inner, outer) = (Segment::new("inner")?, Segment::new("outer")?);
    let (one, two) = (
        router("one", 1, &inner, &outer)?,
        router("two", 2, &inner, &outer)?,
    );
    let mut first = Daemon::start(&one, &world.ours, &configuration(150))?;
    let mut second = Daemon::start(&two, &world.ours, &configuration(100))?;
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
