//! What the machine says of itself, read once, as plain data.

mod confinement;
mod daemon;
mod managers;

pub(super) use confinement::Confinement;
pub(super) use daemon::{DaemonState, Lock};
pub(super) use managers::{Manager, ManagerKind};

use crate::privileges;
use caps::CapsHashSet;
use model::interface::{Interface, Interfaces};
use model::{Configuration, Instance};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

/// Whether the kernel can balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ipvs {
    /// It is there.
    Present,
    /// Its module is installed, not loaded.
    Loadable,
    /// Neither.
    Absent,
}

/// Everything.
#[derive(Debug)]
pub(super) struct Facts {
    /// Interfaces and addresses of the network namespace.
    pub(super) interfaces: Interfaces,
    /// Settings below `/proc/sys`, those that the checks ask for and that exist.
    pub(super) sysctls: BTreeMap<String, String>,
    /// Effective capabilities of this process.
    pub(super) rights: CapsHashSet,
    /// Whether the clock is synchronised; nothing if the kernel does not say.
    pub(super) clock_synchronised: Option<bool>,
    /// IPVS.
    pub(super) ipvs: Ipvs,
    /// `nft -j list ruleset`, or why there is none.
    pub(super) nftables: Result<String, String>,
    /// `iptables-legacy-save` and `ip6tables-legacy-save`, where the old tables are in use.
    pub(super) iptables: [Option<String>; 2],
    /// Programs that manage interfaces.
    pub(super) managers: Vec<Manager>,
    /// SELinux and AppArmor.
    pub(super) confinement: Confinement,
    /// Whether keepalived is running.
    pub(super) daemon: DaemonState,
}

impl Facts {
    /// Reads them.
    pub(super) fn gather(configuration: &Configuration, pid_file: Option<&Path>) -> Self {
        let interfaces = kernel::snapshot().unwrap_or_default();
        Self {
            sysctls: sysctls(configuration, &interfaces),
            rights: privileges::effective(),
            clock_synchronised: kernel::sys::clock_is_synchronised().ok(),
            ipvs: ipvs(),
            nftables: nftables(),
            iptables: [
                iptables("/proc/net/ip_tables_names", "iptables-legacy-save"),
                iptables("/proc/net/ip6_tables_names", "ip6tables-legacy-save"),
            ],
            managers: managers::gather(&interfaces),
            confinement: confinement::gather(),
            daemon: daemon::gather(configuration, pid_file),
            interfaces,
        }
    }

    /// The interface of an instance, if it exists.
    pub(super) fn interface(&self, instance: &Instance) -> Option<&Interface> {
        self.interfaces.by_name(instance.interface.as_ref()?.as_str())
    }

    /// A setting below `/proc/sys`.
    pub(super) fn sysctl(&self, path: &str) -> Option<&str> {
        self.sysctls.get(path).map(String::as_str)
    }
}

/// The settings that the checks ask for.
fn sysctls(configuration: &Configuration, interfaces: &Interfaces) -> BTreeMap<String, String> {
    let mut names: Vec<String> = [
        "net/ipv4/ip_forward",
        "net/ipv4/ip_nonlocal_bind",
        "net/ipv4/conf/all/rp_filter",
        "net/ipv4/conf/all/arp_ignore",
        "net/ipv6/conf/all/forwarding",
        "net/ipv6/conf/all/disable_ipv6",
    ]
    .map(str::to_owned)
    .into();
    for instance in &configuration.vrrp.instances {
        let name = instance.interface.as_ref();
        if let Some(interface) = name.and_then(|name| interfaces.by_name(name.as_str())) {
            let name = &interface.name;
            names.push(format!("net/ipv4/conf/{name}/rp_filter"));
            names.push(format!("net/ipv4/conf/{name}/arp_ignore"));
            names.push(format!("net/ipv6/conf/{name}/disable_ipv6"));
        }
    }
    names
        .into_iter()
        .filter_map(|name| Some((kernel::sysctl::read(&name).ok()?, name)))
        .map(|(value, name)| (name, value))
        .collect()
}

fn ipvs() -> Ipvs {
    if Path::new("/proc/net/ip_vs").exists() {
        return Ipvs::Present;
    }
    let release = kernel::sysctl::read("kernel/osrelease").unwrap_or_default();
    let is_installed = ["modules.dep", "modules.builtin"].iter().any(|list| {
        fs::read_to_string(format!("/lib/modules/{release}/{list}"))
            .is_ok_and(|text| text.contains("/ip_vs.ko"))
    });
    if is_installed {
        Ipvs::Loadable
    } else {
        Ipvs::Absent
    }
}

fn nftables() -> Result<String, String> {
    match output(Command::new("nft").args(["-j", "list", "ruleset"])) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("there is no program `nft`".to_owned()),
        Err(error) => Err(error.to_string()),
        Ok(text) => Ok(text),
    }
}

/// The rules of the old tables. The list of tables in use says whether there are any; asking would load the module.
fn iptables(tables: &str, program: &str) -> Option<String> {
    let in_use = fs::read_to_string(tables).is_ok_and(|text| !text.trim().is_empty());
    if in_use {
        output(&mut Command::new(program)).ok()
    } else {
        None
    }
}

/// What a program prints, if it succeeds.
fn output(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(io::Error::other(complaint))
    }
}
