//! A keepalived whose configuration file is the model in JSON, and whose IPVS table is the log.

use keepalived::Program;
use keepalived::checker_process;
use keepalived::child::Bodies;
use keepalived::exit::Exit;
use keepalived::handover::Handover;
use keepalived::reading::{ReadRequest, Reading};
use kernel::ipvs::{Backend, Fake, ServiceStatistics, SyncDaemon, SyncRole, Timeouts, Verdict};
use model::Configuration;
use model::ipvs::{self, Change, Destination, ServiceKey};
use std::fs;
use std::io;
use std::path::Path;

/// Set for a process that is to be a daemon.
pub(crate) const VARIABLE: &str = "KEEPALIVED_TEST_CHECKER";

/// While there is a FIFO of this name, the kernel does not answer before somebody opens and closes it.
pub(crate) const HOLD: &str = "/run/hold";

pub(crate) const PROGRAM: Program = Program {
    bodies: Bodies {
        checker: Some(child),
        vrrp: None,
        bfd: None,
    },
    read,
};

/// Whether this process is a daemon, or a child of one.
pub(crate) fn is_daemon() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

fn read(request: &ReadRequest<'_>) -> Reading {
    let file = request.options.config_file.clone().unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let configuration: Configuration = serde_json::from_str(&text).unwrap();
    Reading {
        outcome: Ok(configuration),
        test: Exit::Normal,
        lines: Vec::new(),
        report: String::new(),
        messages: String::new(),
        files: vec![file],
        copy: text.into_bytes(),
    }
}

fn child(handover: Handover) -> Exit {
    checker_process::run_with(handover, Box::new(Table::default()))
}

/// A table in memory that writes what is done into the log.
#[derive(Default)]
struct Table(Fake);

impl Backend for Table {
    fn apply(&mut self, changes: &[Change], verdicts: &mut Vec<Verdict>) {
        if Path::new(HOLD).exists() {
            tracing::info!("ipvs is held up");
            // A FIFO: until somebody has opened it for writing and closed it.
            let _ = fs::read(HOLD);
        }
        for change in changes {
            tracing::info!("ipvs {}", words(change));
        }
        self.0.apply(changes, verdicts);
    }

    fn table(&mut self) -> io::Result<ipvs::Table> {
        self.0.table()
    }

    fn statistics(&mut self, service: &ServiceKey) -> io::Result<Option<ServiceStatistics>> {
        self.0.statistics(service)
    }

    fn all_statistics(&mut self) -> io::Result<Vec<(ServiceKey, ServiceStatistics)>> {
        self.0.all_statistics()
    }

    fn timeouts(&mut self) -> io::Result<Timeouts> {
        self.0.timeouts()
    }

    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()> {
        self.0.set_timeouts(timeouts)
    }

    fn start_sync_daemon(&mut self, role: SyncRole, daemon: &SyncDaemon) -> io::Result<()> {
        self.0.start_sync_daemon(role, daemon)
    }

    fn stop_sync_daemon(&mut self, role: SyncRole, daemon: &SyncDaemon) -> io::Result<()> {
        self.0.stop_sync_daemon(role, daemon)
    }

    fn sync_daemons(&mut self) -> io::Result<Vec<(SyncRole, SyncDaemon)>> {
        self.0.sync_daemons()
    }

    fn zero(&mut self, service: Option<&ServiceKey>) -> io::Result<()> {
        self.0.zero(service)
    }
}

fn words(change: &Change) -> String {
    let destination = |one: &Destination| format!("{} weight {}", one.key, one.settings.weight);
    match change {
        Change::Flush => "flush".to_owned(),
        Change::AddService(key, _) => format!("add {key}"),
        Change::SetService(key, _) => format!("set {key}"),
        Change::RemoveService(key) => format!("remove {key}"),
        Change::AddDestination(key, one) => format!("add {key} -> {}", destination(one)),
        Change::SetDestination(key, one) => format!("set {key} -> {}", destination(one)),
        Change::RemoveDestination(key, one) => format!("remove {key} -> {one}"),
    }
}
