//! A whole Debian system in a node: the host's files under a layer of its own, in which packages can be installed.
//!
//! An overlay in memory takes every change, so the host stays as it is. The system has its own processes, and its process
//! number 1 has it as its root: maintainer scripts would do nothing in a chroot. There is no systemd in it, so services are
//! started by their init scripts, as on a host without it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::netns::Node;

/// Makes the system in `$1` of the host and stays as its process 1. `wait` takes the ended daemons in.
const FIRST_PROCESS: &str = r#"
set -e
mkdir "$1" "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --rbind /dev dev
mount --rbind /sys sys
for directory in run tmp; do mount -t tmpfs tmpfs $directory; done
# Services may be started; the index of manual pages would be written for seconds after each change.
rm -f usr/sbin/policy-rc.d var/lib/man-db/auto-update
mkdir outside
pivot_root . outside
umount -l /outside
rmdir /outside
echo ready
exec >&- 2>&-
sleep 1000000 &
while :; do wait || :; done
"#;

/// What programs in the system find in their environment. Without a run level services are not started.
const ENVIRONMENT: [&str; 5] = [
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL=C",
    "DEBIAN_FRONTEND=noninteractive",
    "RUNLEVEL=2",
    "PREVLEVEL=N",
];

/// The system; everything of it ends with this value.
#[derive(Debug)]
pub struct System {
    node: Node,
    first: Child,
}

impl System {
    /// Makes one whose network is that of `node`. Only root of the host can.
    pub fn new(node: &Node) -> Result<Self> {
        let mut command = Command::new("unshare");
        command
            .args([
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                FIRST_PROCESS,
                "sh",
            ])
            .arg("/run/system")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut first = node.spawn(command)?;
        let output = first.stdout.take().context("the output of the first process")?;
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .context("waiting for the first process")?;
        if line != "ready\n" {
            let output = first
                .wait_with_output()
                .context("waiting for the first process")?;
            bail!(
                "making a system in {}: {}",
                node.name(),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(Self {
            node: node.clone(),
            first,
        })
    }

    /// A path of the system as the harness sees it.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        // The root of the process that waits for process 1 is the system's too.
        Path::new("/proc")
            .join(self.first.id().to_string())
            .join("root")
            .join(path.trim_start_matches('/'))
    }

    /// Reads a file of the system; nothing where there is none.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path(path)).ok()
    }

    /// Writes a file into the system, with the directories that it needs.
    pub fn write(&self, path: &str, text: &str) -> Result<()> {
        let inside = self.path(path);
        let parent = inside.parent().context("a file without a directory")?;
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&inside, text))
            .with_context(|| format!("writing {path} in {}", self.node.name()))
    }

    /// Copies a file of the host into the system's `/tmp` and returns its path there.
    pub fn bring(&self, file: &Path) -> Result<String> {
        let name = file.file_name().context("a path without a name")?;
        let path = format!("/tmp/{}", name.to_string_lossy());
        fs::copy(file, self.path(&path)).with_context(|| format!("copying {}", file.display()))?;
        Ok(path)
    }

    /// Runs a line of shell in the system and returns what it printed, both streams.
    pub fn run(&self, line: &str) -> Result<String> {
        let namespaces = Path::new("/proc").join(self.first.id().to_string()).join("ns");
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--mount={}", namespaces.join("mnt").display()))
            .arg(format!("--pid={}", namespaces.join("pid_for_children").display()))
            .args(["env", "--ignore-environment"])
            .args(ENVIRONMENT)
            .args(["sh", "-c", &format!("cd /; {{ {line}\n}} 2>&1")]);
        let output = self.node.output(command)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(
            output.status.success(),
            "`{line}` in {}: {}\n{text}{}",
            self.node.name(),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(text)
    }
}

impl Drop for System {
    fn drop(&mut self) {
        // `unshare --kill-child` takes process 1 with it, and that one all others.
        self.first.kill().ok();
        self.first.wait().ok();
    }
}
