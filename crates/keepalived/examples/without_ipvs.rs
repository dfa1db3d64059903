//! keepalived whose table of virtual servers is one in memory, for measuring checks where the kernel has no IPVS.
//!
//! It takes the command line and the configuration of the real one. Its only child is the checker process.

use keepalived::child::Bodies;
use keepalived::exit::Exit;
use keepalived::handover::Handover;
use keepalived::{Program, checker_process, configuration};
use kernel::ipvs::Fake;
use std::process::ExitCode;

const PROGRAM: Program = Program {
    bodies: Bodies {
        checker: Some(child),
        vrrp: None,
        bfd: None,
    },
    read: configuration::read,
};

fn child(handover: Handover) -> Exit {
    checker_process::run_with(handover, Box::new(Fake::default()))
}

fn main() -> ExitCode {
    keepalived::main(PROGRAM)
}
