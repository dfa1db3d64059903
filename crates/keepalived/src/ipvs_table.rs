//! Opening the kernel's table, in the network namespace that `net_namespace_ipvs` names.

use crate::namespace;
use kernel::ipvs::{Backend, Ipvs};
use std::thread::Builder;

/// Opens the table. Loads the module where it is not there, so it takes its time. An error is a log line.
pub(crate) fn open(name: Option<&str>) -> Result<Box<dyn Backend>, String> {
    let Some(name) = name.map(str::to_owned) else {
        return open_here();
    };
    // A thread of its own enters the namespace; the socket that it opens stays there.
    let thread = Builder::new().name("ipvs".to_owned()).spawn(move || {
        enter(Some(&name))?;
        open_here()
    });
    let opened = thread.map(std::thread::JoinHandle::join);
    match opened {
        Ok(Ok(opened)) => opened,
        Ok(Err(_)) => Err("net_namespace_ipvs: opening the table panicked".to_owned()),
        Err(error) => Err(format!("net_namespace_ipvs: {error}")),
    }
}

/// Has this thread enter the namespace. An error is a log line.
pub(crate) fn enter(name: Option<&str>) -> Result<(), String> {
    let entered = match name {
        None => Ok(()),
        Some("") => namespace::enter_initial(),
        Some(name) => namespace::enter(name),
    };
    entered.map_err(|error| format!("net_namespace_ipvs {}: {error}", name.unwrap_or_default()))
}

fn open_here() -> Result<Box<dyn Backend>, String> {
    Ipvs::open()
        .map(|ipvs| Box::new(ipvs) as Box<dyn Backend>)
        .map_err(|error| format!("IPVS: Can't initialize ipvs: {error}"))
}
