//! Daemons of a test: started in namespaces of their own, read line by line, ended with the test.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// Set for a process that is to be a daemon.
const VARIABLE: &str = "KEEPALIVED_TEST_DAEMON";

/// Longest wait for anything: only a failure takes that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Whether this process is a daemon, or a child of one.
pub(crate) fn is_daemon() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// A directory, removed with the test.
pub(crate) struct Lab {
    pub(crate) directory: PathBuf,
}

impl Lab {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "keepalived-daemon-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Writes the configuration file.
    pub(crate) fn configure(&self, text: &str) {
        fs::write(self.path("keepalived.conf"), text).unwrap();
    }

    /// A command for keepalived with its file and its pid files in this directory. It runs in a user and a network
    /// namespace of its own, and sees an empty `/run`.
    pub(crate) fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c"])
            .arg("mount -t tmpfs none /run && exec \"$0\" \"$@\"")
            .arg(std::env::current_exe().unwrap())
            .args(options)
            .env(VARIABLE, "1")
            .env("TMPDIR", &self.directory)
            .stdin(Stdio::null());
        command
    }

    /// A daemon in the foreground that logs to the console, with its own pid files.
    pub(crate) fn daemon(&self, options: &[&str]) -> Daemon {
        Daemon::start(&mut self.daemon_command(options))
    }

    pub(crate) fn daemon_command(&self, options: &[&str]) -> Command {
        let files = self.files();
        let files: Vec<_> = files.iter().map(String::as_str).collect();
        self.command(&[&["-n", "-l", "-G"], options, &files].concat())
    }

    /// The options for files in this directory.
    pub(crate) fn files(&self) -> Vec<String> {
        [
            ("-f", "keepalived.conf"),
            ("-p", "parent.pid"),
            ("-r", "vrrp.pid"),
        ]
        .iter()
        .flat_map(|(option, name)| [(*option).to_owned(), self.path(name).display().to_string()])
        .collect()
    }

    pub(crate) fn pid(&self, name: &str) -> i32 {
        fs::read_to_string(self.path(name))
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }

    /// `keepalived reload` for the daemon with the pid file in this directory: exit status and standard error.
    pub(crate) fn reload(&self) -> (i32, String) {
        let pid_file = self.path("parent.pid");
        finish(&mut self.command(&["reload", "-p", pid_file.to_str().unwrap()]))
    }

    /// The same, with what is on standard output.
    pub(crate) fn reload_for_programs(&self) -> (i32, String) {
        let pid_file = self.path("parent.pid");
        let options = [
            "reload",
            "--message-format",
            "json",
            "-p",
            pid_file.to_str().unwrap(),
        ];
        let output = self.command(&options).output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
        )
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// What the daemons of a test tell their service manager.
pub(crate) struct ServiceManager {
    pub(crate) path: PathBuf,
    socket: UnixDatagram,
}

impl ServiceManager {
    pub(crate) fn new(lab: &Lab) -> Self {
        let path = lab.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { path, socket }
    }

    /// The next message.
    pub(crate) fn told(&self) -> String {
        let mut buffer = [0; 512];
        let length = self.socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    }

    /// Waits for a daemon that is ready, and returns its pid.
    pub(crate) fn expect_ready(&self) -> i32 {
        loop {
            let told = self.told();
            if let Some(pid) = told.strip_prefix("READY=1\nMAINPID=") {
                return pid.lines().next().unwrap().parse().unwrap();
            }
        }
    }
}

/// Runs a command to its end: exit status (128 and the number for a signal) and standard error.
pub(crate) fn finish(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let code = output
        .status
        .code()
        .unwrap_or_else(|| 128 + output.status.signal().unwrap());
    (code, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A running daemon and what it logs.
pub(crate) struct Daemon {
    process: Child,
    lines: Receiver<String>,
    /// Every line so far.
    pub(crate) seen: Vec<String>,
    /// Those that have been waited for.
    expected: Vec<usize>,
}

impl Daemon {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = command
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let stderr = process.stderr.take().unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            process,
            lines,
            seen: Vec::new(),
            expected: Vec::new(),
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.process.id().cast_signed())
    }

    /// Waits for a line with this text that has not been waited for yet, and returns its message. Each process has a log
    /// thread of its own, so only the lines of one are in order.
    pub(crate) fn expect(&mut self, text: &str) -> String {
        let mut next = 0;
        loop {
            while next == self.seen.len() {
                match self.lines.recv_timeout(PATIENCE) {
                    Ok(line) => self.take(&line),
                    Err(error) => panic!("no line with {text:?} ({error}) in {:#?}", self.seen),
                }
            }
            if self.seen[next].contains(text) && !self.expected.contains(&next) {
                self.expected.push(next);
                return self.seen[next].clone();
            }
            next += 1;
        }
    }

    fn take(&mut self, line: &str) {
        // Without the date.
        self.seen.push(line.get(26..).unwrap_or(line).to_owned());
    }

    /// Waits until nobody can log any more: the daemon and all its children have gone.
    pub(crate) fn expect_silence(&mut self) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.take(&line),
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
                Err(error) => panic!("still running ({error}): {:#?}", self.seen),
            }
        }
    }

    pub(crate) fn has_logged(&self, text: &str) -> usize {
        self.seen.iter().filter(|line| line.contains(text)).count()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Waits for the end of the daemon: its status, or 128 and the number of the signal that ended it.
    pub(crate) fn wait(&mut self) -> i32 {
        self.expect_silence();
        let status = self.process.wait().unwrap();
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // A test that failed leaves its daemon running; a killed one takes its children with it.
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// A file of `/proc` about a process.
pub(crate) fn proc_file(pid: i32, name: &str) -> Vec<u8> {
    let mut content = Vec::new();
    fs::File::open(Path::new("/proc").join(pid.to_string()).join(name))
        .and_then(|mut file| file.read_to_end(&mut content))
        .unwrap();
    content
}

/// Sends a signal that has no name here.
pub(crate) fn kill_by_number(number: u32, pid: i32) {
    let status = Command::new("kill")
        .arg(format!("-{number}"))
        .arg(pid.to_string())
        .status()
        .unwrap();
    assert!(status.success());
}

/// Waits for the end of a process that is no child of the test.
pub(crate) fn wait_for_end(pid: impl AsRef<OsStr>) {
    let status = Command::new("tail")
        .args(["--sleep-interval=0.05", "--follow", "/dev/null", "--pid"])
        .arg(pid)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}
