//! A sync group with a tracker of each kind: whatever fails on the router that leads, all of the group moves to the other
//! one, the log says why, and the end of the fault brings it back.

use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::process::Command;
use testbed::capture::Capture;
use testbed::daemon::{Daemon, Implementation, Presence, State};
use testbed::netns::{End, Node, PATIENCE, Segment, connect};
use testbed::process::Process;

use super::World;

const MEMBERS: [&str; 2] = ["INNER", "OUTER"];
const ADDRESSES: [(&str, &str); 2] = [("eth0", "10.1.0.200"), ("eth1", "10.2.0.200")];
/// The interface that is tracked.
const UPLINK: &str = "uplink";
/// The file that the tracked script looks for.
const HEALTHY: &str = "healthy";
/// The track file.
const DRAIN: &str = "drain";
/// A FIFO into which notify scripts write.
const HEARD: &str = "heard";

/// A router of the pair with what it tracks.
struct Router {
    node: Node,
    /// The process that it tracks.
    gate: Option<Process>,
    daemon: Daemon,
    /// What its notify scripts say.
    notices: Process,
    // Where the uplink leads.
    _upstream: Node,
}

impl Router {
    fn start(
        implementation: &Implementation,
        name: &str,
        host: u8,
        priority: u8,
        segments: [&Segment; 2],
    ) -> Result<Self> {
        let node = Node::new(name)?;
        segments[0].plug(&node, "eth0", &[&format!("10.1.0.{host}/24")])?;
        segments[1].plug(&node, "eth1", &[&format!("10.2.0.{host}/24")])?;
        let upstream = Node::new("upstream")?;
        let end = |node, ifname| End {
            node,
            ifname,
            addresses: &[],
        };
        connect(end(&node, UPLINK), end(&upstream, "wire"))?;
        node.write(HEALTHY, "")?;
        node.write(DRAIN, "0\n")?;
        let program = node.directory().join(gate_name(&node));
        fs::copy("/bin/sleep", &program).with_context(|| format!("copying to {}", program.display()))?;
        let gate = start_gate(&node)?;
        // Open for reading and writing, so that it does not end between two writers.
        let mut listen = Command::new("sh");
        listen.args([
            "-c",
            "mkfifo /run/heard && exec 3<>/run/heard && echo listening && exec cat <&3",
        ]);
        let mut notices = Process::start(&node, &format!("notices of {name}"), listen)?;
        notices.wait_line("listening", PATIENCE)?;
        node.write("notify", &format!("#!/bin/sh\necho \"$*\" > /run/{HEARD}\n"))?;
        let mut executable = Command::new("chmod");
        executable.args(["755", "/run/notify"]);
        node.stdout(executable)?;
        let daemon = Daemon::start(&node, implementation, &configuration(priority, &gate_name(&node)))?;
        Ok(Self {
            node,
            gate: Some(gate),
            daemon,
            notices,
            _upstream: upstream,
        })
    }

    fn mark(&mut self) -> Marks {
        Marks {
            log: self.daemon.process().mark(),
            notices: self.notices.mark(),
        }
    }

    /// Waits until all of the group is in a state, and the scripts of the group were told.
    fn wait_group(&mut self, marks: &Marks, state: State) -> Result<()> {
        for member in MEMBERS {
            self.daemon.wait_state_from(marks.log, member, state, PATIENCE)?;
        }
        let notice = format!("GROUP G {state} 0");
        self.notices.wait_line_from(marks.notices, &notice, PATIENCE)?;
        let own = format!("the group is {state}");
        self.notices.wait_line_from(marks.notices, &own, PATIENCE)?;
        Ok(())
    }

    fn break_down(&mut self, fault: Fault) -> Result<()> {
        match fault {
            Fault::Interface => self.node.ip(&[&format!("link set {UPLINK} down")]),
            Fault::Script => Ok(fs::remove_file(self.node.directory().join(HEALTHY))?),
            Fault::File => self.node.write(DRAIN, "1\n").map(drop),
            Fault::Process => {
                // Dropping it ends it.
                self.gate = None;
                Ok(())
            }
        }
    }

    fn repair(&mut self, fault: Fault) -> Result<()> {
        match fault {
            Fault::Interface => self.node.ip(&[&format!("link set {UPLINK} up")]),
            Fault::Script => self.node.write(HEALTHY, "").map(drop),
            Fault::File => self.node.write(DRAIN, "0\n").map(drop),
            Fault::Process => {
                self.gate = Some(start_gate(&self.node)?);
                Ok(())
            }
        }
    }
}

/// Where the outputs of a router were.
struct Marks {
    log: usize,
    notices: usize,
}

/// What may happen to the router that leads.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Interface,
    Script,
    File,
    Process,
}

impl Fault {
    const ALL: [Self; 4] = [Self::Interface, Self::Script, Self::File, Self::Process];

