//! Options of the command line that the VRRP process acts on.

use crate::lab::{INTERFACE, Lab, VIP, configuration, implementation};
use anyhow::{Result, ensure};
use std::process::Command;
use testbed::netns::PATIENCE;

/// `-V`: the address stays, and nobody is told that the router goes.
pub(crate) fn dont_release_vrrp() -> Result<()> {
    let mut lab = Lab::new()?;
    let mut daemon = lab.master(&["-V"], &configuration("", ""))?;
    lab.expect_adverts(2)?;
    daemon.stop()?;
    ensure!(lab.router.has_address(INTERFACE, VIP)?, "the address was removed");
    let farewell =
        |frame: &testbed::capture::Frame| frame.advert().is_some_and(|advert| advert.priority == 0);
    ensure!(
        !lab.capture.frames().iter().any(farewell),
        "an advert with priority 0 was sent"
    );
    Ok(())
}

/// `-a`: a line for each address that comes and goes, on any interface, except those of our own.
pub(crate) fn address_monitoring() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = lab.master(&["-a"], &configuration("", ""))?;
    lab.router.ip(&[
        "link add other type veth peer name rehto",
        "address add 198.51.100.1/24 dev other",
        "address delete 198.51.100.1/24 dev other",
    ])?;
    for line in [
        "Netlink reflector reports IP 192.0.2.1 added to eth0",
        "Netlink reflector reports IP 198.51.100.1 added to other",
        "Netlink reflector reports IP 198.51.100.1 removed from other",
    ] {
        daemon.process().wait_line(line, PATIENCE)?;
    }
    daemon.stop()?;
    let own = format!("reports IP {VIP}");
    ensure!(
        !daemon
            .process()
            .lines()
            .iter()
            .any(|line| line.text.contains(&own)),
        "our own address was reported"
    );
    Ok(())
}

/// Without the right to open raw sockets the daemon ends with status 4 and names what is missing.
pub(crate) fn without_capabilities() -> Result<()> {
    let lab = Lab::new()?;
    let path = lab.router.write("keepalived.conf", &configuration("", ""))?;
    let mut command = Command::new("setpriv");
    command
        .args(["--bounding-set", "-net_raw,-net_admin"])
        .arg(implementation()?.program())
        .args(["-n", "-l", "-G", "-f"])
        .arg(path);
    let output = lab.router.output(command)?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(4), "{}: {log}", output.status);
    ensure!(
        log.contains("CAP_NET_ADMIN") && log.contains("CAP_NET_RAW"),
        "nothing says what is missing: {log}"
    );
    Ok(())
}
