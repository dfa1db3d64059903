//! Who is told, and when.

use crate::lab::{Lab, configuration, connection, name, server};
use crate::program::HOLD;
use anyhow::{Result, ensure};
use model::{CheckKind, Command, Quorum, SorryServer, TcpCheck};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use testbed::netns::PATIENCE;

fn tcp(address: SocketAddr) -> CheckKind {
    CheckKind::Tcp(Box::new(TcpCheck {
        connection: connection(address),
    }))
}

fn listeners(lab: &Lab, count: usize) -> Result<Vec<(TcpListener, SocketAddr)>> {
    (0..count)
        .map(|_| {
            let listener = lab.make(|| TcpListener::bind("127.0.0.1:0"))?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        })
        .collect()
}

/// A FIFO of the node, read line by line.
struct Lines(Receiver<String>);

impl Lines {
    fn of(lab: &Lab, name: &str) -> Result<Self> {
        let path = lab.node.directory().join(name);
        mkfifo(&path, Mode::from_bits_truncate(0o600))?;
        // With a writing end of its own, so that it never ends.
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for line in BufReader::new(file).lines().map_while(Result::ok) {
                if sender.send(line.replace('\0', "")).is_err() {
                    return;
                }
            }
        });
        Ok(Self(receiver))
    }

    /// The next lines.
    fn take(&self, count: usize) -> Result<Vec<String>> {
        (0..count).map(|_| Ok(self.0.recv_timeout(PATIENCE)?)).collect()
    }

    /// The next lines, sorted.
    fn sorted(&self, count: usize) -> Result<Vec<String>> {
        let mut lines = self.take(count)?;
        lines.sort_unstable();
        Ok(lines)
    }
}

/// A script that says a word.
fn tell(word: &str) -> Command {
    Command {
        argv: vec![
            "/bin/sh".to_owned(),
            "-c".to_owned(),
            format!("echo {word} > /run/told"),
        ],
        ..Command::default()
    }
}

/// The reference sequence of `spec/ipvs.md` section 6.4.
pub(crate) fn of_a_quorum() -> Result<()> {
    let lab = Lab::new()?;
    let mut servers = listeners(&lab, 2)?;
    let ((_, a), (_, b)) = (&servers[0], &servers[1]);
    let (a, b) = (*a, *b);
    let mut second = server(b, tcp(b));
    second.weight = model::ServerWeight::clamp(2);
    second.inhibit_on_failure = true;
    let mut first = server(a, tcp(a));
    first.notify_up = Some(Box::new(tell("up")));
    first.notify_down = Some(Box::new(tell("down")));
    let mut config = configuration(vec![first, second]);
    config.globals.fifos.lvs = Some(("/run/lvs.fifo".to_owned(), None));
    let (lines, told) = (Lines::of(&lab, "lvs.fifo")?, Lines::of(&lab, "told")?);
    config.globals.lvs.rs_init_notifies = true;
    let virtual_server = &mut config.lvs.virtual_servers[0];
    virtual_server.quorum = Quorum {
        quorum: 2,
        hysteresis: 1,
    };
    virtual_server.quorum_up = Some(Box::new(tell("quorum")));
    virtual_server.quorum_down = Some(Box::new(tell("none")));
    virtual_server.sorry_server = Some(Box::new(SorryServer {
        address: "10.9.9.9:80".parse()?,
        forwarding: model::Forwarding::default(),
        inhibit_on_failure: false,
    }));
    let mut director = lab.start(&config)?;
    let (ra, rb, vs) = (name(a), name(b), "[10.0.0.1]:tcp:80");
    director.expect(&format!("Gained quorum 2+1=3 <= 3 for VS {vs}"))?;
    director.expect_each([
        &*format!("TCP connection to {ra}"),
        &format!("TCP connection to {rb}"),
    ])?;
    let (listener_b, _) = servers.pop().unwrap();
    let (listener_a, _) = servers.pop().unwrap();
    drop(listener_b);
    director.expect_all([
        &*format!("TCP_CHECK on service {rb} failed"),
        &format!("Disabling service {rb} of VS {vs}"),
        &format!("ipvs set 10.0.0.1:tcp:80 -> {b} weight 0"),
    ])?;
    drop(listener_a);
    director.expect_all([
        &*format!("Removing service {ra} from VS {vs}"),
        "Lost quorum 2-1=1 > 0",
        "Adding sorry server [10.9.9.9]:tcp:80 to VS",
        "Removing alive servers from the pool",
        "ipvs add 10.0.0.1:tcp:80 -> 10.9.9.9:80 weight 1",
    ])?;
    let _a = lab.make(move || TcpListener::bind(a))?;
    director.expect(&format!("Adding service {ra} to VS {vs}"))?;
    let _b = lab.make(move || TcpListener::bind(b))?;
    director.expect_all([
        &*format!("Enabling service {rb} of VS {vs}"),
        "Gained quorum 2+1=3 <= 3",
        "Removing sorry server [10.9.9.9]:tcp:80",
        "Adding alive servers to the pool",
    ])?;
    let line = |rs: &str, state: &str| format!("RS {rs} {vs} {state}");
    let expected = [
        line(&ra, "UP"),
        line(&rb, "UP"),
        format!("VS {vs} UP"),
        line(&rb, "DOWN"),
        line(&ra, "DOWN"),
        format!("VS {vs} DOWN"),
        line(&ra, "UP"),
        line(&rb, "UP"),
        format!("VS {vs} UP"),
    ];
    let said = lines.take(expected.len())?;
    ensure!(said == expected, "{said:#?}");
    let words = told.sorted(6)?;
    ensure!(
        words == ["down", "none", "quorum", "quorum", "up", "up"],
        "{words:?}"
    );
    director.stop()
}

