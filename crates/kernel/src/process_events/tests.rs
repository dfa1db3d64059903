use super::*;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::process::Command;

/// Bytes that Linux 6.18 sent.
fn message(kind: u32, data: &[u32]) -> Vec<u8> {
    let mut bytes = vec![0; 16];
    for number in [1, 1, 0, 0, 40, kind, 0, 0, 0].iter().chain(data) {
        bytes.extend(u32::to_ne_bytes(*number));
    }
    bytes
}

#[test]
fn threads_are_left_out() {
    use ProcessEvent::{Executed, Exited, Forked, Renamed};
    for (kind, data, wanted) in [
        (
            1,
            [10, 10, 20, 20],
            Some(Forked {
                parent: 10,
                child: 20,
            }),
        ),
        // Forked by a thread of 9.
        (1, [10, 9, 20, 20], Some(Forked { parent: 9, child: 20 })),
        (1, [10, 10, 20, 10], None),
        (2, [10, 10, 0, 0], Some(Executed(10))),
        (0x200, [10, 10, 0, 0], Some(Renamed(10))),
        (0x200, [11, 10, 0, 0], None),
        (0x8000_0000, [10, 10, 0, 17], Some(Exited(10))),
        (0x8000_0000, [11, 10, 0, 17], None),
        (4, [10, 10, 0, 0], None),
    ] {
        assert_eq!(decode::event(&message(kind, &data)), wanted, "{kind:x} {data:?}");
    }
    let whole = message(0x8000_0000, &[10, 10]);
    for length in 0..whole.len() {
        assert_eq!(decode::event(&whole[..length]), None);
    }
    let mut other = whole;
    other[16] = 2;
    assert_eq!(decode::event(&other), None, "another connector");
}

#[test]
fn children_are_told_of() {
    let mut events = match ProcessEvents::open(ReceiveBuffer::Default) {
        Ok(events) => events,
        Err(Unavailable::Namespace) => {
            // As in a container: nothing can be heard here, and that is what is said.
            assert_eq!(Unavailable::Namespace.errno(), 111);
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let mut child = Command::new("/bin/true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    let mut seen = Vec::new();
    while !seen.contains(&ProcessEvent::Exited(pid)) {
        poll(
            &mut [PollFd::new(events.as_fd(), PollFlags::POLLIN)],
            PollTimeout::NONE,
        )
        .unwrap();
        assert_eq!(events.read(&mut seen, 100).unwrap(), Completeness::Complete);
    }
    let own: Vec<_> = seen
        .into_iter()
        .filter(|event| match event {
            ProcessEvent::Forked { child: other, .. }
            | ProcessEvent::Executed(other)
            | ProcessEvent::Renamed(other)
            | ProcessEvent::Exited(other) => *other == pid,
        })
        .collect();
    assert!(
        matches!(
            own[..],
            [
                ProcessEvent::Forked { .. },
                ProcessEvent::Executed(_),
                ..,
                ProcessEvent::Exited(_)
            ]
        ),
        "{own:?}"
    );
}
