use super::*;
use nix::sys::wait::WaitStatus;
use std::fs::File;
use std::io::{PipeReader, Read, pipe as new_pipe};
use std::os::fd::AsFd;

/// A shell that runs `script`, and what it writes.
fn shell(script: &str, setup: &ChildSetup) -> nix::Result<(Pid, PipeReader)> {
    let null = File::open("/dev/null").unwrap();
    let (output, input) = new_pipe().unwrap();
    let arguments = ["sh", "-c", script].map(|word| CString::new(word).unwrap());
    let environment = [c"A=b".to_owned(), c"PATH=/bin:/usr/bin".to_owned()];
    let pid = start(&Start {
        path: c"/bin/sh",
        arguments: &arguments,
        environment: &environment,
        input: null.as_fd(),
        output: input.as_fd(),
        setup,
    })?;
    Ok((pid, output))
}

fn output(script: &str, setup: &ChildSetup) -> nix::Result<String> {
    let (pid, mut output) = shell(script, setup)?;
    let mut text = String::new();
    output.read_to_string(&mut text).unwrap();
    assert_eq!(waitpid(pid, None), Ok(WaitStatus::Exited(pid, 0)));
    Ok(text)
}

#[test]
fn a_child_has_default_signals_a_group_of_its_own_and_the_environment_that_it_is_given() {
    for signal in [libc::SIGUSR1, 50] {
        // SAFETY: ignoring runs no code of ours.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    let mut blocked = SigSet::empty();
    blocked.add(Signal::SIGUSR2);
    blocked.thread_block().unwrap();
    let limits = vec![Limit {
        resource: Resource::RLIMIT_NOFILE,
        soft: 77,
        hard: 78,
    }];
    let setup = ChildSetup {
        limits,
        ..ChildSetup::default()
    };
    let script = "grep -E 'Sig(Blk|Ign)' /proc/self/status; ps -o pgid= -p $$; echo $$; ulimit -Sn; ulimit -Hn; \
                  echo $A; exec ls /proc/self/fd";
    let text = output(script, &setup).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(words[..3], ["SigBlk:", "0000000000000000", "SigIgn:"]);
    assert_eq!(words[3], "0000000000000000");
    assert_eq!(words[4], words[5], "it leads its group");
    assert_eq!(words[6..9], ["77", "78", "b"]);
    assert_eq!(
        words[9..],
        ["0", "1", "2", "3"],
        "the last is the directory itself"
    );
    // Ours is as it was.
    assert!(SigSet::thread_get_mask().unwrap().contains(Signal::SIGUSR2));
}

#[test]
fn a_child_dies_with_the_thread_that_started_it() {
    let setup = ChildSetup {
        parent_death_signal: Some(Signal::SIGTERM),
        ..ChildSetup::default()
    };
    let pid = std::thread::spawn(move || {
        let (pid, mut output) = shell("echo ready; exec sleep 1000", &setup).unwrap();
        let mut ready = [0; 6];
        output.read_exact(&mut ready).unwrap();
        pid
    })
    .join()
    .unwrap();
    assert_eq!(
        waitpid(pid, None),
        Ok(WaitStatus::Signaled(pid, Signal::SIGTERM, false))
    );
}

#[test]
fn another_identity_needs_the_right_to_it() {
    let nobody = Identity {
        uid: Uid::from_raw(65534),
        gid: Gid::from_raw(65534),
        groups: vec![Gid::from_raw(65534)],
    };
    let setup = ChildSetup {
        identity: Some(nobody),
        parent_death_signal: Some(Signal::SIGTERM),
        ..ChildSetup::default()
    };
    match output("id -u; id -g; id -G", &setup) {
        Ok(text) => {
            assert_eq!(text, "65534\n65534\n65534\n");
            assert!(Uid::effective().is_root());
        }
        Err(errno) => {
            assert_eq!(errno, Errno::EPERM);
            assert!(!Uid::effective().is_root());
        }
    }
}

#[test]
fn what_cannot_be_executed_has_an_error_and_leaves_no_child() {
    let null = File::open("/dev/null").unwrap();
    let missing = |path: &CStr, identity| {
        start(&Start {
            path,
            arguments: &[path.to_owned()],
            environment: &[],
            input: null.as_fd(),
            output: null.as_fd(),
            setup: &ChildSetup {
                identity,
                ..ChildSetup::default()
            },
        })
    };
    let ours = Identity {
        uid: getuid(),
        gid: getgid(),
        groups: Vec::new(),
    };
    assert_eq!(missing(c"/nonexistent", None), Err(Errno::ENOENT));
    assert_eq!(missing(c"/nonexistent", Some(ours)), Err(Errno::ENOENT));
    assert_eq!(missing(c"/etc/passwd", None), Err(Errno::EACCES));
}
