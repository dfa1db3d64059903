//! What VyOS writes into keepalived.conf, and what its programs look at.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use testbed::daemon::{Daemon, Presence, State};
use testbed::netns::{Node, PATIENCE};
use testbed::process::Process;

use super::World;
use super::lone::Lone;

const FIFO: &str = "/run/keepalived/keepalived_notify_fifo";

/// The template of its configuration filled in: a health check in a sync group, a password in quotes before its type, timers.
const CONFIGURATION: &str = r#"
global_defs {
    dynamic_interfaces
    script_user root
    vrrp_startup_delay 1
    vrrp_garp_master_delay 2
    vrrp_garp_master_repeat 3
    vrrp_garp_master_refresh 60
    vrrp_garp_master_refresh_repeat 1
    vrrp_garp_interval 1.5
    vrrp_version 2
    notify_fifo /run/keepalived/keepalived_notify_fifo
    notify_fifo_script "/run/vyos-vrrp-fifo"
}
vrrp_script healthcheck_sg_SYNC {
    script "/run/vyos-check"
    interval 1
    fall 2
    rise 1
}
vrrp_instance INNER {
    state BACKUP
    interface eth0
    virtual_router_id 10
    priority 100
    advert_int 1
    preempt_delay 0
    dont_track_primary
    mcast_src_ip 10.0.0.1
    authentication {
        auth_pass "pass12"
        auth_type PASS
    }
    virtual_ipaddress {
        10.0.0.200/24
        10.0.0.201/24 dev eth0
    }
    virtual_ipaddress_excluded {
        2001:db8::200/64
    }
}
vrrp_instance OUTER {
    state BACKUP
    interface eth0
    virtual_router_id 20
    priority 100
    advert_int 1
    nopreempt
    unicast_peer {
        10.0.0.9
    }
    unicast_src_ip 10.0.0.1
    virtual_ipaddress {
        10.0.0.210/24
    }
}
vrrp_sync_group SYNC {
    group {
        INNER
        OUTER
    }
    track_script {
        healthcheck_sg_SYNC
    }
    notify_master "/run/vyos-transition master"
    notify_backup "/run/vyos-transition backup"
    notify_fault "/run/vyos-transition fault"
    notify_stop "/run/vyos-transition stop"
}
"#;

fn script(node: &Node, name: &str, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    node.write(name, text)?;
    let path = node.directory().join(name);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("{}", path.display()))
}

/// Waits for lines of the FIFO as its reader would take them: `^\w+ "[\w-]+" \w+ \d+$`.
fn ensure_readable(lines: &[testbed::process::Line]) -> Result<()> {
    let is_word = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    };
    for line in lines.iter().filter(|line| line.text.starts_with("fifo ")) {
        let words: Vec<_> = line.text["fifo ".len()..].split(' ').collect();
        let [kind, name, state, priority] = words[..] else {
            anyhow::bail!("{} has not four words", line.text);
        };
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        ensure!(
            is_word(kind) && name.is_some_and(is_word) && is_word(state) && priority.parse::<u8>().is_ok(),
            "the reader does not understand {}",
            line.text
        );
    }
    Ok(())
}

/// Its settings act: the groups with their scripts, the FIFO with its reader, the process of the unit's name.
pub(super) fn settings(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let node = &lone.router;
    // Both say what they get through a FIFO of the test.
    let mut listen = Command::new("sh");
    listen.args([
        "-c",
        "mkfifo /run/heard && exec 3<>/run/heard && echo listening && exec cat <&3",
    ]);
    let mut heard = Process::start(node, "what scripts hear", listen)?;
    heard.wait_line("listening", PATIENCE)?;
    script(
        node,
        "vyos-transition",
        "#!/bin/sh\necho \"transition $*\" > /run/heard\n",
    )?;
    script(
        node,
        "vyos-vrrp-fifo",
        "#!/bin/sh\necho \"reader $1\" > /run/heard\nwhile read -r line; do echo \"fifo $line\" > /run/heard; done < \"$1\"\n",
    )?;
    script(node, "vyos-check", "#!/bin/sh\nexec test ! -e /run/sick\n")?;
    fs::create_dir(node.directory().join("keepalived"))?;
    let options = ["--pid", "/run/keepalived/keepalived.pid"];
    let mut daemon = Daemon::start_with(node, &world.ours, &options, CONFIGURATION)?;
    heard.wait_line(&format!("reader {FIFO}"), PATIENCE)?;
    daemon.process().wait_line("Delayed start completed", PATIENCE)?;
    for instance in ["INNER", "OUTER"] {
        daemon.wait_state(instance, State::Master, PATIENCE)?;
    }
    for address in ["10.0.0.200", "10.0.0.201", "2001:db8::200", "10.0.0.210"] {
        daemon.wait_address("eth0", address, Presence::There)?;
    }
    for line in [
        "fifo GROUP \"SYNC\" MASTER 0",
        "fifo INSTANCE \"INNER\" MASTER 100",
        "fifo INSTANCE \"OUTER\" MASTER 100",
        "transition master",
    ] {
        heard.wait_line(line, PATIENCE)?;
    }
    let pid = node.read("keepalived/keepalived.pid")?;
    ensure!(
        pid.trim() == daemon.process().pid().to_string(),
        "the pid file has {pid}"
    );
    let name = fs::read_to_string(format!("/proc/{}/comm", pid.trim()))?;
    ensure!(name.trim() == "keepalived", "the process is called {name}");

    let mark = daemon.process().mark();
    node.write("sick", "")?;
    for instance in ["INNER", "OUTER"] {
        daemon.wait_state_from(mark, instance, State::Fault, PATIENCE)?;
    }
    heard.wait_line("transition fault", PATIENCE)?;
    heard.wait_line("fifo GROUP \"SYNC\" FAULT 0", PATIENCE)?;
    fs::remove_file(node.directory().join("sick"))?;
    for instance in ["INNER", "OUTER"] {
        daemon.wait_state_from(mark, instance, State::Master, PATIENCE)?;
    }
    daemon.stop()?;
    heard.wait_line("transition stop", PATIENCE)?;
    ensure!(
        !node
            .directory()
            .join("keepalived/keepalived_notify_fifo")
            .exists(),
        "the FIFO stays"
    );
    ensure_readable(heard.lines())
}
