//! Packets to an address that is to accept none.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testbed::daemon::{Daemon, Presence, State};
use testbed::netns::PATIENCE;
use testbed::ping::Ping;

use super::World;
use super::lone::{Lone, VIRTUAL_ADDRESS, configuration};
use super::router::{INSTANCE, INTERFACE};

/// The router's own address, which accepts packets whatever the virtual one does.
const OWN: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const VIRTUAL: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 200);
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(20);

/// The whole table of one refused address, as `nft` shows it.
const TABLE: &str = "table ip keepalived { set vips { type ipv4_addr elements = { 10.0.0.200 } } \
     chain out { type filter hook output priority filter - 1; policy accept; ip saddr @vips drop } \
     chain in { type filter hook input priority filter - 1; policy accept; ip daddr @vips drop } }";

/// What the virtual address does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    Yes,
    No,
}

impl Lone {
    /// Asks the virtual address and, for as long as it takes, the own one.
    fn ensure_answers(&self, expected: Answers) -> Result<()> {
        let asked = Ping::start(&self.neighbour, VIRTUAL, PAUSE)?;
        if expected == Answers::Yes {
            return asked
                .wait_answers(3, PATIENCE)
                .context("asking the virtual address");
        }
        let own = Ping::start(&self.neighbour, OWN, PAUSE)?;
        own.wait_answers(10, PATIENCE)
            .context("asking the router itself")?;
        ensure!(asked.answers() == 0, "the virtual address answered");
        Ok(())
    }

    fn ensure_no_table(&self) -> Result<()> {
        let left = self.router.ruleset()?;
        ensure!(left.is_empty(), "the stop left {left}");
        Ok(())
    }
}

/// `no_accept` drops packets while the router is master, with the table that people know; without it they are answered.
pub(super) fn no_accept(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration("no_accept"))?;
    lone.ensure_answers(Answers::No)?;
    let table = lone.router.ruleset()?;
    ensure!(table == TABLE, "the rules are {table}");
    daemon.reload(&configuration("accept"))?;
    lone.ensure_answers(Answers::Yes)?;
    daemon.reload(&configuration("no_accept"))?;
    lone.router_refuses()?;
    lone.ensure_answers(Answers::No)?;
    daemon.stop()?;
    lone.ensure_no_table()
}

impl Lone {
    /// Waits until the address is in the set.
    fn router_refuses(&self) -> Result<()> {
        let end = testbed::clock::Stamp::now() + PATIENCE;
        while !self
            .router
            .ruleset()?
            .contains(&format!("{{ {VIRTUAL_ADDRESS} }}"))
        {
            ensure!(!end.remaining().is_zero(), "the address is not in the set");
        }
        Ok(())
    }
}

/// Strict mode accepts nothing, says so and how to change it, and does accept with `accept`.
pub(super) fn strict_v3(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration("strict_mode on"))?;
    lone.ensure_answers(Answers::No)?;
    daemon.stop()?;
    lone.ensure_no_table()?;
    let mut daemon = lone.master(&world.ours, &configuration("strict_mode on\n    accept"))?;
    lone.ensure_answers(Answers::Yes)?;
    daemon.stop()?;
    Ok(())
}

/// Version 2 has no accept mode.
pub(super) fn strict_v2(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let text = configuration("strict_mode on\n    accept")
        .replace("version 3", "version 2")
        .replace("advert_int 0.1", "advert_int 1");
    let mut daemon = lone.master(&world.ours, &text)?;
    lone.ensure_answers(Answers::No)?;
    daemon.stop()?;
    lone.ensure_no_table()
}

/// `--no-firewall` leaves packets alone, and says what that means.
pub(super) fn switched_off(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let mut daemon = Daemon::start_with(
        &lone.router,
        &world.ours,
        &["--no-firewall"],
        &configuration("no_accept"),
    )?;
    daemon
        .process()
        .wait_line("the firewall is off by --no-firewall", PATIENCE)?;
    daemon.wait_state(INSTANCE, State::Master, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
    lone.ensure_answers(Answers::Yes)?;
    lone.ensure_no_table()?;
    daemon.stop()?;
    Ok(())
}

/// What a killed master left refuses nothing any more once its successor runs, and others' tables stay.
pub(super) fn leftover(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let mut killed = lone.master(&world.ours, &configuration("no_accept"))?;
    killed.crash()?;
    killed.wait_exit()?;
    ensure!(lone.router.ruleset()? == TABLE, "the kernel keeps the table");
    let slow = configuration("no_accept").replace("advert_int 0.1", "advert_int 5");
    let mut daemon = Daemon::start(&lone.router, &world.ours, &slow)?;
    daemon.wait_state(INSTANCE, State::Backup, PATIENCE)?;
    let left = lone.router.ruleset()?;
    ensure!(!left.contains(VIRTUAL_ADDRESS), "a backup has {left}");
    daemon.stop()?;
    lone.ensure_no_table()
}

/// Somebody flushes all rules, as firewall scripts do: the next transition makes the table anew.
pub(super) fn flushed(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration("no_accept"))?;
    let mut flush = std::process::Command::new("nft");
    flush.args(["flush", "ruleset"]);
    lone.router.stdout(flush)?;
    let mark = daemon.process().mark();
    lone.segment.unplug(&lone.router)?;
    daemon.wait_state_from(mark, INSTANCE, State::Fault, PATIENCE)?;
    lone.segment.replug(&lone.router)?;
    daemon.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
    let table = lone.router.ruleset()?;
    ensure!(table == TABLE, "the rules are {table}");
    lone.ensure_answers(Answers::No)?;
    daemon.stop()?;
    lone.ensure_no_table()
}
