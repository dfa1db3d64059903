use super::*;
use model::{Micros, ParameterMatch, Sense, Weight};
use std::process::{Child, Command};

/// A process with this name or command, and nothing else special about it.
pub(crate) fn tracked(command: &str) -> TrackProcess {
    TrackProcess {
        name: command.to_owned(),
        command: command.to_owned(),
        parameters: Vec::new(),
        parameter_match: ParameterMatch::Ignored,
        full_command: false,
        weight: Weight(0),
        sense: Sense::Normal,
        quorum: 1,
        quorum_max: None,
        terminate_delay: Micros::ZERO,
        fork_delay: Micros::ZERO,
    }
}

fn sleeper(time: &str) -> Child {
    Command::new("/bin/sleep").arg(time).spawn().unwrap()
}

/// Waits for this number.
fn expect(findings: &Inbox<Finding>, wanted: u32) {
    let mut kept = Vec::new();
    loop {
        poll(
            &mut [PollFd::new(findings.as_fd(), PollFlags::POLLIN)],
            PollTimeout::NONE,
        )
        .unwrap();
        assert_eq!(findings.collect(&mut kept), Senders::Remain);
        let last = kept.drain(..).next_back();
        if matches!(last, Some(Finding::ProcessesCounted { count, .. }) if count == wanted) {
            return;
        }
    }
}

/// Works by events where the kernel tells of them, by counting elsewhere.
#[test]
fn numbers_follow_the_processes() {
    // Seconds that nobody else sleeps for.
    let time = format!("{}", 1_000_000 + std::process::id());
    let process = TrackProcess {
        parameters: vec![time.clone()],
        parameter_match: ParameterMatch::Exact,
        full_command: true,
        ..tracked("/bin/sleep")
    };
    let (poster, findings) = Inbox::new().unwrap();
    let _keep = poster.clone();
    let mut sleepers = vec![sleeper(&time)];
    // A program has no command line at the very beginning.
    while count(&process) != 1 {}
    let watch = ProcessWatch::start(vec![process.clone()], NetlinkBuffers::default(), poster).unwrap();
    expect(&findings, 1);
    sleepers.push(sleeper(&time));
    expect(&findings, 2);
    watch.configure(vec![process]);
    expect(&findings, 2);
    for wanted in [1, 0] {
        let mut last = sleepers.pop().unwrap();
        last.kill().unwrap();
        last.wait().unwrap();
        expect(&findings, wanted);
    }
}
