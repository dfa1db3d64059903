//! The demonstration: two routers with the configuration of the user's guide, one client, three events.

mod guide;
mod outage;
mod picture;
mod terminal;
mod timeline;

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use testbed::capture::Capture;
use testbed::clock::{Readable, Stamp};
use testbed::daemon::{Daemon, Implementation};
use testbed::isolate;
use testbed::netns::{Node, Segment};
use testbed::ping::Ping;

use crate::Programs;
pub(crate) use guide::configuration as guide_configuration;
use guide::{ADVERT_INTERVAL, VIRTUAL_ADDRESS};
use outage::{Outage, Step};
use terminal::{heading, plain, strong};
use timeline::{Event, Moments, Timeline};

/// The client asks this often.
const PING_INTERVAL: Duration = Duration::from_millis(5);
/// What each step may take before the demonstration gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// One router of the demonstration.
struct Router {
    node: Node,
    address: Ipv4Addr,
    priority: u8,
    implementation: Implementation,
    configuration: String,
    daemon: Option<Daemon>,
}

impl Router {
    fn start(&mut self) -> Result<()> {
        self.daemon = Some(Daemon::start(
            &self.node,
            &self.implementation,
            &self.configuration,
        )?);
        Ok(())
    }

    fn daemon(&mut self) -> Result<&mut Daemon> {
        match &mut self.daemon {
            Some(daemon) => Ok(daemon),
            None => bail!("{} does not run", self.node.name()),
        }
    }

    /// Skew time of version 2: (256 - priority) / 256 s.
    fn skew(&self) -> Duration {
        Duration::from_secs(1) * (256 - u32::from(self.priority)) / 256
    }

    fn master_down_interval(&self) -> Duration {
        ADVERT_INTERVAL * 3 + self.skew()
    }
}

/// Runs the demonstration; with `peer` the second router is Debian's.
///
/// A file gets the crash as a picture.
pub(crate) fn run(programs: &Programs, peer: bool, svg: Option<&Path>) -> Result<()> {
    let peers = if peer { Some(programs.peers()?) } else { None };
    isolate::enter()?;
    let ours = programs.ours()?;
    let other = peers.map_or_else(|| Ok(ours.clone()), |peers| peers.keepalived())?;

    let segment = Segment::new("segment")?;
    let mut one = router(
        &segment,
        "router-one",
        10,
        ours,
        guide::configuration("MASTER", 100),
    )?;
    let mut two = router(
        &segment,
        "router-two",
        20,
        other,
        guide::configuration("BACKUP", 90),
    )?;
    let client = Node::new("client")?;
    segment.plug(&client, "eth0", &["10.0.0.30/24"])?;
    introduce(&[&one, &two]);

    let capture = Capture::start(&client)?;
    let mut timeline = Timeline::new(capture);

    heading("Both routers start");
    one.start()?;
    // One after the other, so that the first one's timer ends first even on a busy machine.
    timeline.pump(&mut [&mut one, &mut two], PATIENCE, "the state BACKUP", |event| {
        matches!(event, Event::Logged { .. })
    })?;
    two.start()?;
    await_master(&mut timeline, &mut [&mut one, &mut two], 100, PATIENCE)?;
    plain(&format!(
        "the client pings {VIRTUAL_ADDRESS} every {} from here on",
        Readable(PING_INTERVAL)
    ));
    timeline.set_client(Ping::start(&client, VIRTUAL_ADDRESS, PING_INTERVAL)?);
    timeline.pump(&mut [&mut one, &mut two], PATIENCE, "an answer", |event| {
        matches!(event, Event::FirstAnswer)
    })?;

    // So that the picture begins with a master at work.
    timeline.next_advert(&mut [&mut one, &mut two], 100, PATIENCE)?;
    let (crash, moments) = crash(&mut timeline, &segment, &mut one, &mut two)?;
    // Some more of the time after it belongs into the picture.
    timeline.next_advert(&mut [&mut one, &mut two], 90, PATIENCE)?;
    timeline.next_advert(&mut [&mut one, &mut two], 90, PATIENCE)?;
    let picture = svg.map(|path| (path, timeline.picture(moments)));
    heading("router-one has power again");
    // What a reboot forgets: the daemon had no time to remove the address.
    one.node.ip(&["address flush dev eth0 label eth0:0"])?;
    segment.replug_and_wait(&one.node, "eth0")?;
    let back = failback(&mut timeline, &mut one, &mut two)?;
    let stop = hand_over(&mut timeline, &mut one, &mut two)?;
    heading("router-one starts again");
    let again = failback(&mut timeline, &mut one, &mut two)?;
    two.daemon()?.stop()?;
    one.daemon()?.stop()?;

    outage::report(&[crash, back, stop, again]);
    if let Some((path, picture)) = picture {
        fs::write(path, picture).with_context(|| format!("writing {}", path.display()))?;
        plain(&format!("\nThe crash as a picture: {}", path.display()));
    }
    Ok(())
}

