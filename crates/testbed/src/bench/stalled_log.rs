//! Nobody reads the log: do adverts leave?

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::mount::{MsFlags, mount};
use testbed::daemon::Implementation;
use testbed::netns::Node;

use super::report::{Bound, Unit};
use super::rig::{Deadlines, Load, Rig};
use super::subject::{ARGUMENTS, Subject};
use super::{Bench, Side, steady};
use crate::pipes::full_pipe;

/// How long the daemon has to become master, if it does.
const START: Duration = Duration::from_secs(2);

/// Where the log goes.
#[derive(Clone, Copy, Debug)]
enum Log {
    /// To a pipe that is full.
    Console,
    /// To a syslog socket whose queue is full.
    Syslog,
}

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    for log in [Log::Console, Log::Syslog] {
        bench.both(1, |bench, side, implementation| {
            measure(bench, side, implementation, log)
        })?;
    }
    Ok(())
}

fn measure(bench: &mut Bench, side: Side, implementation: &Implementation, log: Log) -> Result<()> {
    let load = Load {
        instances: 255,
        addresses: 1,
        advert_int: Duration::from_millis(100),
        deadlines: Deadlines::Burst,
    };
    let mut rig = Rig::new(load.interfaces())?;
    let (reader, writer) = full_pipe()?;
    let socket = stalled_syslog(&rig.router)?;
    let (arguments, stdout, stderr) = match log {
        Log::Console => {
            let output = writer.try_clone().context("sharing the pipe")?;
            (format!("{ARGUMENTS} -D"), output.into(), writer.into())
        }
        Log::Syslog => (
            "-n -D -f /run/keepalived.conf".to_owned(),
            Stdio::null(),
            Stdio::null(),
        ),
    };
    let subject = Subject::start_with(
        &rig.router,
        implementation,
        &load.configuration(),
        &arguments,
        stdout,
        stderr,
    )?;
    rig.capture.listen_for(START);
    rig.capture.take();
    let window = bench.effort.window();
    rig.capture.gather_for(window);
    let frames = rig.capture.take();
    rig.capture.ensure_complete()?;
    let adverts = steady::adverts(&rig, &load, &frames, window)?;
    let name = match log {
        Log::Console => "full pipe: adverts of due",
        Log::Syslog => "full syslog socket: adverts of due",
    };
    let bounds = (Bound::AtLeast(99_900), Bound::AtLeast(99_990));
    bench.add(side, name, Unit::Share, bounds, adverts.share_of_due);
    drop((subject, reader, socket));
    Ok(())
}

/// Gives the node a `/dev` of its own with a `/dev/log` that nobody reads.
fn stalled_syslog(node: &Node) -> Result<UnixDatagram> {
    let devices = node.directory().join("dev");
    fs::create_dir(&devices).with_context(|| format!("making {}", devices.display()))?;
    node.run(|| -> Result<()> {
        for device in ["null", "zero", "full", "random", "urandom"] {
            let (from, to) = (format!("/dev/{device}"), format!("/run/dev/{device}"));
            fs::write(&to, "").with_context(|| format!("making {to}"))?;
            mount(Some(&*from), &*to, None::<&str>, MsFlags::MS_BIND, None::<&str>)
                .with_context(|| format!("mounting {to}"))?;
        }
        let recursively = MsFlags::MS_BIND | MsFlags::MS_REC;
        mount(Some("/run/dev"), "/dev", None::<&str>, recursively, None::<&str>)
            .context("mounting a private /dev")
    })?;
    let path = devices.join("log");
    let socket = UnixDatagram::bind(&path).with_context(|| format!("making {}", path.display()))?;
    let filler = UnixDatagram::unbound().context("making a socket")?;
    filler
        .set_nonblocking(true)
        .context("making a socket non-blocking")?;
    while filler.send_to(b"nobody reads this", &path).is_ok() {}
    Ok(socket)
}
