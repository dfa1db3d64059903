//! Finding the kernel's IPVS, and loading it where it is a module (`spec/ipvs.md` section 2).

use super::error::{ModuleError, OpenError};
use crate::netlink::message::{attributes, u16_at};
use crate::netlink::{Attributes, Connection};
use crate::sysctl;
use std::io::{self, ErrorKind};
use std::process::{Command, Stdio};

const MODULE: &str = "ip_vs";

/// The number of the family by which this kernel knows IPVS, after loading the module if need be.
pub(super) fn find(connection: &mut Connection) -> Result<u16, OpenError> {
    if let Some(family) = resolve(connection)? {
        return Ok(family);
    }
    load()?;
    resolve(connection)?.ok_or(OpenError::Absent(ModuleError::Silent))
}

fn resolve(connection: &mut Connection) -> io::Result<Option<u16>> {
    const CONTROLLER: u16 = 16;
    const GET_FAMILY: u8 = 3;
    const VERSION: u8 = 2;
    const FAMILY_NAME: u16 = 2;
    let mut body = Attributes::after(&[GET_FAMILY, VERSION, 0, 0]);
    body.string(FAMILY_NAME, "IPVS");
    match connection.ask(CONTROLLER, &body, family_id) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other,
    }
}

fn family_id(payload: &[u8]) -> Option<u16> {
    const FAMILY_ID: u16 = 1;
    attributes(payload.get(4..)?)
        .find(|(kind, _)| *kind == FAMILY_ID)
        .and_then(|(_, value)| u16_at(value, 0))
}

/// Loads the module by the program by which the kernel loads modules, unless it is on a block list.
fn load() -> Result<(), ModuleError> {
    let program = sysctl::read("kernel/modprobe").unwrap_or_else(|_| "/sbin/modprobe".to_owned());
    if program.is_empty() {
        return Err(ModuleError::Disabled);
    }
    let output = Command::new(&program)
        .args(["--use-blacklist", MODULE])
        .env_clear()
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr);
            Err(ModuleError::Failed(match text.lines().next_back() {
                Some(line) => line.to_owned(),
                None => output.status.to_string(),
            }))
        }
        Err(error) => Err(ModuleError::NoProgram { program, error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_among_the_attributes() {
        let mut body = Attributes::after(&[1, 2, 0, 0]);
        body.string(2, "IPVS");
        body.u16(1, 0x1b);
        assert_eq!(family_id(body.as_bytes()), Some(0x1b));
        assert_eq!(family_id(&body.as_bytes()[..4]), None);
        assert_eq!(family_id(&[]), None);
    }
}
