//! What a killed daemon left in the kernel.

use crate::lab::{INTERFACE, Lab, VIP, configuration};
use anyhow::{Result, ensure};
use testbed::daemon::{Presence, State};
use testbed::netns::PATIENCE;

/// An advert interval that leaves time to look while the new daemon is a backup.
fn slow(configuration: &str) -> String {
    configuration.replace("advert_int 0.1", "advert_int 5")
}

/// The address of a killed daemon is removed while the next one is still a backup.
pub(crate) fn are_gone_before_the_election() -> Result<()> {
    let lab = Lab::new()?;
    let mut killed = lab.master(&[], &configuration("", ""))?;
    killed.crash()?;
    killed.wait_exit()?;
    ensure!(lab.router.has_address(INTERFACE, VIP)?, "the kernel keeps it");
    let mut daemon = lab.start(&[], &slow(&configuration("", "")))?;
    daemon.wait_state("V", State::Backup, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIP, Presence::Gone)?;
    daemon.stop()?;
    Ok(())
}

/// So is one that the new configuration has elsewhere. What only looks like it stays.
pub(crate) fn in_the_wrong_place() -> Result<()> {
    let lab = Lab::new()?;
    lab.router.ip(&[
        "link add other type veth peer name rehto",
        "link set other up",
        "link set rehto up",
        &format!("address add {VIP}/24 dev rehto"),
    ])?;
    let before = format!(
        "vrrp_instance V {{\n interface {INTERFACE}\n virtual_router_id 51\n version 3\n advert_int 0.1\n \
         virtual_ipaddress {{\n {VIP}/25\n 192.0.2.11 dev other\n }}\n}}\n\
         vrrp_instance W {{\n interface {INTERFACE}\n virtual_router_id 52\n version 3\n advert_int 0.1\n \
         virtual_ipaddress {{\n {VIP} dev other\n }}\n}}\n"
    );
    let mut killed = lab.master(&[], &before)?;
    for address in [VIP, "192.0.2.11"] {
        killed.wait_address("other", address, Presence::There)?;
    }
    killed.crash()?;
    killed.wait_exit()?;
    let mut daemon = lab.start(&[], &slow(&configuration("", "")))?;
    daemon.wait_state("V", State::Backup, PATIENCE)?;
    daemon.wait_address("other", VIP, Presence::Gone)?;
    daemon.wait_address(INTERFACE, VIP, Presence::Gone)?;
    ensure!(
        lab.router.has_address("other", "192.0.2.11")?,
        "an address that may be another daemon's was removed"
    );
    ensure!(
        lab.router.has_address("rehto", VIP)?,
        "an address that no keepalived has added was removed"
    );
    daemon.stop()?;
    Ok(())
}