/// A script is not started before the kernel has done what it is about.
pub(crate) fn wait_for_the_kernel() -> Result<()> {
    let lab = Lab::new()?;
    let hold = lab.node.directory().join(Path::new(HOLD).file_name().unwrap());
    let told = Lines::of(&lab, "told")?;
    let (listener, address) = listeners(&lab, 1)?.pop().unwrap();
    let mut rs = server(address, tcp(address));
    rs.notify_down = Some(Box::new(tell("down")));
    let mut director = lab.start(&configuration(vec![rs]))?;
    director.expect("TCP connection to")?;
    mkfifo(&hold, Mode::from_bits_truncate(0o600))?;
    drop(listener);
    director.expect("Removing service")?;
    director.expect("ipvs is held up")?;
    ensure!(told.0.try_recv().is_err(), "told too early");
    let release = OpenOptions::new().write(true).open(&hold)?;
    fs::remove_file(&hold)?;
    drop(release);
    director.expect("ipvs remove")?;
    ensure!(told.take(1)? == ["down"]);
    Ok(())
}

pub(crate) fn omega() -> Result<()> {
    let lab = Lab::new()?;
    let (_listener, address) = listeners(&lab, 1)?.pop().unwrap();
    let mut rs = server(address, tcp(address));
    rs.notify_down = Some(Box::new(tell("down")));
    let mut config = configuration(vec![rs]);
    config.lvs.virtual_servers[0].omega = true;
    config.lvs.virtual_servers[0].quorum_down = Some(Box::new(tell("none")));
    let told = Lines::of(&lab, "told")?;
    let mut director = lab.start(&config)?;
    director.expect("TCP connection to")?;
    director.stop()?;
    let words = told.sorted(2)?;
    ensure!(words == ["down", "none"], "{words:?}");
    Ok(())
}

pub(crate) fn ha_suspend() -> Result<()> {
    let lab = Lab::new()?;
    let (_listener, address) = listeners(&lab, 1)?.pop().unwrap();
    let mut config = configuration(vec![server(address, tcp(address))]);
    config.lvs.virtual_servers[0].ha_suspend = true;
    let mut director = lab.start(&config)?;
    let rs = name(address);
    director.expect(&format!("Deactivating healthchecker for service {rs}"))?;
    lab.node.ip(&["addr add 10.0.0.1/32 dev lo"])?;
    director.expect(&format!("Activating healthchecker for service {rs}"))?;
    director.expect(&format!("TCP connection to {rs} success."))?;
    lab.node.ip(&["addr del 10.0.0.1/32 dev lo"])?;
    director.expect(&format!("Suspending healthchecker for service {rs}"))
}
