//! High availability (VRRP) and load balancing (IPVS) for Linux.

use keepalived::child::Bodies;
use keepalived::{Program, checker_process, configuration, vrrp_process};
use std::process::ExitCode;

/// The children of this build are those that have a body here.
const PROGRAM: Program = Program {
    bodies: Bodies {
        checker: Some(checker_process::run),
        vrrp: Some(vrrp_process::run),
        bfd: None,
    },
    read: configuration::read,
};

fn main() -> ExitCode {
    keepalived::main(PROGRAM)
}
