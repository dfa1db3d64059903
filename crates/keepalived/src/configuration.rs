//! Reads `keepalived.conf` on this machine.

use crate::checker_process;
use crate::exit::Exit;
use crate::messages;
use crate::reading::{Purpose, ReadRequest, Reading};
use config::diagnostics::{Code, Diagnostic, Style};
use config::source::Sources;
use config::system::{SystemFiles, SystemResolver, SystemUsers};
use config::{Environment, Request, reload_verdict};
use model::IncludeChecks;
use model::interface::Interfaces;
use nix::unistd::{SysconfVar, getegid, geteuid, gethostname, sysconf};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::mem;

/// Every include check, as `-e` wants.
const ALL_CHECKS: IncludeChecks = IncludeChecks {
    read: true,
    matched: true,
    wildcard_match: true,
    brace_match: true,
};

/// Reads, checks and judges a configuration.
#[must_use]
pub fn read(request: &ReadRequest<'_>) -> Reading {
    // Without the interfaces every one of them would be reported as absent, one by one.
    let (interfaces, no_interfaces) = match kernel::snapshot() {
        Ok(interfaces) => (interfaces, None),
        Err(error) => {
            let message = format!("the interfaces cannot be listed: {error}");
            let diagnostic = Diagnostic::logged(Code::NO_INTERFACE_LIST, message);
            (Interfaces::default(), Some(diagnostic))
        }
    };
    let node_name = gethostname().unwrap_or_default().to_string_lossy().into_owned();
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let environment = Environment {
        files: &SystemFiles,
        users: &SystemUsers,
        patterns: &checker_process::check_pattern,
        resolver: &SystemResolver,
        interfaces: &interfaces,
        variables: &|name| std::env::var(name).ok(),
        node_name: &node_name,
        host_name: host_name(&node_name, &hosts),
        uid: geteuid().as_raw(),
        gid: getegid().as_raw(),
        processors: processors(),
        seed: RandomState::new().hash_one(()),
    };
    let mut reading = config::read(&wanted(request), &environment);
    let refusal = match request.purpose {
        Purpose::Reload(running) => reload_verdict(running, &reading).err().unwrap_or_default(),
        Purpose::Start | Purpose::Test => Vec::new(),
    };
    let outcome = match reading.start {
        Err(fatal) => Err(Exit::Status(fatal.status)),
        Ok(()) if !refusal.is_empty() => Err(Exit::Configuration),
        Ok(()) => Ok(mem::take(&mut reading.configuration)),
    };
    let mut found = reading.report.distinct(&reading.sources);
    // What only the verdict says: that a mistake would cost a running object, that a setting needs a restart.
    let only_refused: Vec<_> = refusal
        .into_iter()
        .filter(|reason| !found.contains(reason))
        .collect();
    found.extend(only_refused);
    found.splice(..0, no_interfaces);
    let lines: Vec<_> = found
        .iter()
        .map(|diagnostic| diagnostic.line(&reading.sources))
        .collect();
    Reading {
        outcome,
        test: Exit::Status(reading.test_status()),
        lines,
        report: rendered(&found, &reading.sources, request.style),
        messages: found
            .iter()
            .map(|diagnostic| messages::line(diagnostic, &reading.sources))
            .collect(),
        files: reading
            .sources
            .iter()
            .map(|source| source.name().into())
            .collect(),
        copy: reading.copy,
    }
}

fn wanted(request: &ReadRequest<'_>) -> Request {
    let options = request.options;
    let purpose = match request.purpose {
        Purpose::Test => config::Purpose::Test,
        Purpose::Start => config::Purpose::Start,
        Purpose::Reload(_) => config::Purpose::Reload,
    };
    Request {
        file: options
            .config_file
            .as_ref()
            .map(|file| file.to_string_lossy().into_owned()),
        config_id: options.config_id.clone(),
        include_checks: if options.all_config {
            ALL_CHECKS
        } else {
            IncludeChecks::default()
        },
        snmp: options.snmp,
        snmp_socket: options.snmp_agent_socket.clone(),
        net_namespace: options.namespace.clone(),
        umask: options.umask,
        ..Request::new(purpose)
    }
}

fn rendered(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.render(sources, style))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The canonical name of this host: the node name, or the full name that `/etc/hosts` gives for it. A name server is not
/// asked: the daemon must start when none answers.
fn host_name<'t>(node_name: &'t str, hosts: &'t str) -> &'t str {
    hosts
        .lines()
        .filter_map(|line| {
            let mut names = line.split('#').next()?.split_whitespace().skip(1);
            let canonical = names.next()?;
            (canonical == node_name || names.any(|name| name == node_name)).then_some(canonical)
        })
        .find(|name| name.contains('.'))
        .unwrap_or(node_name)
}

fn processors() -> u16 {
    let count = sysconf(SysconfVar::_NPROCESSORS_ONLN).ok().flatten().unwrap_or(1);
    u16::try_from(count).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_name_comes_from_the_hosts_file() {
        let hosts = "127.0.0.1 localhost\n# 10.0.0.1 comment.example node\n127.0.1.1\tnode\n10.0.0.2 node.example.net node n\n";
        assert_eq!(host_name("node", hosts), "node.example.net");
        assert_eq!(host_name("n", hosts), "node.example.net");
        assert_eq!(host_name("other", hosts), "other");
        assert_eq!(host_name("node", ""), "node");
    }
}
