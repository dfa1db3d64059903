//! High availability (VRRP) and load balancing (IPVS) for Linux.

use keepalived::child::Bodies;
use keepalived::{Program, configuration};
use std::process::ExitCode;

/// The children of this build are those that have a body here.
const PROGRAM: Program = Program {
    bodies: Bodies {
        checker: None,
        vrrp: None,
        bfd: None,
    },
    read: configuration::read,
};

fn main() -> ExitCode {
    keepalived::main(PROGRAM)
}
