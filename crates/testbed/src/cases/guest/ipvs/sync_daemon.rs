//! The sync daemon that follows an instance: backup, master, backup, master, and none after the stop.

use anyhow::{Context as _, Result, ensure};
use kernel::ipvs::{Backend as _, Ipvs, SyncDaemon, SyncRole};
use testbed::daemon::{Daemon, State};
use testbed::netns::{Node, PATIENCE, Segment};

use super::super::super::World;
use super::super::super::router::{INSTANCE, INTERFACE};

/// The virtual router, and so the daemon's identifier.
const ID: u8 = 51;

fn instance(priority: u8) -> String {
    format!(
        "vrrp_instance {INSTANCE} {{\n    state BACKUP\n    interface {INTERFACE}\n    virtual_router_id {ID}\n    version 3\n    \
         priority {priority}\n    advert_int 0.1\n    virtual_ipaddress {{\n        10.9.0.200/24\n    }}\n}}\n"
    )
}

/// Waits until our keepalived says that the daemon runs in this role, and asks the kernel.
fn await_role(ours: &mut Daemon, mark: usize, role: SyncRole) -> Result<()> {
    let line = format!("IPVS: {role} sync daemon started on {INTERFACE}, id {ID}");
    ours.process().wait_line_from(mark, &line, PATIENCE)?;
    let running = running(ours.node())?;
    let is_it = |(its, daemon): &(SyncRole, SyncDaemon)| *its == role && daemon.sync_id == ID;
    ensure!(
        running.len() == 1 && is_it(&running[0]),
        "not the {role} alone runs, but {running:?}"
    );
    Ok(())
}

fn running(node: &Node) -> Result<Vec<(SyncRole, SyncDaemon)>> {
    node.run(|| {
        let mut ipvs = Ipvs::open()?;
        ipvs.sync_daemons().context("asking for the sync daemons")
    })
}

pub(in super::super) fn sync_daemon(world: &World) -> Result<()> {
    let segment = Segment::new("segment")?;
    let (one, two) = (Node::new("one")?, Node::new("two")?);
    segment.plug(&one, INTERFACE, &["10.9.0.1/24"])?;
    segment.plug(&two, INTERFACE, &["10.9.0.2/24"])?;
    let follower = format!(
        "global_defs {{\n    lvs_sync_daemon {INTERFACE} {INSTANCE}\n}}\n{}",
        instance(100)
    );
    let mut ours = Daemon::start(&one, &world.ours, &follower)?;
    await_role(&mut ours, 0, SyncRole::Backup)?;
    await_role(&mut ours, 0, SyncRole::Master)?;

    let mark = ours.process().mark();
    let mut debian = Daemon::start(&two, &world.foreign()?.debians, &instance(150))?;
    debian.wait_state(INSTANCE, State::Master, PATIENCE)?;
    await_role(&mut ours, mark, SyncRole::Backup)?;

    let mark = ours.process().mark();
    debian.crash()?;
    await_role(&mut ours, mark, SyncRole::Master)?;
    ours.ensure_no_complaint()?;

    ours.stop()?;
    let left = running(&one)?;
    ensure!(left.is_empty(), "{left:?} is left behind");
    Ok(())
}
