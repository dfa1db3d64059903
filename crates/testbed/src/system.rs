//! A whole Debian system in a node: the host's files under a layer of its own, in which packages can be installed.
//!
//! An overlay in memory takes every change, so the host stays as it is. The system has its own processes, and its process
//! number 1 has it as its root: maintainer scripts would do nothing in a chroot. That process is either one that only reaps, and
//! services are started by their init scripts, as on a host without systemd; or it is systemd.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use nix::poll::{PollTimeout, poll};

use crate::netns::Node;

/// Makes the system in `$1` of the host. What follows is run in its root.
const LAYERS: &str = r#"
set -e
mkdir "$1" "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
"#;

/// Devices and settings are those of the host.
const OF_THE_HOST: &str = "
mount --rbind /dev dev
mount --rbind /sys sys
";

/// systemd fills /dev, and sets what it finds in /sys and /proc/sys: none of that may reach the host.
const OF_ITS_OWN: &str = r"
mount --bind proc/sys/net proc/sys/net
mount --rbind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t tmpfs tmpfs sys/fs/cgroup
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs tmpfs dev
for device in null zero full random urandom tty; do cp -a /dev/$device dev/; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
rm -f etc/machine-id
echo uninitialized > etc/machine-id
ln -sf /lib/systemd/system/multi-user.target etc/systemd/system/default.target
for unit in console-getty getty@tty1 ssh systemd-firstboot systemd-logind systemd-modules-load systemd-networkd systemd-oomd \
    systemd-random-seed systemd-remount-fs systemd-resolved systemd-sysctl systemd-timesyncd systemd-udev-trigger systemd-udevd; do
    ln -sf /dev/null etc/systemd/system/$unit.service
done
";

/// Lets the host's files go.
const TURN: &str = r"
for directory in run tmp; do mount -t tmpfs tmpfs $directory; done
# Services may be started; the index of manual pages would be written for seconds after each change.
rm -f usr/sbin/policy-rc.d var/lib/man-db/auto-update
mkdir outside
pivot_root . outside
umount -l /outside
rmdir /outside
echo ready
";

/// Stays as process 1. `wait` takes the ended daemons in.
const REAPER: &str = "
exec >&- 2>&-
sleep 1000000 &
while :; do wait || :; done
";

/// Becomes systemd, which takes itself for a container's.
const SYSTEMD: &str = "
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=no </dev/null >/dev/null 2>&1
";

/// Returns when every service has been started.
const BOOTED: &str = "timeout 60 sh -c 'until [ -S /run/systemd/private ]; do sleep 0.05; done; systemctl is-system-running --wait \
                      || :'";

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
    /// Where the processes of systemd are counted.
    control_group: Option<ControlGroup>,
}

impl System {
    /// Makes one whose network is that of `node`. Only root of the host can.
    pub fn new(node: &Node) -> Result<Self> {
        let mut command = Command::new("unshare");
        let script = [LAYERS, OF_THE_HOST, TURN, REAPER].concat();
        command
            .args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c"])
            .args([&script, "sh", "/run/system"]);
        Self::start(node, command, None)
    }

    /// The same with systemd, booted.
    pub fn with_systemd(node: &Node) -> Result<Self> {
        let group = ControlGroup::new(node.name())?;
        let script = [LAYERS, OF_ITS_OWN, TURN, SYSTEMD].concat();
        let mut command = Command::new("sh");
        // The control group that it is in becomes the root of those that it sees.
        command
            .args([
                "-c",
                "echo 0 > \"$3/cgroup.procs\" && exec unshare --mount --pid --fork --kill-child --cgroup --ipc --uts sh -c \"$1\" sh \
                 \"$2\"",
                "sh",
                &script,
                "/run/system",
            ])
            .arg(&group.0);
        let system = Self::start(node, command, Some(group))?;
        system.run(BOOTED)?;
        Ok(system)
    }

    fn start(node: &Node, mut command: Command, control_group: Option<ControlGroup>) -> Result<Self> {
        command
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
            control_group,
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
        if let Some(group) = self.control_group.take() {
            group.remove();
        }
    }
}

/// A control group of version 2.
#[derive(Debug)]
struct ControlGroup(PathBuf);

impl ControlGroup {
    fn new(name: &str) -> Result<Self> {
        let mounts = fs::read_to_string("/proc/self/mounts").context("reading the list of mounts")?;
        let root = mounts.lines().find_map(|line| {
            let mut words = line.split(' ').skip(1);
            let (path, kind) = (words.next()?, words.next()?);
            (kind == "cgroup2").then_some(path)
        });
        let root = root.context("this host has no control groups of version 2 mounted")?;
        let path = Path::new(root).join(format!("testbed-{}-{name}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self(path))
    }

    /// Ends what is in it, and takes it away.
    fn remove(self) {
        /// Times to look whether it is empty, and milliseconds between.
        const PATIENCE: (u32, u16) = (300, 10);
        fs::write(self.0.join("cgroup.kill"), "1").ok();
        for _ in 0..PATIENCE.0 {
            if remove_groups(&self.0).is_ok() {
                return;
            }
            let _ = poll(&mut [], PollTimeout::from(PATIENCE.1));
        }
    }
}

/// Removes a control group and those below it.
fn remove_groups(path: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_groups(&entry.path())?;
        }
    }
    fs::remove_dir(path)
}
