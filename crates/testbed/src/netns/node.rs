//! One node of a laboratory: a thread in its own network and mount namespace.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Pid, gettid};
use serde_json::Value;

use crate::isolate::PRIVATE_VARIABLES;

type Job = Box<dyn FnOnce() + Send>;

/// A handle of a node; the node lives as long as any of them, or any process in it.
#[derive(Clone)]
pub struct Node {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    directory: PathBuf,
    thread: Pid,
    jobs: Sender<Job>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.inner.name)
    }
}

impl Node {
    /// Makes a node without links. `name` names it in messages, its port on a segment, and its host name.
    pub fn new(name: &str) -> Result<Self> {
        Self::make(name, CloneFlags::CLONE_NEWNET)
    }

    /// Makes a node that shares the network of the caller, which has to be one of its own: a guest's.
    pub fn of_this_network(name: &str) -> Result<Self> {
        Self::make(name, CloneFlags::empty())
    }

    fn make(name: &str, network: CloneFlags) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let directory = PathBuf::from(format!(
            "/run/node-{}-{name}",
            COUNT.fetch_add(1, Ordering::Relaxed)
        ));
        fs::create_dir_all(directory.join("tmp"))
            .with_context(|| format!("making {}", directory.display()))?;
        let (jobs, queue) = channel::<Job>();
        let (report, ready) = channel();
        let (host_name, private_run) = (name.to_owned(), directory.clone());
        thread::Builder::new()
            .name(format!("node {name}"))
            .spawn(move || {
                let entered = enter(&host_name, &private_run, network);
                let failed = entered.is_err();
                if report.send(entered.map(|()| gettid())).is_err() || failed {
                    return;
                }
                for job in queue {
                    job();
                }
            })
            .with_context(|| format!("starting the thread of node {name}"))?;
        let thread = ready
            .recv()
            .unwrap_or_else(|_| Err(anyhow!("its thread ended")))
            .with_context(|| format!("making node {name}"))?;
        Ok(Self {
            inner: Arc::new(Inner {
                name: name.to_owned(),
                directory,
                thread,
                jobs,
            }),
        })
    }

    /// The name given at its making.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The thread that holds the namespaces, for `ip link set … netns`.
    #[must_use]
    pub fn thread_id(&self) -> Pid {
        self.inner.thread
    }

    /// Where the node's `/run` is for everybody else.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.inner.directory
    }

    /// Writes a file into the node's `/run` and returns its path as the node sees it.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.inner.directory.join(name);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        Ok(Path::new("/run").join(name))
    }

    /// Lays `text` over a file that the host has, for programs of this node only.
    pub fn shadow(&self, path: &str, text: &str) -> Result<()> {
        let shadow = self.write(&format!("shadow{}", path.replace('/', "-")), text)?;
        let target = PathBuf::from(path);
        self.run(move || {
            mount(
                Some(&shadow),
                &target,
                None::<&str>,
                MsFlags::MS_BIND,
                None::<&str>,
            )
        })
        .with_context(|| format!("laying a text over {path} of {}", self.name()))
    }

    /// Reads a file of the node's `/run`.
    pub fn read(&self, name: &str) -> Result<String> {
        let path = self.inner.directory.join(name);
        fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    }

    /// Runs `job` on the node's thread, so inside its namespaces, and waits for it.
    ///
    /// # Panics
    /// When the job panics.
    pub fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (answer, answered) = channel();
        let boxed: Job = Box::new(move || {
            // The caller waits for the answer, so somebody is there to take it.
            answer.send(job()).unwrap_or_default();
        });
        self.inner
            .jobs
            .send(boxed)
            .expect("a node's thread ends only after its last handle");
        answered.recv().expect("a job of a node does not panic")
    }

    /// Starts a program in the node. The environment is the harness's, `TMPDIR` the node's own.
    pub fn spawn(&self, mut command: Command) -> Result<Child> {
        for variable in PRIVATE_VARIABLES {
            command.env_remove(variable);
        }
        command.env("TMPDIR", "/run/tmp");
        let program = command.get_program().to_owned();
        self.run(move || command.spawn())
            .with_context(|| format!("starting {} in {}", program.display(), self.name()))
    }

    /// Runs a program in the node to its end.
    pub fn output(&self, mut command: Command) -> Result<Output> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let shown = format!("{command:?}");
        let output = self
            .spawn(command)?
            .wait_with_output()
            .with_context(|| format!("waiting for {shown}"))?;
        Ok(output)
    }

    /// Runs a program that must succeed and returns what it printed.
    pub fn stdout(&self, command: Command) -> Result<String> {
        let shown = format!("{command:?}");
        let output = self.output(command)?;
        ensure!(
            output.status.success(),
            "{shown} in {}: {}: {}",
            self.name(),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
        String::from_utf8(output.stdout).with_context(|| format!("reading the output of {shown}"))
    }

    /// Runs a program that prints JSON.
    pub fn json(&self, command: Command) -> Result<Value> {
        let shown = format!("{command:?}");
        let text = self.stdout(command)?;
        if text.trim().is_empty() {
            return Ok(Value::Array(Vec::new()));
        }
        serde_json::from_str(&text).with_context(|| format!("reading the JSON of {shown}"))
    }

    /// Gives the lines to `ip -batch`.
    pub fn ip(&self, lines: &[&str]) -> Result<()> {
        let mut command = Command::new("ip");
        command
            .args(["-batch", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = self.spawn(command)?;
        let mut input = child.stdin.take().context("the input of `ip`")?;
        input
            .write_all((lines.join("\n") + "\n").as_bytes())
            .context("writing to `ip`")?;
        drop(input);
        let output = child.wait_with_output().context("waiting for `ip`")?;
        if !output.status.success() {
            bail!(
                "ip in {}: {}",
                self.name(),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }

    /// Sets a kernel parameter below `/proc/sys`.
    pub fn sysctl(&self, path: &str, value: &str) -> Result<()> {
        let (file, text) = (format!("/proc/sys/{path}"), value.to_owned());
        self.run(move || fs::write(&file, text))
            .with_context(|| format!("setting {path} of {} to {value}", self.name()))
    }

    /// The addresses of an interface, as `ip -j address` names them. One that does not exist has none.
    pub fn addresses(&self, ifname: &str) -> Result<Vec<Value>> {
        let mut command = Command::new("ip");
        command.args(["-j", "address", "show"]);
        let links = self.json(command)?;
        let mut links = links.as_array().into_iter().flatten();
        let link = links.find(|link| link["ifname"] == ifname);
        let addresses = link.and_then(|link| link["addr_info"].as_array());
        Ok(addresses.cloned().unwrap_or_default())
    }

    /// What `ip -d -j link` says of an interface, or nothing where it does not exist.
    pub fn link(&self, ifname: &str) -> Result<Option<Value>> {
        let mut command = Command::new("ip");
        command.args(["-d", "-j", "link", "show"]);
        let links = self.json(command)?;
        let mut links = links.as_array().into_iter().flatten();
        Ok(links.find(|link| link["ifname"] == ifname).cloned())
    }

    /// The value of a kernel parameter below `/proc/sys`.
    pub fn sysctl_value(&self, path: &str) -> Result<String> {
        let file = format!("/proc/sys/{path}");
        let value = self.run(move || fs::read_to_string(&file));
        let value = value.with_context(|| format!("reading {path} of {}", self.name()))?;
        Ok(value.trim_end().to_owned())
    }

    /// The node's nftables, as `nft list ruleset` shows them, one blank between words.
    pub fn ruleset(&self) -> Result<String> {
        let mut command = Command::new("nft");
        command.args(["list", "ruleset"]);
        let text = self.stdout(command)?;
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Whether the interface has this address (without prefix).
    pub fn has_address(&self, ifname: &str, address: &str) -> Result<bool> {
        Ok(self
            .addresses(ifname)?
            .iter()
            .any(|found| found["local"] == address))
    }
}

fn enter(host_name: &str, private_run: &Path, network: CloneFlags) -> Result<()> {
    unshare(network | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUTS).context("making its namespaces")?;
    nix::unistd::sethostname(host_name).context("naming its host")?;
    mount(
        Some(private_run),
        "/run",
        None::<&str>,
        MsFlags::MS_BIND,
        None::<&str>,
    )
    .context("mounting its /run")?;
    // Duplicate address detection would hold every IPv6 address back for a second.
    for scope in ["all", "default"] {
        let path = format!("/proc/sys/net/ipv6/conf/{scope}/accept_dad");
        fs::write(&path, "0").with_context(|| format!("writing {path}"))?;
    }
    let links = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status()
        .context("starting `ip`")?;
    ensure!(links.success(), "setting lo up failed");
    Ok(())
}