fn router(
    segment: &Segment,
    name: &str,
    host: u8,
    implementation: Implementation,
    configuration: String,
) -> Result<Router> {
    let node = Node::new(name)?;
    let address = Ipv4Addr::new(10, 0, 0, host);
    segment.plug(&node, "eth0", &[&format!("{address}/24")])?;
    let priority = if host == 10 { 100 } else { 90 };
    Ok(Router {
        node,
        address,
        priority,
        implementation,
        configuration,
        daemon: None,
    })
}

fn introduce(routers: &[&Router]) {
    plain("Two routers and a client, each in a network namespace of its own.");
    plain("Nothing on this machine changes. Both routers run the configuration of the");
    plain("user's guide, the second one with priority 90 and state BACKUP.\n");
    for router in routers {
        let Router {
            node,
            address,
            priority,
            implementation,
            ..
        } = router;
        plain(&format!(
            "  {:<10}  {address}  priority {priority:<3}  keepalived {} ({})",
            node.name(),
            implementation.version(),
            implementation.name()
        ));
    }
    plain(&format!(
        "  {:<10}  10.0.0.30  wants to reach {VIRTUAL_ADDRESS}",
        "client"
    ));
}

/// Waits until a router with this priority has announced the address and returns when it did.
fn await_master(
    timeline: &mut Timeline,
    routers: &mut [&mut Router],
    priority: u8,
    patience: Duration,
) -> Result<Stamp> {
    let what = format!("a gratuitous ARP after an advert with priority {priority}");
    let mut advertised = false;
    timeline.pump(routers, patience, &what, |event| match event {
        Event::Advert(advert) if advert.priority == priority => {
            advertised = true;
            false
        }
        Event::Announcement(_) => advertised,
        _ => false,
    })?;
    Ok(timeline.last_announced())
}

/// Kills the master right after an advert, so that the backup's whole waiting time shows.
fn crash(
    timeline: &mut Timeline,
    segment: &Segment,
    one: &mut Router,
    two: &mut Router,
) -> Result<(Outage, Moments)> {
    heading("router-one loses its power: the cable is dead, all processes get SIGKILL");
    let last_advert = timeline.next_advert(&mut [one, two], 100, PATIENCE)?;
    // In this order, so that the daemon cannot notice the dead cable and say good-bye.
    let killed = one.daemon()?.crash()?;
    segment.unplug(&one.node)?;
    one.daemon = None;
    timeline.killed(killed, "router-one");
    let from = timeline.mark();
    let announced = await_master(timeline, &mut [one, two], 90, PATIENCE)?;
    let answered = timeline.settle(&mut [one, two])?;
    let minimum = (last_advert + two.master_down_interval()).since(killed);
    let moments = Moments {
        killed,
        announced,
        answered,
        minimum,
    };
    let why = format!(
        "the backup waits 3 × advert_int + skew = {} after the last advert",
        Readable(two.master_down_interval())
    );
    let outage = timeline.outage(
        from,
        Step {
            name: "crash",
            took: announced.since(killed),
            minimum,
            why,
        },
    );
    Ok((outage, moments))
}

/// Starts router one again, which takes the address back because of its higher priority.
fn failback(timeline: &mut Timeline, one: &mut Router, two: &mut Router) -> Result<Outage> {
    let started = Stamp::now();
    let from = timeline.mark();
    one.start()?;
    let announced = await_master(timeline, &mut [one, two], 100, PATIENCE)?;
    timeline.settle(&mut [one, two])?;
    let why = format!(
        "a starting router waits {} for a better master, then takes over",
        Readable(one.master_down_interval())
    );
    Ok(timeline.outage(
        from,
        Step {
            name: "failback",
            took: announced.since(started),
            minimum: one.master_down_interval(),
            why,
        },
    ))
}

/// Stops the master as an operator does.
fn hand_over(timeline: &mut Timeline, one: &mut Router, two: &mut Router) -> Result<Outage> {
    heading("router-one is stopped: SIGTERM");
    let from = timeline.mark();
    let asked = one.daemon()?.terminate()?;
    timeline.note(asked, "router-one", &strong("asked to stop"));
    let announced = await_master(timeline, &mut [one, two], 90, PATIENCE)?;
    timeline.settle(&mut [one, two])?;
    if !one.daemon()?.is_known_to_have_ended() {
        timeline.pump(&mut [one, two], PATIENCE, "the end of router-one", |event| {
            matches!(event, Event::Ended { .. })
        })?;
    }
    one.daemon = None;
    let why = format!(
        "the backup waits its skew time, {}, after priority 0",
        Readable(two.skew())
    );
    Ok(timeline.outage(
        from,
        Step {
            name: "stop",
            took: announced.since(asked),
            minimum: two.skew(),
            why,
        },
    ))
}
