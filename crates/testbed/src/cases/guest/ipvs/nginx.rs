//! nginx on a node.

use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use testbed::clock::Stamp;
use testbed::netns::Node;
use testbed::peer::Peers;
use testbed::process::Process;

/// It loads its libraries over the file system of a guest.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running nginx, master and worker. Dropping it kills both.
pub(super) struct Nginx(Process);

impl Nginx {
    /// Starts it with these `server` blocks, and waits until it listens. `name` names its files in the node's `/run`.
    pub(super) fn start(peers: &Peers, node: &Node, name: &str, servers: &str) -> Result<Self> {
        // Its own directories are not writable in a guest.
        let places: Vec<_> = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|place| format!("    {place}_temp_path /run/tmp/{name}-{place};\n"))
            .collect();
        let places = places.concat();
        let configuration = format!(
            "daemon off;\nuser root;\nworker_processes 1;\npid /run/{name}.pid;\nerror_log stderr notice;\n\
             events {{\n    worker_connections 512;\n}}\n\
             http {{\n    access_log off;\n{places}{servers}}}\n"
        );
        let path = node.write(&format!("{name}.conf"), &configuration)?;
        let mut command = peers.nginx();
        command.args(["-p", "/run", "-e", "stderr", "-c"]).arg(path);
        let mut process = Process::start(node, &format!("nginx of {}", node.name()), command)?;
        process.wait_line("start worker process ", PATIENCE)?;
        Ok(Self(process))
    }

    /// Neither reads nor writes from now on; the kernel goes on accepting connections.
    pub(super) fn freeze(&self) -> Result<Stamp> {
        self.0.signal_group(Signal::SIGSTOP)
    }

    /// Goes on.
    pub(super) fn thaw(&self) -> Result<Stamp> {
        self.0.signal_group(Signal::SIGCONT)
    }

    /// Ends at once.
    pub(super) fn kill(&self) -> Result<Stamp> {
        self.0.signal_group(Signal::SIGKILL)
    }
}
