use super::*;
use std::os::unix::fs::symlink;
use std::sync::{Arc, Barrier};

/// A directory of its own for each test, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("keepalived-pid-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("x.pid")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn files(options: &Options, identity: &Identity) -> Vec<String> {
    let files = RunFiles::new(options, identity);
    [&files.parent, &files.vrrp, &files.checker, &files.bfd]
        .map(|path| path.display().to_string())
        .to_vec()
}

#[test]
fn names_by_situation() {
    let default = Identity::default();
    let plain = Options::default();
    assert_eq!(
        files(&plain, &default),
        [
            "/run/keepalived.pid",
            "/run/vrrp.pid",
            "/run/checkers.pid",
            "/run/bfd.pid"
        ]
    );
    let in_directory = [
        "/run/keepalived/keepalived.pid",
        "/run/keepalived/vrrp.pid",
        "/run/keepalived/checkers.pid",
        "/run/keepalived/bfd.pid",
    ];
    let identity = Identity {
        use_pid_dir: true,
        ..Identity::default()
    };
    assert_eq!(files(&plain, &identity), in_directory);
    let identity = Identity {
        net_namespace: Some("ns".to_owned()),
        ..Identity::default()
    };
    assert_eq!(files(&plain, &identity), in_directory);
    let options = Options {
        namespace: Some("ns".to_owned()),
        ..Options::default()
    };
    assert_eq!(files(&options, &default), in_directory);
    let identity = Identity {
        instance: Some("A".to_owned()),
        ..Identity::default()
    };
    let options = Options {
        vrrp_pid_file: Some("/x/v.pid".into()),
        ..Options::default()
    };
    assert_eq!(
        files(&options, &identity),
        [
            "/run/keepalived/keepalived_A.pid",
            "/x/v.pid",
            "/run/keepalived/checkers_A.pid",
            "/run/keepalived/bfd_A.pid"
        ]
    );
    let files = RunFiles::new(&options, &identity);
    assert_eq!(
        files.reload_marker(),
        Path::new("/run/keepalived/keepalived_A.reload")
    );
    assert_eq!(files.control(), Path::new("/run/keepalived/keepalived_A.sock"));
}

#[test]
fn a_pid_is_written_for_everybody_to_read() {
    let directory = Directory::new("write");
    fs::write(directory.file(), "99999999999\n").unwrap();
    fs::set_permissions(directory.file(), Permissions::from_mode(0o600)).unwrap();
    let file = PidFile::lock(&directory.file(), None).unwrap();
    assert_eq!(fs::read_to_string(directory.file()).unwrap(), "");
    file.write(123_456).unwrap();
    file.write(789).unwrap();
    assert_eq!(fs::read_to_string(directory.file()).unwrap(), "789\n");
    assert_eq!(
        fs::metadata(directory.file()).unwrap().permissions().mode() & 0o777,
        0o644
    );
    file.remove();
    assert!(!directory.file().exists());
}

#[test]
fn the_lock_decides_and_passes_on_with_the_descriptor() {
    let directory = Directory::new("lock");
    let file = PidFile::lock(&directory.file(), None).unwrap();
    let childs = file.as_fd().try_clone_to_owned().unwrap();
    let error = PidFile::lock(&directory.file(), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "Another process has pid file {} locked",
            directory.file().display()
        )
    );
    drop(file);
    assert!(matches!(
        PidFile::lock(&directory.file(), None),
        Err(PidFileError::Locked(_))
    ));
    drop(childs);
    PidFile::lock(&directory.file(), None).unwrap();
}

#[test]
fn links_are_not_followed() {
    let directory = Directory::new("link");
    let target = directory.0.join("target");
    fs::write(&target, "precious").unwrap();
    symlink(&target, directory.file()).unwrap();
    assert!(matches!(
        PidFile::lock(&directory.file(), None),
        Err(PidFileError::Io { .. })
    ));
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
}

#[test]
fn a_lock_that_is_given_up_in_time_is_waited_for() {
    let directory = Directory::new("wait");
    let path = directory.file();
    let orphan = PidFile::lock(&path, None).unwrap();
    let (start, started) = mpsc::channel();
    let waiting = thread::spawn(move || {
        start.send(()).unwrap();
        PidFile::lock(&path, Some(Micros::from_secs(60)))
    });
    started.recv().unwrap();
    // The orphan removes its file: the waiter must not end up with the lock of a file without a name.
    orphan.remove();
    let file = waiting.join().unwrap().unwrap();
    assert!(is_named(&file.file, &directory.file()).unwrap());
}

#[test]
fn of_many_at_once_one_gets_the_lock() {
    let directory = Directory::new("race");
    for _ in 0..50 {
        let barrier = Arc::new(Barrier::new(8));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (path, barrier) = (directory.file(), Arc::clone(&barrier));
                thread::spawn(move || {
                    barrier.wait();
                    let file = PidFile::lock(&path, None);
                    // Nobody lets go before everybody has tried.
                    barrier.wait();
                    file.map(PidFile::remove)
                })
            })
            .collect();
        let won = threads
            .into_iter()
            .filter_map(|thread| thread.join().unwrap().ok())
            .count();
        assert_eq!(won, 1);
    }
}