    /// The lines of the log that say why.
    const fn causes(self) -> &'static [&'static str] {
        match self {
            Self::Interface => &[
                "Netlink reports uplink down",
                "(INNER): entering FAULT state (interface uplink down)",
            ],
            Self::Script => &[
                "VRRP_Script(chk) failed (exited with status 1)",
                "(OUTER): entering FAULT state due to script chk",
            ],
            Self::File => &["(INNER): tracked file drain now FAULT state"],
            Self::Process => &[
                "Quorum lost for tracked process gate",
                "entering FAULT state (tracked process gate quorum not achieved)",
            ],
        }
    }
}

/// Short enough for the name of a process. All routers share their processes, so each has one of its own.
fn gate_name(node: &Node) -> String {
    format!("gate-{}", node.name())
}

fn start_gate(node: &Node) -> Result<Process> {
    let mut command = Command::new(format!("/run/{}", gate_name(node)));
    command.arg("100000");
    Process::start(node, "the tracked process", command)
}

/// Trackers of an instance and of the group; the adverts are slow enough that nothing but the priority 0 of the other
/// router explains that one takes over at once.
fn configuration(priority: u8, gate: &str) -> String {
    let instance = |name: &str, interface: &str, vrid: u8, tracking: &str| {
        format!(
            "vrrp_instance {name} {{\n    interface {interface}\n    virtual_router_id {vrid}\n    version 3\n    \
             priority {priority}\n    advert_int 0.5\n    {tracking}\n    virtual_ipaddress {{\n        \
             10.{vrid}.0.200/24 dev {interface}\n    }}\n}}\n"
        )
    };
    let inner = format!("track_interface {{\n {UPLINK}\n }}\n track_file {{\n drain weight 0\n }}");
    let outer = "track_script {\n chk\n }";
    format!(
        "vrrp_script chk {{\n    script \"/usr/bin/test -e /run/{HEALTHY}\"\n    interval 0.2\n}}\n\
         track_file drain {{\n    file /run/{DRAIN}\n}}\n\
         vrrp_track_process gate {{\n    process {gate}\n}}\n\
         vrrp_sync_group G {{\n    group {{\n        INNER\n        OUTER\n    }}\n    \
         track_process {{\n        gate\n    }}\n    notify /run/notify\n    \
         notify_master \"/run/notify the group is MASTER\"\n    notify_backup \"/run/notify the group is BACKUP\"\n    \
         notify_fault \"/run/notify the group is FAULT\"\n}}\n{}{}",
        instance("INNER", "eth0", 1, &inner),
        instance("OUTER", "eth1", 2, outer)
    )
}

/// Each fault of the master moves both instances, each recovery brings them back.
pub(super) fn each_fault(world: &World) -> Result<()> {
    let (inner, outer) = (Segment::new("inner")?, Segment::new("outer")?);
    let segments = [&inner, &outer];
    let mut captures = [Capture::start(inner.switch())?, Capture::start(outer.switch())?];
    let mut one = Router::start(&world.ours, "one", 1, 150, segments)?;
    let mut two = Router::start(&world.ours, "two", 2, 100, segments)?;
    let start = Marks { log: 0, notices: 0 };
    one.wait_group(&start, State::Master)?;
    two.wait_group(&start, State::Backup)?;
    for fault in Fault::ALL {
        let moved = (|| -> Result<()> {
            let (first, second) = (one.mark(), two.mark());
            let frames = captures.each_mut().map(Capture::mark);
            one.break_down(fault)?;
            one.wait_group(&first, State::Fault)?;
            two.wait_group(&second, State::Master)?;
            for cause in fault.causes() {
                one.daemon.process().wait_line_from(first.log, cause, PATIENCE)?;
            }
            let line = "VRRP_Group(G) Syncing instances to FAULT state";
            one.daemon.process().wait_line_from(first.log, line, PATIENCE)?;
            for (capture, frame) in captures.iter_mut().zip(frames) {
                capture.wait_from(frame, "advert of priority 0", PATIENCE, |frame| {
                    frame.advert().filter(|advert| advert.priority == 0)
                })?;
            }
            for (interface, address) in ADDRESSES {
                one.daemon.wait_address(interface, address, Presence::Gone)?;
                two.daemon.wait_address(interface, address, Presence::There)?;
            }
            let heard = "Backup received priority 0 advertisement";
            two.daemon.process().wait_line_from(second.log, heard, PATIENCE)?;
            let (first, second) = (one.mark(), two.mark());
            one.repair(fault)?;
            one.wait_group(&first, State::Backup)?;
            one.wait_group(&first, State::Master)?;
            two.wait_group(&second, State::Backup)?;
            for (interface, address) in ADDRESSES {
                one.daemon.wait_address(interface, address, Presence::There)?;
                two.daemon.wait_address(interface, address, Presence::Gone)?;
            }
            let faults = |line: &testbed::process::Line| line.text.contains("FAULT");
            ensure!(
                !two.daemon.process().lines().iter().any(faults),
                "the other router was in FAULT"
            );
            Ok(())
        })();
        moved.with_context(|| format!("the fault of the {fault:?}"))?;
    }
    one.daemon.stop()?;
    two.daemon.stop()?;
    Ok(())
}
